"""Clients that read what a server tells all: `python -m tests.bench.readers PORT COUNT`; the last one is slow.

What each was told comes on stdout as JSON when a line has come on stdin. All but the last wake up seldom, and
so take little from who is measured. The slow one has small buffers, reads nothing for a while, and then at a
tenth of the pace of the others: the server always has something left for it.
"""

import json
import select
import socket
import sys
from collections.abc import Iterable
from typing import Final

from tests.bench.words import GET_IMAGE

_SILENT: Final = 1 << 17  # bytes that the others have read before the slow one begins
_PACE: Final = 10  # times that of the slow one
_SMALL: Final = 4096  # bytes
_SMALLEST_SEGMENT: Final = 536  # bytes; the server's system makes its own buffer as small as that
_LOWEST: Final = 1 << 15  # bytes that wake those up which keep up
_QUIET_MS: Final = 150
_CHUNK: Final = 1 << 18  # bytes


class Reader:
    """A client, and how many bytes it was told since all are there."""

    def __init__(self, port: int, *, slow: bool) -> None:
        self.connection = socket.socket()
        if slow:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SMALLEST_SEGMENT)
        self.connection.connect(("127.0.0.1", port))
        self.connection.sendall(GET_IMAGE)
        self.connection.setblocking(False)
        self.told = 0

    def wake_at(self, count: int) -> None:
        """Wake up only when so many bytes have come."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    def read(self, most: int = _CHUNK) -> None:
        """Read what has come.

        Raises:
            EOFError: The server has hung up.
        """
        try:
            data = self.connection.recv(most)
        except BlockingIOError:
            return
        if not data:
            raise EOFError("the server does not want this client any more")
        self.told += len(data)


class Readers:
    """All of them, of which the first tells the slow one how far it may be."""

    def __init__(self, port: int, count: int) -> None:
        self.keen = [Reader(port, slow=False) for _ in range(count - 1)]
        self.slow = Reader(port, slow=True)
        _read_until_quiet([*self.keen, self.slow])
        for one in (*self.keen, self.slow):
            one.told = 0  # definitions do not count

    def read_until_asked(self) -> list[int]:
        """Read until a line comes on stdin; return what each was told."""
        keen = _by_descriptor(self.keen)
        for one in self.keen:
            one.wake_at(_LOWEST)
        poll = _poll([sys.stdin.fileno(), *keen])
        while sys.stdin.fileno() not in (ready := [descriptor for descriptor, _ in poll.poll()]):
            for descriptor in ready:
                keen[descriptor].read()
            self._let_slow_read()
        for one in self.keen:
            one.wake_at(1)
        _read_until_quiet(self.keen)
        return [one.told for one in (*self.keen, self.slow)]

    def _let_slow_read(self) -> None:
        due = (self.keen[0].told - _SILENT) // _PACE - self.slow.told
        if due > 0:
            self.slow.read(due)


def _by_descriptor(readers: Iterable[Reader]) -> dict[int, Reader]:
    return {one.connection.fileno(): one for one in readers}


def _read_until_quiet(readers: Iterable[Reader]) -> None:
    """Read until none of them has been told anything for a while."""
    everybody = _by_descriptor(readers)
    poll = _poll(everybody)
    while ready := poll.poll(_QUIET_MS):
        for descriptor, _ in ready:
            everybody[descriptor].read()


def _poll(descriptors: Iterable[int]) -> select.poll:
    """Return what waits until there is something to read."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll


def main() -> None:
    """Be there, tell so, and read until asked."""
    readers = Readers(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps("here"), flush=True)
    print(json.dumps(readers.read_until_asked()), flush=True)


if __name__ == "__main__":
    main()
