"""The IMU of a MATRIX Creator: how the board lies and moves."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from indi_matrix.devices.imu.imu_messages import (
    ACCELERATION,
    FASTEST,
    GYROSCOPE,
    MAGNETOMETER,
    ORIENTATION,
    QUATERNION_W,
    SLOWEST,
    delay_of,
    pace_config,
    quaternion_w,
    rate_of,
)
from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.sensor import REMEDY, Measurement, MeasuringDevice, Reading
from indi_matrix.indi.properties.base import AnyProperty, NumberMember, Perm, State
from indi_matrix.indi.properties.kinds import NumberProperty
from indi_matrix.malos import messages

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_GROUP: Final = "IMU"
_OPTIONS: Final = "Options"


class Imu(MeasuringDevice):
    """The IMU, with libindi's properties: four of readings, UPDATE_RATE and DATA_THRESHOLD_PROPERTY.

    The pace belongs to the MALOS driver, and so to all programs on the board. It is sent only if a client wrote
    UPDATE_RATE and the driver has another one.

    Readings at rest have noise, so readings that are the same to the last bit for a minute are those of a chip
    that has failed.
    """

    driver = "IMU"
    message = messages.Imu
    readings = ORIENTATION + ACCELERATION + GYROSCOPE + MAGNETOMETER
    interface = 1 << 19

    longest_repeat: ClassVar[float] = 60.0
    """Seconds for which readings may stay the same to the last bit."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._rate = SLOWEST  # as clients see it
        self._choice: float | None = None  # rate that a client wrote
        self._last = b""
        self._same_since = 0.0  # loop time
        self._vectors = (
            _Readings("ORIENTATION", "Orientation", ORIENTATION, [QUATERNION_W]),
            _Readings("ACCELERATION", "Accel.", ACCELERATION),
            _Readings("GYROSCOPE", "Gyroscope", GYROSCOPE),
            _Readings("MAGNETOMETER", "Magnetic", MAGNETOMETER),
        )
        self._update_rate = NumberProperty(
            "UPDATE_RATE", "Update Rate", _OPTIONS,
            [NumberMember("RATE", "Update Rate (Hz)", SLOWEST, SLOWEST, FASTEST, 1, "%.2f")],
            on_write=self._write_rate, source=lambda: {"RATE": self._rate}, saved=True, timeout=0,
        )  # fmt: skip
        self._threshold = NumberProperty(
            "DATA_THRESHOLD_PROPERTY", "Threshold", _OPTIONS,
            [NumberMember("DATA_THRESHOLD", "Data Threshold", 0.01, 0, 1, 0, "%.4f")],
            saved_at_once=True, timeout=0,
        )  # fmt: skip

    def properties(self) -> Iterable[AnyProperty]:
        """Return all six."""
        return (*(vector.prop for vector in self._vectors), self._update_rate, self._threshold)

    async def begin(self, link: "Link") -> None:
        """Wait for the first update, then agree on the pace: a board without an IMU is sent nothing."""
        self._last = b""
        for vector in self._vectors:
            self.host.board_properties.hold_back(vector.prop)
        await super().begin(link)
        if self.awake:
            self._agree_on_pace()

    def resend(self) -> None:
        """Send the rate that a client wrote, if the driver has another one."""
        if self.awake:
            self._agree_on_pace()

    def timing_changed(self) -> None:
        """Show the rate that another program gave the driver."""
        self._show_rate()

    def show(self, measurement: Measurement) -> None:
        """Show what changed by the threshold or more; in place of bad readings tell why, once a minute at most."""
        text = f"IMU: {measurement.fault}; {REMEDY}" if measurement.faults else ""
        told = text if text and self.repeats.is_first(text) else ""
        for vector in self._vectors:
            if not vector.is_good(measurement):
                vector.prop.publish_reading(None, State.ALERT, told, "WARNING")
                told = ""
            elif vector.is_news(measurement.values, self._threshold.values["DATA_THRESHOLD"]):
                vector.prop.publish_reading(vector.values_in(measurement.values), State.OK)

    def _read(self, update: bytes) -> Measurement:
        """Return what an update holds; nothing good if it has been the same for a minute."""
        measurement = super()._read(update)
        now = asyncio.get_running_loop().time()
        if update != self._last:
            self._last, self._same_since = update, now
        elif measurement.values and now - self._same_since >= self.longest_repeat:
            return self._failed("all readings have been the same to the last bit for a minute")
        return measurement

    # The pace

    def _write_rate(self, values: Mapping[str, float]) -> State:
        self._set_rate(values["RATE"])
        self._choice = values["RATE"]
        return State.OK

    def _agree_on_pace(self) -> None:
        """Send the rate that a client wrote, or show the one that the driver has."""
        if self._choice is None:
            self._show_rate()
        else:
            self._set_rate(self._choice)

    def _set_rate(self, rate: float) -> None:
        """Give the driver a rate, unless it has that."""
        timing, delay = self.link.timing, delay_of(rate)
        if delay != timing.delay:
            self.link.send(pace_config(delay))
            self.link.expect(timing._replace(delay=delay))
        self._rate = rate

    def _show_rate(self) -> None:
        """Show the rate that the driver has."""
        delay = self.link.timing.delay
        if delay != delay_of(self._rate):  # else clients see what they wrote, and not 30.3 in place of 30
            self._rate = rate_of(delay)
        self._update_rate.publish_reading()


class _Readings:
    """A property that shows some of the readings.

    Attributes:
        prop: The property.
    """

    def __init__(
        self, name: str, label: str, readings: Sequence[Reading], computed: Sequence[NumberMember] = ()
    ) -> None:
        self._names = [reading.name for reading in readings]
        self._computed = [member.name for member in computed]
        members = [*(reading.member() for reading in readings), *computed]
        self.prop = NumberProperty(name, label, _GROUP, members, perm=Perm.READ, timeout=0)

    def is_good(self, measurement: Measurement) -> bool:
        """Return whether a measurement has all of the readings."""
        return all(name in measurement.values for name in self._names)

    def is_news(self, values: Mapping[str, float], threshold: float) -> bool:
        """Return whether clients are shown no good readings, or one that differs by the threshold or more."""
        shown = self.prop.values
        return self.prop.state is not State.OK or any(
            abs(values[name] - shown[name]) >= threshold for name in self._names
        )

    def values_in(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the values of the members."""
        found = {name: values[name] for name in self._names}
        return found | {QUATERNION_W.name: quaternion_w(found)} if self._computed else found
