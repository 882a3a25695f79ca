"""The limit of file descriptors: raised, and checked before ZeroMQ opens some.

libzmq aborts the whole program where it gets no descriptor.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from indi_matrix.errors import LinkError

_SPARE: Final = 16
"""Descriptors that are left for clients, files and look-ups of names."""


def raise_limit() -> None:
    """Raise the soft limit of open descriptors to the hard one."""
    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Reserve:
    """Descriptors that are held open as a reserve, so that as many can be opened later."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def take(self, count: int) -> None:
        """Hold a number of descriptors, and check that 16 more are free.

        Raises:
            LinkError: That many are not free; the text says how many are.
        """
        try:
            self._hold(count + _SPARE)
        except OSError as error:
            free = len(self._held)
            self.give(free)
            limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            raise LinkError(
                f"that takes {count + _SPARE} file descriptors, and {free} are free, of {limit}"
            ) from error
        self.give(_SPARE)

    def give(self, count: int) -> None:
        """Close some of the held descriptors, for those that are opened next."""
        for _ in range(min(count, len(self._held))):
            os.close(self._held.pop())

    def _hold(self, count: int) -> None:
        self._held.append(os.open(os.devnull, os.O_RDONLY))
        while len(self._held) < count:
            self._held.append(os.dup(self._held[0]))


@contextmanager
def reserved(count: int) -> Iterator[Reserve]:
    """Hold descriptors while the block runs, except those that are given away.

    Raises:
        LinkError: That many, and 16 more, are not free.
    """
    reserve = Reserve()
    reserve.take(count)
    try:
        yield reserve
    finally:
        reserve.give(count)


def check(count: int) -> None:
    """Check that a number of descriptors can be opened now.

    Raises:
        LinkError: That many, and 16 more, are not free.
    """
    with reserved(count):
        pass
