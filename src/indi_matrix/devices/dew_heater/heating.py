"""How much a dew heater heats, by the weather. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from indi_matrix.devices.dew_point import dew_point
from indi_matrix.devices.snooped import Snooped
from indi_matrix.indi.wire.values import parse_number

_FULL: Final = 100  # per cent
_COLDEST, _HOTTEST = -100.0, 100.0  # degrees C; beyond them a value is no weather


class Heating(NamedTuple):
    """What a user chose.

    Attributes:
        pin: Number of the pin that the heater is on; -1: there is none.
        margin: Degrees above the dew point below which to heat.
        full: Degrees above the dew point at which to heat with full power; less than the margin.
        fallback: Power in per cent without good weather.
    """

    pin: int
    margin: float
    full: float
    fallback: float

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Self:
        """Return what the values of DEW_HEATER say."""
        return cls(round(values["PIN"]), values["MARGIN"], values["FULL"], values["FALLBACK"])

    def percent(self, spread: float | None) -> float:
        """Return the power in per cent at so many degrees above the dew point; None: they are not known."""
        if spread is None:
            return self.fallback
        share = (self.margin - spread) / (self.margin - self.full)
        return float(round(_FULL * min(max(share, 0.0), 1.0)))


def spread_in(weather: Snooped | None) -> float | None:
    """Return how many degrees a WEATHER_PARAMETERS is above the dew point; None if it does not tell, or is not Ok.

    A device without a dew point must have a humidity from which it follows.
    """
    if weather is None or weather.state != "Ok":
        return None
    celsius, dew = _degrees(weather, "WEATHER_TEMPERATURE"), _degrees(weather, "WEATHER_DEWPOINT")
    if "WEATHER_DEWPOINT" not in weather.values and celsius is not None:
        humidity = _number(weather, "WEATHER_HUMIDITY")
        dew = None if humidity is None or not 0 < humidity <= _FULL else dew_point(celsius, humidity)
    return None if celsius is None or dew is None else celsius - dew


def _degrees(weather: Snooped, name: str) -> float | None:
    value = _number(weather, name)
    return value if value is not None and _COLDEST <= value <= _HOTTEST else None


def _number(weather: Snooped, name: str) -> float | None:
    try:
        return parse_number(weather.values.get(name, ""))
    except ValueError:
        return None
