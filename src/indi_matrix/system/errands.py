"""What may take long, such as writing to a disk: one thing after another, beside the event loop."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

_Conclusion = Callable[[], None]


class Errands:
    """Does errands in the order in which they come, each in a thread of its own.

    No thread waits for work, and none that hangs holds up the end of the program.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Callable[[], _Conclusion]], Callable[[Exception], None]]] = deque()
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()

    def put(
        self, begin: Callable[[], Callable[[], T]], done: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        """Take an errand; all its parts but the work itself are called in the event loop.

        Args:
            begin: Returns the work, when its turn has come.
            done: Takes what the work returned.
            failed: Takes what was raised instead.
        """

        def start() -> Callable[[], _Conclusion]:
            try:
                return partial(_concluded, begin(), done, failed)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for the errand
                return partial(partial, failed, error)

        self._waiting.append((start, failed))
        self._idle.clear()
        if not self._busy:
            self._next()

    async def finished(self) -> None:
        """Wait until nothing is left to be done."""
        await self._idle.wait()

    def _next(self) -> None:
        self._busy = True
        start, failed = self._waiting.popleft()
        work, loop = start(), asyncio.get_running_loop()
        try:
            threading.Thread(target=self._run, args=(work, loop), name="errand", daemon=True).start()
        except RuntimeError as error:  # the system has no more threads
            loop.call_soon(self._conclude, partial(failed, error))

    def _run(self, work: Callable[[], _Conclusion], loop: asyncio.AbstractEventLoop) -> None:
        conclude = work()
        with suppress(RuntimeError):  # the loop did not wait for it, and is closed
            loop.call_soon_threadsafe(self._conclude, conclude)

    def _conclude(self, conclude: _Conclusion) -> None:
        try:
            conclude()
        except Exception:
            log.exception("what follows from an errand failed")
        self._busy = False
        if self._waiting:
            self._next()
        else:
            self._idle.set()


def _concluded(
    work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]
) -> _Conclusion:
    """Do some work, and return what is to be told of it."""
    try:
        return partial(done, work())
    except Exception as error:  # noqa: BLE001 - as above
        return partial(failed, error)
