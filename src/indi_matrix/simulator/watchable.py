"""Objects that can be watched: callbacks after each change, and waiting for a condition."""

import asyncio
from collections.abc import Callable
from typing import Self


class Watchable:
    """The base of objects that call watchers back after each change."""

    def __init__(self) -> None:
        self._watchers: dict[object, Callable[[], object]] = {}

    def watch(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call back after each change, until the returned function is called."""
        key = object()
        self._watchers[key] = callback

        def unwatch() -> None:
            self._watchers.pop(key, None)

        return unwatch

    async def wait_until(self, predicate: Callable[[Self], object]) -> None:
        """Wait until the predicate holds after a change, even if it holds only until the next one."""
        if predicate(self):
            return
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if held.done():
                return
            try:
                if predicate(self):
                    held.set_result(None)
            except Exception as error:  # noqa: BLE001 - raised in the task that waits, not where the change is made
                held.set_exception(error)

        unwatch = self.watch(look)
        try:
            await held
        finally:
            unwatch()

    def _changed(self) -> None:
        """Call all watchers back."""
        for callback in tuple(self._watchers.values()):
            callback()
