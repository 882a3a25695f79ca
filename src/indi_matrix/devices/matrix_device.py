"""The base class of a board's devices, and the board as they see it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from indi_matrix.devices.agreements import Interlock, PinRoles
from indi_matrix.devices.snooped import SnoopListener
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import AnyProperty, State
from indi_matrix.malos.messages import in_words
from indi_matrix.malos.timing import Timing
from indi_matrix.repeats import Repeats

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link


T = TypeVar("T")


class Ending(Enum):
    """How a visit to the service ends."""

    KEEP = auto()
    """Clients or the program end the visit, and the board stays as it is."""

    OFF = auto()
    """Clients or the program end the visit, and the board is to be dark and low."""

    LOST = auto()
    """The service is lost."""


class ChosenTiming(Protocol):
    """POLLING_PERIOD and KEEP_ALIVE, as devices see them."""

    timing: Timing
    """The timing that holds."""

    choice: Timing | None
    """The timing that a client chose; None if none did."""

    def adopt(self, timing: Timing) -> None:
        """Show clients the timing that holds."""


class DefinedProperties(Protocol):
    """Where devices define and delete their properties."""

    def define(self, device: "MatrixDevice", prop: AnyProperty) -> None:
        """Define a property of a device to clients."""

    def delete(self, prop: AnyProperty) -> None:
        """Delete a property."""

    def hold_back(self, prop: AnyProperty) -> None:
        """Have a property be Busy after an outage, and not Ok as before it: its values are awaited."""


class Host(Protocol):
    """The board, as its devices see it."""

    leds: int
    """Number of LEDs of the ring, which tells a Creator from a Voice; 0 until the board was connected once."""

    @property
    def board_properties(self) -> DefinedProperties:
        """Where devices define and delete their properties."""

    def recall(self, prop: AnyProperty) -> None:
        """Load one property, which has just appeared by itself, from the config file, if that has it."""

    def save_soon(self, prop: AnyProperty) -> None:
        """Save a property in the config file soon, as by itself it has changed what is to be saved."""

    def tell_interface(self) -> None:
        """Show clients the INDI interfaces that devices have now."""

    def listen(self, role: str, names: Iterable[str], listener: SnoopListener) -> None:
        """Call a listener when these properties change, of the device that ACTIVE_DEVICES names in a role."""

    def shared(self, make: Callable[["Host"], T]) -> T:
        """Return the one object that devices of this board share; the first to ask for it has it made."""

    def tell(self, level: str, text: str) -> None:
        """Send clients a message: INFO, WARNING, ERROR or DEBUG."""

    @property
    def debugging(self) -> bool:
        """Whether DEBUG messages go anywhere; if not, they need not be made."""

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""

    @property
    def outage(self) -> float:
        """Seconds that the outage has lasted which `resend` is to end; 0 if there is none."""

    @property
    def loading(self) -> bool:
        """Whether the write under way comes from the config file."""

    @property
    def polling(self) -> ChosenTiming:
        """POLLING_PERIOD and KEEP_ALIVE."""

    @property
    def pin_roles(self) -> PinRoles:
        """What each pin is."""

    @property
    def interlock(self) -> Interlock:
        """What the flat light and a dust cap agree on."""


class MatrixDevice(ABC):
    """One MATRIX device: its INDI properties on one side, its MALOS driver on the other.

    It lives as long as its board's INDI device, and keeps its state from one visit to the service to the next; a
    visit lasts while the links are open. A device implements five hooks, called in this order:

    | hook         | when it is called                                                          |
    |--------------|----------------------------------------------------------------------------|
    | `begin`      | The driver is connected; clients are not told yet.                         |
    | `properties` | Clients are told what the device has.                                      |
    | `run`        | From then on, until the visit ends; not if the device was not found.       |
    | `resend`     | After an outage, before clients are told; and again some seconds later.    |
    | `leave`      | The visit ends.                                                            |

    A device that follows POLLING_PERIOD and KEEP_ALIVE, or shows what it learned in `begin`, is a PolledDevice.
    """

    driver: ClassVar[str]
    """Name of the MALOS driver."""

    updates_tell: ClassVar[bool] = True
    """Whether data updates after the first tell more than that the service lives."""

    newest_only: ClassVar[bool] = False
    """Whether a config replaces all earlier ones, so that of unsent configs only the newest matters."""

    publishes: ClassVar[bool] = True
    """Whether the driver publishes data updates; if not, it is never pinged, and its silence tells nothing."""

    required: ClassVar[bool] = False
    """Whether a service without this driver counts as no board: connecting then fails."""

    interface: int
    """The INDI interfaces (bits) that the device adds to DRIVER_INTERFACE."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._link: Link | None = None
        self._left = True  # whether `leave` was called since the visit began
        self._written: AnyProperty | None = None
        self._fresh = True  # whether no error of the driver was reported since the last write
        self.repeats = Repeats(lambda text: self.host.tell("WARNING", text))
        """Counts repeated messages to clients."""
        self.shown = False
        """Whether clients know the device's properties."""

    # The five hooks

    async def begin(self, link: "Link") -> None:
        """Take the link of a new visit, and learn what the properties need; the caller limits the time."""
        self._link = link
        self._left = False
        link.on_send = self._tell_config

    @abstractmethod
    def properties(self) -> Iterable[AnyProperty]:
        """Return the properties that clients are to know, now that the visit has begun."""

    @abstractmethod
    async def run(self) -> None:
        """Follow the driver's data updates and send what is due, until cancelled; clients know the properties."""

    @abstractmethod
    def resend(self) -> None:
        """Send again all that was ever commanded: the service may have forgotten it."""

    @abstractmethod
    def leave(self, ending: Ending) -> None:
        """Send what is due or, if the ending is OFF, switch all off; then expect no more updates in this visit."""

    # A hook for devices that show the timing of their driver

    def timing_changed(self) -> None:  # noqa: B027 - most devices need not know
        """Take note that another program gave the driver another timing, which is that of the link."""

    # What the base does by itself

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        return self._link is not None

    @property
    def found(self) -> bool:
        """Whether the board has the device, once all devices have begun; else clients see nothing of it."""
        return self.connected

    @property
    def link(self) -> "Link":
        """The link of this visit.

        Raises:
            LinkError: There is none.
        """
        if self._link is None:
            raise LinkError(f"the {self.driver} driver is not connected")
        return self._link

    def depart(self, ending: Ending) -> None:
        """Call `leave`: for KEEP or OFF before the visit ends, else for LOST by `end`."""
        self._left = True
        self.leave(ending)

    def end(self) -> None:
        """Give up the link. A visit without an earlier `depart` ends as LOST."""
        try:
            if not self._left:
                self.depart(Ending.LOST)
        finally:
            self._link = None

    def record_write(self, prop: AnyProperty) -> None:
        """Record that a client's write to a property was carried out."""
        self._written = prop
        self._fresh = True

    def report_driver_error(self, text: str) -> None:
        """Show clients an error text of the driver as an Alert of the property written last; count repetitions.

        All programs that use the driver get its errors, so the text may be about the write of another program.
        """
        report = f"the {self.driver} driver says: {text}"
        if not self.repeats.is_first(report) and not self._fresh:
            return
        self._fresh = False
        if self._written is not None and self._written.defined:
            told = f"{self._written.name}: {report}"
            self._written.publish_reading(state=State.ALERT, text=told)
        else:
            self.host.tell("WARNING", report)

    def _tell_config(self, config: bytes) -> None:
        if self.host.debugging:
            self.host.tell("DEBUG", f"sent {self.driver} config: {in_words(config)}")
