"""Without a command: run as a driver on standard input and output, as indiserver starts it."""

import argparse
import asyncio
import sys

from indi_matrix.cli.chosen_boards import chosen_boards
from indi_matrix.driver import assemble
from indi_matrix.indi.transport.stdio import run_on_stdio


def run_driver(options: argparse.Namespace) -> None:
    """Run as a driver on standard input and output, until the input ends."""
    driver = assemble(chosen_boards(options), simulate=False)
    if sys.stdin.isatty():
        print(  # noqa: T201 - for the person at the terminal
            "indi_matrix: waiting for INDI on standard input, as it comes from: indiserver indi_matrix\n"
            "indi_matrix: to serve clients without it: indi_matrix serve [--simulate]",
            file=sys.stderr,
        )
    asyncio.run(run_on_stdio(driver))
