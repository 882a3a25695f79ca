"""The programs under siege: ours and a stock one, on pipes and served."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs import PROGRAM, free_port, line_of, listening, running
from tests.siege.process import Usage, usage

STOCK = Path(__file__).parents[1] / "stock_driver.py"
SWITCH = "FLAT_LIGHT_CONTROL"
"""A property that both have, with FLAT_LIGHT_ON and FLAT_LIGHT_OFF; ours while it is connected."""


@dataclass
class Target:
    """A program, and what it says on stderr, which is read so that it never has to wait.

    Attributes:
        process: The program.
        port: Where it serves INDI; 0 where it talks on stdin and stdout.
        lines: How many lines it has logged.
        last: The newest of them.
    """

    process: Process
    port: int = 0
    lines: int = 0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=100))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None

    def usage(self) -> Usage:
        """Return what it uses now."""
        return usage(self.process.pid)

    async def listen(self) -> None:
        """Read what it logs, until it ends."""
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.lines += 1
            self.last.append(line.decode().rstrip())


@asynccontextmanager
async def _heard(target: Target) -> AsyncIterator[Target]:
    listening_to_it = asyncio.create_task(target.listen(), name="log of the target")
    try:
        yield target
    finally:
        listening_to_it.cancel()
        await asyncio.wait({listening_to_it})


@asynccontextmanager
async def ours_served(*options: str) -> AsyncIterator[Target]:
    """Run `indi_matrix serve` on a free port, with the options of a board and of its log."""
    async with running(PROGRAM, "serve", "--port", "0", *options) as process:
        line = await line_of(process.stderr, "serving INDI clients on")
        async with _heard(Target(process, int(line.rsplit(":", 1)[1]))) as target:
            yield target


@asynccontextmanager
async def stock_served() -> AsyncIterator[Target]:
    """Run a stock driver in a stock IPyServer."""
    port = free_port()
    async with running(sys.executable, STOCK, str(port)) as process:
        await listening(port)
        async with _heard(Target(process, port)) as target:
            yield target


@asynccontextmanager
async def ours_on_pipes(*options: str) -> AsyncIterator[Target]:
    """Run `indi_matrix` on stdin and stdout."""
    async with running(PROGRAM, *options) as process, _heard(Target(process)) as target:
        yield target


@asynccontextmanager
async def stock_on_pipes() -> AsyncIterator[Target]:
    """Run a stock driver on stdin and stdout."""
    async with running(sys.executable, STOCK) as process, _heard(Target(process)) as target:
        yield target


Start = Callable[[], AbstractAsyncContextManager[Target]]
