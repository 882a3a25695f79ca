"""When to save what is saved as soon as it is written: never within a write, and not for each of many."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from indi_matrix.errors import ConfigError

_SOON: Final = 0.1
"""Seconds in which further writes may follow the first."""

_INTERVAL: Final = 1.0
"""Seconds between two times, at least."""


class Autosave:
    """Has properties saved soon after they were written, and once a second at most.

    What cannot be saved stays due, until something else is written or all is at its end; clients are told once.

    Args:
        save: Saves properties, by their names. It may raise a ConfigError.
        warn: Tells clients why nothing is saved.
    """

    def __init__(self, save: Callable[[Sequence[str]], None], warn: Callable[[str], None]) -> None:
        self._save = save
        self._warn = warn
        self._due: dict[str, None] = {}  # in the order in which they were written
        self._timer: asyncio.TimerHandle | None = None
        self._last = -_INTERVAL
        self._failed = False

    def note(self, name: str) -> None:
        """Take note that a property was written."""
        self._due[name] = None
        if self._timer is None:
            pause = self._last + _INTERVAL - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(_SOON, pause), self.flush)

    def flush(self) -> None:
        """Save now what is due."""
        self._stop()
        if not self._due:
            return
        self._last = time.monotonic()
        names = list(self._due)
        try:
            self._save(names)
        except ConfigError as error:
            if not self._failed:
                self._warn(f"{error}; not saved: {', '.join(names)}")
            self._failed = True
        else:
            self._failed = False
            self._due.clear()

    def forget(self) -> None:
        """Save nothing of what is due: the file has it, or is to be gone."""
        self._stop()
        self._due.clear()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
