"""Sensors: MATRIX devices that only publish, each declared by its readings."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import AnyProperty, NumberMember, Perm, State
from indi_matrix.indi.properties.kinds import NumberProperty
from indi_matrix.malos.messages import MessageClass
from indi_matrix.settings import LED_COUNTS

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_FIRST_UPDATE: Final = 0.5
_SHORTEST_WAIT, _LONGEST_WAIT = 1.5, 3.5
# Seconds beyond the driver's delay in which a sensor must have published something when the board is connected,
# and what the sum is cut to: a connect may take 5 s.

_WITHOUT_SENSORS: Final = LED_COUNTS["voice"]
REMEDY: Final = "power-cycle the Raspberry Pi, and check its supply"
"""What helps where a sensor measures nothing."""


class Reading(NamedTuple):
    """One number that a sensor measures.

    Attributes:
        name: Its name; also that of the member that shows it.
        label: What is measured.
        unit: Its unit, as clients see it; empty for a pure number.
        minimum, maximum: The range of the sensor, in that unit. What is outside is no reading.
        field: The field of the sensor's message.
        factor: Factor from the number in the field to that unit.
        decimals: How many decimals are shown.
        derived: Whether the service computes it from other readings. It does not prove that the sensor exists.
    """

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    field: str
    factor: float = 1.0
    decimals: int = 1
    derived: bool = False

    def member(self) -> NumberMember:
        """Return the member."""
        label = f"{self.label} ({self.unit})" if self.unit else self.label
        return NumberMember(self.name, label, 0.0, self.minimum, self.maximum, 0, f"%.{self.decimals}f")

    def value(self, message: Any) -> float:
        """Return the number in a message, in the reading's unit."""
        return round(float(getattr(message, self.field)) * self.factor, self.decimals)

    def fault(self, value: float) -> str:
        """Return why a number cannot be a reading; empty if it can."""
        if self.minimum <= value <= self.maximum:
            return ""
        # Without the value: a text that is always the same is told once a minute.
        limits = f"{self.minimum:g} to {self.maximum:g} {self.unit}".strip()
        return f"{self.label} is {'outside' if isfinite(value) else 'no number; it must be'} {limits}"


class Measurement(NamedTuple):
    """What one data update holds.

    Attributes:
        values: The good readings, by name.
        faults: Why there is none of the others, by name.
    """

    values: Mapping[str, float] = MappingProxyType({})
    faults: Mapping[str, str] = MappingProxyType({})

    @property
    def fault(self) -> str:
        """The first fault; empty if all readings are good."""
        return next(iter(self.faults.values()), "")


def failed(readings: Sequence[Reading], cause: str) -> Measurement:
    """Return the measurement of a sensor that measured nothing."""
    return Measurement(faults={reading.name: cause for reading in readings})


def judged(readings: Sequence[Reading], message: Any) -> Measurement:
    """Return the good readings in a message, and why the others are none."""
    values = {reading.name: reading.value(message) for reading in readings}
    faults = {reading.name: text for reading in readings if (text := reading.fault(values[reading.name]))}
    return Measurement({name: value for name, value in values.items() if name not in faults}, faults)


def _longest_wait(delay: float) -> float:
    """Return the seconds to wait for a first update: other programs may have updates come seldom."""
    return min(max(delay + _FIRST_UPDATE, _SHORTEST_WAIT), _LONGEST_WAIT)


class MeasuringDevice(MatrixDevice):
    """A MATRIX device that only publishes readings. A subclass shows them, alone or together with others.

    A board counts as one without the sensor if nothing but zeros comes at the connect, or nothing at all for the
    driver's delay, but 1.5 to 3.5 s. A sensor that wakes up later is taken at the next connect. One that fails
    later, or in an outage, stays, and the reason is shown in place of its readings.

    Nothing is sent to the driver, as the humidity sensor takes any config for a calibration; so updates come at
    the service's pace.
    """

    interface = 0

    message: ClassVar[MessageClass]
    """Class of the message that the driver publishes."""

    readings: ClassVar[tuple[Reading, ...]]

    unused: ClassVar[frozenset[str]] = frozenset()
    """Fields of the message that clients are not shown."""

    zeros_are_readings: ClassVar[bool] = False
    """Whether readings that are all zero can be true; else the sensor is not there, or has failed."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._awake = False  # whether the sensor has published something other than zeros in time
        self._first: Measurement | None = None  # of this visit, until `run` shows it

    @abstractmethod
    def show(self, measurement: Measurement) -> None:
        """Show clients what one data update holds, or why there is none; clients may not know the properties."""

    @property
    def awake(self) -> bool:
        """Whether the board has the sensor: it has published something other than zeros. A Voice has none."""
        return self.connected and self._awake and self.host.leds != _WITHOUT_SENSORS

    @property
    def found(self) -> bool:
        """Whether the board has the sensor."""
        return self.awake

    async def begin(self, link: "Link") -> None:
        """Wait a short time for the first data update, unless the sensor is known from before an outage."""
        await super().begin(link)
        self._awake = self._awake and self.host.lost
        self._first = None
        link.ping()
        if self._awake:
            return
        try:
            async with asyncio.timeout(_longest_wait(link.timing.delay)):
                self._first = self._read(await link.update())
        except (TimeoutError, LinkError):  # the latter where another program made the timeout short
            self._first = self._failed(f"no update from the {self.driver} driver yet")

    async def run(self) -> None:
        """Show each data update; a sensor that says nothing is no reason to give up the board."""
        link = self.link  # a disconnect takes it before this task ends: without it the loop would not wait
        if self._first is not None:
            self.show(self._first)
        while True:
            try:
                measurement = self._read(await link.update())
            except LinkError as error:
                measurement = self._failed(str(error))
            if not self.connected:
                return  # a disconnect that met an update: the next connect must not begin with an old reading
            self.show(measurement)

    def resend(self) -> None:
        """Send nothing: sensors are sent no configs."""

    def leave(self, ending: Ending) -> None:
        """Leave the sensor as it is."""

    def record_write(self, prop: AnyProperty) -> None:
        """Record nothing: what the driver says is not about a client's write."""

    def _read(self, update: bytes) -> Measurement:
        """Return what a data update holds."""
        message = self.message.read(update)
        if message is None:
            return self._failed(f"the {self.driver} driver sent an update that cannot be read")
        zeros = not any(getattr(message, reading.field) for reading in self.readings if not reading.derived)
        self._awake = self._awake or not zeros
        if zeros and not self.zeros_are_readings:
            return self._failed(f"the {self.driver} driver sends only zeros")
        return judged(self.readings, message)

    def _failed(self, cause: str) -> Measurement:
        return failed(self.readings, cause)


class Sensor(MeasuringDevice):
    """A sensor whose readings are the members of one number property, which no client can write.

    The property is Idle until the first update. It is Ok while readings come, and Alert when the driver publishes
    nothing, only zeros, or what cannot be a reading; a bad value is not shown.
    """

    property_name: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[str] = "Sensors"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._property = NumberProperty(
            self.property_name, self.label, self.group, [reading.member() for reading in self.readings],
            perm=Perm.READ,
        )  # fmt: skip

    def properties(self) -> Iterable[AnyProperty]:
        """Return the one property."""
        return (self._property,)

    def show(self, measurement: Measurement) -> None:
        """Show the good readings; tell clients why the others are missing, once a minute at most."""
        if not measurement.faults:
            self._property.publish_reading(measurement.values, State.OK)
            return
        text = f"{self.property_name}: {measurement.fault}: {REMEDY}"
        told = text if self.repeats.is_first(text) else ""
        self._property.publish_reading(measurement.values, State.ALERT, told, "WARNING")
