"""How long to wait between visits to a service that is lost again and again. No I/O."""

from typing import Final

_SHORTEST: Final = 0.2
LONGEST: Final = 5.0
"""Seconds of the longest pause."""


class RetryPauses:
    """The pauses after losses: none after a visit that lasted, and longer ones after each that did not."""

    def __init__(self) -> None:
        self._next = 0.0

    def lost(self) -> float:
        """Take note of a loss; return the seconds to wait before the next visit."""
        pause = self._next
        self._next = min(max(2 * pause, _SHORTEST), LONGEST)
        return pause

    def lasted(self) -> None:
        """Take note that the visit has lasted by now."""
        self._next = 0.0
