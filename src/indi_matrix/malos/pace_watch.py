"""Whether data updates come at the pace that is expected of them. No I/O.

Delay and timeout belong to the driver, not to its clients: any program may change them for all. Nobody is told.
"""

from typing import Final

_UPDATES: Final = 4  # between two looks
_TOLERANCE: Final = 0.05
_JITTER: Final = 0.05
"""Seconds that an update may be early or late by itself."""
_PATIENCE: Final = 60.0
"""Seconds until a pace is doubted again that was found to be as stated."""


class PaceWatch:
    """Compares the time that updates take with their delay.

    Args:
        delay: Seconds between two updates, as expected.
    """

    def __init__(self, delay: float) -> None:
        self._quiet_until = 0.0
        self.expect(delay)

    def expect(self, delay: float) -> None:
        """Expect another delay, from the update after the next on: the one under way is longer or shorter."""
        self._delay = delay
        self._count = -2
        self._begun = 0.0

    def trust(self, now: float) -> None:
        """Believe in the delay for a while, however updates come: the service states it."""
        self._quiet_until = now + _PATIENCE

    def is_off(self, now: float) -> bool:
        """Take note of an update at a time in seconds; return whether the last few came at another pace."""
        self._count += 1
        if self._count <= 0:
            self._begun = now
            return False
        if self._count < _UPDATES:
            return False
        taken = (now - self._begun) / self._count
        self._count, self._begun = 0, now
        return abs(taken - self._delay) > _TOLERANCE * self._delay + _JITTER / _UPDATES and now > self._quiet_until
