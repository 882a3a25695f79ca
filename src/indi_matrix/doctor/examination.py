"""All checks of the doctor, from Python to the board, in the order in which they are read."""

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
    """Make all checks, concurrently, and return whether none failed.

    Args:
        boards: Names of the devices, and addresses of their MALOS services.
        indi_port: Port of this machine on which an INDI server may listen.
        prefix: Folder below which the driver's entry is installed.
        report: Called with each check, in the order in which checks are read.
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
