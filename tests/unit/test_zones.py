"""Zones of weather parameters, where libindi has them."""

import pytest

from indi_matrix.devices.weather.zones import Zones, worst
from indi_matrix.indi.properties.base import State

PLAIN = Zones(10, 30, 10)
ZERO_LOW, ZERO_HIGH = Zones(0, 20, 10), Zones(-20, 0, 10)


@pytest.mark.parametrize(
    ("zones", "ok", "warning", "alert"),
    [
        (PLAIN, [12, 20, 28], [10, 11.99, 28.01, 30], [9.99, 30.01]),
        (ZERO_LOW, [0, 1, 18], [18.1, 20], [-0.1, 20.1]),
        (ZERO_HIGH, [0, -1, -18], [-18.1, -20], [0.1, -20.1]),
        (Zones(10, 30), [10, 30], [], [9, 31]),
        (Zones(10, 10, 50), [10], [], [9, 11]),
        (Zones(0, 0, 50), [0], [], [-1, 1]),
        (Zones(10, 30, 100), [], [10, 20, 30], [9, 31]),
    ],
)
def test_zones(zones: Zones, ok: list[float], warning: list[float], alert: list[float]) -> None:
    flipped = Zones(zones.minimum, zones.maximum, zones.percent, flipped=True)
    for state, opposite, values in (
        (State.OK, State.ALERT, ok), (State.BUSY, State.BUSY, warning), (State.ALERT, State.OK, alert),
    ):  # fmt: skip
        assert [zones.state(value) for value in values] == [state] * len(values)
        assert [flipped.state(value) for value in values] == [opposite] * len(values)


def test_the_worst() -> None:
    assert worst() is State.IDLE
    assert worst(State.OK, State.IDLE) is State.OK
    assert worst(State.BUSY, State.ALERT, State.OK) is State.ALERT
