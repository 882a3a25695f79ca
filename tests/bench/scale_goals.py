"""No bend: what each board or client costs among most, against what it costs among few; and what pages cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench import subjects
from tests.bench.goal import Goal, Value
from tests.bench.pages import BROWSERS
from tests.bench.scale import BOARDS, CLIENTS
from tests.bench.subjects import Figures, Subject

_LIMIT: Final = 1.5
_PAGES_LIMIT: Final = 1.05


@dataclass(frozen=True)
class ScaleGoal:
    """A goal, and the numbers of boards, clients or pages that its subject was measured with."""

    goal: Goal
    sizes: tuple[int, ...]


def _ratio(subject: Subject, sizes: tuple[int, ...], text: str, limit: float) -> ScaleGoal:
    """Return the goal of a figure among most of them, against that among fewest."""

    def value(figures: Figures, _: str) -> float | None:
        medians = _medians(figures, subject, sizes)
        return medians[-1] / medians[0] if medians else None

    return ScaleGoal(Goal(subject, text, value, limit), sizes)


def _of_boards(subject: Subject) -> ScaleGoal:
    """Return the goal of a figure that is of each board, or of a client that boards may disturb."""
    return _ratio(subject, BOARDS, f"no bend: at most {_LIMIT:g} x that of {BOARDS[0]} board", _LIMIT)


def _of_pages(subject: Subject) -> ScaleGoal:
    return _ratio(subject, BROWSERS, f"at most {_PAGES_LIMIT:g} x that without a page", _PAGES_LIMIT)


def _added_by_clients(figures: Figures, _: str) -> float | None:
    """Return what each of most clients adds to the processor time, against what each of some adds."""
    medians = _medians(figures, subjects.CLIENTS_FRAME_CPU, CLIENTS)
    if medians is None:
        return None
    none, some, most = medians
    each_of_some, each_of_most = (some - none) / CLIENTS[1], (most - none) / CLIENTS[2]
    if each_of_most <= 0:
        return 0.0
    return each_of_most / each_of_some if each_of_some > 0 else math.inf


def _waited_with_clients(figures: Figures, _: str) -> float | None:
    """Return the round trip among most clients, against the processor time that the driver takes meanwhile.

    Round trips have no slope of their own: the client that writes is told first, and writes while others are told.
    """
    trip = figures.median(subjects.CLIENTS_TRIP, str(CLIENTS[-1]))
    processor = figures.median(subjects.CLIENTS_FRAME_CPU, str(CLIENTS[-1]))
    return None if trip is None or not processor else 1000 * trip / processor


def _medians(figures: Figures, subject: Subject, sizes: Sequence[int]) -> list[float] | None:
    """Return the median of each size, None if one was not measured."""
    found = [median for size in sizes if (median := figures.median(subject, str(size))) is not None]
    return found if len(found) == len(sizes) else None


def _of_clients(subject: Subject, words: str, value: Value) -> ScaleGoal:
    return ScaleGoal(Goal(subject, f"no bend: at most {_LIMIT:g} x {words}", value, _LIMIT), CLIENTS)


SCALE_GOALS: Final = (
    _of_boards(subjects.BOARDS_FRAME_CPU),
    _of_boards(subjects.BOARDS_TRIP),
    _of_clients(subjects.CLIENTS_FRAME_CPU, f"what each adds that is one of {CLIENTS[1]}", _added_by_clients),
    _of_clients(subjects.CLIENTS_TRIP, f"the processor time of a frame to {CLIENTS[-1]}", _waited_with_clients),
    _of_pages(subjects.PAGES_CPU),
    _of_pages(subjects.PAGES_TRIP),
    _of_pages(subjects.PAGES_SERVER_CPU),
    _of_pages(subjects.PAGES_SERVER_TRIP),
)
