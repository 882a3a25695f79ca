"""How long each competitor takes from its start to its first definition."""

import time
from collections.abc import Sequence

from tests.bench import subjects
from tests.bench.competitors import Driver
from tests.bench.plan import Plan
from tests.bench.programs import running
from tests.bench.subjects import Figures
from tests.bench.wire import Wire
from tests.bench.words import DEFINITION, GET


def starts(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Start each competitor on pipes, in turn."""
    for _ in range(plan.starts):
        for driver in competitors:
            figures.add(subjects.START, driver.name, [_start(driver)])


def warm_up(competitors: Sequence[Driver]) -> None:
    """Start each competitor once, uncounted: the first start compiles what the next ones only load."""
    for driver in competitors:
        _start(driver)


def _start(driver: Driver) -> float:
    """Return the milliseconds until a driver has defined something."""
    start = time.perf_counter()
    with running(*driver.command, environ=driver.environ) as process:
        wire = Wire.of_process(process)
        wire.send(GET)
        wire.seen(DEFINITION)
        return 1000 * (time.perf_counter() - start)
