"""Clients that come and go in a seeded mix of ways."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.siege.callers import CONNECT, DEFINITION, GET, LIGHT, LIT, LOST, Caller, calling

PLACES = 5  # clients that both programs take at a time, unless told otherwise
LONGEST = 300.0  # seconds, however many have come by then
_PATIENCE = 10.0  # seconds that the watcher waits
_IN_VAIN = 20  # clients in a row that are not served: a lock-out
_BETWEEN = 25  # connects between two round trips of the watcher
_FENCE = 5  # round trips in which the program notices who has gone: each is two turns of its loop or more
_SEED = 7


@dataclass(frozen=True)
class Way:
    """A way to come and go: what the client says, whether it waits for a definition, and how it leaves."""

    name: str
    says: bytes
    asks: bool
    leave: Callable[[Caller], Awaitable[None]]


HALF = Way("half closed", GET, True, Caller.close_half)
HASTY = Way("wrote and closed", CONNECT, False, Caller.close)
WAYS = (
    Way("clean", GET, True, Caller.close),
    HALF,
    Way("rude", GET, True, Caller.reset),
    Way("silent", b"", False, Caller.close),
    HASTY,
    Way("torn", CONNECT[: len(CONNECT) // 2], False, Caller.reset),
)


@dataclass
class Tally:
    """What became of those who came.

    Attributes:
        came: Connects.
        ways: The same, by their way.
        asked, served: Those that asked for definitions, and those that got one.
        left: Those that left as they meant to, by their way.
        longest: The longest wait for a definition, in vain or not, in seconds.
        in_vain: The newest that asked in vain, in a row.
        cut_short: Whether it took too long to let all come.
    """

    came: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    served: int = 0
    left: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    in_vain: int = 0
    cut_short: bool = False

    @property
    def locked_out(self) -> bool:
        """Whether nobody gets in any more."""
        return self.in_vain >= _IN_VAIN

    def note(self, waited: float, *, served: bool) -> None:
        """Note how one fared who asked."""
        self.asked += 1
        self.served += served
        self.longest = max(self.longest, waited)
        self.in_vain = 0 if served else self.in_vain + 1


async def visit(port: int, way: Way, tally: Tally, limit: float) -> None:
    """Come and go in a way."""
    tally.came += 1
    tally.ways[way.name] += 1
    start, waited = time.perf_counter(), 0.0
    with suppress(*LOST):
        async with asyncio.timeout(limit), calling(port) as caller:
            await caller.send(way.says)
            if way.asks:
                await caller.until(DEFINITION)
                waited = time.perf_counter() - start
            await way.leave(caller)
            tally.left[way.name] += 1
    if way.asks:
        tally.note(waited or time.perf_counter() - start, served=waited > 0)


async def trip(watcher: Caller) -> float:
    """Return the seconds of a round trip, which are infinite if there is no answer."""
    with suppress(*LOST):
        async with asyncio.timeout(_PATIENCE):
            return await watcher.ask(LIGHT, LIT)
    return float("inf")


@dataclass
class Crowd:
    """Those who come and go, and a watcher who stays.

    Attributes:
        limit: Seconds that each of them waits.
        trips: Seconds of each round trip of the watcher.
    """

    port: int
    watcher: Caller
    limit: float
    tally: Tally = field(default_factory=Tally)
    trips: list[float] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(_SEED))

    async def come_and_go(self, until: int) -> None:
        """Let clients come and go until so many have come."""
        tally, deadline = self.tally, time.monotonic() + LONGEST
        while tally.came < until and not tally.locked_out and not tally.cut_short:
            together = self.dice.choice((1, 1, 1, 2, PLACES - 1))
            visits = (visit(self.port, self.dice.choice(WAYS), tally, self.limit) for _ in range(together))
            await asyncio.gather(*visits)
            if len(self.trips) <= tally.came // _BETWEEN:
                self.trips.append(await trip(self.watcher))
            tally.cut_short = time.monotonic() > deadline
        for _ in range(_FENCE):
            await trip(self.watcher)

    async def leave(self) -> None:
        """Let the watcher leave too."""
        with suppress(*LOST):
            async with asyncio.timeout(self.limit):
                await self.watcher.close_half()
        await self.watcher.close()
