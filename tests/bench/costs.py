"""What it costs to be there: idle with one board and with many, and with an effect."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tests.bench import subjects
from tests.bench.competitors import CPP, OURS, STOCK, Driver, connect_all, on_pipes, ours, served, serving
from tests.bench.plan import Plan
from tests.bench.programs import dialled, malos
from tests.bench.spent import looks
from tests.bench.subjects import Figures
from tests.bench.wire import Wire
from tests.bench.words import MOTION, effect

_BOARDS: Final = 16
_INTERVAL_MS: Final = 40.0
_EFFECT: Final = "CHASE"  # the one that costs most


def idle(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Let all be idle at the same time, each with one client, and measure what that costs.

    Ours hear from a board, from one with sensors, or from many, every second; the other drivers have no board and
    are told nothing.
    """
    with ExitStack() as stack:
        pids = {driver.name: stack.enter_context(_idle(driver)) for driver in competitors if not driver.ours}
        one = pids[OURS] = stack.enter_context(_boards(1))
        many = stack.enter_context(_boards(_BOARDS))
        sensing = stack.enter_context(_boards(1, sensors=True))
        for before, after in looks([*pids.values(), many, sensing], plan.looks, plan.idle):
            for name, pid in pids.items():
                figures.add(subjects.IDLE_CPU, name, [after[pid].percent_since(before[pid])])
                figures.add(subjects.IDLE_WAKES, name, [after[pid].wakes_since(before[pid])])
            figures.add(subjects.SENSORS_CPU, OURS, [after[sensing].percent_since(before[sensing])])
            figures.add(subjects.SENSORS_WAKES, OURS, [after[sensing].wakes_since(before[sensing])])
            figures.add(subjects.BOARDS_CPU, OURS, [after[many].percent_since(before[many]) / _BOARDS])
            figures.add(subjects.BOARDS_WAKES, OURS, [after[many].wakes_since(before[many]) / _BOARDS])
            growth = (after[many].memory - after[one].memory) / (_BOARDS - 1)
            figures.add(subjects.BOARDS_MEMORY, OURS, [growth])


@contextmanager
def _idle(driver: Driver) -> Iterator[int]:
    """Run a driver, served if a server comes with it, and connected; its process id is told."""
    if driver.name == STOCK:
        with served(driver) as program:
            yield program.process.pid
    else:
        assert driver.name == CPP
        with on_pipes(driver) as program:
            yield program.process.pid


@contextmanager
def _boards(count: int, *, sensors: bool = False) -> Iterator[int]:
    """Serve so many boards to one client, connected; the process id is told."""
    with malos(count, sensors=sensors) as services:
        boards = {f"B{number}": address for number, address in enumerate(services.addresses)}
        options = itertools.chain.from_iterable(("--board", f"{name}={where}") for name, where in boards.items())
        with serving(*options) as (process, port), dialled(port) as connection:
            wire = Wire.of(connection)
            connect_all(wire, list(boards))
            if sensors:
                wire.seen(MOTION)
            yield process.pid


def effects(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Let an effect run, and measure what it costs and how regular it is."""
    with on_pipes(ours) as program:
        assert program.board is not None
        program.wire.send(effect(_EFFECT))
        program.wire.quiet()
        program.board.frames()
        pid = program.process.pid
        for before, after in looks([pid], plan.looks, plan.effect):
            figures.add(subjects.EFFECT_CPU, OURS, [after[pid].percent_since(before[pid])])
        moments = [moment / 1e6 for moment, _ in program.board.frames()]
    intervals = [later - earlier for earlier, later in itertools.pairwise(moments)]
    figures.add(subjects.EFFECT_JITTER, OURS, [abs(interval - _INTERVAL_MS) for interval in intervals])
