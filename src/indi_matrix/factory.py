"""Put a driver together from settings."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import zmq.asyncio

from indi_matrix.board import Board
from indi_matrix.devices import DEVICES
from indi_matrix.driver import MatrixDriver
from indi_matrix.malos.places import Place
from indi_matrix.settings import Address, BoardSettings, check_names

if TYPE_CHECKING:
    from indi_matrix.simulator import SimulatedBoard

KINDS = ("creator", "voice")


class SimulatedHardware:
    """A board that does not exist; it keeps its state while its service comes and goes.

    Args:
        kind: creator, with 35 LEDs, or voice, with 18.
    """

    def __init__(self, kind: str = KINDS[0]) -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!a} is no kind of board; there are {' and '.join(KINDS)}")
        self._kind = kind

    @cached_property
    def board(self) -> "SimulatedBoard":
        """The board, made when it is first needed: a driver with real hardware does without."""
        from indi_matrix.simulator import Kind, SimulatedBoard  # noqa: PLC0415 - spares a real board its start-up

        return SimulatedBoard(Kind(self._kind))

    @asynccontextmanager
    async def service(self, context: zmq.asyncio.Context) -> AsyncIterator[Place]:
        """Run the board's service inside this program, with the drivers that are used, to be reached in a context.

        Raises:
            LinkError: Too few file descriptors are left.
        """
        from indi_matrix.simulator import MalosService  # noqa: PLC0415 - as above

        drivers = [device.driver for device in DEVICES]
        async with MalosService(self.board, inside=context, drivers=drivers) as service:
            yield service.place


def make_driver(
    name: str | None = None,
    address: str | None = None,
    simulate: str | None = None,
    boards: Mapping[str, str] | None = None,
) -> MatrixDriver:
    """Return a driver of one board or several, to be run with asyncrun() or put into an IPyServer.

    Args:
        name: Name of the INDI device, unless $INDIDEV gives another; else MATRIX.
        address: HOST or HOST:PORT (the info port) of the board's MALOS service, else $INDI_MATRIX_ADDRESS, else
            127.0.0.1:20012. Clients can change it.
        simulate: creator or voice to start with SIMULATION on and such a board; else clients can switch it on, and
            have a creator.
        boards: Addresses by name, for one INDI device each; name and address then do not count.

    Raises:
        SettingsError: A name or address that cannot be used.
        ValueError: No such kind of board.
    """
    if boards:
        settings = [BoardSettings(one, Address.parse(where)) for one, where in boards.items()]
    else:
        settings = [BoardSettings.from_environment(name, address)]
    return assemble([(one, SimulatedHardware(simulate or KINDS[0])) for one in settings], simulate=bool(simulate))


def assemble(boards: Sequence[tuple[BoardSettings, SimulatedHardware]], *, simulate: bool) -> MatrixDriver:
    """Return the driver of some boards, each with the hardware that it uses while SIMULATION is on.

    Raises:
        SettingsError: Two boards share a name.
    """
    check_names([settings for settings, _ in boards])
    return MatrixDriver([Board(settings, hardware.service, simulate=simulate) for settings, hardware in boards])
