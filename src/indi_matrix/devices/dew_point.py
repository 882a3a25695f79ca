"""The dew point. Pure.

By the Magnus formula for the saturation vapour pressure over water, with the constants of Alduchov and Eskridge,
"Improved Magnus Form Approximation of Saturation Vapor Pressure", Journal of Applied Meteorology 35 (1996) 601:
it is wrong by less than 0.4 % from -40 to 50 C, and so the dew point by less than 0.1 C. What counts is the
sensor: with the 3.5 % and 0.5 C of its data sheet, the dew point is wrong by up to 1.5 C at 20 C and 50 %.
"""

from math import log
from typing import Final

_SLOPE: Final = 17.625
_OFFSET: Final = 243.04  # degrees C
# The air is never drier; the formula has no value at 0, to which the sensor may fall.
_DRIEST: Final = 0.1  # percent


def dew_point(celsius: float, humidity: float) -> float:
    """Return the dew point in degrees C.

    Temperature and humidity must be of the same place: those of one chip are, also where that is warmer than the
    air, as the same water makes a lower humidity there.

    Args:
        celsius: Temperature in degrees C.
        humidity: Relative humidity in percent.
    """
    exponent = log(max(humidity, _DRIEST) / 100) + _SLOPE * celsius / (_OFFSET + celsius)
    return _OFFSET * exponent / (_SLOPE - exponent)
