"""One MATRIX board, which is one INDI device: its life cycle, and the place where clients' writes are judged."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum, auto
from typing import Final
from xml.etree.ElementTree import Element

import zmq.asyncio

from indi_matrix import general
from indi_matrix.configuration import Configuration
from indi_matrix.devices import DEVICES, Device
from indi_matrix.errors import LinkError, MatrixError, WriteError
from indi_matrix.holdings import Holdings
from indi_matrix.indi.device import IndiDevice
from indi_matrix.indi.properties import AnyProperty, State, message_text
from indi_matrix.indi.vectors import Write
from indi_matrix.pace import Pace
from indi_matrix.repeats import Repeats
from indi_matrix.reporting import Reporting, in_words
from indi_matrix.session import visit
from indi_matrix.settings import Address, BoardSettings
from indi_matrix.snooping import Listener, Snooping

log = logging.getLogger(__name__)

_RETRY_PAUSE: Final = 0.2
# A service that hung needs this long to do what had piled up before it.
_AFTERMATH: Final = 3.0
_AUX: Final = 1 << 15

_INTERNAL: Final = "internal error, see the log"

Simulator = Callable[[], AbstractAsyncContextManager[Address]]
"""Runs a simulated board's service while its block does, and tells where that is."""


class _Phase(Enum):
    AWAY = auto()
    CONNECTING = auto()
    ONLINE = auto()
    LOST = auto()


class Board:
    """An INDI device for one board.

    Attributes:
        name: Name of the INDI device.
        indi: What clients know of it.
        pace: POLLING_PERIOD and KEEP_ALIVE.
    """

    def __init__(self, settings: BoardSettings, simulator: Simulator, *, simulate: bool = False) -> None:
        self.name = settings.name
        self.indi = IndiDevice(settings.name)
        self._simulator = simulator
        self._phase = _Phase.AWAY
        self._wanted = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._destination: Address | None = None  # of the session; None is the simulated board
        self._obstacles = Repeats(lambda text: self.tell("DEBUG", text))
        self._aftermath: asyncio.TimerHandle | None = None
        self.pace = Pace(self._bring_timing)
        self._holdings = Holdings(self.indi)
        self._snooping = Snooping()
        self._devices = [device(self) for device in DEVICES]
        self._present = self._devices  # what was found, as long as clients know of it
        self._reporting = Reporting(self.indi)
        self._configuration = Configuration(self.indi, settings.config_file, self._replay)
        self._given = {"DEVICE_ADDRESS"} if settings.address_given else set()
        if simulate:
            self._given.add("SIMULATION")
        self._connection = general.connection(self._write_connection)
        self._info = general.driver_info(self._interface)
        self._address = general.device_address(settings.address, self._write_address)
        self._simulation = general.simulation(self._write_simulation, on=simulate)
        self._on_disconnect = general.on_disconnect()

    def attach(
        self,
        post: Callable[[Element], None],
        ask: Callable[[str, str], None],
        drop: Callable[[str], None],
        *,
        alone: bool,
    ) -> None:
        """Take the ways to clients and to other devices, and have what is always there, as configured.

        Args:
            post: Sends clients an element.
            ask: Has another device, by its name, publish one of its properties to us.
            drop: Has nothing more of another device come to us, as far as this board is concerned.
            alone: Whether there is no other board in this program.
        """
        self._snooping.attach(ask, drop)
        self._reporting.named = not alone
        for prop in (
            self._connection,
            self._info,
            self._address,
            general.connection_mode(),
            self._reporting.debug,
            self._simulation,
            self._configuration.prop,
            self.pace.period,
            self.pace.keep_alive,
            self._on_disconnect,
            self._snooping.property,
        ):
            self.indi.add(prop)
        self._configuration.start(self._given)
        self.indi.open(post)

    def depart(self) -> None:
        """Apply ON_DISCONNECT: the board is being left, by clients or by the program."""
        if self._phase is _Phase.ONLINE:
            for device in self._connected_devices():
                device.depart(off=self._on_disconnect.values["OFF"])

    def hear(self, root: Element) -> None:
        """Take what another INDI device published."""
        self._snooping.hear(root)

    def listens_to(self, device: str) -> bool:
        """Tell whether another device is among ACTIVE_DEVICES."""
        return self._snooping.listens_to(device)

    def definition(self, name: str) -> Element | None:
        """Return the definition of a property that clients may know; None if it has just been deleted."""
        prop = self.indi.properties.get(name)
        return None if prop is None else prop.definition()

    async def run(self, context: zmq.asyncio.Context) -> None:
        """Connect whenever clients want it, until cancelled."""
        self._snooping.start()
        while True:
            await self._wanted.wait()
            async with asyncio.TaskGroup() as tasks:
                self._session = tasks.create_task(self._stay_connected(context), name=f"{self.name} session")
                try:
                    await asyncio.wait({self._session})
                except asyncio.CancelledError:
                    # A visit that fails at the same moment raises its failure and drops the cancellation.
                    self._wanted.clear()
                    raise
            self._session = None

    # Writes

    def write(self, write: Write) -> None:
        """Judge a client's write, carry it out or refuse it, and answer: the one place where either is done."""
        prop = self.indi.properties[write.vectorname]
        if self.debugging:
            self.tell("DEBUG", f"received {in_words(write.root)}")
        refusal = self._replay(prop, write.root)
        if refusal:
            prop.answer(None, State.ALERT, message_text("ERROR", refusal))

    def _replay(self, prop: AnyProperty, root: Element) -> str:
        """Carry out a write and answer it; or refuse it and return why."""
        try:
            self._carry_out(prop, root)
        except WriteError as error:
            return str(error)
        except MatrixError as error:
            return f"{prop.name}: {error}"
        except Exception:
            # A fault of ours must not take the driver down; the client is told, and the log has the details.
            log.exception("%s.%s: the write failed", self.name, prop.name)
            return f"{prop.name}: {_INTERNAL}"
        return ""

    def _carry_out(self, prop: AnyProperty, root: Element) -> None:
        owner = self._holdings.owner(prop.name)
        if owner is not None and self._phase is not _Phase.ONLINE:
            raise LinkError(f"the link to {self._place} is lost")
        values = prop.read(root)
        state = prop.on_write(values) if prop.on_write is not None else State.OK
        prop.answer(values, state)
        if owner is not None:
            owner.written(prop)

    def _write_connection(self, values: Mapping[str, bool]) -> State:
        if values["CONNECT"]:
            return self._connect()
        return self._disconnect()

    def _write_address(self, values: Mapping[str, str]) -> State:
        general.read_address(values)
        if values != self._address.values:
            self._tell_if_later("DEVICE_ADDRESS")
        return State.OK

    def _write_simulation(self, values: Mapping[str, bool]) -> State:
        if values != self._simulation.values:
            self._tell_if_later("SIMULATION")
        return State.OK

    def _bring_timing(self) -> None:
        if self._phase is _Phase.ONLINE:
            for device in self._connected_devices():
                device.retime()

    def _tell_if_later(self, name: str) -> None:
        if self._phase is not _Phase.AWAY:
            self.tell("INFO", f"{name} takes effect at the next connect")

    # Life cycle

    def _connect(self) -> State:
        """Begin to connect, unless that was done already."""
        if self._phase is _Phase.ONLINE:
            return State.OK
        if self._phase is _Phase.AWAY:
            simulated = self._simulation.values["ENABLE"]
            self._destination = None if simulated else general.read_address(self._address.values)
            self._phase = _Phase.CONNECTING
            self._wanted.set()
        return State.BUSY

    def _disconnect(self) -> State:
        """Take the board's properties away and let the links close."""
        if self._phase is _Phase.AWAY:
            return State.OK
        self._leave()
        if self._session is not None:
            self._session.cancel()
            self._session = None
        return State.IDLE

    def _leave(self) -> None:
        self.depart()
        self._calm_down()
        self._phase = _Phase.AWAY
        self._wanted.clear()
        for device in self._devices:
            device.end()
            device.shown = False
        self._holdings.leave()
        self._present = self._devices
        self._info.follow()

    async def _stay_connected(self, context: zmq.asyncio.Context) -> None:
        """Connect, and after a loss connect again, for as long as clients want it."""
        try:
            async with self._service() as address:
                while self._is_current():
                    await self._visit(context, address)
        except Exception as error:
            log.exception("%s: the session failed", self.name)
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """End a session that failed by a fault of ours; it costs that session and no more, whatever else fails."""
        try:
            self._fail(f"{self._place}: {_INTERNAL}: {error}")
        except Exception:
            log.exception("%s: the session did not end properly", self.name)
            self._phase = _Phase.AWAY
            self._wanted.clear()
            self._tell_failure(_INTERNAL)

    def _is_current(self) -> bool:
        """Tell whether clients still want the session that asks; one of before a disconnect may yet be closing."""
        return self._wanted.is_set() and asyncio.current_task() is self._session

    @asynccontextmanager
    async def _service(self) -> AsyncIterator[Address]:
        """Tell where the service is, for as long as the session lasts; a simulated one runs that long."""
        if self._destination is not None:
            yield self._destination
            return
        async with self._simulator() as address:
            yield address

    async def _visit(self, context: zmq.asyncio.Context, address: Address) -> None:
        """Visit the service once; a first visit that fails ends the session, a later one is repeated."""
        self.tell("DEBUG", f"connecting to {address}")
        try:
            await visit(context, address, self._devices, self._arrive)
        except LinkError as error:
            if not self._is_current():
                return
            if self._phase is _Phase.CONNECTING:
                self._fail(str(error))
            else:
                await self._lose(error)

    def _arrive(self) -> None:
        """Show clients the board, now that its service has answered."""
        back = self._phase is _Phase.LOST
        self._phase = _Phase.ONLINE
        self._present = self._connected_devices()
        self._holdings.arrive(self._present)
        self._info.follow()
        if back:
            self._reassert()
            self._aftermath = asyncio.get_running_loop().call_later(_AFTERMATH, self._settle)
        text = message_text("INFO", f"{self._place} is {'back' if back else 'connected'}")
        self._connection.answer(self._connection.only("CONNECT"), State.OK, text)

    def _fail(self, cause: str) -> None:
        """Give up connecting, and say why."""
        self._leave()
        self._tell_failure(f"cannot connect to {cause}")

    def _tell_failure(self, text: str) -> None:
        self._connection.answer(self._connection.only("DISCONNECT"), State.ALERT, message_text("ERROR", text))

    async def _lose(self, error: LinkError) -> None:
        """Show that the service is lost, once; after a visit that failed, wait a little before the next."""
        repeated = self._phase is _Phase.LOST
        self._phase = _Phase.LOST
        self._calm_down()
        self._holdings.lose()
        if repeated:
            if self._obstacles.is_first(cause := f"no way back yet: {error}"):
                self.tell("DEBUG", cause)
            await asyncio.sleep(_RETRY_PAUSE)
        else:
            text = message_text("ERROR", f"lost {error}; reconnecting")
            self._connection.answer(self._connection.only("CONNECT"), State.BUSY, text)

    def _settle(self) -> None:
        """Send everything once more, behind whatever else reached the service as it came back."""
        self._aftermath = None
        try:
            self._reassert()
        except LinkError as error:
            log.info("%s: nothing was sent again: %s", self.name, error)

    def _calm_down(self) -> None:
        """Have nothing sent again any more."""
        if self._aftermath is not None:
            self._aftermath.cancel()
            self._aftermath = None

    def _reassert(self) -> None:
        for device in self._connected_devices():
            device.reassert()

    # What devices ask for, and what serves both them and the life cycle

    def define(self, device: Device, prop: AnyProperty) -> None:
        """Make a property of a device known to clients."""
        self._holdings.define(device, prop)

    def delete(self, prop: AnyProperty) -> None:
        """Take a property of a device away from clients."""
        self._holdings.delete(prop)

    def recall(self, prop: AnyProperty) -> None:
        """Bring back from the config file what it has of a property that came to be known by itself."""
        self._configuration.recall(prop)

    def listen(self, role: str, names: Iterable[str], listener: Listener) -> None:
        """Have a listener told of properties of the device that ACTIVE_DEVICES names in a role."""
        self._snooping.listen(role, names, listener)

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self.indi.tell(level, text)

    @property
    def debugging(self) -> bool:
        """Whether messages of the level DEBUG are worth being made."""
        return self._reporting.debugging

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""
        return self._phase is _Phase.LOST

    @property
    def loading(self) -> bool:
        """Whether what is written now comes from the config file."""
        return self._configuration.loading

    def _connected_devices(self) -> list[Device]:
        return [device for device in self._devices if device.connected]

    def _interface(self) -> int:
        """Return the sum of the INDI interfaces that the board has; away, those that every board has."""
        return _AUX | sum(device.interface for device in self._present)

    @property
    def _place(self) -> str:
        """Where the session's service is, whatever clients have chosen for the next."""
        return "the simulated board" if self._destination is None else str(self._destination)
