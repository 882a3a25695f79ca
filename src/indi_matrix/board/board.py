"""One MATRIX board, which is one INDI device. Its clients' writes are carried out or refused here."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar
from xml.etree.ElementTree import Element

from indi_matrix.board import standard_properties
from indi_matrix.board.active_devices import ActiveDevices
from indi_matrix.board.board_properties import BoardProperties
from indi_matrix.board.config.config_process import Configuration
from indi_matrix.board.connection import INTERNAL, Connection, Simulator, Sockets
from indi_matrix.board.log_properties import Reporting, in_words
from indi_matrix.board.polling import Polling
from indi_matrix.devices import SNOOPED
from indi_matrix.devices.agreements import Interlock, PinRoles
from indi_matrix.devices.snooped import SnoopListener
from indi_matrix.errors import LinkError, MatrixError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, State
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.transport.bound_writes import Binding
from indi_matrix.indi.wire.message import Message
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write
from indi_matrix.settings import BoardSettings

if TYPE_CHECKING:
    from indi_matrix.devices.matrix_device import Host, MatrixDevice

log = logging.getLogger(__name__)

T = TypeVar("T")

# Members that, written On, request the snooped properties anew: devices may have come since the last request.
_OCCASIONS: Final = {"CONNECTION": "CONNECT", "CONFIG_PROCESS": "CONFIG_LOAD"}


class Board:
    """An INDI device for one board.

    Attributes:
        name: Name of the INDI device.
        indi: The INDI device, as clients know it.
        board_properties: The properties that come with the board.
        polling: POLLING_PERIOD and KEEP_ALIVE.
        leds: Number of LEDs of the ring; 0 until the board was connected once.
        pin_roles, interlock: What devices agree on.
    """

    def __init__(self, settings: BoardSettings, simulator: Simulator, *, simulate: bool = False) -> None:
        self.name = settings.name
        self.leds = 0
        self._shared: dict[Callable[[Host], Any], Any] = {}
        self.indi = IndiDevice(settings.name)
        self.board_properties = BoardProperties(self.indi)
        self.polling = Polling(self._bring_timing)
        self.pin_roles = PinRoles()
        self.interlock = Interlock()
        self._active_devices = ActiveDevices(self.indi, lambda text: self.tell("WARNING", text))
        self._active_devices.watch(SNOOPED)
        self._reporting = Reporting(self.indi)
        self._configuration = Configuration(self.indi, settings.config_file, self._carry_out)
        self._connection = Connection(
            self.board_properties, self._make_devices, settings.address, simulator, simulate=simulate
        )
        self._given = {"DEVICE_ADDRESS"} if settings.address_given else set()
        if simulate:
            self._given.add("SIMULATION")

    def attach(
        self,
        post: Callable[[Message], None],
        ask: Callable[[str, str], None],
        drop: Callable[[str], None],
        rebind: Callable[[], None],
        *,
        alone: bool,
    ) -> None:
        """Set how clients and other devices are reached; add the properties that always exist; load the config.

        Args:
            post: Sends clients a message.
            ask: Snoops on a property of a device, given both names; on all properties if the second is empty.
            drop: Stops snooping on a device, unless another board needs it.
            rebind: Has all writes bound anew.
            alone: Whether there is no other board in this program.
        """
        self._active_devices.attach(ask, drop)
        self._reporting.named = not alone
        for prop in (
            self._connection.switch,
            self._connection.info,
            self._connection.destination.address,
            standard_properties.connection_mode(),
            self._reporting.debug,
            self._connection.destination.simulation,
            self._configuration.prop,
            self.polling.period,
            self.polling.keep_alive,
            self._connection.on_disconnect,
            self._active_devices.property,
        ):
            self.indi.add(prop)
        self._configuration.start(self._given)
        self.indi.open(post, rebind)

    def _make_devices(self) -> Sequence["MatrixDevice"]:
        from indi_matrix.board.session import make_devices  # noqa: PLC0415 - loaded by now, and not before a connect

        devices = make_devices(self)
        self._active_devices.tell_known()
        return devices

    def depart(self) -> None:
        """Apply ON_DISCONNECT, because the program ends."""
        self._connection.depart()

    async def save(self) -> None:
        """Save what clients wrote and is not saved yet, because the program ends."""
        await self._configuration.finish()

    def asked(self) -> None:
        """Request snooped properties again: what asked for all of ours may be a server with those devices."""
        self._active_devices.ask_again(whole=False)

    def hear(self, root: Element) -> None:
        """Take an element of another INDI device."""
        self._active_devices.hear(root)

    def listens_to(self, device: str) -> bool:
        """Return whether another device is among ACTIVE_DEVICES."""
        return self._active_devices.listens_to(device)

    def definition(self, name: str) -> Message | None:
        """Return the definition of a property; None if it was deleted since the client asked."""
        prop = self.indi.properties.get(name)
        return None if prop is None else prop.definition()

    async def run(self, sockets: Sockets) -> None:
        """Connect whenever clients want it, until cancelled."""
        self._active_devices.start()
        await self._connection.run(sockets)

    # Writes

    def judge(self, write: Write) -> None:
        """Carry out a client's write or refuse it, and answer it. Every client's write comes through here."""
        prop = self.indi.properties.get(write.name)
        if prop is None:
            self.tell("WARNING", f"there is no property {shortened(write.name)} now; nothing was written")
            return
        if self._reporting.debugging:
            self.tell("DEBUG", f"received {in_words(write)}")
        before = prop.state
        if refusal := self._carry_out(prop, write):
            self._refuse(prop, before, refusal)

    def bind(self, name: str) -> Binding | None:
        """Return what a property has for bound writes; None where each write has to be judged for itself."""
        prop = self.indi.properties.get(name)
        if prop is None or self._reporting.debugging:
            return None
        return Binding(prop, partial(self._judge_values, prop))

    def _judge_values(self, prop: AnyProperty, values: Mapping[str, Any]) -> None:
        """Carry out a client's write that is sound or refuse it, and answer."""
        before = prop.state
        if refusal := self._apply(prop, values):
            self._refuse(prop, before, refusal)

    def _refuse(self, prop: AnyProperty, before: State, refusal: str) -> None:
        """Answer a write that is refused."""
        prop.reply(None, State.ALERT, refusal)
        # A state that tells of something else, as CONNECTION's does, must not stay at Alert for a write.
        if not prop.tells_of_writes and before is not State.ALERT:
            prop.reply(None, before)

    def _carry_out(self, prop: AnyProperty, write: Write) -> str:
        """Carry out and answer a write of a client or of the config file; or return why it is refused."""
        try:
            values = prop.read(write)
        except Exception as error:  # noqa: BLE001 - it is told or logged
            return self._reason(prop, error)
        return self._apply(prop, values)

    def _apply(self, prop: AnyProperty, values: Mapping[str, Any]) -> str:
        """Carry out a write by the values that a property would have, and answer; or return why it is refused."""
        owner = self.board_properties.owners.get(prop.name)
        try:
            if owner is not None and not self._connection.online:
                self._refuse_offline(prop, values)
            state = prop.on_write(values) if prop.on_write is not None else State.OK
            prop.reply(values, state)
            if prop.saved:
                self._configuration.written(prop)
            if values.get(_OCCASIONS.get(prop.name, "")):
                self._active_devices.ask_again(whole=True)
            if owner is not None:
                owner.record_write(prop)
        except Exception as error:  # noqa: BLE001 - as above
            return self._reason(prop, error)
        return ""

    def _reason(self, prop: AnyProperty, error: Exception) -> str:
        """Return the reason for a refusal, as the client gets it; log a fault of ours."""
        if isinstance(error, WriteError):
            return str(error)
        if isinstance(error, MatrixError):
            return f"{prop.name}: {error}"
        # A fault of ours must not take the driver down; the client is told, and the log has the details.
        log.error("%s.%s: the write failed", self.name, prop.name, exc_info=error)
        return f"{prop.name}: {INTERNAL}"

    def _refuse_offline(self, prop: AnyProperty, values: Mapping[str, Any]) -> NoReturn:
        kept = prop.on_refused(values) if prop.on_refused is not None else ""
        raise LinkError(f"the link to {self._connection.place} is lost{kept}")

    def _bring_timing(self) -> None:
        self._connection.retime()

    # What devices ask for

    def recall(self, prop: AnyProperty) -> None:
        """Load one property, which has just appeared by itself, from the config file, if that has it."""
        self._configuration.recall(prop)

    def save_soon(self, prop: AnyProperty) -> None:
        """Save a property in the config file soon, as by itself it has changed what is to be saved."""
        self._configuration.changed(prop)

    def tell_interface(self) -> None:
        """Show clients the INDI interfaces that devices have now."""
        self._connection.info.publish_reading()

    def listen(self, role: str, names: Iterable[str], listener: SnoopListener) -> None:
        """Call a listener when these properties change, of the device that ACTIVE_DEVICES names in a role."""
        self._active_devices.listen(role, names, listener)

    def shared(self, make: Callable[["Host"], T]) -> T:
        """Return the one object that devices of this board share; the first to ask for it has it made."""
        if make not in self._shared:
            self._shared[make] = make(self)
        shared: T = self._shared[make]
        return shared

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self.indi.tell(level, text)

    @property
    def debugging(self) -> bool:
        """Whether DEBUG messages go anywhere; if not, they need not be made."""
        return self._reporting.debugging

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""
        return self._connection.lost

    @property
    def outage(self) -> float:
        """Seconds that the outage has lasted which `resend` is to end; 0 if there is none."""
        return self._connection.outage

    @property
    def loading(self) -> bool:
        """Whether the write under way comes from the config file."""
        return self._configuration.loading
