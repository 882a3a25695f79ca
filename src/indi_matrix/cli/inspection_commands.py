"""`info` and `doctor`: show what is there, and change nothing."""

import asyncio
import sys
from types import SimpleNamespace

from indi_matrix.cli.chosen_boards import chosen_boards
from indi_matrix.cli.output import say
from indi_matrix.doctor.check import Check
from indi_matrix.doctor.examination import examine
from indi_matrix.doctor.service_info import inspect
from indi_matrix.settings import BoardSettings


def run_info(options: SimpleNamespace) -> None:
    """Show what answers at an address."""
    settings = BoardSettings.from_environment(None, _where(options))
    say(*asyncio.run(inspect(settings.address)).lines())


def run_doctor(options: SimpleNamespace) -> None:
    """Show what the doctor finds; exit with status 1 when a check failed."""
    options.address = _where(options)
    boards = [settings for settings, _ in chosen_boards(options)]
    if not asyncio.run(examine(boards, options.indi_port, options.prefix, _report)):
        sys.exit(1)


def _report(check: Check) -> None:
    say(*check.lines())


def _where(options: SimpleNamespace) -> str | None:
    """Return the address to look at, None when none is given."""
    where: str | None = options.address if options.where is None else options.where
    return where
