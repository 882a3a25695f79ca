"""Fuzz a program on pipes, or one that serves, and take the figures."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from indi_matrix.indi.wire.reader import IndiStream, StreamError
from tests.programs import PROGRAM, line_of, running
from tests.siege.corpus import Corpus
from tests.siege.line import Line, SilenceError, dialled
from tests.siege.process import Usage
from tests.siege.targets import Target

_BATCH: Final = 50  # messages that one client sends at a time
_AT_ONCE: Final = 3  # clients
_DROPPING: Final = 5.0  # seconds until a client should be dropped


@dataclass(frozen=True)
class Plan:
    """What to send.

    Attributes:
        messages: How many.
        seed: What determines them.
        restore: What names the board, so that it can be connected again; nothing where there is none.
        every: After how many of them the program has to answer.
        patience: Seconds that it has to do so.
    """

    messages: int
    seed: int
    restore: bytes
    every: int = 500
    patience: float = 30.0


@dataclass
class Figures:
    """What a run came to.

    Attributes:
        messages: How many messages the program was sent and has taken.
        seconds: How long that took.
        dropped: Clients that it dropped.
        wrong: Clients that it dropped without cause, or did not although there was one.
        counts: How often the program said what is counted.
        fences: How often it had to answer; and how many of these writes were repeated.
        reconnects: How often the board was connected again.
        usages: What it used after each fence.
        logged: Lines of its log.
        end: What ended it before its time, if anything did.
    """

    messages: int = 0
    seconds: float = 0.0
    dropped: int = 0
    wrong: int = 0
    counts: dict[bytes, int] = field(default_factory=dict)
    fences: int = 0
    repeats: int = 0
    reconnects: int = 0
    usages: list[Usage] = field(default_factory=list)
    logged: int = 0
    end: str = ""

    @property
    def early(self) -> Usage:
        """What it used after a tenth of the run."""
        return self.usages[len(self.usages) // 10]

    @property
    def late(self) -> Usage:
        """What it used at the end."""
        return self.usages[-1]


class Caller:
    """A client that fuzzes until it is dropped, and then comes again as another one."""

    def __init__(self, port: int, corpus: Iterator[bytes], figures: Figures) -> None:
        self._port = port
        self._corpus = corpus
        self._figures = figures
        self._connection = AsyncExitStack()
        self._line: Line | None = None
        self._stream = IndiStream()  # tells when the server has to drop us

    async def talk(self, count: int) -> None:
        """Send so many messages."""
        while count:
            line = await self._dial()
            batch, harmful = self._batch(min(count, _BATCH))
            count -= len(batch)
            self._figures.messages += len(batch)
            with contextlib.suppress(SilenceError):
                await line.send(b"".join(batch))
            if harmful:
                await self._be_dropped(line)

    async def hang_up(self) -> None:
        """Close the connection."""
        self._line = None
        await self._connection.aclose()

    async def _dial(self) -> Line:
        """Return the connection, a new one where the last has ended."""
        if self._line is not None and self._line.closed:
            self._figures.wrong += 1
            await self.hang_up()
        if self._line is None:
            self._stream = IndiStream()
            self._line = await self._connection.enter_async_context(dialled(self._port, counted=()))
        return self._line

    def _batch(self, most: int) -> tuple[list[bytes], bool]:
        """Return messages up to the first for which the server has to drop us, and whether there is one."""
        batch = []
        for message in islice(self._corpus, most):
            batch.append(message)
            if any(isinstance(item, StreamError) for item in self._stream.feed(message)):
                return batch, True
        return batch, False

    async def _be_dropped(self, line: Line) -> None:
        try:
            await line.wait_closed(_DROPPING)
            self._figures.dropped += 1
        except TimeoutError:
            self._figures.wrong += 1
        await self.hang_up()


async def fuzz_pipes(target: Target, line: Line, plan: Plan) -> Figures:
    """Send messages as one stream."""
    corpus = iter(Corpus(plan.seed))
    async with _taken(target, line, plan) as figures:
        while figures.messages < plan.messages:
            batch = list(islice(corpus, min(plan.every, plan.messages - figures.messages)))
            figures.messages += len(batch)
            await line.send(b"".join(batch))
            await line.fence(plan.restore, plan.patience)
            figures.usages.append(target.usage())
    return figures


async def fuzz_served(target: Target, watcher: Line, plan: Plan) -> Figures:
    """Send messages as clients that come and are dropped, while another one stays."""
    corpus = iter(Corpus(plan.seed))
    async with _taken(target, watcher, plan) as figures, AsyncExitStack() as stack:
        clients = [Caller(target.port, corpus, figures) for _ in range(min(_AT_ONCE, plan.every))]
        for client in clients:
            stack.push_async_callback(client.hang_up)
        while figures.messages < plan.messages:
            share = min(plan.every, plan.messages - figures.messages)
            async with asyncio.TaskGroup() as group:
                for number, client in enumerate(clients):
                    count = len(range(number, share, len(clients)))
                    group.create_task(client.talk(count), name="fuzzing client")
            await watcher.fence(plan.restore, plan.patience)
            figures.usages.append(target.usage())
    return figures


@asynccontextmanager
async def _taken(target: Target, line: Line, plan: Plan) -> AsyncIterator[Figures]:
    """Take the figures of a run, however it ends."""
    figures = Figures(counts=line.counts)
    if plan.restore:
        await line.connect(plan.restore)
    await line.fence(plan.restore, plan.patience)
    figures.usages.append(target.usage())
    begin = time.monotonic()
    try:
        yield figures
    except* (SilenceError, OSError) as errors:
        figures.end = str(errors.exceptions[0])
    figures.seconds = time.monotonic() - begin
    if figures.end:
        figures.end += await _what_is_left(target)
    figures.fences, figures.repeats, figures.reconnects = line.fences, line.repeats, line.reconnects
    figures.logged = target.lines


async def _what_is_left(target: Target) -> str:
    """Return what became of a program that has hung up or does not answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DROPPING):
            return f"; it ended with status {await target.process.wait()}"
    if not target.port:
        return "; it runs"
    try:
        async with dialled(target.port) as line:
            await line.fence(patience=_DROPPING)
    except (SilenceError, OSError) as error:
        return f"; it runs, but for a new client: {error}"
    return "; it runs, and answers new clients"


@asynccontextmanager
async def simulated_board() -> AsyncIterator[str]:
    """Run a simulated board in a program of its own, and tell its address."""
    async with running(PROGRAM, "simulate", "--port", "0") as process:
        address = (await line_of(process.stderr, "MALOS simulator")).split()[-1]
        listening = asyncio.create_task(Target(process).listen(), name="log of the simulator")
        try:
            yield address
        finally:
            listening.cancel()
            await asyncio.wait({listening})
