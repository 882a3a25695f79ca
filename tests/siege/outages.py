"""Let the service go and come back in all ways: `python -m tests.siege.outages [--count 200] [--seed 1]`.

Stock indipydriver has no link to a service; so there is nothing to compare with.
"""

import argparse
import asyncio
import random
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from tests.driver.client import talking_to
from tests.network import FAR, NoNetworksError, two_networks
from tests.programs import PROGRAM, running
from tests.siege.service import malos
from tests.siege.table import table
from tests.siege.trial import Outage, Trial


@asynccontextmanager
async def trial(seed: int) -> AsyncIterator[Trial]:
    """Run the driver and a service, in networks of their own where this machine allows for that."""
    async with AsyncExitStack() as stack:
        try:
            networks = await stack.enter_async_context(two_networks())
        except NoNetworksError as error:
            print(f"no cuts of the network: {error}", file=sys.stderr)
            networks = None
        near, far, host = (networks.near, networks.far, FAR) if networks else ((), (), "127.0.0.1")
        service = await stack.enter_async_context(malos("creator", host, far))
        driver = await stack.enter_async_context(running(*near, PROGRAM, "--address", service.address))
        indi = await stack.enter_async_context(talking_to(driver))
        yield Trial(indi, service, random.Random(seed), networks)


async def outages(count: int, seed: int) -> list[Outage]:
    """Return how each outage went; all kinds come equally often, in a shuffled order."""
    async with trial(seed) as one:
        kinds = list(one.kinds)
        order = [kinds[number % len(kinds)] for number in range(count)]
        one.dice.shuffle(order)
        await one.begin()
        found = []
        for kind in order:
            found.append(await one.suffer(kind))
            await one.rest()
        return found


def row(name: str, ones: Sequence[Outage]) -> list[str]:
    """Return the line of a table about some outages, all of which were got over."""
    seconds = [one.seconds for one in ones]
    times = [f"{statistics.median(seconds):.2f} s", f"{max(seconds):.2f} s"]
    sums = [sum(one.stale for one in ones), sum(one.woken for one in ones), sum(one.wrong for one in ones)]
    return [name, f"{len(ones)} / {len(ones)}", *times, *map(str, sums)]


async def main() -> None:
    parser = argparse.ArgumentParser(description="Let the service go and come back in all ways.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = await outages(options.count, options.seed)
    kinds = sorted({one.kind for one in found})
    rows = [row(kind, [one for one in found if one.kind == kind]) for kind in kinds]
    head = ["the service was", "reconnected", "median", "worst", "stale", "done on waking", "wrong pins or LEDs"]
    print(table(head, [*rows, row("all", found)]))


if __name__ == "__main__":
    asyncio.run(main())
