"""The medians as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench import subjects
from tests.bench.competitors import CPP, FAST, FLOOR, OURS, STOCK
from tests.bench.subjects import Figures, Subject

_COLORS: Final = {OURS: "#d1495b", FAST: "#8c2f6b", CPP: "#30638e", STOCK: "#9aa5b1", FLOOR: "#edae49"}
_LABELS: Final = {FAST: "indi_matrix with uvloop", FLOOR: "floor: cat on pipes; raw pyzmq one way"}
_TIMES: Final = (
    subjects.SWITCH_PIPES, subjects.SWITCH_PIPES_STREAM,
    subjects.IMAGE_PIPES, subjects.IMAGE_PIPES_STREAM, subjects.LEDS_PIPES,
    subjects.SWITCH_SERVER, subjects.SWITCH_SERVER_STREAM,
    subjects.IMAGE_SERVER, subjects.IMAGE_SERVER_STREAM, subjects.LEDS_SERVER,
    subjects.SWITCH_TCP_STREAM, subjects.IMAGE_TCP_STREAM, subjects.SWITCH_NAGLE, subjects.SWITCH_NAGLE_SERVER,
    subjects.ONE_WAY, subjects.PAD,
)  # fmt: skip
_PROCESSOR: Final = (
    subjects.SWITCH_PIPES_CPU, subjects.IMAGE_PIPES_CPU, subjects.LED_PIPES_CPU,
    subjects.SWITCH_SERVER_CPU, subjects.IMAGE_SERVER_CPU, subjects.LED_SERVER_CPU,
)  # fmt: skip
_RATES: Final = (subjects.RATE_PIPES, subjects.RATE_SERVED, subjects.RATE_CROWD)
_APART: Final = 0.21


def plot(figures: Figures, path: Path) -> None:
    """Write a picture of the medians, with a line to the p99 of each."""
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 13), layout="constrained")
        heights = (len(_TIMES), len(_PROCESSOR), len(_RATES))
        times, processor, rates = figure.subplots(3, 1, height_ratios=heights)
        _dots(times, figures, _TIMES, "milliseconds, logarithmic; line to the p99 (less is better)")
        _dots(processor, figures, _PROCESSOR, "microseconds of processor time a write, logarithmic")
        _dots(rates, figures, _RATES, "images a second, logarithmic; line to the lowest (more is better)")
        times.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=3, frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)


def _dots(axes: Axes, figures: Figures, what: Sequence[Subject], unit: str) -> None:
    for competitor, color in _COLORS.items():
        _dots_of(axes, figures, what, competitor, color)
    axes.set_xscale("log")
    axes.margins(x=0.1)  # room for the numbers
    axes.set_ylim(len(what) - 0.5, -0.5)
    axes.set_xlabel(unit)
    axes.set_yticks(range(len(what)), [subject.name for subject in what])
    for border in range(1, len(what)):
        axes.axhline(border - 0.5, color="#e5e5e5", linewidth=0.6)


def _dots_of(axes: Axes, figures: Figures, what: Sequence[Subject], competitor: str, color: str) -> None:
    """Draw the dots of one competitor, beside those of the others that have the same subject."""
    label = _LABELS.get(competitor, competitor)
    for row, subject in enumerate(what):
        present = [name for name in _COLORS if figures.median(subject, name) is not None]
        median, worst = figures.median(subject, competitor), figures.worst(subject, competitor)
        if median is None or worst is None:
            continue
        place = row + (present.index(competitor) - (len(present) - 1) / 2) * _APART
        axes.plot((median, worst), (place, place), color=color, linewidth=0.9)
        axes.plot(median, place, "o", color=color, markersize=4.5, label=label)
        axes.annotate(f"{median:,.3g}" if median < 1000 else f"{median:,.0f}", (max(median, worst), place),
            xytext=(5, 0), textcoords="offset points", va="center", fontsize=6.5)  # fmt: skip
        label = "_" + label  # named once in the legend
