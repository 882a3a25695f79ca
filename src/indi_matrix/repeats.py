"""What is said again and again: told once, then counted and told as a number."""

import asyncio
from collections.abc import Callable
from typing import Final

_MOST_TEXTS: Final = 50

OTHERS: Final = "errors of other kinds"
"""Stands for all texts that are too many to be counted one by one."""


class Repeats:
    """Counts texts by the minute. At most 50 different ones are told in a minute.

    Args:
        tell: Takes a text with the number of its repetitions, as it is to be told.
        minute: Seconds in a minute, for those who cannot wait.
    """

    def __init__(self, tell: Callable[[str], None], minute: float = 60.0) -> None:
        self._tell = tell
        self._minute = minute
        self._counts: dict[str, int] = {}

    def is_first(self, text: str) -> bool:
        """Return whether a text is to be told, as it was not within the last minute; else it is counted."""
        if text in self._counts:
            self._counts[text] += 1
            return False
        if len(self._counts) >= _MOST_TEXTS and text != OTHERS:
            self.is_first(OTHERS)
            return False
        self._begin(text)
        return True

    def sum_up(self) -> None:
        """Tell all that was counted, without waiting for the end of its minute."""
        for text in list(self._counts):
            self._tell_count(text)

    def _begin(self, text: str) -> None:
        # Of the others not even the first was told.
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
