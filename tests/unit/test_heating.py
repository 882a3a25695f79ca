"""How much a dew heater heats: by what it was told of the weather."""

import pytest

from indi_matrix.devices.dew_heater.heating import Heating, spread_in
from indi_matrix.devices.snooped import Snooped


def weather(state: str = "Ok", **values: str) -> Snooped:
    return Snooped(state, {f"WEATHER_{name}": text for name, text in values.items()})


@pytest.mark.parametrize(
    ("heard", "spread"),
    [
        (weather(TEMPERATURE="10.5", DEWPOINT="8"), 2.5),
        (weather(TEMPERATURE="5", DEWPOINT="7"), -2.0),
        (weather(TEMPERATURE="20", HUMIDITY="50"), 10.7),
        (weather(TEMPERATURE="20", HUMIDITY="100"), 0.0),
        (weather(TEMPERATURE="20", HUMIDITY="0"), None),
        (weather(TEMPERATURE="20", HUMIDITY="101"), None),
        (weather(TEMPERATURE="20", DEWPOINT="", HUMIDITY="50"), None),
        (weather(TEMPERATURE="20"), None),
        (weather(DEWPOINT="20"), None),
        (weather(TEMPERATURE="nan", DEWPOINT="1"), None),
        (weather(TEMPERATURE="999", DEWPOINT="1"), None),
        (weather("Alert", TEMPERATURE="10", DEWPOINT="8"), None),
        (weather("Idle", TEMPERATURE="0", DEWPOINT="0"), None),
        (None, None),
    ],
)
def test_degrees_above_the_dew_point(heard: Snooped | None, spread: float | None) -> None:
    assert spread_in(heard) == (None if spread is None else pytest.approx(spread, abs=0.05))


@pytest.mark.parametrize(
    ("spread", "percent"), [(20, 0), (4, 0), (3.5, 17), (2.5, 50), (1, 100), (-9, 100), (None, 7)]
)
def test_the_power(spread: float | None, percent: int) -> None:
    assert Heating(3, margin=4.0, full=1.0, fallback=7.0).percent(spread) == percent
