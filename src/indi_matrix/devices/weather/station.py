"""The weather station: joins the readings of several sensors to WEATHER_* properties, as libindi has them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.sensor import REMEDY, Measurement, MeasuringDevice, failed
from indi_matrix.devices.weather.parameters import GROUP, PARAMETERS, Parameter
from indi_matrix.devices.weather.safety import Safety
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Perm, Rule, State
from indi_matrix.indi.properties.kinds import LightProperty, NumberProperty, SwitchProperty
from indi_matrix.repeats import Repeats

_MAIN: Final = "Main Control"
_PERIOD: Final = 60.0
_LONGEST_PERIOD: Final = 3600
_RETRY: Final = 5.0
"""Seconds until a reading that failed is told again, or that it is good again."""
_EARLY: Final = 0.1
"""Seconds by which clients may be told early: an update that comes a little too soon need not be let pass."""


class Station:
    """The weather as clients see it, and how often they are told.

    | `WEATHER_PARAMETERS` is | while                                                             |
    |-------------------------|-------------------------------------------------------------------|
    | Ok                      | All readings are good.                                            |
    | Busy                    | Some readings are being waited for: a service is just back.       |
    | Alert                   | Some cannot be good; clients keep seeing the last good ones.      |

    Readings come at the pace of MALOS. Clients are told every WEATHER_UPDATE seconds, with the next reading, so
    that no timer runs; at once when a reading fails, and then every 5 s until all are good again.

    Args:
        host: The board.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._sensors: list[MeasuringDevice] = []
        self._readings: dict[str, float] = {}  # the good ones, by name
        self._faults: dict[str, str] = {}  # why there is none of the others, by name; neither: it is awaited
        self._failing: dict[str, float] = {}  # loop time since which a parameter has no good value, by name
        self._told = 0.0  # loop time
        self._repeats = Repeats(lambda text: host.tell("WARNING", text))
        self._safety = Safety(host.tell, self._replace)
        self._update = NumberProperty(
            "WEATHER_UPDATE", "Update", _MAIN,
            [NumberMember("PERIOD", "Period (s)", _PERIOD, 0, _LONGEST_PERIOD, 60)],
            on_write=self._write_update, saved_at_once=True,
        )  # fmt: skip
        self._refresh = SwitchProperty(
            "WEATHER_REFRESH", "Weather", _MAIN, [Member("REFRESH", "Refresh", value=False)],
            rule=Rule.AT_MOST_ONE, on_write=self._write_refresh, source=lambda: {"REFRESH": False}, timeout=0,
        )  # fmt: skip
        self._parameters = NumberProperty(
            "WEATHER_PARAMETERS", "Parameters", GROUP, [parameter.member() for parameter in PARAMETERS],
            perm=Perm.READ,
        )  # fmt: skip
        self._ranges = [parameter.range_property(self._safety.set_zones) for parameter in PARAMETERS]

    def join(self, sensor: MeasuringDevice) -> None:
        """Take a sensor into the station."""
        self._sensors.append(sensor)

    @property
    def found(self) -> bool:
        """Whether the board has any of the sensors."""
        return any(sensor.awake for sensor in self._sensors)

    def properties(self) -> Iterable[AnyProperty]:
        """Return all properties, in libindi's order, and then ours."""
        status = () if self._safety.status is None else (self._safety.status,)
        return (
            self._update, self._refresh, self._safety.override, *status, self._safety.safety,
            self._parameters, *self._ranges, self._safety.critical,
        )  # fmt: skip

    # Readings

    def forget(self, sensor: MeasuringDevice) -> None:
        """Forget what a sensor measured, as its next visit begins."""
        self._drop(sensor)
        if self._host.lost:
            for prop in (self._parameters, self._safety.status, self._safety.safety):
                if prop is not None:
                    self._host.board_properties.hold_back(prop)
            self._safety.hold_back()
        else:
            self._failing.clear()
            self._safety.forget()

    def note_absent(self) -> None:
        """Record that there will be no readings of sensors that the service does not have."""
        for sensor in self._sensors:
            if not sensor.connected:
                self._faults.update(failed(sensor.readings, f"MALOS has no {sensor.driver} driver").faults)

    def take(self, sensor: MeasuringDevice, measurement: Measurement) -> None:
        """Take what a sensor measured; tell clients if that is due."""
        self._drop(sensor)
        self._readings.update(measurement.values)
        self._faults.update(measurement.faults)
        if self._is_due():
            self.tell()

    def tell(self) -> None:
        """Tell clients the weather now."""
        self._told = asyncio.get_running_loop().time()
        faults = {parameter.name: fault for parameter in PARAMETERS if (fault := self._fault(parameter))}
        values = {parameter.name: parameter.value(self._readings) for parameter in self._good()}
        text = f"{self._parameters.name}: {'; '.join(dict.fromkeys(faults.values()))}: {REMEDY}"
        told = text if faults and self._repeats.is_first(text) else ""
        state = self._state()
        self._parameters.reply(values, state, told, "WARNING")
        self._safety.judge(values, self._missing(faults), state)

    def _drop(self, sensor: MeasuringDevice) -> None:
        for reading in sensor.readings:
            self._readings.pop(reading.name, None)
            self._faults.pop(reading.name, None)

    def _fault(self, parameter: Parameter) -> str:
        """Return why a parameter has no good value; empty if it has one, or it is awaited."""
        return next((self._faults[name] for name in parameter.needs if name in self._faults), "")

    def _good(self) -> list[Parameter]:
        return [one for one in PARAMETERS if all(name in self._readings for name in one.needs)]

    def _failed(self) -> list[Parameter]:
        return list(filter(self._fault, PARAMETERS))

    def _is_complete(self) -> bool:
        """Return whether no reading is awaited."""
        return len(self._good()) + len(self._failed()) == len(PARAMETERS)

    def _state(self) -> State:
        if self._failed():
            return State.ALERT
        return State.OK if self._is_complete() else State.BUSY

    def _missing(self, faults: Collection[str]) -> Collection[str]:
        """Return which parameters have had no good value for 5 s: one strange reading need not close a roof.

        Args:
            faults: Names of the parameters that have none now.
        """
        self._failing = {name: self._failing.get(name, self._told) for name in faults}
        return {name for name, since in self._failing.items() if self._told - since >= _RETRY - _EARLY}

    def _is_due(self) -> bool:
        """Return whether to tell clients what has come."""
        state, shown = self._state(), self._parameters.state
        if shown in {State.IDLE, State.BUSY} or state is State.BUSY:
            return self._is_complete()
        seconds = asyncio.get_running_loop().time() - self._told + _EARLY
        if State.ALERT in {state, shown}:
            return shown is not State.ALERT or seconds >= _RETRY
        return 0 < self._update.values["PERIOD"] <= seconds

    # Writes

    def _write_update(self, values: Mapping[str, float]) -> State:
        if not values["PERIOD"]:
            self._host.tell(
                "INFO", f"{self._update.name}: the weather is told by WEATHER_REFRESH and failures only"
            )
        return State.OK

    def _write_refresh(self, _: Mapping[str, bool]) -> State:
        self.tell()
        return State.OK

    def _replace(self, old: LightProperty | None, new: LightProperty | None) -> None:
        """Delete a property if clients know it, and define another one."""
        properties = self._host.board_properties
        if old is not None and old.defined:
            properties.delete(old)
        if new is not None:
            properties.define(next(sensor for sensor in self._sensors if sensor.connected), new)
