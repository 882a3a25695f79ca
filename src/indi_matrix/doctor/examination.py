"""Examine what the driver depends on, from Python to the board, and change nothing."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from indi_matrix.doctor.check import Check, Level
from indi_matrix.doctor.host_checks import examine_supply
from indi_matrix.doctor.indi_checks import examine_server
from indi_matrix.doctor.installation_checks import examine_entry, examine_libraries, examine_program
from indi_matrix.doctor.malos_checks import examine_board
from indi_matrix.settings import BoardSettings

__all__ = ["Check", "Level", "examine"]


async def examine(
    boards: Sequence[BoardSettings], indi_port: int, prefix: Path, report: Callable[[Check], None]
) -> bool:
    """Make all checks, at the same time where they wait, and return whether none failed.

    Args:
        boards: Names of the devices, and where their MALOS services are.
        indi_port: Port of this machine on which an INDI server may be.
        prefix: Where the driver's entry is installed.
        report: Called with each check, in an order to be read.
    """
    healthy = True
    async with asyncio.TaskGroup() as tasks:
        parts = [
            tasks.create_task(examine_program(), name="program"),
            tasks.create_task(examine_libraries(), name="libraries"),
            tasks.create_task(examine_entry(prefix, [board.name for board in boards]), name="entry"),
            *(tasks.create_task(examine_server(indi_port, board.name), name="INDI server") for board in boards),
            tasks.create_task(examine_supply(), name="supply"),
            *(tasks.create_task(examine_board(board.address), name=board.name) for board in boards),
        ]
        for part in parts:
            for check in await part:
                report(check)
                healthy = healthy and check.level is not Level.FAILED
    return healthy
