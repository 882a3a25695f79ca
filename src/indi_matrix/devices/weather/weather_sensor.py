"""A sensor whose readings go to the weather station."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.sensor import Measurement, MeasuringDevice
from indi_matrix.devices.weather.station import Station
from indi_matrix.indi.properties.base import AnyProperty

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link


class WeatherSensor(MeasuringDevice):
    """A sensor of the weather station, which the sensors of a board share.

    Attributes:
        station: The station.
    """

    interface = 1 << 7  # WEATHER

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.station = host.shared(Station)
        self.station.join(self)

    @property
    def found(self) -> bool:
        """Whether the service has the sensor, and the board any sensor of the station: then this one is missed."""
        return self.connected and self.station.found

    def properties(self) -> Iterable[AnyProperty]:
        """Return the properties of the station, which belong to all of its sensors."""
        return self.station.properties()

    def show(self, measurement: Measurement) -> None:
        """Hand the readings to the station."""
        self.station.take(self, measurement)

    async def begin(self, link: "Link") -> None:
        """Forget the readings of an earlier visit, and wait for the first."""
        self.station.forget(self)
        await super().begin(link)

    async def run(self) -> None:
        """Show each data update."""
        self.station.note_absent()
        await super().run()
