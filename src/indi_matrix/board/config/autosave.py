"""When to save the properties that are saved by themselves: shortly after a write, many writes in one save."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_SOON: Final = 0.1
"""Seconds from a write to its save, so that writes in quick succession share one."""

_INTERVAL: Final = 1.0
"""Least seconds between two saves."""


class Autosave:
    """Saves properties soon after they were written, and once a second at most.

    A property that could not be saved is tried again with the next save; the last one is at the end of the
    program. Clients are told once.

    Args:
        save: Begins to save the named properties; `saved` or `failed` must be called when that has ended.
        warn: Tells clients why a save failed.
    """

    def __init__(self, save: Callable[[Sequence[str]], None], warn: Callable[[str], None]) -> None:
        self._save = save
        self._warn = warn
        self._due: dict[str, None] = {}  # in the order in which they were written
        self._refused: dict[str, None] = {}  # could not be saved
        self._under_way = 0
        self._timer: asyncio.TimerHandle | None = None
        self._last = -_INTERVAL
        self._failed = False

    def note(self, name: str) -> None:
        """Record that a property was written."""
        self._due[name] = None
        self._schedule()

    def flush(self) -> None:
        """Begin to save now what is due."""
        names = self.take()
        if names:
            self._last = time.monotonic()
            self._under_way += 1
            self._save(names)

    def take(self) -> Sequence[str]:
        """Return the names that are due, and drop them: the caller saves these properties."""
        self._cancel_timer()
        names = list({**self._refused, **self._due})
        self.forget()
        self._due.clear()
        return names

    def give_back(self, names: Iterable[str]) -> None:
        """Make due again what could not be saved; it waits for the next save."""
        self._refused.update(dict.fromkeys(names))

    def forget(self) -> None:
        """Drop what could not be saved: the file has it now, or was removed."""
        self._refused.clear()

    def saved(self) -> None:
        """Record that a save has succeeded."""
        self._failed = False
        self._end_save()

    def failed(self, names: Sequence[str], error: Exception) -> None:
        """Record that a save has failed; tell clients why, unless the save before failed too."""
        if not self._failed:
            self._warn(f"{error}; not saved: {', '.join(names)}")
        self._failed = True
        self.give_back(names)
        self._end_save()

    def _end_save(self) -> None:
        self._under_way -= 1
        if self._due:
            self._schedule()

    def _schedule(self) -> None:
        """Schedule a save of what is due, unless one is scheduled or still under way."""
        if self._timer is None and not self._under_way:
            pause = self._last + _INTERVAL - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(_SOON, pause), self.flush)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
