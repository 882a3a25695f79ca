"""Measure the driver against others, in turn, in one run: `python -m tests.bench [--quick] [--plot PATH]`.

The others are a stock indipydriver driver and a C++ driver on libindi with the same properties, which answer and
do nothing else, and pyzmq alone. Ours also checks, builds the frame, and sends it to a MALOS service.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

from tests.bench.competitors import compiled, drivers
from tests.bench.measures import measure
from tests.bench.plan import FULL, QUICK
from tests.bench.report import report


def main() -> None:
    """Measure, and print the tables."""
    options = _options()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "indi_matrix_bench"
    cpp, reason = compiled(cache)
    if cpp is None:
        print(f"The C++ driver is left out: {reason}\n", flush=True)
    plan = QUICK if options.quick else FULL
    print(_machine(), flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        _settle_environment(home)
        figures = measure(plan, drivers(cpp))
    print(f"Rounds: {plan.rounds}. Time: {time.monotonic() - start:.0f} s.\n\n{report(figures)}")
    if options.plot:
        from tests.bench.plot import plot  # noqa: PLC0415 - of the test extra, this alone needs matplotlib

        plot(figures, options.plot)


def _settle_environment(home: str) -> None:
    """Let no setting from outside reach the programs; one keeps Python from storing what it has compiled."""
    os.environ["HOME"] = home
    for name in list(os.environ):
        if name.startswith(("INDI", "PYTHON")) and name != "PYTHONPATH":
            del os.environ[name]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the driver against others."
    )
    parser.add_argument(
        "--quick", action="store_true", help="half a minute instead of four, for a first impression"
    )
    parser.add_argument("--plot", type=Path, metavar="PATH", help="where to write a picture of the medians")
    options = parser.parse_args()
    if options.plot is None and not options.quick:
        options.plot = Path(__file__).parents[2] / ".readme" / "bench.png"
    return options


def _machine() -> str:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load {load}."


if __name__ == "__main__":
    main()
