"""One MATRIX board, which is one INDI device: its life cycle, and the place where clients' writes are judged."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from enum import Enum, auto
from typing import Final
from xml.etree.ElementTree import Element

import indipydriver
import zmq.asyncio

from indi_matrix import general
from indi_matrix.devices import DEVICES, Device, Timing
from indi_matrix.errors import LinkError, MatrixError, WriteError
from indi_matrix.indi.properties import AnyProperty, State, message, message_text
from indi_matrix.indi.vectors import Write
from indi_matrix.session import visit
from indi_matrix.settings import Address, BoardSettings

log = logging.getLogger(__name__)

_RETRY_PAUSE: Final = 0.2
_AUX: Final = 1 << 15

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
        device: The indipydriver device in which clients' messages find their property.
    """

    def __init__(self, settings: BoardSettings, simulator: Simulator, *, simulate: bool = False) -> None:
        self.name = settings.name
        self.device = indipydriver.Device(settings.name, [])
        self._simulator = simulator
        self._post: Callable[[Element], None] = _nowhere
        self._phase = _Phase.AWAY
        self._wanted = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._timing = Timing(general.DEFAULT_PERIOD_MS / 1000, general.DEFAULT_TIMEOUT)
        self._timing_chosen = False
        self._properties: dict[str, AnyProperty] = {}
        self._owners: dict[str, Device] = {}
        self._states: dict[str, State] = {}
        self._devices = [device(self) for device in DEVICES]
        self._connection = general.connection(self._write_connection)
        self._info = general.driver_info(self._interface)
        self._address = general.device_address(settings.address, self._write_address)
        self._simulation = general.simulation(self._write_simulation, on=simulate)
        self._period = general.polling_period(
            self._write_period, lambda: {"PERIOD_MS": float(round(self._timing.delay * 1000))}
        )
        self._keep_alive = general.keep_alive(
            self._write_keep_alive, lambda: {"TIMEOUT": float(self._timing.timeout)}
        )

    def attach(self, post: Callable[[Element], None]) -> None:
        """Take the way to the clients, and have the properties that are always there."""
        self._post = post
        for prop in (
            self._connection,
            self._info,
            self._address,
            general.connection_mode(),
            self._simulation,
            self._period,
            self._keep_alive,
        ):
            self._add(prop)

    def definition(self, name: str) -> Element:
        """Return the definition of a property that clients may know.

        Raises:
            KeyError: There is none of that name.
        """
        return self._properties[name].definition()

    async def run(self, context: zmq.asyncio.Context) -> None:
        """Connect whenever clients want it, until cancelled."""
        while True:
            await self._wanted.wait()
            async with asyncio.TaskGroup() as tasks:
                self._session = tasks.create_task(self._stay_connected(context), name=f"{self.name} session")
            self._session = None

    # Writes

    def write(self, write: Write) -> None:
        """Judge a client's write, carry it out or refuse it, and answer: the one place where either is done."""
        prop = self._properties[write.vectorname]
        owner = self._owners.get(prop.name)
        try:
            if owner is not None and self._phase is not _Phase.ONLINE:
                raise LinkError(f"the link to {self._place} is lost")  # noqa: TRY301 - judged like all else
            values = prop.read(write.root)
            state = prop.on_write(values) if prop.on_write is not None else State.OK
        except WriteError as error:
            prop.answer(None, State.ALERT, message_text("ERROR", str(error)))
        except MatrixError as error:
            prop.answer(None, State.ALERT, message_text("ERROR", f"{prop.name}: {error}"))
        except Exception:
            # A fault of ours must not take the driver down; the client is told, and the log has the details.
            log.exception("%s.%s: the write failed", self.name, prop.name)
            prop.answer(None, State.ALERT, message_text("ERROR", f"{prop.name}: internal error, see the log"))
        else:
            prop.answer(values, state)
            if owner is not None:
                owner.written(prop)

    def _write_connection(self, values: Mapping[str, bool]) -> State:
        if values["CONNECT"]:
            return self._connect()
        return self._disconnect()

    def _write_address(self, values: Mapping[str, str]) -> State:
        general.read_address(values)
        self._tell_if_later("DEVICE_ADDRESS")
        return State.OK

    def _write_simulation(self, values: Mapping[str, bool]) -> State:
        if values != self._simulation.values:
            self._tell_if_later("SIMULATION")
        return State.OK

    def _write_period(self, values: Mapping[str, float]) -> State:
        return self._set_timing(replace(self._timing, delay=values["PERIOD_MS"] / 1000))

    def _write_keep_alive(self, values: Mapping[str, float]) -> State:
        return self._set_timing(replace(self._timing, timeout=values["TIMEOUT"]))

    def _set_timing(self, timing: Timing) -> State:
        before = self._timing
        self._timing = timing
        try:
            if self._phase is _Phase.ONLINE:
                for device in self._connected_devices():
                    device.retime()
        except LinkError:
            self._timing = before
            raise
        self._timing_chosen = True
        return State.OK

    def _tell_if_later(self, name: str) -> None:
        if self._phase is not _Phase.AWAY:
            self.tell("INFO", f"{name} takes effect at the next connect")

    # Life cycle

    def _connect(self) -> State:
        """Begin to connect, unless that was done already."""
        if self._phase is _Phase.ONLINE:
            return State.OK
        if self._phase is _Phase.AWAY:
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
        self._phase = _Phase.AWAY
        self._wanted.clear()
        for device in self._devices:
            device.end()
        for name in list(self._owners):
            self.delete(self._properties[name])

    async def _stay_connected(self, context: zmq.asyncio.Context) -> None:
        """Connect, and after a loss connect again, for as long as clients want it."""
        try:
            async with self._service() as address:
                while self._is_current():
                    await self._visit(context, address)
        except Exception as error:
            log.exception("%s: the session failed", self.name)
            self._fail(f"internal error, see the log: {error}")

    def _is_current(self) -> bool:
        """Tell whether clients still want the session that asks; one of before a disconnect may yet be closing."""
        return self._wanted.is_set() and asyncio.current_task() is self._session

    @asynccontextmanager
    async def _service(self) -> AsyncIterator[Address]:
        """Tell where the service is, for as long as the session lasts; a simulated one runs that long."""
        if not self._simulation.values["ENABLE"]:
            yield general.read_address(self._address.values)
            return
        async with self._simulator() as address:
            yield address

    async def _visit(self, context: zmq.asyncio.Context, address: Address) -> None:
        """Visit the service once; a first visit that fails ends the session, a later one is repeated."""
        try:
            await visit(context, address, self._devices, self._arrive)
        except LinkError as error:
            if not self._is_current():
                return
            if self._phase is _Phase.CONNECTING:
                self._fail(str(error))
            else:
                await self._lose(str(error))

    def _arrive(self) -> None:
        """Show clients the board, now that its service has answered."""
        back = self._phase is _Phase.LOST
        self._phase = _Phase.ONLINE
        self._define_board()
        self._info.follow()
        if back:
            for device in self._connected_devices():
                device.reassert()
            for name, state in self._states.items():
                if name in self._owners:
                    self._properties[name].update(state=state)
        self._states.clear()
        text = message_text("INFO", f"{self._place} is {'back' if back else 'connected'}")
        self._connection.answer(self._connection.only("CONNECT"), State.OK, text)

    def _define_board(self) -> None:
        """Define what the board has now, and delete what it no longer has."""
        wanted = {prop.name: prop for device in self._connected_devices() for prop in device.properties()}
        for name in list(self._owners):
            if wanted.get(name) is not self._properties[name]:
                self.delete(self._properties[name])
        for device in self._connected_devices():
            for prop in device.properties():
                if not prop.defined:
                    self.define(device, prop)

    def _fail(self, cause: str) -> None:
        """Give up connecting, and say why."""
        self._leave()
        text = message_text("ERROR", f"cannot connect to {cause}")
        self._connection.answer(self._connection.only("DISCONNECT"), State.ALERT, text)

    async def _lose(self, cause: str) -> None:
        """Show that the service is lost, once; after a visit that failed, wait a little before the next."""
        repeated = self._phase is _Phase.LOST
        self._phase = _Phase.LOST
        for name in self._owners:
            prop = self._properties[name]
            self._states.setdefault(name, prop.state)
            prop.update(state=State.ALERT)
        if repeated:
            await asyncio.sleep(_RETRY_PAUSE)
        else:
            text = message_text("ERROR", f"lost {cause}; reconnecting")
            self._connection.answer(self._connection.only("CONNECT"), State.BUSY, text)

    # What devices ask for, and what serves both them and the life cycle

    def define(self, device: Device, prop: AnyProperty) -> None:
        """Make a property of a device known to clients."""
        self._owners[prop.name] = device
        self._add(prop)
        self._post(prop.definition())

    def delete(self, prop: AnyProperty) -> None:
        """Take a property of a device away from clients."""
        prop.delete()
        del self._owners[prop.name], self._properties[prop.name], self.device.data[prop.name]

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self._post(message(self.name, level, text))

    @property
    def timing(self) -> Timing:
        """POLLING_PERIOD and KEEP_ALIVE, in seconds."""
        return self._timing

    @property
    def timing_chosen(self) -> bool:
        """Whether a client chose that timing; else it is the default."""
        return self._timing_chosen

    def adopt_timing(self, timing: Timing) -> None:
        """Show clients the timing that the service has."""
        self._timing = timing
        self._period.follow()
        self._keep_alive.follow()

    def _add(self, prop: AnyProperty) -> None:
        """Let clients' messages find a property."""
        prop.attach(self.name, self._post)
        prop.vector.devicename = self.name
        prop.vector.driver = self.device.driver
        self._properties[prop.name] = prop
        self.device.data[prop.name] = prop.vector

    def _connected_devices(self) -> list[Device]:
        return [device for device in self._devices if device.connected]

    def _interface(self) -> int:
        """Return the sum of the INDI interfaces that the board has; away, those that every board has."""
        present = self._devices if self._phase is _Phase.AWAY else self._connected_devices()
        return _AUX | sum(device.interface for device in present)

    @property
    def _place(self) -> str:
        if self._simulation.values["ENABLE"]:
            return "the simulated board"
        return str(general.read_address(self._address.values))


def _nowhere(_: Element) -> None:
    """Discard what is said before there is a driver to say it."""
