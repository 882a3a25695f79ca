"""What can be watched: callbacks after each change, and waiting for what is to become true."""

import asyncio
from collections.abc import Callable
from typing import Self


class Watchable:
    """Something whose changes others are told of."""

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
        """Return as soon as the predicate holds, even if it does so for the shortest time."""
        if predicate(self):
            return
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if held.done():
                return
            try:
                if predicate(self):
                    held.set_result(None)
            except Exception as error:  # noqa: BLE001 - it belongs to the task that waits, not to who made the change
                held.set_exception(error)

        unwatch = self.watch(look)
        try:
            await held
        finally:
            unwatch()

    def _changed(self) -> None:
        """Tell all who watch that something has changed."""
        for callback in tuple(self._watchers.values()):
            callback()
