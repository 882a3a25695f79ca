"""Sensors that fail in any way, a service that comes and goes: clients are shown no value that was not good."""

from math import nan
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from indi_matrix.board import outages
from indi_matrix.devices import sensor
from indi_matrix.devices.imu.imu import Imu
from indi_matrix.devices.weather import calibration, station
from tests.driver.own_loop import OwnLoop
from tests.driver.weather_life import Act, weather_life

_WEATHER = ("Humidity", "Pressure", "UV")
_LIES = (b"\xff\xff\xff", b"")


def _act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    return st.tuples(st.just(name), st.tuples(*arguments))


def _steps(low: float, high: float, step: float = 0.25) -> st.SearchStrategy[float]:
    """Return numbers that are the same in single precision."""
    return st.integers(0, int((high - low) / step)).map(lambda number: low + number * step)


_DRIVERS = st.sampled_from(("IMU", *_WEATHER))
# A new value each time tells a fresh one from an old one.
_MEASURED = st.one_of(
    _act("measure", st.just("warm"), _steps(18, 27) | st.sampled_from((121.0, -40.5, nan))),
    _act("measure", st.just("set_humidity"), _steps(20, 80) | st.sampled_from((100.5, -0.5, nan))),
    _act("measure", st.just("set_pressure"), _steps(90000, 105000, 25) | st.sampled_from((25.0, 200000.0))),
    _act("measure", st.just("set_uv"), _steps(0, 10) | st.sampled_from((80.0, -1.0))),
    _act("move", st.sampled_from(("roll", "pitch")), _steps(-80, 80) | st.just(181.0)),
    _act("move", st.just("yaw"), _steps(-179, 180)),
    _act("move", st.sampled_from(("accel_x", "gyro_y", "mag_z")), _steps(-2, 2) | st.sampled_from((700.0, nan))),
    _act("live_again"),
)
_BOARD = st.one_of(
    _MEASURED,
    _MEASURED,
    _act("fail", _DRIVERS, st.sampled_from(("dead", "silent", "frozen"))),
    _act("heal", _DRIVERS),
    _act("power_cycle"),
)
_SERVICE = st.one_of(
    _act("restart"),
    _act("stop", st.lists(_BOARD, max_size=4)),
    _act("disconnect", st.lists(_BOARD, max_size=4)),
    _act("hang", st.sampled_from((0, 0, 1))),
    _act("calibrate", st.sampled_from((0.0, 60.0, 70.0))),
    _act("calibrate", st.sampled_from((0.0, 60.0, 70.0))),
    _act("lie", _DRIVERS, st.sampled_from(_LIES)),
)
_CLIENT = st.one_of(
    _act("reference", _steps(3, 6)),
    _act("refresh"),
    _act("period", st.sampled_from((0, 1))),
    _act("rate", st.sampled_from((20, 50))),
    _act("dwell", st.integers(1, 12)),
    _act("dwell", st.integers(1, 12)),
)
_ACTS: st.SearchStrategy[Act] = st.sampled_from((_BOARD, _SERVICE, _CLIENT)).flatmap(lambda kind: kind)
# Many begin with a reference in force, so that the acts after that find one.
_BEGUN = st.booleans().map(lambda calibrated: [("reference", (4.0,)), ("dwell", (6,))] if calibrated else [])


def test_clients_are_shown_nothing_that_the_board_did_not_have_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure has waited for long: looking for a shorter one would wait as long again and again."""
    monkeypatch.setattr(outages, "_LONGEST", 0.05)
    monkeypatch.setattr(station, "_RETRY", 1.1)
    monkeypatch.setattr(station, "_EARLY", 1.0)  # with a period of 1 s, each update is told
    monkeypatch.setattr(calibration, "_SECONDS", 0.1)
    monkeypatch.setattr(sensor, "_FIRST_UPDATE", 0.4)
    monkeypatch.setattr(Imu, "longest_repeat", 0.3)

    async def live(acts: list[Act]) -> None:
        async with weather_life() as life:
            await life.live(acts)

    @settings(
        max_examples=settings().max_examples // 25,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(_BEGUN, st.lists(_ACTS, min_size=3, max_size=12))
    def holds(begun: list[Act], acts: list[Act]) -> None:
        with OwnLoop() as loop:  # timers of a minute would keep each life in memory
            loop.run(live([*begun, *acts]))

    holds()
