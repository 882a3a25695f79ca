"""A goal: what is compared, with what limit, and whether it is met."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.competitors import FAST, OURS
from tests.bench.subjects import Figures, Subject

Value = Callable[[Figures, str], float | None]


@dataclass(frozen=True)
class Goal:
    """A goal, of ours and in some cases another one of ours with uvloop.

    Attributes:
        subject: What it is about.
        text: The goal in words.
        value: Returns what is compared with the limit, of one of ours, None where that was not measured.
        limit: The highest value that will do, or the lowest.
        least: Whether it is the lowest.
        unit: That of value and limit.
        fast: The limit with uvloop, None where there is none.
    """

    subject: Subject
    text: str
    value: Value
    limit: float
    least: bool = False
    unit: str = "x"
    fast: float | None = None

    def limit_of(self, competitor: str) -> float | None:
        """Return the limit for one of ours."""
        return self.fast if competitor == FAST else self.limit

    def verdict(self, figures: Figures, competitor: str = OURS) -> str:
        """Return met, MISSED or not measured; nothing where there is no goal."""
        limit, value = self.limit_of(competitor), self.value(figures, competitor)
        if limit is None:
            return ""
        if value is None:
            return "not measured"
        return "met" if (value >= limit if self.least else value <= limit) else "MISSED"


def ratio(subject: Subject, other: tuple[Subject, str]) -> Value:
    """Return what divides the median of one of ours by another median."""

    def value(figures: Figures, competitor: str) -> float | None:
        dividend, divisor = figures.median(subject, competitor), figures.median(*other)
        return None if dividend is None or not divisor else dividend / divisor

    return value


def at_most(factor: float, subject: Subject, rival: str, words: str = "", *, fast: float | None = None) -> Goal:
    """Return the goal to take no more than so many times what a rival takes."""
    value = ratio(subject, (subject, rival))
    return Goal(subject, f"at most {factor:g} x {words or rival}", value, factor, fast=fast)


def faster(factor: float, subject: Subject, rival: str) -> Goal:
    """Return the goal to take no more than that part of what a rival takes."""

    def value(figures: Figures, competitor: str) -> float | None:
        dividend, divisor = figures.median(subject, rival), figures.median(subject, competitor)
        return None if dividend is None or not divisor else dividend / divisor

    return Goal(subject, f"at least {factor:g} x faster than {rival}", value, factor, least=True)


def at_least(
    factor: float, subject: Subject, other: tuple[Subject, str], words: str, *, fast: float | None = None
) -> Goal:
    """Return the goal to reach so many times another rate."""
    return Goal(subject, f"at least {factor:g} x {words}", ratio(subject, other), factor, least=True, fast=fast)


def limited(
    limit: float,
    subject: Subject,
    figure: Callable[[Figures, Subject, str], float | None] = Figures.median,
    *,
    fast: float | None = None,
) -> Goal:
    """Return the goal of a median, or of a p99: Figures.worst."""

    def value(figures: Figures, competitor: str) -> float | None:
        return figure(figures, subject, competitor)

    words = "at most" if figure is Figures.median else "p99 at most"
    return Goal(subject, f"{words} {limit:g} {subject.unit}", value, limit, unit=subject.unit, fast=fast)


def highest(limit: float, subject: Subject, text: str, competitors: tuple[str, ...]) -> Goal:
    """Return the goal that no sample at all exceeds a limit."""

    def value(figures: Figures, _: str) -> float | None:
        found = [figures.highest(subject, name) for name in competitors]
        return max((one for one in found if one is not None), default=None)

    return Goal(subject, text, value, limit, unit=subject.unit)
