"""Repeated texts: shown once, then counted, and shown as a number."""

import asyncio
from collections.abc import Callable
from typing import Final

_MOST_TEXTS: Final = 50

OTHERS: Final = "errors of other kinds"
"""The text that stands for all further texts, once 50 different ones came within a minute."""


class Repeats:
    """Counts repeated texts by the minute. In a minute at most 50 different texts are shown.

    Args:
        tell: Called with one line to show: a text and the number of its repetitions.
        minute: Seconds for which a text is counted; tests shorten it.
    """

    def __init__(self, tell: Callable[[str], None], minute: float = 60.0) -> None:
        self._tell = tell
        self._minute = minute
        self._counts: dict[str, int] = {}

    def is_first(self, text: str) -> bool:
        """Return whether to show a text, which is the first of its minute; count a repetition."""
        if text in self._counts:
            self._counts[text] += 1
            return False
        if len(self._counts) >= _MOST_TEXTS and text != OTHERS:
            self.is_first(OTHERS)
            return False
        self._begin(text)
        return True

    def sum_up(self) -> None:
        """Show all counts now, without waiting for the minutes to end."""
        for text in list(self._counts):
            self._tell_count(text)

    def _begin(self, text: str) -> None:
        # OTHERS is not shown at its first occurrence, so that one counts, too.
        self._counts[text] = int(text == OTHERS)
        asyncio.get_running_loop().call_later(self._minute, self._end, text)

    def _end(self, text: str) -> None:
        repeated = self._tell_count(text)
        del self._counts[text]
        if repeated:
            self._begin(text)
            self._counts[text] = 0

    def _tell_count(self, text: str) -> int:
        count, self._counts[text] = self._counts[text], 0
        if count:
            self._tell(f"{text} (... {count} more in the last minute)")
        return count
