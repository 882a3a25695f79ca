"""What the sensors of a board that lies still publish: with a chip's noise, so that no update is like another."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.malos.messages import UV, Humidity, Imu, Pressure

_AXES: Final = "xyz"


def _humidity() -> bytes:
    celsius = random.gauss(24, 0.02)
    message = Humidity(humidity=random.gauss(40, 0.1), temperature=celsius, temperature_raw=celsius)
    return bytes(message.SerializeToString())


def _pressure() -> bytes:
    message = Pressure(pressure=random.gauss(101325, 5), altitude=random.gauss(0, 0.4), temperature=24)
    return bytes(message.SerializeToString())


def _uv() -> bytes:
    return bytes(UV(uv_index=random.randrange(900, 904) / 1000, oms_risk="Low").SerializeToString())


def _imu() -> bytes:
    angles = {name: random.gauss(5, 0.1) for name in ("roll", "pitch", "yaw")}
    turning = {f"gyro_{axis}": random.gauss(0, 1) for axis in _AXES}
    pulled = {f"accel_{axis}": random.gauss(level, 0.004) for axis, level in zip(_AXES, (0, 0, 1), strict=True)}
    pointing = {f"mag_{axis}": random.gauss(0.2, 0.004) for axis in _AXES}
    return bytes(Imu(**angles, **turning, **pulled, **pointing).SerializeToString())


SENSORS: Final[Mapping[str, Callable[[], bytes]]] = {
    "Humidity": _humidity,
    "Pressure": _pressure,
    "UV": _uv,
    "IMU": _imu,
}
"""The drivers of all sensors, each with what returns its next update."""
