"""The humidity sensor of a Creator, which is the board's thermometer, too."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.sensor import Measurement, Reading
from indi_matrix.devices.weather.calibration import CALIBRATED, TEMPERATURE, TEMPERATURE_RAW, Calibration, Phase
from indi_matrix.devices.weather.weather_sensor import WeatherSensor
from indi_matrix.indi.properties.base import AnyProperty
from indi_matrix.malos.messages import DriverConfig, Humidity, HumidityParams

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_CELSIUS = (-40, 120)


class HumiditySensor(WeatherSensor):
    """Relative humidity and temperature of the chip; the temperature also as MALOS was told to calibrate it."""

    driver = "Humidity"
    message = Humidity
    readings = (
        Reading("HUMIDITY", "Humidity", "%", 0, 100, field="humidity", decimals=2),
        Reading(TEMPERATURE_RAW, "Temperature", "C", *_CELSIUS, field="temperature_raw", decimals=2),
        Reading(
            TEMPERATURE, "Calibrated temperature", "C", *_CELSIUS, field="temperature", decimals=2, derived=True
        ),
        Reading(CALIBRATED, "Calibrated", "", 0, 1, field="temperature_is_calibrated", derived=True),
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._calibration = Calibration(host, lambda reference: self.link.send(calibration_config(reference)))

    async def begin(self, link: "Link") -> None:
        """Forget a reference that was for the board at another address, and wait for the first update."""
        if not self.host.lost:
            self._calibration.meet(link.place)
        await super().begin(link)

    def properties(self) -> Iterable[AnyProperty]:
        """Return those of the station, and TEMPERATURE_CALIBRATION."""
        return (*super().properties(), self._calibration.property)

    def show(self, measurement: Measurement) -> None:
        """Hand the readings to the station, with the temperature to be believed; tell if that is another now."""
        before = self._calibration.phase
        super().show(self._calibration.choose(measurement))
        if self._calibration.phase not in {before, Phase.SENT}:
            self.station.tell()


def calibration_config(celsius: float) -> bytes:
    """Return the config that calibrates the sensor: any config does, one without a temperature to 0 degrees C."""
    config = DriverConfig(humidity=HumidityParams(current_temperature=celsius))
    return bytes(config.SerializeToString())
