"""What goes to MALOS' Servo driver, and the way of a flap."""

from itertools import count, pairwise, takewhile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from indi_matrix.devices.servo.servo_messages import servo_config
from indi_matrix.devices.servo.travel import SHORTEST_STEP, Travel, seconds_of
from indi_matrix.malos.messages import DriverConfig


@given(st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 21), st.integers(-5, 400))
def test_no_config_has_another_pin_or_angle(pin: int, angle: int) -> None:
    if 0 <= pin <= 15 and 0 <= angle <= 180:
        config = DriverConfig.FromString(servo_config(pin, angle))
        assert config.HasField("servo")
        assert (config.servo.pin, config.servo.angle) == (pin, angle)
        assert not config.HasField("gpio")
        assert config.delay_between_updates == config.timeout_after_last_ping == 0
    else:
        with pytest.raises(ValueError, match="is out of range"):
            servo_config(pin, angle)


_DEGREES = st.integers(0, 180)


@given(_DEGREES, _DEGREES, st.floats(0, 60), st.floats(0, 1e9))
def test_a_way_is_even_and_ends(start: int, end: int, seconds: float, begun: float) -> None:
    assume(start != end or not seconds)
    travel = Travel(start, end, begun, seconds)
    assert travel.step >= SHORTEST_STEP
    times = takewhile(lambda time: not travel.is_over(time), (begun + n * travel.step for n in count(1)))
    angles = [start, *(travel.angle(time) for time in times)]
    assert len(angles) <= abs(end - start) + 2
    assert sorted(angles, reverse=end < start) == angles
    assert all(min(start, end) <= angle <= max(start, end) for angle in angles)
    assert travel.angle(begun + seconds + 1) == end
    most = abs(end - start) / seconds * travel.step + 2 if seconds else 180
    assert all(abs(after - before) <= most for before, after in pairwise(angles))


@given(_DEGREES, _DEGREES, st.integers(1, 180), st.floats(0, 60))
def test_part_of_a_way_takes_part_of_its_time(start: int, end: int, whole: int, seconds: float) -> None:
    taken = seconds_of(start, end, whole, seconds, 60)
    assert 0 <= taken <= 60
    assume(abs(end - start) <= whole)
    assert taken == pytest.approx(seconds * abs(end - start) / whole)
