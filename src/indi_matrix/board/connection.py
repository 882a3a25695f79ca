"""The connection of one board: CONNECTION, what it depends on, and what becomes of it when the service goes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum, auto
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from indi_matrix.board import standard_properties
from indi_matrix.board.board_properties import BoardProperties
from indi_matrix.board.outages import Outages
from indi_matrix.devices import Ending, MatrixDevice, PolledDevice
from indi_matrix.errors import LinkError, SchemaError
from indi_matrix.indi.properties.base import State
from indi_matrix.malos.places import Place, Target
from indi_matrix.settings import Address

if TYPE_CHECKING:
    import zmq.asyncio

log = logging.getLogger(__name__)

_AUX: Final = 1 << 15
_SESSION: Final = "indi_matrix.board.session"

_WITHOUT_BOARD: Final = "; SIMULATION in Options does without a board"

INTERNAL: Final = "internal error, see the log"
"""What clients are told of a fault of ours."""

Sockets = Callable[[], "zmq.asyncio.Context"]
"""Returns where sockets are made: the same context for all boards."""

Simulator = Callable[["zmq.asyncio.Context"], AbstractAsyncContextManager[Place]]
"""Runs a simulated board's service in this program while its block does, and tells where that is."""


class Phase(Enum):
    """How far the connection to a service is.

    | phase      | CONNECTION      | what it means                                              |
    |------------|-----------------|------------------------------------------------------------|
    | AWAY       | DISCONNECT Idle | Clients want no connection (1).                            |
    | CONNECTING | DISCONNECT Busy | Clients want one, and the service was not reached yet.     |
    | ONLINE     | CONNECT Ok      | Clients know the board's properties, and can write them.   |
    | LOST       | CONNECT Busy    | The service is gone; the properties are Alert meanwhile.   |

    (1) Alert in place of Idle if a connect has failed, and Ok after a DISCONNECT that changed nothing.

    What the events make of the phases (`-`: the phase stays):

    | event              | AWAY       | CONNECTING | ONLINE | LOST   |
    |--------------------|------------|------------|--------|--------|
    | CONNECT written    | CONNECTING | -          | -      | -      |
    | DISCONNECT written | -          | AWAY       | AWAY   | AWAY   |
    | service answers    |            | ONLINE     |        | ONLINE |
    | visit fails        |            | AWAY       | LOST   | -      |
    | fault of ours      |            | AWAY       | AWAY   | AWAY   |
    """

    AWAY = auto()
    CONNECTING = auto()
    ONLINE = auto()
    LOST = auto()


class Connection:
    """The life cycle of a board.

    Args:
        board_properties: The properties that come with the board.
        devices: The board's devices.
        address: Where its service is, until clients choose another place.
        simulator: What there is instead while SIMULATION is on.
        simulate: Whether that is so at first.

    Attributes:
        switch: CONNECTION.
        info: DRIVER_INFO.
        destination: DEVICE_ADDRESS and SIMULATION.
        on_disconnect: ON_DISCONNECT.
    """

    def __init__(
        self,
        board_properties: BoardProperties,
        devices: Sequence[MatrixDevice],
        address: Address,
        simulator: Simulator,
        *,
        simulate: bool,
    ) -> None:
        self._indi = board_properties.indi
        self._board_properties = board_properties
        self._devices = devices
        self._simulator = simulator
        self._phase = Phase.AWAY
        self._wanted = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._address: Address | None = None  # of the session; None is the simulated board
        self._present = devices  # what was found, as long as clients know of it
        self._outages = Outages(self._indi, self._resend)
        self.switch = standard_properties.connection(self._write, lambda: self.online or self.lost)
        self.info = standard_properties.driver_info(self._interface)
        self.destination = standard_properties.Destination(address, self._tell_if_later, simulate=simulate)
        self.on_disconnect = standard_properties.on_disconnect()

    @property
    def online(self) -> bool:
        """Whether the service is connected."""
        return self._phase is Phase.ONLINE

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""
        return self._phase is Phase.LOST

    @property
    def place(self) -> str:
        """Where the session's service is, whatever clients have chosen for the next."""
        return "the simulated board" if self._address is None else self._address.short

    def retime(self) -> None:
        """Bring a new timing to the drivers that follow it."""
        if self.online:
            for device in self._connected_devices():
                if isinstance(device, PolledDevice):
                    device.retime()

    def depart(self) -> None:
        """Apply ON_DISCONNECT: clients or the program end the connection."""
        ending = Ending.OFF if self.on_disconnect.values["OFF"] else Ending.KEEP
        if self.online:
            for device in self._connected_devices():
                device.depart(ending)
        elif self.lost:
            # It cannot be done now; but nothing is to be On, or to move, because of what was told before.
            if ending is Ending.OFF:
                text = f"nothing was switched off: the link to {self.place} is lost; the next connect does it"
                self._indi.tell("WARNING", text)
            for device in self._devices:
                device.depart(ending)

    async def run(self, sockets: Sockets) -> None:
        """Connect whenever clients want it, until cancelled."""
        while True:
            await self._wanted.wait()
            async with asyncio.TaskGroup() as tasks:
                self._session = tasks.create_task(self._stay_connected(sockets), name=f"{self._indi.name} session")
                try:
                    await asyncio.wait({self._session})
                except asyncio.CancelledError:
                    # A visit that fails at the same moment raises its failure and drops the cancellation.
                    self._wanted.clear()
                    raise
            self._session = None

    # Writes

    def _write(self, values: Mapping[str, bool]) -> State:
        return self._connect() if values["CONNECT"] else self._disconnect()

    def _tell_if_later(self, name: str) -> None:
        if self._phase is not Phase.AWAY:
            self._indi.tell("INFO", f"{name} takes effect at the next connect")

    def _connect(self) -> State:
        """Begin to connect, unless that was done already."""
        if self.online:
            return State.OK
        if self._phase is Phase.AWAY:
            self._address = self.destination.choose()
            self._phase = Phase.CONNECTING
            self._wanted.set()
        return State.BUSY

    def _disconnect(self) -> State:
        """Take the board's properties away and let the links close."""
        if self._phase is Phase.AWAY:
            return State.OK
        self._leave()
        if self._session is not None:
            self._session.cancel()
            self._session = None
        return State.IDLE

    def _leave(self) -> None:
        self.depart()
        self._outages.forget()
        self._phase = Phase.AWAY
        self._wanted.clear()
        for device in self._devices:
            device.end()
            device.shown = False
        self._board_properties.delete_all()
        self._present = self._devices
        self.info.publish_reading()

    # The session

    async def _stay_connected(self, sockets: Sockets) -> None:
        """Connect, and after a loss connect again, for as long as clients want it."""
        try:
            # ZeroMQ and protobuf come with the first connect. In a thread, for in the loop answers would wait for
            # them: 35 ms at worst in place of 4.
            await asyncio.to_thread(import_module, _SESSION)
            context = sockets()
            async with self._service(context) as target:
                while self._is_current():
                    await self._visit(context, target)
        except (LinkError, SchemaError) as error:  # of the simulated service, or of what is installed
            self._fail(f"{self.place}: {error}")
        except Exception as error:
            log.exception("%s: the session failed", self._indi.name)
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """End a session that failed by a fault of ours; it costs that session and no more, whatever else fails."""
        try:
            self._fail(f"{self.place}: {INTERNAL}: {error}")
        except Exception:
            log.exception("%s: the session did not end properly", self._indi.name)
            self._phase = Phase.AWAY
            self._wanted.clear()
            self._tell_failure(INTERNAL)

    def _is_current(self) -> bool:
        """Tell whether clients still want the session that asks; one of before a disconnect may yet be closing."""
        return self._wanted.is_set() and asyncio.current_task() is self._session

    @asynccontextmanager
    async def _service(self, context: "zmq.asyncio.Context") -> AsyncIterator[Target]:
        """Tell where the service is, for as long as the session lasts; a simulated one runs that long."""
        if self._address is not None:
            yield self._address
            return
        async with self._simulator(context) as place:
            yield place

    async def _visit(self, context: "zmq.asyncio.Context", target: Target) -> None:
        """Visit the service once; a first visit that fails ends the session, a later one is repeated."""
        from indi_matrix.board.session import visit  # noqa: PLC0415 - loaded by now, and not before a connect

        self._indi.tell("DEBUG", f"connecting to {target.short}")
        first = self._phase is Phase.CONNECTING and self._address is not None
        warn = partial(self._indi.tell, "WARNING")
        try:
            await visit(context, target, self._devices, self._arrive, warn if first else None)
        except LinkError as error:
            if not self._is_current():
                return
            if self._phase is Phase.CONNECTING:
                self._fail(f"{error}{_WITHOUT_BOARD if first else ''}")
            else:
                await self._lose(error)

    def _arrive(self) -> None:
        """Show clients the board, now that its service has answered.

        KStars tells Ekos of a device when a property is defined while CONNECTION is Ok. So CONNECTION goes first.
        """
        back = self.lost
        self._phase = Phase.ONLINE
        self._present = self._connected_devices()
        self._board_properties.restore(self._present)
        if back:
            self._resend()
            self._outages.end()
        for device in self._present:
            if isinstance(device, PolledDevice):
                device.arrive()
        self.info.publish_reading()
        text = f"{self.place} is {'back' if back else 'connected'}"
        told = not back or self._outages.is_news(text)
        self.switch.reply(None, State.OK, text if told else "", "INFO")
        self._board_properties.show(self._present)

    def _fail(self, cause: str) -> None:
        """Give up connecting, and say why."""
        self._leave()
        self._tell_failure(f"cannot connect to {cause}")

    def _tell_failure(self, text: str) -> None:
        self.switch.reply(None, State.ALERT, text)

    async def _lose(self, error: LinkError) -> None:
        """Show that the service is lost, once; wait for as long as the next visit is to wait."""
        repeated = self.lost
        self._phase = Phase.LOST
        self._board_properties.mark_lost()
        if repeated:
            pause = self._outages.go_on(str(error))
        else:
            text, pause = self._outages.begin(str(error))
            self.switch.reply(None, State.BUSY, text)
        await asyncio.sleep(pause)

    def _resend(self) -> None:
        for device in self._connected_devices():
            device.resend()

    def _connected_devices(self) -> list[MatrixDevice]:
        return [device for device in self._devices if device.connected]

    def _interface(self) -> int:
        """Return the sum of the INDI interfaces that the board has; away, those that every board has."""
        return _AUX | sum(device.interface for device in self._present)
