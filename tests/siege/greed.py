"""Clients that want all the memory there is: `python -m tests.siege.greed [--seconds 60]`.

One element without end, many that are not finished, some that are nested deep, and a client that never reads.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.siege.attacks import BEGIN, END, Attack, Spoils, deep, endless, unread
from tests.siege.callers import CONNECT, CONNECTED, GET, LIGHT, LIT, LOST, Caller, calling
from tests.siege.process import forget_peak, peak
from tests.siege.table import table
from tests.siege.targets import Start, Target, ours_served, stock_served

SIZE = 64 << 20  # bytes
UNFINISHED = 900_000  # bytes, fewer than our server takes for too many
DEPTH = 100_000
TRIPS = 500  # of each of the others, before
_MOST_MEMORY = 1024.0  # MiB; a program that takes more is killed
_PATIENCE = 30.0  # seconds that the others wait for an answer
_LONGEST = 180.0  # seconds that an attack lasts, at most
_DYING = 10.0  # seconds that a program may take to die
_SAMPLING = 0.05  # seconds

LOOK = b'<getProperties version="1.7" device="MATRIX" name="CONNECTION"/>\n'
SEEN = b'<defSwitchVector device="MATRIX" name="CONNECTION"'


@dataclass
class Memory:
    """What a program took at most, in MiB, and whether it was killed for that."""

    peak: float = 0.0
    too_much: bool = False


@dataclass
class Others:
    """What two clients that behave met: the seconds of their round trips, and how many of them were let down."""

    times: list[float] = field(default_factory=list)
    let_down: int = 0

    @property
    def median(self) -> float:
        """Return the median round trip in seconds, and infinity if there was none."""
        return statistics.median(self.times) if self.times else float("inf")


@dataclass(frozen=True)
class Figures:
    """What greed did to a program.

    Attributes:
        spoils: What the greedy client got.
        growth: Memory at its peak beyond that before, in MiB.
        too_much: Whether the program was killed for its memory.
        before, during: What the others met.
        pictures: Pictures a second that were answered, before and during.
        alive: Whether the program runs.
    """

    spoils: Spoils
    growth: float
    too_much: bool
    before: Others
    during: Others
    pictures: tuple[float, float]
    alive: bool


# The others


@dataclass
class Artist:
    """A client that animates the ring at full speed.

    Attributes:
        pictures: Those that were answered.
    """

    pictures: int = 0

    async def draw(self, port: int) -> None:
        """Draw one picture after the other, each of its own colour, until the server is gone."""
        with suppress(*LOST):
            async with calling(port) as caller:
                for color in (f"{number:06X}" for number in itertools.count(1)):
                    await caller.ask(BEGIN + " ".join([color] * 35).encode() + END, f">{color}".encode())
                    self.pictures += 1


@asynccontextmanager
async def _animated(port: int, *, wanted: bool) -> AsyncIterator[Artist]:
    artist = Artist()
    if not wanted:
        yield artist
        return
    drawing = asyncio.create_task(artist.draw(port), name="artist")
    try:
        yield artist
    finally:
        drawing.cancel()
        await asyncio.wait({drawing})


async def _ask(caller: Caller, question: bytes, answer: bytes, met: Others, enough: Callable[[int], bool]) -> None:
    for number in itertools.count():
        if enough(number):
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                met.times.append(await caller.ask(question, answer))
        except LOST:
            met.let_down += 1
            return


async def _others(one: Caller, two: Caller, enough: Callable[[int], bool]) -> Others:
    """Return what two clients meet, until each has done enough round trips."""
    met = Others()
    await asyncio.gather(_ask(one, LIGHT, LIT, met, enough), _ask(two, LOOK, SEEN, met, enough))
    return met


# The siege


@asynccontextmanager
async def _watched(target: Target) -> AsyncIterator[Memory]:
    """Note the peak of a program's memory from now on; the kernel knows it between two looks, too."""
    forget_peak(target.process.pid)
    memory = Memory()
    watching = asyncio.create_task(_watch(target, memory), name="memory of the target")
    try:
        yield memory
    finally:
        watching.cancel()
        await asyncio.wait({watching})
        _look(target, memory)


async def _watch(target: Target, memory: Memory) -> None:
    while target.alive and not memory.too_much:
        _look(target, memory)
        await asyncio.sleep(_SAMPLING)


def _look(target: Target, memory: Memory) -> None:
    with suppress(OSError, ValueError):  # it has died
        memory.peak = peak(target.process.pid)
    if memory.peak > _MOST_MEMORY:
        memory.too_much = True
        target.process.kill()


async def _bounded(attack: Attack, port: int, spoils: Spoils) -> None:
    """Attack until all is done, the program is gone, or it takes too long."""
    with suppress(*LOST):
        async with asyncio.timeout(_LONGEST):
            await attack(port, spoils)


async def besiege(start: Start, attack: Attack, trips: int, *, animated: bool = False) -> Figures:
    """Attack a fresh program, with two other clients, and a third that animates the ring if so wanted."""
    spoils = Spoils()
    async with start() as target, calling(target.port) as one, calling(target.port) as two:
        await one.ask(GET + CONNECT, CONNECTED)
        async with _animated(target.port, wanted=animated) as artist:
            begin = time.monotonic()
            before = await _others(one, two, lambda number: number >= trips)
            base, middle, drawn = target.usage().memory, time.monotonic(), artist.pictures
            async with _watched(target) as memory:
                attacking = asyncio.create_task(_bounded(attack, target.port, spoils), name="attack")
                during = await _others(one, two, lambda number: number > 0 and attacking.done())
                await attacking
            pictures = (drawn / (middle - begin), (artist.pictures - drawn) / (time.monotonic() - middle))
        if during.let_down:  # it may be about to die
            with suppress(TimeoutError):
                async with asyncio.timeout(_DYING):
                    await target.process.wait()
        growth = memory.peak - base
        return Figures(spoils, growth, memory.too_much, before, during, pictures, target.alive)


# The table


def _growth(it: Figures) -> str:
    return f"more than {_MOST_MEMORY:.0f} MiB in all" if it.too_much else f"+{max(it.growth, 0):.1f} MiB"


def _during(it: Figures) -> str:
    ratio = it.during.median / it.before.median
    let_down = f", {it.during.let_down} of 2 let down" if it.during.let_down else ""
    if not it.during.times:
        return "none" + let_down
    return f"{1000 * it.during.median:.2f} ms, x {ratio:.1f}, of {len(it.during.times)}{let_down}"


def _end(it: Figures) -> str:
    if it.too_much:
        return "killed by us for its memory"
    return "alive" if it.alive else "died"


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("connections of it", lambda it: f"{it.spoils.connections}"),
    ("bytes on one, at most", lambda it: f"{it.spoils.most:,}"),
    ("memory at its peak", _growth),
    ("others' round trip before", lambda it: f"{1000 * it.before.median:.2f} ms"),
    ("others' round trip during", _during),
    ("pictures before, during", lambda it: "{:.0f} / s, {:.0f} / s".format(*it.pictures)),
    ("program", _end),
)
NOT_OF = {"unread": "bytes on one, at most"}


async def _main(seconds: float) -> None:
    attacks = {
        "endless": endless(SIZE),
        "unfinished": endless(SIZE, UNFINISHED),
        "deep": deep(DEPTH),
        "unread": unread(seconds),
    }
    rows: list[tuple[str, str, str]] = []
    for name, attack in attacks.items():
        ours, stock = [
            await besiege(start, attack, TRIPS, animated=name == "unread")
            for start in (lambda: ours_served("--simulate"), stock_served)
        ]
        left_out = NOT_OF.get(name, "pictures before, during")
        rows += [(f"{name}: {row}", cell(ours), cell(stock)) for row, cell in ROWS if row != left_out]
    print(table(("measure", "indi_matrix", "stock"), rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of not reading (%(default)s)")
    asyncio.run(_main(parser.parse_args().seconds))
