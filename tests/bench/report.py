"""The figures and the verdicts as tables."""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.bench.competitors import CPP, FAST, FLOOR, OURS, STOCK
from tests.bench.goal import Goal
from tests.bench.goals import GOALS
from tests.bench.scale_goals import SCALE_GOALS, ScaleGoal
from tests.bench.subjects import Figures, Subject
from tests.siege.table import table

_COMPETITORS: Final = (OURS, FAST, CPP, STOCK, FLOOR)
_RIVALS: Final = (CPP, STOCK, FLOOR)
_FLOOR: Final = "floor: no driver at all; on pipes the program cat answers, one way raw pyzmq sends the pictures."


def report(figures: Figures) -> str:
    """Return all figures, what becomes of them at scale, and all goals with what has become of them."""
    present = [name for name in _COMPETITORS if name != FAST or _with_uvloop(figures)]
    head = ("median (p99; of rates the lowest)", *present, *(f"ours / {rival}" for rival in _RIVALS))
    tables = (
        f"{table(head, _rows(figures, present))}\n{_FLOOR}",
        table(("at scale", "goal", "few", "more", "most", "is", "verdict"), _scale_rows(figures)),
        table(_goal_head(figures), _goal_rows(figures)),
    )
    return "\n\n".join(tables)


def _with_uvloop(figures: Figures) -> bool:
    return any(figures.median(subject, FAST) is not None for subject in figures.subjects)


def _rows(figures: Figures, competitors: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for subject in figures.subjects:
        cells = [_cell(figures, subject, competitor) for competitor in competitors]
        if any(cells):
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


def _scale_rows(figures: Figures) -> Iterator[tuple[str, ...]]:
    for one in SCALE_GOALS:
        medians = (_at_scale(figures, one, size) for size in one.sizes)
        goal = one.goal
        yield (_title(goal.subject), goal.text, *medians, _value(goal, figures, OURS), goal.verdict(figures))


def _at_scale(figures: Figures, one: ScaleGoal, size: int) -> str:
    median = figures.median(one.goal.subject, str(size))
    return "" if median is None else f"{size}: {_short(median)}"


def _goal_head(figures: Figures) -> tuple[str, ...]:
    return ("goal", "", "is", "verdict", *((FAST, "is", "verdict") if _with_uvloop(figures) else ()))


def _goal_rows(figures: Figures) -> Iterator[tuple[str, ...]]:
    fast = _with_uvloop(figures)
    for goal in GOALS:
        row = (goal.subject.name, goal.text, _value(goal, figures, OURS), goal.verdict(figures))
        yield (*row, *_fast_cells(goal, figures)) if fast else row


def _fast_cells(goal: Goal, figures: Figures) -> tuple[str, str, str]:
    """Return the limit with uvloop, what there is instead, and what has become of it."""
    if goal.fast is None:
        return "", "", ""
    limit = f"{'at least' if goal.least else 'at most'} {goal.fast:g} {goal.unit}"
    return limit, _value(goal, figures, FAST), goal.verdict(figures, FAST)


def _value(goal: Goal, figures: Figures, competitor: str) -> str:
    value = goal.value(figures, competitor)
    return "" if value is None else f"{_short(value)} {goal.unit}".rstrip()
