"""The weather parameters: how they follow from readings, and their first ranges."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from indi_matrix.devices.dew_point import dew_point
from indi_matrix.devices.weather.calibration import TEMPERATURE, TEMPERATURE_RAW
from indi_matrix.devices.weather.zones import Zones
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

GROUP: Final = "Parameters"
_FORMAT: Final = "%.2f"
_LIMIT: Final = 1e6  # of a range's ends


class Parameter(NamedTuple):
    """A weather parameter.

    Attributes:
        name: Its name; also that of the property with its range.
        label: Its label without the unit.
        unit: Its unit; empty if it has none. Ekos tells graphs apart by label and unit, in parentheses.
        zones: Its first range.
        needs: The readings that it follows from, by name.
        compute: Returns its value, given those readings.
    """

    name: str
    label: str
    unit: str
    zones: Zones
    needs: tuple[str, ...]
    compute: Callable[..., float] = float

    @property
    def full_label(self) -> str:
        """Its label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def value(self, readings: Mapping[str, float]) -> float:
        """Return its value by some readings, which hold all that it needs."""
        return round(self.compute(*(readings[name] for name in self.needs)), 2)

    def member(self) -> NumberMember:
        """Return its member, whose limits are the first range, as in libindi, and not those of the sensor."""
        return NumberMember(self.name, self.full_label, 0.0, self.zones.minimum, self.zones.maximum, 0, _FORMAT)

    def range_property(self, changed: Callable[["Parameter", Zones], None]) -> NumberProperty:
        """Return the property with its range; `changed` is called with a new one."""

        def write(values: Mapping[str, float]) -> State:
            low, high = values["MIN_OK"], values["MAX_OK"]
            if low > high:
                raise WriteError(f"{self.name}: MIN_OK={low:g} is above MAX_OK={high:g}")
            changed(self, Zones(low, high, values["PERC_WARN"], bool(values["ALERT_TYPE"])))
            return State.OK

        zones = self.zones
        members = [
            NumberMember("MIN_OK", "OK range min", zones.minimum, -_LIMIT, _LIMIT, 0, _FORMAT),
            NumberMember("MAX_OK", "OK range max", zones.maximum, -_LIMIT, _LIMIT, 0, _FORMAT),
            NumberMember("PERC_WARN", "% for Warning", zones.percent, 0, 100, 5),
            NumberMember("ALERT_TYPE", "Flip alerting to in-bounds", float(zones.flipped), 0, 1),
        ]
        return NumberProperty(self.name, self.label, GROUP, members, on_write=write, saved_at_once=True)


PARAMETERS: Final = (
    Parameter("WEATHER_TEMPERATURE", "Temperature", "C", Zones(-15, 35, 15), (TEMPERATURE,)),
    Parameter("WEATHER_HUMIDITY", "Humidity", "%", Zones(0, 90, 10), ("HUMIDITY",)),
    Parameter("WEATHER_PRESSURE", "Pressure", "hPa", Zones(300, 1100), ("PRESSURE",)),
    # Of what the chip measures, not of the calibrated temperature: see dew_point.
    Parameter("WEATHER_DEWPOINT", "Dew point", "C", Zones(-40, 25, 10), (TEMPERATURE_RAW, "HUMIDITY"), dew_point),
    Parameter("WEATHER_UV", "UV index", "", Zones(0, 20), ("UV",)),
)
