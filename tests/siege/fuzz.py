"""Send the program a million broken messages: `python -m tests.siege.fuzz`.

Beside it a stock driver, until it dies or does not answer for 5 s.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from tests.siege.fuzzing import Figures, Plan, fuzz_pipes, fuzz_served, simulated_board
from tests.siege.home import own_home
from tests.siege.line import ALERT, ANSWER, WARNING, dialled, piped
from tests.siege.seeds import switches, texts
from tests.siege.table import table
from tests.siege.targets import ours_on_pipes, ours_served, stock_on_pipes, stock_served

_MOST_GROWTH: Final = 5.0  # MiB, from a tenth of the run on
_STOCK_MESSAGES: Final = 2000  # if it should live as long
_STOCK_PATIENCE: Final = 5.0  # seconds


async def pipes_of_ours(messages: int, seed: int) -> Figures:
    """Fuzz ours on pipes, with a simulated board in another process."""
    async with simulated_board() as address, ours_on_pipes("--address", address) as target, piped(target) as line:
        host, port = address.rsplit(":", 1)
        restore = switches("SIMULATION", DISABLE=True) + texts("DEVICE_ADDRESS", ADDRESS=host, PORT=port)
        return await fuzz_pipes(target, line, Plan(messages, seed, restore))


async def service_of_ours(messages: int, seed: int) -> Figures:
    """Fuzz ours as it serves, with a simulated board inside."""
    async with ours_served("--simulate") as target, dialled(target.port) as watcher:
        return await fuzz_served(target, watcher, Plan(messages, seed, switches("SIMULATION", ENABLE=True)))


def _for_stock(messages: int, seed: int) -> Plan:
    return Plan(min(messages, _STOCK_MESSAGES), seed, b"", every=1, patience=_STOCK_PATIENCE)


async def pipes_of_stock(messages: int, seed: int) -> Figures:
    """Fuzz a stock driver on pipes, for as long as it answers."""
    async with stock_on_pipes() as target, piped(target) as line:
        return await fuzz_pipes(target, line, _for_stock(messages, seed))


async def service_of_stock(messages: int, seed: int) -> Figures:
    """Fuzz a stock server, for as long as it answers."""
    async with stock_served() as target, dialled(target.port) as watcher:
        return await fuzz_served(target, watcher, _for_stock(messages, seed))


RUNS: Final[dict[str, dict[str, Callable[[int, int], Awaitable[Figures]]]]] = {
    "pipes": {"indi_matrix on pipes": pipes_of_ours, "stock on pipes": pipes_of_stock},
    "served": {"indi_matrix served": service_of_ours, "stock served": service_of_stock},
}

ROWS: Final[dict[str, Callable[[Figures], str]]] = {
    "messages": lambda run: f"{run.messages:,}",
    "answers": lambda run: f"{run.counts[ANSWER]:,}",
    "Alerts among them": lambda run: f"{run.counts[ALERT]:,}",
    "warnings": lambda run: f"{run.counts[WARNING]:,}",
    "crashes": lambda run: str(int("ended with status" in run.end)),
    "what ended it": lambda run: run.end or "nothing",
    "clients dropped": lambda run: f"{run.dropped:,}",
    "dropped or kept wrongly": lambda run: str(run.wrong),
    "fences answered": lambda run: f"{run.fences - bool(run.end):,}",
    "fences repeated": lambda run: f"{run.repeats:,}",
    "board connected": lambda run: f"{run.reconnects:,} times",
    "seconds": lambda run: f"{run.seconds:.1f}",
    "messages/s": lambda run: f"{run.messages / run.seconds:,.0f}",
    "MiB at a tenth, at the end": lambda run: f"{run.early.memory:.1f}, {run.late.memory:.1f}",
    "MiB grown": lambda run: f"{run.late.memory - run.early.memory:+.1f}",
    "descriptors at a tenth, at the end": lambda run: f"{run.early.descriptors}, {run.late.descriptors}",
    "lines logged": lambda run: f"{run.logged:,}",
}


def is_well(run: Figures) -> bool:
    """Return whether a run of ours is as it should be."""
    return not (run.end or run.wrong) and run.late.memory - run.early.memory <= _MOST_GROWTH


async def main() -> int:
    """Fuzz, and print the figures; return 1 when ours is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.siege.fuzz", description="Send broken messages.")
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many on each way (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what determines them (%(default)s)")
    parser.add_argument("--transport", choices=[*RUNS, "both"], default="both", help="way (%(default)s)")
    options = parser.parse_args()
    runs: dict[str, Figures] = {}
    for transport in RUNS if options.transport == "both" else [options.transport]:
        for name, run in RUNS[transport].items():
            print(f"fuzzing {name}", file=sys.stderr, flush=True)
            runs[name] = await run(options.messages, options.seed)
    columns = sorted(runs)
    rows = [[measure, *(figure(runs[name]) for name in columns)] for measure, figure in ROWS.items()]
    print(f"seed {options.seed}\n\n" + table(["measure", *columns], rows))
    return int(not all(is_well(run) for name, run in runs.items() if not name.startswith("stock")))


if __name__ == "__main__":
    with own_home():
        sys.exit(asyncio.run(main()))
