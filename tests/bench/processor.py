"""Processor time per write, which other programs on the machine disturb less than they disturb wall time."""

import math
from collections.abc import Sequence
from typing import Final

from tests.bench import subjects
from tests.bench.competitors import STOCK, Driver, Running
from tests.bench.kinds import A_RING, A_SWITCH, AN_IMAGE, Kind
from tests.bench.plan import Plan
from tests.bench.spent import Spent
from tests.bench.subjects import Figures, Subject

_SAMPLES: Final = 10  # of each kind in a round: their median forgets those during which others took the caches
ON_PIPES_PROCESSOR: Final = (
    (subjects.SWITCH_PIPES_CPU, A_SWITCH),
    (subjects.IMAGE_PIPES_CPU, AN_IMAGE),
    (subjects.LED_PIPES_CPU, A_RING),
)
IN_SERVER_PROCESSOR: Final = (
    (subjects.SWITCH_SERVER_CPU, A_SWITCH),
    (subjects.IMAGE_SERVER_CPU, AN_IMAGE),
    (subjects.LED_SERVER_CPU, A_RING),
)


def processor_times(
    plan: Plan, driver: Driver, program: Running, kinds: Sequence[tuple[Subject, Kind]], figures: Figures
) -> None:
    """Measure what a driver's own process spends on each write, with all its threads; a sample is of many."""
    counts = plan.processor_slow if driver.name == STOCK else plan.processor
    program.wire.quiet()
    for subject, kind in kinds:
        writes = kind.cut_writes(counts)
        size = math.ceil(len(writes) / _SAMPLES)
        samples = [writes[start : start + size] for start in range(0, len(writes), size)]
        figures.add(subject, driver.name, [_spent_on_each(sample, kind, program) for sample in samples])


def _spent_on_each(writes: list[list[bytes]], kind: Kind, program: Running) -> float:
    """Return the microseconds of a core that a driver spends on a write, of which a ring of LEDs is many."""
    before = Spent.of(program.pid)
    program.wire.round_trips(writes, kind.mark, marks=kind.marks)
    return Spent.of(program.pid).microseconds_since(before) / (len(writes) * kind.marks)
