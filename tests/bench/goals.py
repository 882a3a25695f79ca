"""What the figures are to be, and whether they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.bench import subjects
from tests.bench.competitors import CPP, FLOOR, OURS, STOCK
from tests.bench.subjects import Figures, Subject

Value = Callable[[Figures], float | None]


@dataclass(frozen=True)
class Goal:
    """A goal: what is compared, and with what limit.

    Attributes:
        subject: What it is about.
        text: The goal in words.
        value: Returns what is compared with the limit, None where that was not measured.
        limit: The highest value that will do, or the lowest.
        least: Whether it is the lowest.
        unit: That of value and limit.
    """

    subject: Subject
    text: str
    value: Value
    limit: float
    least: bool = False
    unit: str = "x"

    def verdict(self, figures: Figures) -> str:
        """Return met, MISSED or not measured."""
        value = self.value(figures)
        if value is None:
            return "not measured"
        return "met" if (value >= self.limit if self.least else value <= self.limit) else "MISSED"


def _ratio(one: tuple[Subject, str], other: tuple[Subject, str]) -> Value:
    """Return what divides two medians."""

    def value(figures: Figures) -> float | None:
        dividend, divisor = figures.median(*one), figures.median(*other)
        return None if dividend is None or not divisor else dividend / divisor

    return value


def at_most(factor: float, subject: Subject, rival: str, words: str = "") -> Goal:
    """Return the goal to take no more than so many times what a rival takes."""
    value = _ratio((subject, OURS), (subject, rival))
    return Goal(subject, f"at most {factor:g} x {words or rival}", value, factor)


def faster(factor: float, subject: Subject, rival: str) -> Goal:
    """Return the goal to take no more than that part of what a rival takes."""
    value = _ratio((subject, rival), (subject, OURS))
    return Goal(subject, f"at least {factor:g} x faster than {rival}", value, factor, least=True)


def at_least(factor: float, subject: Subject, other: tuple[Subject, str], words: str) -> Goal:
    """Return the goal to reach so many times another rate."""
    value = _ratio((subject, OURS), other)
    return Goal(subject, f"at least {factor:g} x {words}", value, factor, least=True)


def limited(
    limit: float, subject: Subject, figure: Callable[[Figures, Subject, str], float | None] = Figures.median
) -> Goal:
    """Return the goal of a median, or of a p99: Figures.worst."""

    def value(figures: Figures) -> float | None:
        return figure(figures, subject, OURS)

    words = "at most" if figure is Figures.median else "p99 at most"
    return Goal(subject, f"{words} {limit:g} {subject.unit}", value, limit, unit=subject.unit)


def _highest(limit: float, subject: Subject, text: str, competitors: tuple[str, ...]) -> Goal:
    """Return the goal that no sample at all exceeds a limit."""

    def value(figures: Figures) -> float | None:
        found = [figures.highest(subject, name) for name in competitors]
        return max((one for one in found if one is not None), default=None)

    return Goal(subject, text, value, limit, unit=subject.unit)


def _against_one_at_a_time(figures: Figures) -> float | None:
    """Return how many images we answer in the time that the stock driver takes for one."""
    rate, alone = figures.median(subjects.RATE_PIPES, OURS), figures.median(subjects.IMAGE_PIPES, STOCK)
    return None if rate is None or alone is None else rate * alone / 1000


GOALS: Final = (
    at_most(3, subjects.SWITCH_PIPES, CPP),
    faster(100, subjects.SWITCH_PIPES, STOCK),
    at_most(3, subjects.SWITCH_PIPES_STREAM, CPP),
    at_most(2.5, subjects.IMAGE_PIPES, CPP),
    at_most(2.5, subjects.IMAGE_PIPES_STREAM, CPP),
    at_most(2, subjects.LEDS_PIPES, CPP),
    at_least(0.5, subjects.RATE_PIPES, (subjects.RATE_PIPES, CPP), CPP),
    Goal(
        subjects.RATE_PIPES, "at least 20 x stock one at a time", _against_one_at_a_time, 20, least=True,
    ),
    at_most(1.3, subjects.SWITCH_SERVER, CPP),
    at_most(1.3, subjects.SWITCH_SERVER_STREAM, CPP),
    at_most(1.3, subjects.IMAGE_SERVER, CPP),
    at_most(1.3, subjects.IMAGE_SERVER_STREAM, CPP),
    at_most(1.3, subjects.LEDS_SERVER, CPP),
    at_most(1.3, subjects.SWITCH_TCP_STREAM, CPP),
    at_most(1.3, subjects.IMAGE_TCP_STREAM, CPP),
    limited(1, subjects.SWITCH_PIECES),
    at_least(2.5, subjects.RATE_SERVED, (subjects.RATE_SERVED, STOCK), "stock"),
    _highest(0, subjects.ASTRAY, "none, ever", (OURS,)),
    at_least(0.9, subjects.RATE_CROWD, (subjects.RATE_SERVED, OURS), "one client's"),
    at_most(2, subjects.ONE_WAY, FLOOR, "raw pyzmq"),
    limited(1, subjects.PAD),
    limited(0.1, subjects.IDLE_CPU),
    limited(10, subjects.IDLE_WAKES),
    Goal(
        subjects.BOARDS_CPU, "no more than one board's",
        _ratio((subjects.BOARDS_CPU, OURS), (subjects.IDLE_CPU, OURS)), 1,
    ),
    limited(1, subjects.BOARDS_MEMORY),
    limited(2, subjects.EFFECT_CPU),
    limited(5, subjects.EFFECT_JITTER, Figures.worst),
    limited(150, subjects.START),
    limited(40, subjects.MEMORY),
    _highest(80, subjects.CLIENT, "no bottleneck: at most 80 % of a core", (OURS, CPP, STOCK)),
)  # fmt: skip
