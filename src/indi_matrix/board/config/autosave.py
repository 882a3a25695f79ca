"""When to save what is saved as soon as it is written: never within a write, and not for each of many."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_SOON: Final = 0.1
"""Seconds in which further writes may follow the first."""

_INTERVAL: Final = 1.0
"""Seconds between two times, at least."""


class Autosave:
    """Has properties saved soon after they were written, and once a second at most.

    What cannot be saved stays due, until something else is written or all is at its end; clients are told once.

    Args:
        save: Has properties saved, by their names; `saved` or `failed` is to be called when that is over.
        warn: Tells clients why nothing is saved.
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
        self._wait()

    def flush(self) -> None:
        """Have saved now what is due."""
        names = self.take()
        if names:
            self._last = time.monotonic()
            self._under_way += 1
            self._save(names)

    def take(self) -> Sequence[str]:
        """Return what is due, which somebody else saves now."""
        self._stop()
        names = list({**self._refused, **self._due})
        self.forget()
        self._due.clear()
        return names

    def give_back(self, names: Iterable[str]) -> None:
        """Have due again what somebody else could not save."""
        self._refused.update(dict.fromkeys(names))

    def forget(self) -> None:
        """Save nothing of what could not be saved: the file has it now, or is gone."""
        self._refused.clear()

    def saved(self) -> None:
        """Record that what was under way is saved."""
        self._failed = False
        self._go_on()

    def failed(self, names: Sequence[str], error: Exception) -> None:
        """Record that what was under way is not saved, and say why, once."""
        if not self._failed:
            self._warn(f"{error}; not saved: {', '.join(names)}")
        self._failed = True
        self.give_back(names)
        self._go_on()

    def _go_on(self) -> None:
        self._under_way -= 1
        if self._due:
            self._wait()

    def _wait(self) -> None:
        """Save what is due in a moment, but not while a disk is still busy with what was due before."""
        if self._timer is None and not self._under_way:
            pause = self._last + _INTERVAL - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(_SOON, pause), self.flush)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
