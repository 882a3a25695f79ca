"""What a board's devices have in common, and what they may ask of their board."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from indi_matrix.devices.snooped import SnoopListener
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import AnyProperty, State
from indi_matrix.malos.link import Link
from indi_matrix.malos.messages import in_words
from indi_matrix.malos.timing import Timing
from indi_matrix.repeats import Repeats


class ChosenTiming(Protocol):
    """POLLING_PERIOD and KEEP_ALIVE, as devices see them."""

    timing: Timing
    """The timing that holds."""

    choice: Timing | None
    """The timing that a client chose; None if none did."""

    def adopt(self, timing: Timing) -> None:
        """Show clients the timing that holds."""


class Host(Protocol):
    """The board, as its devices see it."""

    def define(self, device: "MatrixDevice", prop: AnyProperty) -> None:
        """Make a property of a device known to clients."""

    def delete(self, prop: AnyProperty) -> None:
        """Take a property away from clients."""

    def recall(self, prop: AnyProperty) -> None:
        """Bring back from the config file what it has of a property that came to be known by itself."""

    def listen(self, role: str, names: Iterable[str], listener: SnoopListener) -> None:
        """Have a listener told of properties of another device, the one that a member of ACTIVE_DEVICES names."""

    def tell(self, level: str, text: str) -> None:
        """Send clients a message: INFO, WARNING, ERROR or DEBUG."""

    @property
    def debugging(self) -> bool:
        """Whether messages of the level DEBUG are worth being made."""

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""

    @property
    def loading(self) -> bool:
        """Whether what is written now comes from the config file."""

    @property
    def polling(self) -> ChosenTiming:
        """POLLING_PERIOD and KEEP_ALIVE."""


class MatrixDevice(ABC):
    """One MATRIX device: its INDI properties on one side, its MALOS driver on the other.

    It lives as long as its board's INDI device and remembers what it was told. For each visit to the service it is
    given a link: `begin`, then `run`; `resend` where the service may have forgotten.
    """

    driver: ClassVar[str]
    """Name of the MALOS driver."""

    newest_only: ClassVar[bool] = False
    """Whether a config is a whole picture, so that only the newest one unsent matters."""

    required: ClassVar[bool] = False
    """Whether there is no board without this driver."""

    interface: ClassVar[int]
    """What the device adds to DRIVER_INTERFACE."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._link: Link | None = None
        self._written: AnyProperty | None = None
        self._fresh = True  # whether nothing was complained of since the last write
        self.repeats = Repeats(lambda text: self.host.tell("WARNING", text))
        """What clients are told again and again."""
        self.shown = False
        """Whether clients know the device's properties."""

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        return self._link is not None

    @property
    def link(self) -> Link:
        """The link of this visit.

        Raises:
            LinkError: There is none.
        """
        if self._link is None:
            raise LinkError(f"the {self.driver} driver is not connected")
        return self._link

    async def begin(self, link: Link) -> None:
        """Take the link of a new visit, and learn what the properties need; the caller sets a limit."""
        self._link = link
        link.on_send = self._tell_config

    def _tell_config(self, config: bytes) -> None:
        if self.host.debugging:
            self.host.tell("DEBUG", f"sent {self.driver} config: {in_words(config)}")

    @abstractmethod
    def properties(self) -> Iterable[AnyProperty]:
        """Return the properties that clients are to know, now that the visit has begun."""

    def prepare(self) -> None:  # noqa: B027 - most devices have nothing to add
        """Bring the properties up to date, now that the visit has begun well."""

    def arrived(self) -> None:  # noqa: B027 - most devices have nothing to add
        """Take note that clients know the properties now."""

    @abstractmethod
    async def run(self) -> None:
        """Follow the driver's data updates and send what is due, until cancelled."""

    @abstractmethod
    def resend(self) -> None:
        """Send again all that was ever commanded."""

    def written(self, prop: AnyProperty) -> None:
        """Take note that a client's write to a property was carried out."""
        self._written = prop
        self._fresh = True

    def report_driver_error(self, text: str) -> None:
        """Show clients an error text of the driver, on the property that was written last; then count it.

        All programs that use the driver hear its errors, so it need not be about that write.
        """
        complaint = f"the {self.driver} driver says: {text}"
        if not self.repeats.is_first(complaint) and not self._fresh:
            return
        self._fresh = False
        if self._written is not None and self._written.defined:
            told = f"{self._written.name}: {complaint}"
            self._written.publish_reading(state=State.ALERT, text=told)
        else:
            self.host.tell("WARNING", complaint)

    def retime(self) -> None:  # noqa: B027 - most devices do not
        """Bring a new timing to the driver, where the device follows POLLING_PERIOD and KEEP_ALIVE."""

    def timing_changed(self) -> None:  # noqa: B027 - most devices do not show it
        """Show the timing of the link, which another program gave the driver."""

    def withhold(self, prop: AnyProperty, values: Mapping[str, Any]) -> str:  # noqa: ARG002 - most keep nothing
        """Refuse a write, as the link is lost; return what becomes of it nevertheless, or nothing."""
        return ""

    def depart(self, *, off: bool) -> None:  # noqa: B027 - most devices leave as they are
        """Before clients or the program end the visit, deliver what is due, or be dark and low."""

    def end(self) -> None:
        """Give up the link: the visit is over, or the service is lost."""
        self._link = None
