"""The connection of one board: CONNECTION, the session with the service, and what happens when that is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum, auto
from functools import partial, reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Final

from indi_matrix.board import standard_properties
from indi_matrix.board.board_properties import BoardProperties
from indi_matrix.board.outages import Outages
from indi_matrix.devices import INTERFACES
from indi_matrix.devices.matrix_device import Ending, MatrixDevice
from indi_matrix.devices.polled_device import PolledDevice
from indi_matrix.errors import LinkError, SchemaError
from indi_matrix.indi.properties.base import State
from indi_matrix.malos.places import Place, Target
from indi_matrix.settings import Address

if TYPE_CHECKING:
    import zmq.asyncio

log = logging.getLogger(__name__)

_AUX: Final = 1 << 15  # in DRIVER_INTERFACE of every board
_SESSION: Final = "indi_matrix.board.session"

_WITHOUT_BOARD: Final = "; SIMULATION in Options does without a board"

INTERNAL: Final = "internal error, see the log"
"""The text for clients when an exception shows a fault of the driver; the details are in the log."""

Sockets = Callable[[], "zmq.asyncio.Context"]
"""Returns the ZeroMQ context that makes sockets: the same for all boards."""

Simulator = Callable[["zmq.asyncio.Context"], AbstractAsyncContextManager[Place]]
"""Runs a simulated board's service in this program while its block runs; the block gets its place."""


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
    """The connection of a board to its service, from CONNECT to DISCONNECT, outages included.

    Args:
        board_properties: The properties that come with the board.
        make_devices: Returns the board's devices, at the first connect.
        address: DEVICE_ADDRESS at the start.
        simulator: Runs the service that is used while SIMULATION is On.
        simulate: Whether SIMULATION is On at the start.

    Attributes:
        switch: CONNECTION.
        info: DRIVER_INFO.
        destination: DEVICE_ADDRESS and SIMULATION.
        on_disconnect: ON_DISCONNECT.
    """

    def __init__(
        self,
        board_properties: BoardProperties,
        make_devices: Callable[[], Sequence[MatrixDevice]],
        address: Address,
        simulator: Simulator,
        *,
        simulate: bool,
    ) -> None:
        self._indi = board_properties.indi
        self._board_properties = board_properties
        self._make_devices = make_devices
        self._devices: Sequence[MatrixDevice] = ()  # until the first connect
        self._simulator = simulator
        self._phase = Phase.AWAY
        self._wanted = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._address: Address | None = None  # of the session; None is the simulated board
        self._present: Sequence[MatrixDevice] = ()  # while connected, those that the board has; else all
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
    def outage(self) -> float:
        """Seconds that the outage has lasted which `resend` is to end; 0 if there is none."""
        return self._outages.seconds

    @property
    def place(self) -> str:
        """The place of this session's service, for messages; DEVICE_ADDRESS may already be that of the next."""
        return "the simulated board" if self._address is None else self._address.short

    def retime(self) -> None:
        """Send a new timing to the drivers that follow it."""
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
            # Nothing can be sent; but devices end pulses and effects, so that the next connect resumes none.
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
                    # A visit that fails now raises its error and drops the cancellation: no visit must follow.
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
        """Begin to connect, unless already connecting or connected."""
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
            # In a thread, for in the loop answers would wait for what is loaded: 35 ms at worst in place of 4.
            await asyncio.to_thread(import_module, _SESSION)
            if not self._devices:
                self._devices = self._present = self._make_devices()
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
        """End a session after a fault of the driver. If ending fails as well, the board still becomes AWAY."""
        try:
            self._fail(f"{self.place}: {INTERNAL}: {error}")
        except Exception:
            log.exception("%s: the session did not end properly", self._indi.name)
            self._phase = Phase.AWAY
            self._wanted.clear()
            self._tell_failure(INTERNAL)

    def _is_current(self) -> bool:
        """Return whether the calling session is the wanted one; one that was disconnected may still be closing."""
        return self._wanted.is_set() and asyncio.current_task() is self._session

    @asynccontextmanager
    async def _service(self, context: "zmq.asyncio.Context") -> AsyncIterator[Target]:
        """Yield the place of the service; a simulated service runs while the block does."""
        if self._address is not None:
            yield self._address
            return
        async with self._simulator(context) as place:
            yield place

    async def _visit(self, context: "zmq.asyncio.Context", target: Target) -> None:
        """Visit the service once. A first visit that fails ends the session; the caller repeats later ones."""
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

        CONNECTION Ok goes first: KStars tells Ekos of a device only when a property is defined after it.
        """
        back = self.lost
        self._phase = Phase.ONLINE
        self._present = [device for device in self._devices if device.found]
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
        """Show that the service is lost, once an outage; return when it is time for the next visit."""
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
        """Return the INDI interfaces of the devices found; while not connected, of all devices."""
        if not self._devices:
            return _AUX | INTERFACES
        return reduce(or_, (device.interface for device in self._present), _AUX)
