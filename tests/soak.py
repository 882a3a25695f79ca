"""All at once, for as long as you like: `python -m tests.soak [--minutes 30] [--seed 1]`.

One program serves two boards. The service of one goes and comes back in all ways, while a client uses what it has;
to the other go broken messages. Crowds come and go, and some clients never read. The exit status is 1 if anything
grows or is wrong.
"""

import argparse
import asyncio
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.driver.client import IndiClient
from tests.siege.attacks import Spoils, unread
from tests.siege.crowd import WAYS, Tally, visit
from tests.siege.fuzzing import Plan, fuzz_served, simulated_board
from tests.siege.home import own_home
from tests.siege.line import ALERT, ANSWER, dialled
from tests.siege.process import Usage
from tests.siege.seeds import switches, texts
from tests.siege.service import Service, malos
from tests.siege.table import table
from tests.siege.targets import Target, ours_served
from tests.siege.trial import Outage, Trial

_MOST_GROWTH: Final = 5.0  # MiB, from a tenth of the time on
_FUZZED: Final = 1000  # messages at a time
_PATIENCE: Final = 5.0  # seconds that a client of the crowd waits
_DEAF: Final = 5.0  # seconds that a client does not read
_QUIET: Final = 3.0  # seconds at the end in which nothing happens
_ERRORS: Final = 100  # at a time
_RESTS: Final = (
    0.8  # of the outages are got over before the next one; behind the others it comes after a growing pause
)
_PLACES: Final = "12"
# Whatever anybody asks for goes to all clients, and the one that uses the board parses it all.
_PAUSE: Final = 0.2  # seconds


@dataclass
class Figures:
    """What it came to.

    Attributes:
        messages, dropped, wrongly: Broken messages; clients dropped for them; clients dropped or kept wrongly.
        counts: What was answered to that.
        tally: The crowd.
        deaf: Clients that did not read.
        outages: The outages.
        errors: Error texts and garbage that the service published.
        before, early, after: What the program used at the beginning, after a tenth of the time, and at the end.
        peak: The most memory that it was seen to use, in MiB.
        idle: Percent of a core that it used at the end, when nothing happened.
        logged: Lines of its log.
        failures: What went wrong.
    """

    before: Usage
    early: Usage
    after: Usage
    messages: int = 0
    dropped: int = 0
    wrongly: int = 0
    counts: Counter[bytes] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    deaf: int = 0
    outages: list[Outage] = field(default_factory=list)
    errors: int = 0
    peak: float = 0.0
    idle: float = 0.0
    logged: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is not as it should be."""
        found = {
            f"{self.wrongly} clients dropped or kept wrongly": self.wrongly,
            f"{self.tally.asked - self.tally.served} of the crowd not served": self.tally.asked
            - self.tally.served,
            "commands carried out that were refused": sum(one.stale for one in self.outages),
            "pins or LEDs wrong after an outage": sum(one.wrong for one in self.outages),
            "memory grows": self.after.memory - self.early.memory > _MOST_GROWTH,
            "descriptors grow": self.after.descriptors > self.before.descriptors,
            "threads grow": self.after.threads > self.before.threads,
        }
        return self.failures + [text for text, is_so in found.items() if is_so]


class Soak:
    """A program, and all that is done to it."""

    def __init__(self, target: Target, trial: Trial, restore: bytes, seconds: float) -> None:
        self.target = target
        self.trial = trial
        self.restore = restore
        self.dice = trial.dice
        self.end = time.monotonic() + seconds
        usage = target.usage()
        self.figures = Figures(usage, usage, usage)

    async def run(self, seconds: float) -> Figures:
        """Do everything until the time is over, then see what is left."""
        figures, parts = self.figures, (self._fuzz, self._crowd, self._deafen, self._suffer, self._look)
        early = asyncio.get_running_loop().call_later(seconds / 10, self._note_early)
        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(self._until_the_end(part), name=part.__name__)
        except* (AssertionError, OSError) as errors:
            figures.failures += [repr(error) for error in errors.exceptions]
            traceback.print_exception(errors)
        early.cancel()
        if self.target.alive:
            busy = self.target.usage()
            await asyncio.sleep(_QUIET)
            figures.after = self.target.usage()
            figures.idle = 100 * (figures.after.cpu - busy.cpu) / _QUIET
        else:
            figures.failures.append(f"the program ended with status {self.target.process.returncode}")
        figures.logged = self.target.lines
        return figures

    async def _until_the_end(self, part: Callable[[], Awaitable[None]]) -> None:
        while time.monotonic() < self.end:
            await part()

    def _note_early(self) -> None:
        self.figures.early = self.target.usage()

    async def _look(self) -> None:
        self.figures.peak = max(self.figures.peak, self.target.usage().memory)
        await asyncio.sleep(0.5)

    async def _fuzz(self) -> None:
        figures, plan = self.figures, Plan(_FUZZED, self.dice.randrange(1 << 30), self.restore)
        async with dialled(self.target.port, (ANSWER, ALERT)) as watcher:
            found = await fuzz_served(self.target, watcher, plan)
        figures.messages += found.messages
        figures.dropped += found.dropped
        figures.wrongly += found.wrong
        figures.counts.update(found.counts)
        if found.end:
            figures.failures.append(found.end)
        await asyncio.sleep(_PAUSE)

    async def _crowd(self) -> None:
        ways = self.dice.choices(WAYS, k=self.dice.choice((1, 1, 2, 3)))
        await asyncio.gather(*(visit(self.target.port, way, self.figures.tally, _PATIENCE) for way in ways))
        await asyncio.sleep(_PAUSE)

    async def _deafen(self) -> None:
        await unread(_DEAF)(self.target.port, Spoils())
        self.figures.deaf += 1

    async def _suffer(self) -> None:
        trial = self.trial
        trial.service.tell("error", "Everloop", "ERROR: LED values go from 0 to 255.", _ERRORS)
        trial.service.tell("garbage", "Everloop", _ERRORS // 10)
        self.figures.errors += _ERRORS + _ERRORS // 10
        self.figures.outages.append(await trial.suffer(self.dice.choice(list(trial.kinds))))
        if self.dice.random() < _RESTS:
            await trial.rest()
        trial.forget()


@asynccontextmanager
async def calling(port: int, device: str) -> AsyncIterator[IndiClient]:
    """Be a client of one device of a server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = IndiClient(writer, device=device, one_device=True)
    listening = asyncio.create_task(client.listen(reader), name="client that uses the board")
    try:
        yield client
    finally:
        listening.cancel()
        await asyncio.wait({listening})
        writer.close()


async def soak(minutes: float, seed: int) -> Figures:
    """Return what it came to."""
    async with simulated_board() as address, malos() as service:
        boards = ("--board", f"MATRIX={address}", "--board", f"North={service.address}")
        async with ours_served("--max-connections", _PLACES, *boards) as target:
            return await _soak(target, service, address, minutes * 60, random.Random(seed))


async def _soak(target: Target, service: Service, address: str, seconds: float, dice: random.Random) -> Figures:
    host, port = address.rsplit(":", 1)
    restore = switches("SIMULATION", DISABLE=True) + texts("DEVICE_ADDRESS", ADDRESS=host, PORT=port)
    async with calling(target.port, "North") as indi:
        await _connect(target.port, restore)
        trial = Trial(indi, service, dice)
        await trial.begin()
        return await Soak(target, trial, restore, seconds).run(seconds)


async def _connect(port: int, restore: bytes) -> None:
    """Connect the other board, so that what the program uses at the beginning is all that it needs."""
    async with dialled(port) as line:
        await line.connect(restore)


def rows(figures: Figures) -> list[tuple[str, str]]:
    """Return the lines of the table."""
    outages, before, early, after = figures.outages, figures.before, figures.early, figures.after
    return [
        ("broken messages", f"{figures.messages:,}"),
        ("answers, Alerts among them", f"{figures.counts[ANSWER]:,}, {figures.counts[ALERT]:,}"),
        ("clients dropped for them", f"{figures.dropped:,}"),
        ("clients that came and went", f"{figures.tally.came:,}"),
        ("of those that asked, served", f"{figures.tally.served:,} of {figures.tally.asked:,}"),
        ("clients that did not read", f"{figures.deaf:,}"),
        ("errors and garbage of the service", f"{figures.errors:,}"),
        ("outages, all got over", f"{len(outages):,}"),
        ("commands replayed", f"{sum(one.stale for one in outages)}"),
        ("pins or LEDs wrong behind an outage", f"{sum(one.wrong for one in outages)}"),
        ("lines logged", f"{figures.logged:,}"),
        ("memory before, at a tenth, after", f"{before.memory:.1f}, {early.memory:.1f}, {after.memory:.1f} MiB"),
        ("most memory seen", f"{figures.peak:.1f} MiB"),
        ("descriptors before, after", f"{before.descriptors}, {after.descriptors}"),
        ("threads before, after", f"{before.threads}, {after.threads}"),
        ("processor at the end, idle", f"{figures.idle:.1f} % of a core"),
        ("not as it should be", "; ".join(figures.faults) or "nothing"),
    ]


async def main() -> int:
    """Soak, and print the figures; return 1 when something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Do everything at once.")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what determines it (%(default)s)")
    options = parser.parse_args()
    figures = await soak(options.minutes, options.seed)
    print(table(("measure", f"{options.minutes:g} minutes"), rows(figures)))
    return int(bool(figures.faults))


if __name__ == "__main__":
    with own_home():
        sys.exit(asyncio.run(main()))
