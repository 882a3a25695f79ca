"""Clients that come and go by the thousand: `python -m tests.siege.connects [--count 10000]`."""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from tests.siege.callers import CONNECT, CONNECTED, DEFINITION, GET, LOST, calling
from tests.siege.crowd import HALF, HASTY, LONGEST, PLACES, Crowd, Tally, trip
from tests.siege.process import Usage
from tests.siege.table import table
from tests.siege.targets import Start, Target, ours_served, stock_served

WARM_UP = 500  # connects
QUIET = 5.0  # seconds
LIMIT = 1.0  # seconds that a client waits


@dataclass(frozen=True)
class Figures:
    """What a crowd did to a program.

    Attributes:
        tally: What became of it.
        heard: Writes that were carried out although their client hung up at once.
        trips: Seconds of each round trip of the one who stays; infinite where no answer came.
        free: Clients that are served at the same time when all is over.
        before, after: What the program used after the warm-up, and in the end.
        idle: Percent of a core that the program takes in the end, with one client that says nothing.
        alive: Whether it runs.
    """

    tally: Tally
    heard: int
    trips: tuple[float, ...]
    free: int
    before: Usage
    after: Usage
    idle: float
    alive: bool


async def _gets_in(port: int, limit: float, everybody_knows: asyncio.Barrier) -> bool:
    """Return whether a client is served; it stays until everybody knows that of himself."""
    served = False
    async with AsyncExitStack() as stack:
        with suppress(*LOST):
            async with asyncio.timeout(limit):
                caller = await stack.enter_async_context(calling(port))
                await caller.ask(GET, DEFINITION)
                served = True
        await everybody_knows.wait()
    return served


async def _free(port: int, limit: float) -> int:
    """Return how many clients are served at the same time."""
    everybody_knows = asyncio.Barrier(PLACES)
    return sum(await asyncio.gather(*(_gets_in(port, limit, everybody_knows) for _ in range(PLACES))))


async def besiege(start: Start, count: int, warm_up: int, quiet: float, limit: float) -> Figures:
    """Let so many clients come and go; watch the program for some quiet seconds after that."""
    async with start() as target, calling(target.port) as watcher:
        await watcher.ask(GET + CONNECT, CONNECTED)
        watcher.connected = 0
        before = target.usage()
        crowd = Crowd(target.port, watcher, limit)
        await crowd.come_and_go(warm_up)
        if not crowd.tally.locked_out:
            before = _usage(target, before)
        await crowd.come_and_go(count)
        busy = _usage(target, before)
        await asyncio.sleep(quiet)
        after = _usage(target, busy)
        crowd.trips.append(await trip(watcher))
        await crowd.leave()
        return Figures(
            tally=crowd.tally,
            heard=watcher.connected,
            trips=tuple(crowd.trips),
            free=await _free(target.port, limit),
            before=before,
            after=after,
            idle=100 * (after.cpu - busy.cpu) / quiet,
            alive=target.alive,
        )


def _usage(target: Target, last: Usage) -> Usage:
    """Return what a program uses, or used last if it has died."""
    with suppress(OSError, ValueError):
        return target.usage()
    return last


def _trips(figures: Figures) -> str:
    answered = [trip for trip in figures.trips if trip < float("inf")]
    return f"{len(answered)} / {len(figures.trips)}, at most {1000 * max(answered, default=0):.1f} ms"


def _end(figures: Figures) -> str:
    if not figures.alive:
        return "died"
    return f"locked everybody out after {figures.tally.came} connects" if figures.tally.locked_out else "alive"


def _connects(figures: Figures) -> str:
    return f"{figures.tally.came}" + f", then {LONGEST:.0f} s were over" * figures.tally.cut_short


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("connects", _connects),
    ("served with definitions / asked", lambda it: f"{it.tally.served} / {it.tally.asked}"),
    ("longest wait for a definition", lambda it: f"{1000 * it.tally.longest:.1f} ms"),
    ("half closed, and read to the end", lambda it: f"{it.tally.left[HALF.name]} / {it.tally.ways[HALF.name]}"),
    ("wrote, closed at once, and heard", lambda it: f"{it.heard} / {it.tally.left[HASTY.name]}"),
    ("round trips of a client who stayed", _trips),
    (f"places free in the end, of {PLACES}", lambda it: f"{it.free}"),
    ("memory", lambda it: f"{it.before.memory:.1f} -> {it.after.memory:.1f} MiB"),
    ("descriptors", lambda it: f"{it.before.descriptors} -> {it.after.descriptors}"),
    ("threads", lambda it: f"{it.before.threads} -> {it.after.threads}"),
    ("processor in the end", lambda it: f"{it.idle:.1f} % of a core"),
    ("program", _end),
)


async def _main(count: int) -> None:
    ours = await besiege(lambda: ours_served("--simulate"), count, WARM_UP, QUIET, LIMIT)
    stock = await besiege(stock_served, count, WARM_UP, QUIET, LIMIT)
    print(table(("measure", "indi_matrix", "stock"), [(name, cell(ours), cell(stock)) for name, cell in ROWS]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="connects (%(default)s)")
    asyncio.run(_main(parser.parse_args().count))
