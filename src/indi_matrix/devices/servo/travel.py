"""The way of a flap from one angle to another, in small steps. Pure: the caller has the clock."""

from typing import Final, NamedTuple

SHORTEST_STEP: Final = 0.04
"""Seconds between two steps, at least."""


class Travel(NamedTuple):
    """A way at an even speed. No step is at its beginning: the first one comes a step's time later.

    Attributes:
        start, end: Degrees, whole.
        begun: The time at which it begins, in seconds.
        seconds: How long it takes.
    """

    start: int
    end: int
    begun: float
    seconds: float

    @property
    def step(self) -> float:
        """Seconds between two steps: one degree each, or more if that would be too many steps."""
        degrees = abs(self.end - self.start)
        return max(SHORTEST_STEP, self.seconds / degrees) if degrees else SHORTEST_STEP

    def angle(self, now: float) -> int:
        """Return the angle at a time."""
        if self.is_over(now):
            return self.end
        return self.start + round((self.end - self.start) * (now - self.begun) / self.seconds)

    def is_over(self, now: float) -> bool:
        """Return whether the end is reached."""
        return now >= self.begun + self.seconds


def seconds_of(start: int, end: int, whole: int, travel: float, longest: float) -> float:
    """Return how long a way takes at the speed at which `whole` degrees take `travel` seconds."""
    return min(abs(end - start) / whole * travel, longest)
