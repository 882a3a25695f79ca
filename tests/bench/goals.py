"""What the figures are to be, and whether they are."""

from typing import Final

from tests.bench import subjects
from tests.bench.competitors import CPP, FLOOR, OURS, STOCK
from tests.bench.goal import Goal, at_least, at_most, faster, highest, limited, ratio
from tests.bench.subjects import Figures


def _against_one_at_a_time(figures: Figures, competitor: str) -> float | None:
    """Return how many images we answer in the time that the stock driver takes for one."""
    rate, alone = figures.median(subjects.RATE_PIPES, competitor), figures.median(subjects.IMAGE_PIPES, STOCK)
    return None if rate is None or alone is None else rate * alone / 1000


GOALS: Final = (
    at_most(2.5, subjects.SWITCH_PIPES_CPU, CPP, fast=2),
    at_most(2, subjects.SWITCH_PIPES, CPP, fast=1.7),
    faster(100, subjects.SWITCH_PIPES, STOCK),
    at_most(2.5, subjects.SWITCH_PIPES_STREAM, CPP, fast=2),
    at_most(2.5, subjects.IMAGE_PIPES, CPP),
    at_most(2.5, subjects.IMAGE_PIPES_STREAM, CPP, fast=2.2),
    at_most(1.5, subjects.LEDS_PIPES, CPP, fast=1.4),
    at_least(0.7, subjects.RATE_PIPES, (subjects.RATE_PIPES, CPP), CPP, fast=0.8),
    Goal(
        subjects.RATE_PIPES, "at least 20 x stock one at a time", _against_one_at_a_time, 20, least=True,
    ),
    at_most(1.5, subjects.SWITCH_SERVER, CPP, fast=1.3),
    at_most(1.5, subjects.SWITCH_SERVER_STREAM, CPP, fast=1.3),
    at_most(1.5, subjects.IMAGE_SERVER, CPP, fast=1.3),
    at_most(1.5, subjects.IMAGE_SERVER_STREAM, CPP, fast=1.3),
    at_most(1.5, subjects.LEDS_SERVER, CPP, fast=1.3),
    at_most(1.5, subjects.SWITCH_TCP_STREAM, CPP, fast=1.3),
    at_most(1.5, subjects.IMAGE_TCP_STREAM, CPP, fast=1.3),
    limited(1, subjects.SWITCH_NAGLE),
    at_least(2.5, subjects.RATE_SERVED, (subjects.RATE_SERVED, STOCK), "stock"),
    highest(0, subjects.ASTRAY, "none, ever", (OURS,)),
    at_least(0.9, subjects.RATE_CROWD, (subjects.RATE_SERVED, OURS), "one client's"),
    at_most(1.8, subjects.ONE_WAY, FLOOR, "raw pyzmq", fast=1.7),
    limited(1, subjects.PAD),
    # Not worse than 0.08 %, 5 a second and 32 MiB, as those were rounded.
    limited(0.08, subjects.IDLE_CPU),
    limited(5.5, subjects.IDLE_WAKES),
    limited(0.15, subjects.SENSORS_CPU),
    limited(8, subjects.SENSORS_WAKES),
    Goal(
        subjects.BOARDS_CPU, "no more than one board's", ratio(subjects.BOARDS_CPU, (subjects.IDLE_CPU, OURS)), 1,
    ),
    limited(1, subjects.BOARDS_MEMORY),
    limited(2, subjects.EFFECT_CPU),
    limited(5, subjects.EFFECT_JITTER, Figures.worst),
    at_most(1.5, subjects.START, STOCK),
    limited(32.5, subjects.MEMORY, fast=34.5),
    highest(80, subjects.CLIENT, "no bottleneck: at most 80 % of a core", (OURS, CPP, STOCK)),
)  # fmt: skip
