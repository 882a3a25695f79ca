"""File descriptors: enough of them, and none too few for ZeroMQ, which ends the program where it gets none."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from indi_matrix.errors import LinkError

_SPARE: Final = 16
"""Descriptors to be left for clients, files and look-ups of names."""


def raise_limit() -> None:
    """Have as many descriptors as the system grants this program."""
    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Reserve:
    """Descriptors that are held for what is going to be opened."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def take(self, count: int) -> None:
        """Hold some descriptors, and see that others are left.

        Raises:
            LinkError: There are not so many; the text tells how many there are.
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
        """Let go of some descriptors for what is opened next."""
        for _ in range(min(count, len(self._held))):
            os.close(self._held.pop())

    def _hold(self, count: int) -> None:
        self._held.append(os.open(os.devnull, os.O_RDONLY))
        while len(self._held) < count:
            self._held.append(os.dup(self._held[0]))


@contextmanager
def reserved(count: int) -> Iterator[Reserve]:
    """Hold descriptors for as long as the block runs, as far as they are not given.

    Raises:
        LinkError: There are not so many, and some to spare.
    """
    reserve = Reserve()
    reserve.take(count)
    try:
        yield reserve
    finally:
        reserve.give(count)


def check(count: int) -> None:
    """See that so many descriptors can be opened now.

    Raises:
        LinkError: There are not so many, and some to spare.
    """
    with reserved(count):
        pass
