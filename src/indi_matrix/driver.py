"""The driver: boards on one side, INDI clients on the other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element

from indi_matrix.board.board import Board
from indi_matrix.indi.transport.bound_writes import Binding
from indi_matrix.indi.transport.driver import DirectDriver
from indi_matrix.indi.wire.message import ElementMessage
from indi_matrix.malos.places import Place
from indi_matrix.settings import KINDS, SIMULATED_DAY, Address, BoardSettings, check_names

if TYPE_CHECKING:
    import zmq.asyncio

    from indi_matrix.simulator import MalosService, SimulatedBoard

# A connecting board takes 60 sockets, monitors included: 17 boards would reach ZeroMQ's default limit.
_MOST_SOCKETS: Final = 8192


class MatrixDriver(DirectDriver):
    """An IPyDriver with one INDI device for each board. Made by make_driver.

    Run it with `asyncrun()`, or put it into an IPyServer, also beside other drivers.
    """

    def __init__(self, boards: Sequence[Board]) -> None:
        self._boards = {board.name: board for board in boards}
        super().__init__(
            *(board.indi.device for board in boards),
            judges={board.name: board.judge for board in boards},
            bind=self._bind,
        )
        for board in boards:
            drop = partial(self._drop, board)
            board.attach(self.post, self.watch, drop, self.bound.forget, alone=len(boards) == 1)

    def _bind(self, device: str, name: str) -> Binding | None:
        """Return what a board's property has for bound writes."""
        board = self._boards.get(device)
        return None if board is None else board.bind(name)

    def watch(self, device: str, name: str) -> None:
        """Snoop on a property of another device; on all of its properties if the name is empty."""
        if device in self:
            return  # indipydriver cannot listen to itself
        self.snoopdevices.add(device)  # indipydriver calls snoopevent with what it publishes
        request = Element("getProperties", version="1.7", device=device)
        if name:
            request.set("name", name)
        self.post(ElementMessage(request))

    def _drop(self, board: Board, device: str) -> None:
        """Stop snooping on a device for a board, unless another board listens to it."""
        if any(other is not board and other.listens_to(device) for other in self._boards.values()):
            return
        self.snoopdevices.discard(device)

    def shutdown(self) -> None:
        """Apply ON_DISCONNECT on every board, and stop."""
        if not self.stop:
            for board in self._boards.values():
                board.depart()
        super().shutdown()

    async def snoopevent(self, event: Any) -> None:
        """Pass an element of a snooped device on to the boards."""
        for board in self._boards.values():
            board.hear(event.root)

    async def rxevent(self, event: Any) -> None:
        """Send a definition that a client asked for; writes never come here, DirectDriver takes them."""
        board = self._boards[event.devicename]
        if event.vectorname == "CONNECTION" and not event.root.get("name"):
            # A getProperties without a name leads to one event for each property; CONNECTION stands for all.
            board.asked()
        definition = board.definition(event.vectorname)
        if definition is not None:
            self.post(definition)
        await self.flush()

    async def hardware(self) -> None:
        """Talk to the boards until the driver is shut down."""
        with ExitStack() as stack:
            sockets = cache(partial(_open_context, stack))
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self.deliver(), name="deliver to clients")]
                running += [
                    tasks.create_task(board.run(sockets), name=f"{name} board")
                    for name, board in self._boards.items()
                ]
                await self.shutdownrequested.wait()
                for task in running:
                    task.cancel()

    async def asyncrun(self) -> None:
        """Run until shut down; then save what is due, and return once all tasks have ended."""
        running = asyncio.create_task(super().asyncrun(), name="driver")
        requested = asyncio.create_task(self.shutdownrequested.wait(), name="shutdown request")
        try:
            await asyncio.wait({running, requested}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            saving = {
                asyncio.create_task(board.save(), name=f"{name} config") for name, board in self._boards.items()
            }
            # indipydriver itself would notice a shutdown only within a second.
            running.cancel()
            requested.cancel()
            await asyncio.wait({running, requested, *saving})
        if not running.cancelled():
            running.result()


def _open_context(stack: ExitStack) -> "zmq.asyncio.Context":
    """Return a new ZeroMQ context for all boards, which is closed with a stack."""
    import zmq.asyncio  # noqa: PLC0415 - a driver that was never connected does without

    context = stack.enter_context(zmq.asyncio.Context())
    context.max_sockets = _MOST_SOCKETS
    return context


class SimulatedHardware:
    """A simulated board. It keeps its state from one run of its service to the next.

    Args:
        kind: creator, with 35 LEDs, or voice, with 18.
        day: Seconds that a day of its weather takes; 0 for sensors whose readings stay.
        seed: Another seed is another weather.

    Attributes:
        malos: The board's service; None while it has none.
        malos_changed: Called after it got one, or lost it.
    """

    def __init__(self, kind: str = KINDS[0], day: float = SIMULATED_DAY, seed: int = 0) -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!a} is no kind of board; there are {' and '.join(KINDS)}")
        self._kind = kind
        self._day = day
        self._seed = seed
        self.malos: MalosService | None = None
        self.malos_changed: Callable[[], None] | None = None

    @cached_property
    def board(self) -> "SimulatedBoard":
        """The board, made on first use: a driver with real hardware never makes it."""
        from indi_matrix.simulator import (  # noqa: PLC0415 - spares a real board its start-up
            Kind,
            SimulatedBoard,
            climate_of,
        )

        return SimulatedBoard(Kind(self._kind), climate_of(self._day, self._seed))

    @asynccontextmanager
    async def service(self, context: "zmq.asyncio.Context") -> AsyncIterator[Place]:
        """Run the board's service inside this program; it has the drivers of DEVICES and is reached in `context`.

        Raises:
            LinkError: Too few file descriptors are left.
        """
        from indi_matrix.devices.registry import DEVICES  # noqa: PLC0415 - as above
        from indi_matrix.simulator import MalosService  # noqa: PLC0415

        drivers = [device.driver for device in DEVICES]
        async with MalosService(self.board, inside=context, drivers=drivers) as service:
            self._has(service)
            try:
                yield service.place
            finally:
                if self.malos is service:  # else a new session has one already
                    self._has(None)

    def _has(self, service: "MalosService | None") -> None:
        self.malos = service
        if self.malos_changed is not None:
            self.malos_changed()


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
        simulate: creator or voice: SIMULATION is On at the start, with that kind of board. None: it is Off, and a
            client who switches it On gets a creator.
        boards: Addresses of several boards by the names of their INDI devices; name and address are then ignored.

    Raises:
        SettingsError: A name or address that cannot be used.
        ValueError: `simulate` is no kind of board.
    """
    if boards:
        settings = [BoardSettings(one, Address.parse(where)) for one, where in boards.items()]
    else:
        settings = [BoardSettings.from_environment(name, address)]
    return assemble([(one, SimulatedHardware(simulate or KINDS[0])) for one in settings], simulate=bool(simulate))


def assemble(boards: Sequence[tuple[BoardSettings, SimulatedHardware]], *, simulate: bool) -> MatrixDriver:
    """Return the driver of some boards, each with the hardware that it uses while SIMULATION is on.

    Raises:
        SettingsError: Two boards share a name or a config file.
    """
    check_names([settings for settings, _ in boards])
    return MatrixDriver([Board(settings, hardware.service, simulate=simulate) for settings, hardware in boards])
