"""Work that may block, such as writing to a disk: one job after another, beside the event loop."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from indi_matrix.system.signals import leave_signals_to_main_thread

log = logging.getLogger(__name__)

T = TypeVar("T")

_Conclusion = Callable[[], None]


class JobQueue:
    """Does jobs in the order in which they come, each in a thread of its own.

    Not asyncio.to_thread: the program would wait at its end for a job that hangs, as on a disk that does not
    answer. These threads are daemons, for which Python does not wait. Between jobs there is no thread.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Callable[[], _Conclusion]], Callable[[Exception], None]]] = deque()
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()

    def put(
        self, begin: Callable[[], Callable[[], T]], done: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        """Add a job. Its work is called in a thread, all else in the event loop.

        Args:
            begin: Called when the job's turn has come; returns the work.
            done: Called with what the work returned.
            failed: Called with the exception, if `begin` or the work raised one.
        """

        def start() -> Callable[[], _Conclusion]:
            try:
                return partial(_concluded, begin(), done, failed)
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for the job
                return partial(partial, failed, error)

        self._waiting.append((start, failed))
        self._idle.clear()
        if not self._busy:
            self._next()

    async def finished(self) -> None:
        """Wait until no job is left."""
        await self._idle.wait()

    def _next(self) -> None:
        self._busy = True
        start, failed = self._waiting.popleft()
        work, loop = start(), asyncio.get_running_loop()
        try:
            threading.Thread(target=self._run, args=(work, loop), name="job", daemon=True).start()
        except RuntimeError as error:  # the system has no more threads
            loop.call_soon(self._conclude, partial(failed, error))

    def _run(self, work: Callable[[], _Conclusion], loop: asyncio.AbstractEventLoop) -> None:
        """Do the work, in the job's thread."""
        leave_signals_to_main_thread()
        conclude = work()
        with suppress(RuntimeError):  # the loop did not wait for the job, and is closed
            loop.call_soon_threadsafe(self._conclude, conclude)

    def _conclude(self, conclude: _Conclusion) -> None:
        """Call `done` or `failed` of a job, and begin the next job."""
        try:
            conclude()
        except Exception:
            log.exception("what follows from a job failed")
        self._busy = False
        if self._waiting:
            self._next()
        else:
            self._idle.set()


def _concluded(
    work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]
) -> _Conclusion:
    """Do the work, and return the call of `done` or `failed` that follows."""
    try:
        return partial(done, work())
    except Exception as error:  # noqa: BLE001 - as above
        return partial(failed, error)
