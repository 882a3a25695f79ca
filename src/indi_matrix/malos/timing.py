"""Whether data updates come at the pace that is expected of them. No I/O.

Delay and timeout belong to the driver, not to its clients: any program may change them for all. Nobody is told.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a driver publishes: seconds between updates, and seconds that it goes on after a ping."""

    delay: float
    timeout: float


_UPDATES: Final = 4  # between two looks
_TOLERANCE: Final = 0.05
_JITTER: Final = 0.05
"""Seconds that an update may be early or late by itself."""
_PATIENCE: Final = 60.0
"""Seconds until a pace is doubted again although the service has stated the expected delay."""
_PAUSE: Final = 1.0
"""Seconds between two doubts, at least."""


class PaceWatch:
    """Compares the time that updates take with their delay.

    Args:
        delay: Seconds between two updates, as expected.
    """

    def __init__(self, delay: float) -> None:
        self._taken = 0.0  # seconds between two of the last few updates
        self._trusted: float | None = None  # what was taken when the service stated the expected delay
        self._trusted_until = 0.0
        self._next_doubt = 0.0
        self.expect(delay)

    def expect(self, delay: float) -> None:
        """Expect another delay, from the update after the next on: the one under way is longer or shorter."""
        self._delay = delay
        self._trusted = None
        self._count = -2
        self._begun = 0.0

    def trust(self, now: float) -> None:
        """Do not doubt the present pace for a while: the service states the expected delay."""
        self._trusted, self._trusted_until = self._taken, now + _PATIENCE

    def is_off(self, now: float) -> bool:
        """Take note of an update at a time in seconds; return whether the last few came at another pace."""
        self._count += 1
        if self._count <= 0:
            self._begun = now
            return False
        if self._count < _UPDATES:
            return False
        self._taken = (now - self._begun) / self._count
        self._count, self._begun = 0, now
        if self._is_like(self._delay) or now < self._next_doubt:
            return False
        if self._trusted is not None and now < self._trusted_until and self._is_like(self._trusted):
            return False
        self._next_doubt = now + _PAUSE
        return True

    def _is_like(self, delay: float) -> bool:
        return abs(self._taken - delay) <= _TOLERANCE * delay + _JITTER / _UPDATES
