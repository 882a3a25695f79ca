"""What the IMU driver of MALOS publishes, in libindi's units, and the config that sets its pace. Pure."""

from collections.abc import Mapping
from math import cos, pi, radians, sin
from typing import Any, Final

from indi_matrix.devices.sensor import Reading
from indi_matrix.indi.properties.base import NumberMember
from indi_matrix.malos.messages import DriverConfig

SLOWEST, FASTEST = 1.0, 50.0
"""Updates a second; the board has no more than 50 new readings."""

_DECIMALS: Final = 4
_G: Final = 9.80665  # m/s2
_GAUSS: Final = 100.0  # microtesla


class Azimuth(Reading):
    """An angle that MALOS gives as -180 to 180 degrees, and libindi as 0 to 360."""

    __slots__ = ()

    def value(self, message: Any) -> float:
        """Return the angle in a message, 0 to below 360 degrees."""
        return round(float(getattr(message, self.field)), self.decimals) % 360


def _axes(kind: str, label: str, unit: str, limit: float, factor: float) -> tuple[Reading, ...]:
    return tuple(
        Reading(
            f"{kind.upper()}_{axis.upper()}", f"{axis.upper()} {label}", unit, -limit, limit,
            f"{kind}_{axis}", factor, _DECIMALS,
        )
        for axis in "xyz"
    )  # fmt: skip


ORIENTATION: Final = (
    Reading("ROLL", "Roll", "deg", -180, 180, "roll", decimals=_DECIMALS),
    Reading("PITCH", "Pitch", "deg", -90, 90, "pitch", decimals=_DECIMALS),
    Azimuth("YAW", "Yaw", "deg", 0, 360, "yaw", decimals=_DECIMALS),
)
ACCELERATION: Final = _axes("accel", "Acceleration", "m/s2", 100, _G)
GYROSCOPE: Final = _axes("gyro", "Angular Velocity", "rad/s", 10, pi / 180)
MAGNETOMETER: Final = _axes("mag", "Magnetic Field", "uT", 1000, _GAUSS)

QUATERNION_W: Final = NumberMember("QUATERNION_W", "Quaternion W", 0.0, -1, 1, 0, f"%.{_DECIMALS}f")
"""The one member that no reading is behind."""


def quaternion_w(angles: Mapping[str, float]) -> float:
    """Return W of the quaternion that turns by yaw, then pitch, then roll, as libindi computes it.

    The convention is z-y'-x'' (Tait-Bryan). A yaw of 180 to 360 degrees counts as -180 to 0, as MALOS gives it.
    """
    yaw = (angles["YAW"] + 180) % 360 - 180
    roll, pitch, yaw = (radians(angle) / 2 for angle in (angles["ROLL"], angles["PITCH"], yaw))
    return round(cos(roll) * cos(pitch) * cos(yaw) + sin(roll) * sin(pitch) * sin(yaw), _DECIMALS)


def delay_of(rate: float) -> float:
    """Return the seconds between updates at a rate, in whole milliseconds as MALOS counts them."""
    return round(1000 / rate) / 1000


def rate_of(delay: float) -> float:
    """Return the updates a second with some seconds between them, cut to the limits."""
    return FASTEST if delay <= 0 else round(min(max(1 / delay, SLOWEST), FASTEST), 2)


def pace_config(delay: float) -> bytes:
    """Return the config that sets the delay. The IMU's own part of a config is empty: nothing else changes."""
    # In single precision, a little less would be cut to a millisecond less.
    return bytes(DriverConfig(delay_between_updates=delay + 1e-5).SerializeToString())
