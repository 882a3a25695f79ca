"""Readings of a board's sensors."""

from dataclasses import dataclass

# The standard atmosphere below 11 km: metres of its base temperature, and the exponent.
_SCALE = 44330.77
_EXPONENT = 0.190263


@dataclass(frozen=True, slots=True)
class Motion:
    """Readings of the IMU, in degrees, g, degrees per second and gauss; by default those of a board at rest."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    accel_x: float = 0.0
    accel_y: float = 0.0
    accel_z: float = 1.0
    gyro_x: float = 0.0
    gyro_y: float = 0.0
    gyro_z: float = 0.0
    mag_x: float = 0.2
    mag_y: float = 0.0
    mag_z: float = -0.4


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of all sensors at one moment; temperature in degrees C, pressure in pascal."""

    celsius: float = 24.0
    humidity: float = 40.0
    """Relative humidity in percent."""
    pascal: float = 101325.0
    altitude: float = 0.0
    """Metres."""
    uv: float = 0.0
    """UV index."""
    motion: Motion = Motion()


# A Voice has no sensors, but the service runs their drivers and publishes zeros.
NO_SENSORS = Readings(
    celsius=0.0,
    humidity=0.0,
    pascal=0.0,
    motion=Motion(accel_z=0.0, mag_x=0.0, mag_z=0.0),
)


def altitude_of(pascal: float) -> float:
    """Return the metres above sea level at which the standard atmosphere has this pressure."""
    return float(_SCALE * (1.0 - (pascal / 101325.0) ** _EXPONENT))
