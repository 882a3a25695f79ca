"""The sensors of a simulated board: what they measure, what was set instead, and which have failed."""

from dataclasses import fields, replace
from enum import StrEnum
from typing import Any, Final

from indi_matrix.simulator.sensors.climate import Climate
from indi_matrix.simulator.sensors.readings import NO_SENSORS, Motion, Readings

SENSORS: Final = ("IMU", "Humidity", "Pressure", "UV")
"""The MALOS drivers that publish readings."""


class Failure(StrEnum):
    """The ways in which a sensor fails."""

    DEAD = "dead"
    """All zeros, until the board is power-cycled."""

    SILENT = "silent"
    """The service gets no reading, and publishes an error instead of an update."""

    FROZEN = "frozen"
    """The readings of this moment, bit by bit, until the board is power-cycled."""


class Sensors:
    """All sensors of a board. Without a climate they measure what was set, and the same all the time.

    Args:
        climate: What there is to measure.
    """

    def __init__(self, climate: Climate | None) -> None:
        self._climate = climate
        self._set: dict[str, Any] = {}
        self._moved: dict[str, float] = {}
        self._failed: dict[str, Readings | None] = {}

    @property
    def readings(self) -> Readings:
        """What working sensors measure now."""
        natural = self._climate.readings() if self._climate else Readings()
        return replace(natural, motion=replace(natural.motion, **self._moved), **self._set)

    def sensed(self, driver: str) -> Readings | None:
        """Return what the sensor of a driver measures now; None where the service gets no reading."""
        return self._failed.get(driver, self.readings)

    def set(self, **values: float) -> None:
        """Set readings, by the names of `Readings`, until they live again."""
        self._set |= values

    def move(self, **values: float) -> None:
        """Set what the IMU measures, by the names of `Motion`, until it lives again."""
        replace(Motion(), **values)  # refuses names that it does not have
        self._moved |= values

    def freeze(self) -> None:
        """Set all readings to those of this moment."""
        readings = self.readings
        self._set = {field.name: getattr(readings, field.name) for field in fields(Readings)}
        self._moved = {field.name: getattr(self._set["motion"], field.name) for field in fields(Motion)}
        del self._set["motion"]

    def live_again(self) -> None:
        """Measure the climate again, and forget what was set."""
        self._set.clear()
        self._moved.clear()

    def fail(self, driver: str, how: Failure) -> None:
        """Have the sensor of a driver fail."""
        measured = {Failure.DEAD: NO_SENSORS, Failure.SILENT: None, Failure.FROZEN: self.readings}
        self._failed[_sensor(driver)] = measured[how]

    @property
    def failed(self) -> frozenset[str]:
        """The drivers whose sensors have failed."""
        return frozenset(self._failed)

    def heal(self, driver: str) -> None:
        """Have the sensor of a driver work again."""
        self._failed.pop(_sensor(driver), None)

    def power_up(self) -> None:
        """Have sensors work again that were dead or frozen; a service that gets no readings still gets none."""
        self._failed = {driver: measured for driver, measured in self._failed.items() if measured is None}


def _sensor(driver: str) -> str:
    if driver not in SENSORS:
        raise ValueError(f"{driver!a} is no sensor; there are {', '.join(SENSORS)}")
    return driver
