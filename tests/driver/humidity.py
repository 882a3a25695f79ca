"""The humidity sensor of a MATRIX Creator."""

from indi_matrix.devices.sensor import Reading, Sensor
from indi_matrix.malos.messages import Humidity


class HumiditySensor(Sensor):
    """Relative humidity, and the temperature of the chip that measures it."""

    driver = "Humidity"
    message = Humidity
    property_name = "HUMIDITY"
    label = "Humidity"
    readings = (
        Reading("HUMIDITY", "Relative humidity", "%", 0, 100, field="humidity"),
        Reading("TEMPERATURE", "Temperature of the chip", "C", -40, 120, field="temperature_raw"),
    )
    unused = frozenset({"temperature", "temperature_is_calibrated"})  # any program can calibrate it for all
