"""The figures and the verdicts as tables."""

from collections.abc import Iterator
from typing import Final

from tests.bench.competitors import CPP, FLOOR, OURS, STOCK
from tests.bench.goals import GOALS, Goal
from tests.bench.subjects import Figures, Subject
from tests.siege.table import table

_COMPETITORS: Final = (OURS, CPP, STOCK, FLOOR)
_RIVALS: Final = (CPP, STOCK, FLOOR)
_FLOOR: Final = "floor: no driver at all; on pipes the program cat answers, one way raw pyzmq sends the pictures."


def report(figures: Figures) -> str:
    """Return all figures, then all goals with what has become of them."""
    head = ("median (p99; of rates the lowest)", *_COMPETITORS, *(f"ours / {rival}" for rival in _RIVALS))
    verdicts = table(("goal", "", "is", "verdict"), _verdicts(figures))
    return f"{table(head, _rows(figures))}\n{_FLOOR}\n\n{verdicts}"


def _rows(figures: Figures) -> Iterator[tuple[str, ...]]:
    for subject in figures.subjects:
        cells = [_cell(figures, subject, competitor) for competitor in _COMPETITORS]
        yield (_title(subject), *cells, *(_times(figures, subject, rival) for rival in _RIVALS))


def _title(subject: Subject) -> str:
    return f"{subject.name}, {subject.unit}" if subject.unit else subject.name


def _cell(figures: Figures, subject: Subject, competitor: str) -> str:
    median, worst = figures.median(subject, competitor), figures.worst(subject, competitor)
    if median is None or worst is None:
        return ""
    return _short(median) if median == worst else f"{_short(median)} ({_short(worst)})"


def _times(figures: Figures, subject: Subject, rival: str) -> str:
    our_median, other = figures.median(subject, OURS), figures.median(subject, rival)
    return "" if our_median is None or not other else f"{_short(our_median / other)} x"


def _short(value: float) -> str:
    """Return a number with three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _verdicts(figures: Figures) -> Iterator[tuple[str, str, str, str]]:
    for goal in GOALS:
        yield (goal.subject.name, goal.text, _value(goal, figures), goal.verdict(figures))


def _value(goal: Goal, figures: Figures) -> str:
    value = goal.value(figures)
    return "" if value is None else f"{_short(value)} {goal.unit}".rstrip()
