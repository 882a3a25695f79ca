"""Ports for tests: outside of those that the system gives to connections, and claimed in turn by all test runs.

Beside the processes of one run there may be another run on the same machine, from another clone. Who claims a
block of ports listens on a socket whose name stands for it: the kernel lets one process at a time, and gives it
back when that one has ended, however it ends. The names belong to a network namespace, as the ports do.
"""

import itertools
import os
import socket
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from indi_matrix.settings import HIGHEST_PORT
from indi_matrix.simulator.free_ports import BLOCK, blocks_to_try

_CLAIMS: Final = 4
"""Blocks that a process keeps, those that it claimed last: a service that was stopped starts on its own again."""


class PortBlocks:
    """The blocks above the ephemeral ports, from a place on that depends on the process."""

    def __init__(self) -> None:
        last_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[1])
        self._blocks: Final = range(last_ephemeral + 1, HIGHEST_PORT - BLOCK + 2, BLOCK)
        begin = os.getpid() * 37 % max(1, len(self._blocks))
        self._turn = itertools.cycle([*self._blocks[begin:], *self._blocks[:begin]])
        self._claims: deque[socket.socket] = deque(maxlen=_CLAIMS)
        self._single = iter(range(0))
        self._single_claims: deque[socket.socket] = deque(maxlen=2)  # a test may have the last port of one block

    def blocks(self) -> Iterator[int]:
        """Claim one block after the other, and yield the first port of each.

        Behind them, or where the system has none, come those that any program may take.
        """
        for lowest in itertools.islice(self._turn, len(self._blocks)):
            if claim := _claimed(lowest):
                _keep(claim, self._claims)
                yield lowest
        yield from blocks_to_try()

    def single(self) -> int:
        """Return a port on which nobody listens, another one each time."""
        while True:
            for port in self._single:
                if _is_free(port):
                    return port
            lowest = next(self.blocks())
            self._single = iter(range(lowest, lowest + BLOCK))
            if self._claims:
                _keep(self._claims.pop(), self._single_claims)


def _claimed(lowest: int) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0a block of ports for the tests of indi_matrix, from {lowest} on")
    except OSError:
        claim.close()
        return None
    return claim


def _keep(claim: socket.socket, claims: deque[socket.socket]) -> None:
    """Keep a claim, and give up the oldest of those for which there is no room."""
    if len(claims) == claims.maxlen:
        claims[0].close()
    claims.append(claim)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


PORTS: Final = PortBlocks()
