"""The dew point beside tables of others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.devices.dew_point import dew_point


@pytest.mark.parametrize(
    ("celsius", "humidity", "dew"),
    # The saturation vapour pressures behind these are those of the Smithsonian Meteorological Tables: 6.107 hPa at
    # 0 C, 12.272 at 10, 23.373 at 20, 42.430 at 30, 1.254 over water at -20.
    [
        (20, 100 * 12.272 / 23.373, 10),
        (30, 100 * 23.373 / 42.430, 20),
        (10, 100 * 6.1078 / 12.272, 0),
        (0, 100 * 1.2540 / 6.1078, -20),
    ],
)
def test_it_is_that_of_the_tables(celsius: float, humidity: float, dew: float) -> None:
    assert dew_point(celsius, humidity) == pytest.approx(dew, abs=0.1)


@given(st.floats(-40, 120), st.floats(0, 100))
def test_it_is_a_number_and_below_the_temperature(celsius: float, humidity: float) -> None:
    dew = dew_point(celsius, humidity)
    assert math.isfinite(dew)
    assert dew <= celsius + 1e-9


@given(st.floats(-20, 50))
def test_it_is_the_temperature_where_the_air_is_full(celsius: float) -> None:
    assert dew_point(celsius, 100) == pytest.approx(celsius)


def test_a_warmer_chip_in_the_same_air_has_the_same() -> None:
    """Its humidity is lower by as much as the pressure at saturation is higher."""
    assert dew_point(28, 100 * 12.272 / 37.796) == pytest.approx(10, abs=0.1)
