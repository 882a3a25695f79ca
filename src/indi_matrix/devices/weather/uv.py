"""The UV sensor of a Creator."""

from typing import Final

from indi_matrix.devices.sensor import Reading
from indi_matrix.devices.weather.weather_sensor import WeatherSensor
from indi_matrix.malos.messages import UV

# MALOS publishes the counts of a VEML6070 that integrates over 4T, divided by 1000, and calls that the UV index.
# By the data sheet an index of 1 is 187 counts at 1T, so 748 at 4T: 1000 counts are an index of 1.34.
_INDEX_PER_VALUE: Final = 1.34


class UvSensor(WeatherSensor):
    """UV index. Zeros are readings, as the index is 0 all night; but zeros do not prove that the sensor exists."""

    driver = "UV"
    message = UV
    readings = (Reading("UV", "UV index", "", 0, 100, field="uv_index", factor=_INDEX_PER_VALUE, decimals=2),)
    unused = frozenset({"oms_risk"})
    zeros_are_readings = True
