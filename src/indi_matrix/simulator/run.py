"""The service and the board's picture together, as `indi_matrix simulate` runs them."""

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TextIO

from indi_matrix.errors import LinkError
from indi_matrix.settings import DEFAULT_HOST, INFO_PORT
from indi_matrix.simulator.sensors.climate import climate_of
from indi_matrix.simulator.service import MalosService
from indi_matrix.simulator.simulated_board import Kind, SimulatedBoard
from indi_matrix.simulator.terminal_view.terminal_picture import TerminalPicture

Beside = Callable[[MalosService], AbstractAsyncContextManager[str]]
"""What runs beside a service, and may stop and start it; it yields what the picture says below."""


async def run_simulator(  # noqa: PLR0913 - what the command line gives
    kind: Kind,
    host: str = DEFAULT_HOST,
    info_port: int = INFO_PORT,
    stream: TextIO = sys.stdout,
    *,
    day: float = 0,
    beside: Beside | None = None,
) -> None:
    """Run MALOS over a simulated board until cancelled, with a picture of the board if the stream is a terminal.

    A day of the board's weather takes `day` seconds; with 0 the readings of its sensors stay.

    Raises:
        OSError: A port is taken, or the host is not an address of this machine.
        LinkError: The service crashed, as the real one does on some requests.
    """
    board = SimulatedBoard(kind, climate_of(day))
    async with (
        MalosService(board, host, info_port) as service,
        nullcontext("") if beside is None else beside(service) as link,
        TerminalPicture(board, stream, address=f"{service.address} {link}".strip(), keys=sys.stdin) as picture,
    ):
        if not picture.shown:
            print(f"MALOS simulator: {kind} at {service.address}", file=sys.stderr, flush=True)  # noqa: T201
        await _died(service)
    raise LinkError(f"the simulated MALOS at {service.address} died of {service.stopped_by}")


async def _died(service: MalosService) -> None:
    """Wait until a service has ended by itself, and not because it was stopped."""
    while True:
        await service.wait_stopped()
        if service.stopped_by is not None:
            return
        await service.wait_started()
