"""Measure the driver against others, in turn, in one run: `python -m tests.bench [--quick] [--plot PATH]`.

The others are a stock indipydriver driver and a C++ driver on libindi with the same properties, which answer and
do nothing else, and `cat` and pyzmq alone. Ours also checks, builds the frame, and sends it to a MALOS service.
Where uvloop is installed, ours is measured with it and without.
"""

import argparse
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.competitors import Driver, compiled, drivers, with_uvloop
from tests.bench.interpreter import interpreter
from tests.bench.measures import measure
from tests.bench.plan import FULL, QUICK, Plan
from tests.bench.report import report
from tests.bench.subjects import Figures

_PICTURE: Final = Path(__file__).parents[2] / ".readme" / "bench.png"


def main() -> None:
    """Measure, and print the tables."""
    options = _options()
    _see_what_is_there(options.plot)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        cpp, reason = compiled(Path(folder))
        if cpp is None:
            print(f"The C++ driver is left out: {reason}\n", flush=True)
        _settle_environment(home)
        uvloop, reason = with_uvloop()
        if uvloop is None:
            print(f"The column with uvloop is left out: {reason}\n", flush=True)
        print(f"{_machine()}\n{interpreter()}", flush=True)
        figures = _measured(QUICK if options.quick else FULL, drivers(cpp, uvloop))
    print(report(figures))
    if options.plot:
        from tests.bench.plot import plot  # noqa: PLC0415 - of the test extra, this alone needs matplotlib

        plot(figures, options.plot)
        print(f"\nThe picture is {options.plot}.")


def _see_what_is_there(picture: Path | None) -> None:
    """Miss what is missing now, and not when minutes have gone by."""
    if shutil.which("indiserver") is None:
        sys.exit("indiserver is missing: apt-get install indi-bin")
    if picture and importlib.util.find_spec("matplotlib") is None:
        sys.exit("matplotlib is missing, which makes the picture: pip install -e '.[test]'")


def _measured(plan: Plan, competitors: Sequence[Driver]) -> Figures:
    """Measure, and say how long that took."""
    start = time.monotonic()
    figures = measure(plan, competitors)
    print(f"Rounds: {plan.rounds}. Time: {time.monotonic() - start:.0f} s.\n")
    return figures


def _settle_environment(home: str) -> None:
    """Let no setting from outside reach the programs; one keeps Python from storing what it has compiled."""
    os.environ["HOME"] = home
    for name in list(os.environ):
        if name.startswith(("INDI", "PYTHON")) and name != "PYTHONPATH":
            del os.environ[name]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the driver against others, in less than seven minutes."
    )
    parser.add_argument("--quick", action="store_true", help="a minute, for a first impression")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="PATH",
        help="where to write a picture of the medians (default: .readme/bench.png; with --quick none)",
    )
    options = parser.parse_args()
    if options.plot is None and not options.quick:
        options.plot = _PICTURE
    return options


def _machine() -> str:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load {load}."


if __name__ == "__main__":
    main()
