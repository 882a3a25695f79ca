"""Without a command: run as a driver on standard input and output, as indiserver starts it."""

import sys
from types import SimpleNamespace

from indi_matrix.cli.chosen_boards import chosen_boards
from indi_matrix.driver import assemble
from indi_matrix.indi.transport.stdio import run_on_stdio
from indi_matrix.system.event_loop import run


def run_driver(options: SimpleNamespace) -> None:
    """Run as a driver on standard input and output, until the input ends."""
    driver = assemble(chosen_boards(options), simulate=False)
    if sys.stdin.isatty():
        print(  # noqa: T201 - for the person at the terminal
            "indi_matrix: waiting for INDI on standard input, as it comes from: indiserver indi_matrix\n"
            "indi_matrix: to serve clients without it: indi_matrix serve [--simulate]",
            file=sys.stderr,
        )
    run(run_on_stdio(driver))
