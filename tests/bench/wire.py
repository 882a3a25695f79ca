"""A client in plain bytes, the same for all: it blocks, counts what tells answers, and parses nothing."""

import os
import select
import socket
import time
from collections.abc import Sequence
from subprocess import Popen
from typing import Final, Self

_CHUNK: Final = 1 << 18  # bytes
_END: Final = b"</set"  # of an answer
_QUIET_MS: Final = 150  # our properties follow a write within 100 ms
_LOWEST: Final = 1 << 15  # bytes that wake a client which only listens


class Wire:
    """Two descriptors, which may be one socket.

    Attributes:
        heard: Bytes read.
        busy: Seconds of a core that the client itself took in the measurements.
        waited: Seconds that those took.
    """

    def __init__(self, source: int, sink: int, end: bytes = _END) -> None:
        self._source = source
        self._sink = sink
        self._end = end
        self.heard = 0
        self.busy = 0.0
        self.waited = 0.0

    @classmethod
    def of(cls, connection: socket.socket) -> Self:
        """Return the wire of a connection."""
        return cls(connection.fileno(), connection.fileno())

    @classmethod
    def of_process(cls, process: Popen[bytes], end: bytes = _END) -> Self:
        """Return the wire of a program's stdin and stdout; with such an end, its answers end."""
        assert process.stdin is not None
        assert process.stdout is not None
        return cls(process.stdout.fileno(), process.stdin.fileno(), end)

    def send(self, data: bytes) -> None:
        """Send everything."""
        while data:
            data = data[os.write(self._sink, data) :]

    def read(self) -> bytes:
        """Return what has come, waiting for it.

        Raises:
            EOFError: Nothing will, as the program has ended or had to be ended.
        """
        if data := os.read(self._source, _CHUNK):
            self.heard += len(data)
            return data
        raise EOFError("the program under measurement ended, or did not answer in time")

    def until(self, mark: bytes, count: int = 1) -> None:
        """Read until so many marks have come, and with the last of them its message."""
        data = self._count(mark, count)
        while self._end not in data:
            data += self.read()

    def seen(self, mark: bytes, count: int = 1) -> None:
        """Read until so many marks have come."""
        self._count(mark, count)

    def _count(self, mark: bytes, count: int) -> bytes:
        """Read until so many marks have come, and return what came from the last of them on."""
        data = self.read()
        while (count := count - data.count(mark)) > 0:
            data = data[1 - len(mark) :] + self.read()
        return data[data.rindex(mark) :]

    def quiet(self) -> None:
        """Read until nothing has come for a while: what follows from earlier writes is not to be counted."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        while poll.poll(_QUIET_MS):
            self.read()

    def round_trips(
        self, writes: Sequence[Sequence[bytes]], mark: bytes, *, marks: int = 1, pause: float = 0.0
    ) -> list[float]:
        """Return the milliseconds of each write, given in pieces, until it is answered, by so many messages.

        Seconds of pause before each write let it find a driver that is at rest.
        """
        times = []
        with _Clock(self):
            for pieces in writes:
                if pause:
                    time.sleep(pause)
                start = time.perf_counter_ns()
                for piece in pieces:
                    self.send(piece)
                self.until(mark, marks)
                times.append((time.perf_counter_ns() - start) / 1e6)
        return times

    def rate(self, writes: Sequence[bytes], mark: bytes, in_flight: int) -> float:
        """Return the answers a second, while so many writes wait for theirs."""
        start, sent, answered, data = time.perf_counter_ns(), in_flight, 0, b""
        with _Clock(self):
            self.send(b"".join(writes[:sent]))
            while answered < len(writes):
                data = data[1 - len(mark) :] + self.read()
                answered += (news := data.count(mark))
                if news and sent < len(writes):
                    self.send(b"".join(writes[sent : sent + news]))
                    sent += news
        return 1e9 * len(writes) / (time.perf_counter_ns() - start)


class _Clock:
    """Adds what a measurement takes to the accounts of a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __enter__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        waited, busy = self._start
        self._wire.waited += time.perf_counter() - waited
        self._wire.busy += time.process_time() - busy


def listen(connection: socket.socket) -> int:
    """Return how many bytes come until the end; only many at a time wake the caller, so that it is cheap."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _LOWEST)
    room, total = bytearray(_CHUNK), 0
    while count := connection.recv_into(room):
        total += count
    return total


def check_told(totals: Sequence[int], told: int) -> None:
    """See that those who listened were told what the one who wrote was told, but for what was still on its way."""
    if min(totals) < 0.9 * told:
        raise RuntimeError(f"the client that wrote was told {told} bytes, and another one only {min(totals)}")
