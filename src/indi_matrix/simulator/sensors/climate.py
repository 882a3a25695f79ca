"""Weather and motion around a living board: believable, and a function of time that needs no timer."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import cos, exp, pi, sin
from random import Random
from typing import Final

from indi_matrix.simulator.sensors.readings import Readings, altitude_of
from indi_matrix.simulator.sensors.resting import MOTION_STEP, resting_motion

REAL_DAY: Final = 86400.0
"""Seconds of a day in real time."""

_ROUND: Final = 1.5
"""Seconds that the service takes to read its environment sensors once: 1 to 2."""

# A shower in hours of its day: it has come after the first, goes from the second on, and is over after the third.
_SHOWER: Final = (0.25, 0.75, 1.5)
_OWN_WARMTH: Final = 7.5  # degrees C by which board and Raspberry Pi warm the sensor
_UV_AT_NOON: Final = 4.2  # as MALOS says it, which is below the index


class Climate:
    """The weather of a place, with its days, its slow drift, noise, and a shower on demand.

    Args:
        day: Seconds that a day takes.
        hour: The hour at which it begins.
        seed: Another seed is another place.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, day: float = REAL_DAY, hour: float = 8.0, seed: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._day = day
        self._seed = seed
        self._clock = clock
        self._start = clock() - hour / 24 * day
        self._phases = [Random(seed * 5 + number).random() for number in range(5)]  # noqa: S311 - weather
        self._shower_began = -REAL_DAY  # in hours

    @property
    def hour(self) -> float:
        """The hour of the day, 0 to 24."""
        return self._hours(self._seconds) % 24

    def shower(self) -> None:
        """Have a shower, which goes by itself: cooler and more humid, with little UV."""
        self._shower_began = self._hours(self._seconds)

    def readings(self) -> Readings:
        """Return what the sensors measure now; a new round of the weather's takes 1.5 s, the IMU's 20 ms."""
        seconds = self._seconds
        number = int(seconds // _ROUND)
        return replace(
            self._weather(self._hours(number * _ROUND), Random(f"{self._seed} {number}")),  # noqa: S311 - as above
            motion=resting_motion(self._seed, int(seconds // MOTION_STEP)),
        )

    @property
    def _seconds(self) -> float:
        return self._clock() - self._start

    def _hours(self, seconds: float) -> float:
        """Return hours of the weather's days since midnight before it began."""
        return seconds / self._day * 24

    def _weather(self, hours: float, noise: Random) -> Readings:
        """Return the readings of an hour, with noise as the sensors have it."""
        rain = self._rain(hours)
        drift = partial(self._drift, hours)
        air = 12 + drift(0, 103, 3) - 5 * cos(2 * pi * (hours - 3.5) / 24) - 4 * rain
        dew_point = min(7 + drift(1, 74, 2) + 3 * rain, air - 0.5)
        celsius = air + _OWN_WARMTH
        humidity = 100 * _vapour_pressure(dew_point) / _vapour_pressure(celsius)
        pascal = 101325 + drift(2, 127, 700) + drift(3, 61, 300) + 60 * rain + noise.gauss(0, 2)
        return Readings(
            celsius=celsius + noise.gauss(0, 0.02),
            humidity=humidity + noise.gauss(0, 0.05),
            pascal=pascal,
            altitude=altitude_of(pascal),
            uv=self._uv(hours, rain, noise),
        )

    def _uv(self, hours: float, rain: float, noise: Random) -> float:
        """Return the UV in thousandths, as the chip counts; 0 from dusk to dawn."""
        sun = max(0.0, 0.1 - 0.9 * cos(2 * pi * hours / 24))
        clouds = (0.85 + self._drift(hours, 4, 9, 0.12)) * (1 - 0.8 * rain)
        return max(0, round(1000 * _UV_AT_NOON * float(sun**1.3) * clouds * (1 + noise.gauss(0, 0.005)))) / 1000

    def _rain(self, hours: float) -> float:
        """Return how heavy the shower is, 0 to 1."""
        come, going, over = _SHOWER
        since = hours - self._shower_began
        return max(0.0, min(since / come, 1.0, (over - since) / (over - going)))

    def _drift(self, hours: float, number: int, period: float, most: float) -> float:
        """Return a slow drift of some hours' period, up or down by `most`."""
        return most * sin(2 * pi * (hours / period + self._phases[number]))


def climate_of(day: float, seed: int = 0) -> Climate | None:
    """Return a climate whose day takes some seconds, None for 0 seconds.

    It begins in the morning, or by this machine's clock if its days are real ones.
    """
    if not day:
        return None
    now = datetime.now().astimezone()
    return Climate(day, now.hour + now.minute / 60 if day == REAL_DAY else 8.0, seed)


def _vapour_pressure(celsius: float) -> float:
    """Return the pressure of saturated water vapour in hPa, by Magnus' formula."""
    return 6.112 * exp(17.62 * celsius / (243.12 + celsius))
