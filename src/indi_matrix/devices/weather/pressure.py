"""The air pressure sensor of a Creator."""

from indi_matrix.devices.sensor import Reading
from indi_matrix.devices.weather.weather_sensor import WeatherSensor
from indi_matrix.malos.messages import Pressure


class PressureSensor(WeatherSensor):
    """Air pressure. The chip toggles between pressure and altitude, so a value may be the altitude: it is checked.

    Its temperature is wrong below 0 degrees C, and its altitude follows from the pressure; both are left out.
    """

    driver = "Pressure"
    message = Pressure
    readings = (Reading("PRESSURE", "Pressure", "hPa", 300, 1100, field="pressure", factor=0.01, decimals=2),)
    unused = frozenset({"altitude", "temperature"})
