"""The medians as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench import subjects
from tests.bench.competitors import CPP, FLOOR, OURS, STOCK
from tests.bench.subjects import Figures, Subject

_COLORS: Final = {OURS: "#d1495b", CPP: "#30638e", STOCK: "#9aa5b1", FLOOR: "#edae49"}
_TIMES: Final = (
    subjects.SWITCH_PIPES, subjects.IMAGE_PIPES, subjects.LEDS_PIPES,
    subjects.SWITCH_SERVER, subjects.IMAGE_SERVER, subjects.LEDS_SERVER,
    subjects.ONE_WAY, subjects.PAD,
)  # fmt: skip
_RATES: Final = (subjects.RATE_PIPES, subjects.RATE_SERVED, subjects.RATE_CROWD)
_THICKNESS: Final = 0.26


def plot(figures: Figures, path: Path) -> None:
    """Write a picture of the medians, with a line to the p99 of each."""
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 7.5), layout="constrained")
        times, rates = figure.subplots(2, 1, height_ratios=(len(_TIMES), len(_RATES)))
        _bars(times, figures, _TIMES, "milliseconds, line to the p99 (less is better)")
        _bars(rates, figures, _RATES, "images a second, line to the lowest (more is better)")
        times.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(_COLORS), frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)


def _bars(axes: Axes, figures: Figures, what: Sequence[Subject], unit: str) -> None:
    for competitor, color in _COLORS.items():
        _bars_of(axes, figures, what, competitor, color)
    axes.set_xscale("log")
    axes.margins(x=0.12)  # room for the numbers
    axes.set_xlabel(unit)
    axes.set_yticks(range(len(what)), [subject.name for subject in what])
    axes.invert_yaxis()


def _bars_of(axes: Axes, figures: Figures, what: Sequence[Subject], competitor: str, color: str) -> None:
    """Draw the bars of one competitor, beside those of the others that have the same subject."""
    label = competitor
    for row, subject in enumerate(what):
        present = [name for name in _COLORS if figures.median(subject, name) is not None]
        median, worst = figures.median(subject, competitor), figures.worst(subject, competitor)
        if median is None or worst is None:
            continue
        place = row + (present.index(competitor) - (len(present) - 1) / 2) * _THICKNESS
        axes.barh(place, median, _THICKNESS, color=color, label=label)
        axes.plot((median, worst), (place, place), color="black", linewidth=0.8)
        axes.annotate(f" {median:,.3g}" if median < 1000 else f" {median:,.0f}",
            (max(median, worst), place), va="center", fontsize=7)  # fmt: skip
        label = "_" + competitor  # named once in the legend
