"""Sensors: MATRIX devices that only publish, each declared by its readings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar

from google.protobuf.message import DecodeError

from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import AnyProperty, NumberMember, Perm, State
from indi_matrix.indi.properties.kinds import NumberProperty


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that a sensor measures, and the member that shows it.

    Attributes:
        name: Name of the member.
        label: What is measured.
        unit: Its unit, as clients see it; empty for a pure number.
        minimum, maximum: The range of the sensor, in that unit.
        field: The field of the sensor's message.
        factor: Factor from the number in the field to that unit.
        decimals: How many decimals are shown.
    """

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    field: str
    factor: float = 1.0
    decimals: int = 1

    def member(self) -> NumberMember:
        """Return the member."""
        label = f"{self.label} ({self.unit})" if self.unit else self.label
        return NumberMember(self.name, label, 0.0, self.minimum, self.maximum, 0, f"%.{self.decimals}f")

    def value(self, message: Any) -> float:
        """Return the number in a message, in the reading's unit."""
        return round(float(getattr(message, self.field)) * self.factor, self.decimals)


class Sensor(MatrixDevice):
    """A sensor whose readings are the members of one number property, which no client can write.

    The property is Idle until the first update. It is Ok while readings come, and Alert when the driver publishes
    nothing, only zeros, or what cannot be read. Nothing is sent to the driver, as the humidity sensor takes any
    config for a calibration; so updates come at the service's pace.
    """

    interface = 0

    message: ClassVar[Any]
    """Class of the message that the driver publishes."""

    property_name: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[str] = "Sensors"

    readings: ClassVar[tuple[Reading, ...]]

    unused: ClassVar[frozenset[str]] = frozenset()
    """Fields of the message that clients are not shown."""

    zeros_are_readings: ClassVar[bool] = False
    """Whether readings that are all zero can be true; else the sensor is not there, or has failed."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._property = NumberProperty(
            self.property_name, self.label, self.group, [reading.member() for reading in self.readings],
            perm=Perm.READ,
        )  # fmt: skip

    def properties(self) -> Iterable[AnyProperty]:
        """Return the one property."""
        return (self._property,)

    async def run(self) -> None:
        """Show the readings of each update; a sensor that says nothing is no reason to give up the board."""
        while True:
            try:
                update = await self.link.update()
            except LinkError as error:
                self._fail(str(error))
            else:
                self._take(update)

    def resend(self) -> None:
        """Send nothing: sensors are sent no configs."""

    def leave(self, ending: Ending) -> None:
        """Leave the sensor as it is."""

    def _take(self, update: bytes) -> None:
        """Show the readings of an update."""
        try:
            message = self.message.FromString(update)
        except DecodeError:
            self._fail(f"the {self.driver} driver sent an update that cannot be read")
            return
        values = {reading.name: reading.value(message) for reading in self.readings}
        if not all(map(isfinite, values.values())):
            self._fail(f"the {self.driver} driver sent what is no number")
        elif self.zeros_are_readings or any(getattr(message, reading.field) for reading in self.readings):
            self._property.publish_reading(values, State.OK)
        else:
            self._fail(f"the {self.driver} driver sends only zeros: the sensor failed, or there is none", values)

    def _fail(self, cause: str, values: Mapping[str, float] | None = None) -> None:
        """Turn the property to Alert; tell clients the cause, once a minute at most."""
        text = f"{self.property_name}: {cause}"
        told = text if self.repeats.is_first(text) else ""
        self._property.publish_reading(values, State.ALERT, told, "WARNING")
