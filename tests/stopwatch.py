"""Limits on time that hold on a busy machine, too: the time in which there was no free processor is not counted.

How long a thread was ready to run and had to wait for a processor is what the kernel tells in its `schedstat`.
"""

import asyncio
import os
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.programs import PATIENCE

_LOOK = 0.02  # seconds between two looks, as a program that has ended tells nothing more


class Stopwatch:
    """Measures from its making on, in this process and all that it has started."""

    def __init__(self) -> None:
        self._family = [os.getpid()]
        self._waited: dict[Path, float] = {}
        self._before = 0.0
        self._ended: float | None = None
        self._before = self.waited
        self._begun = time.monotonic()

    def stop(self) -> None:
        """Measure no longer."""
        self.look()
        self._ended = time.monotonic()

    def look(self) -> None:
        """Note how long each thread has waited."""
        if self._ended is not None:
            return
        for number in self._family:  # which grows meanwhile
            with suppress(OSError):  # of a program that has ended
                for thread in Path(f"/proc/{number}/task").iterdir():
                    self._look_at(thread)

    def _look_at(self, thread: Path) -> None:
        with suppress(OSError):  # of a thread that has ended
            self._waited[thread] = int((thread / "schedstat").read_text().split()[1]) / 1e9
            children = map(int, (thread / "children").read_text().split())
            self._family += [child for child in children if child not in self._family]

    @property
    def elapsed(self) -> float:
        """Seconds by the clock."""
        return (self._ended or time.monotonic()) - self._begun

    @property
    def waited(self) -> float:
        """Seconds for which threads had to wait for a processor, all of them together."""
        self.look()
        return sum(self._waited.values()) - self._before

    @property
    def seconds(self) -> float:
        """Seconds by the clock without those in which a thread had to wait for a processor."""
        elapsed = self.elapsed
        return elapsed - self.waited


@asynccontextmanager
async def within(limit: float) -> AsyncIterator[None]:
    """Fail if a block takes longer than so many seconds of a machine that is not busy."""
    watch = Stopwatch()
    looking = asyncio.create_task(_look(watch), name="stopwatch")
    try:
        async with asyncio.timeout(PATIENCE):
            yield
        seconds = watch.seconds
        assert seconds < limit, f"it took {seconds:.2f} s, beside {watch.waited:.2f} s of waiting for a processor"
    finally:
        looking.cancel()
        await asyncio.wait({looking})


async def _look(watch: Stopwatch) -> None:
    while True:
        watch.look()
        await asyncio.sleep(_LOOK)


async def stopped(process: Process, limit: float) -> int:
    """Return the exit status of a program that is to end by itself, in so many seconds."""
    async with within(limit):
        return await process.wait()
