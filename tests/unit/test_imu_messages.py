"""From what MALOS says of a board's motion to what INDI says."""

from math import cos, isclose, pi, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from indi_matrix.devices.imu.imu_messages import (
    ACCELERATION,
    GYROSCOPE,
    MAGNETOMETER,
    ORIENTATION,
    delay_of,
    pace_config,
    quaternion_w,
    rate_of,
)
from indi_matrix.malos.messages import DriverConfig, Imu
from indi_matrix.simulator.engine import whole_ms

angles = floats(-180, 180)


def test_units_are_those_of_libindi() -> None:
    message = Imu(accel_x=1.0, gyro_y=180.0, mag_z=-0.5, roll=-12.34567, pitch=45.0, yaw=-90.0)
    values = {one.name: one.value(message) for one in (*ORIENTATION, *ACCELERATION, *GYROSCOPE, *MAGNETOMETER)}
    assert values == {
        "ROLL": -12.3457, "PITCH": 45.0, "YAW": 270.0,
        "ACCEL_X": 9.8066, "ACCEL_Y": 0.0, "ACCEL_Z": 0.0,
        "GYRO_X": 0.0, "GYRO_Y": round(pi, 4), "GYRO_Z": 0.0,
        "MAG_X": 0.0, "MAG_Y": 0.0, "MAG_Z": -50.0,
    }  # fmt: skip


@given(yaw=angles)
def test_yaw_is_an_azimuth(yaw: float) -> None:
    azimuth = ORIENTATION[2].value(Imu(yaw=yaw))
    assert 0 <= azimuth < 360
    assert isclose((azimuth - yaw + 180) % 360, 180, abs_tol=1e-4)


@given(roll=angles, pitch=floats(-90, 90), yaw=angles)
def test_the_quaternion_is_that_of_the_rotation(roll: float, pitch: float, yaw: float) -> None:
    w = quaternion_w({"ROLL": roll, "PITCH": pitch, "YAW": yaw % 360})
    roll, pitch, yaw = map(radians, (roll, pitch, yaw))
    # The trace of the rotation matrix, turned by yaw about z, then pitch about y, then roll about x.
    trace = (
        cos(yaw) * cos(pitch) + sin(yaw) * sin(pitch) * sin(roll) + cos(yaw) * cos(roll) + cos(pitch) * cos(roll)
    )
    assert isclose(abs(w), sqrt(max(0.0, 1 + trace)) / 2, abs_tol=1e-3)
    assert -1 <= w <= 1


@pytest.mark.parametrize(("yaw", "w"), [(0.0, 1.0), (90.0, 0.7071), (180.0, 0.0), (270.0, 0.7071)])
def test_w_tells_how_far_the_board_is_turned(yaw: float, w: float) -> None:
    assert quaternion_w({"ROLL": 0.0, "PITCH": 0.0, "YAW": yaw}) == w


@pytest.mark.parametrize("rate", range(1, 51))
def test_a_delay_arrives_as_it_was_sent(rate: int) -> None:
    delay = delay_of(rate)
    config = DriverConfig.FromString(pace_config(delay))
    assert whole_ms(config.delay_between_updates) == round(delay * 1000)
    assert delay_of(rate_of(delay)) == delay
    assert [field.name for field, _ in config.ListFields()] == ["delay_between_updates"]


def test_rates_have_limits() -> None:
    assert (rate_of(0), rate_of(0.001), rate_of(600)) == (50, 50, 1)
