"""What the IMU of a resting board measures: the same all the time, but for noise."""

from math import atan2, degrees, hypot
from random import Random
from typing import Final

from indi_matrix.simulator.sensors.readings import Motion

MOTION_STEP: Final = 0.02
"""Seconds between two new readings of the IMU, at least."""

# Means and noise of g, degrees per second and gauss. No board lies level, and a gyroscope at rest has an offset.
_ACCEL: Final = (0.021, 0.014, 0.998)
_ACCEL_NOISE: Final = 0.0012
_GYRO: Final = (0.31, -0.52, 0.18)
_GYRO_NOISE: Final = 0.06
_MAG: Final = (-0.172, 0.091, -0.423)
_MAG_NOISE: Final = 0.0025


def resting_motion(seed: int, step: int) -> Motion:
    """Return the readings of one step, with the angles that the board computes from the others."""
    noise = Random(f"{seed} {step}")  # noqa: S311 - noise of a sensor
    accel_x, accel_y, accel_z = (noise.gauss(mean, _ACCEL_NOISE) for mean in _ACCEL)
    gyro_x, gyro_y, gyro_z = (noise.gauss(mean, _GYRO_NOISE) for mean in _GYRO)
    mag_x, mag_y, mag_z = (noise.gauss(mean, _MAG_NOISE) for mean in _MAG)
    return Motion(
        yaw=degrees(atan2(mag_y, -mag_x)),
        pitch=degrees(atan2(-accel_x, hypot(accel_y, accel_z))),
        roll=degrees(atan2(accel_y, accel_z)),
        accel_x=accel_x, accel_y=accel_y, accel_z=accel_z,
        gyro_x=gyro_x, gyro_y=gyro_y, gyro_z=gyro_z,
        mag_x=mag_x, mag_y=mag_y, mag_z=mag_z,
    )  # fmt: skip
