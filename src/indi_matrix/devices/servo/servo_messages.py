"""Configs for the Servo driver of MALOS. Pure: values in, bytes out."""

from typing import Final

from indi_matrix.malos.messages import DriverConfig
from indi_matrix.settings import PIN_COUNT

PINS: Final = range(PIN_COUNT)
FULL_TURN: Final = 180
"""Degrees from one end of a servo to the other."""


def servo_config(pin: int, angle: int) -> bytes:
    """Return the config that turns the servo on a pin to an angle.

    MALOS checks neither: some pins that do not exist have crashed it. No other config may go to its Servo driver,
    as one without a servo would turn pin 0 to 0 degrees.

    Args:
        pin: 0 to 15.
        angle: 0 to 180 degrees.
    """
    if pin not in PINS:
        raise ValueError(f"pin {pin} is out of range; pins are 0 to {PINS[-1]}")
    if not 0 <= angle <= FULL_TURN:
        raise ValueError(f"angle {angle} is out of range; angles are 0 to {FULL_TURN}")
    config = DriverConfig()
    config.servo.pin = pin
    config.servo.angle = angle
    return bytes(config.SerializeToString())
