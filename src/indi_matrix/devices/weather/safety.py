"""What is safe: WEATHER_CRITICAL, WEATHER_STATUS, SAFETY_STATUS and WEATHER_OVERRIDE."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from indi_matrix.devices.weather.parameters import GROUP, PARAMETERS, Parameter
from indi_matrix.devices.weather.zones import Zones, worst
from indi_matrix.indi.properties.base import Member, Rule, State
from indi_matrix.indi.properties.kinds import LightProperty, SwitchProperty

_MAIN: Final = "Main Control"


class Safety:
    """The lights of the critical parameters, and what follows from them.

    Args:
        tell: Sends clients a message of a level.
        replace: Deletes a property if clients know it, and defines another one; either may be None.

    Attributes:
        override: WEATHER_OVERRIDE.
        status: WEATHER_STATUS; None while no parameter is critical.
        safety: SAFETY_STATUS.
        critical: WEATHER_CRITICAL.
    """

    def __init__(
        self,
        tell: Callable[[str, str], None],
        replace: Callable[[LightProperty | None, LightProperty | None], None],
    ) -> None:
        self._tell = tell
        self._replace = replace
        self._zones = {parameter.name: parameter.zones for parameter in PARAMETERS}
        self._values: dict[str, float] = {}  # what clients were told last, of good parameters
        self._missing: Collection[str] = ()  # names of parameters without a good value for some time
        self._good = False  # whether the last reading was good as a whole
        self._awaited = False  # whether there was no whole reading since an outage
        self._judged = State.IDLE  # what SAFETY_STATUS is but for the override
        self._overridden = False
        self.status: LightProperty | None = None
        self.override = SwitchProperty(
            "WEATHER_OVERRIDE", "Safety", _MAIN, [Member("OVERRIDE", "Override Status", value=False)],
            rule=Rule.ANY_OF_MANY, on_write=self._write_override, timeout=0,
            source=lambda: {"OVERRIDE": self._overridden},
        )  # fmt: skip
        self.override.tells_of_writes = False
        self.safety = LightProperty("SAFETY_STATUS", "Safety", _MAIN, [Member("SAFETY", "Safety", State.IDLE)])
        self.critical = SwitchProperty(
            "WEATHER_CRITICAL", "Critical", GROUP,
            [Member(parameter.name, parameter.full_label, value=False) for parameter in PARAMETERS],
            rule=Rule.ANY_OF_MANY, on_write=self._write_critical, saved=True,
        )  # fmt: skip

    def judge(self, values: Mapping[str, float], missing: Collection[str], state: State) -> None:
        """Judge what clients are told now.

        Args:
            values: The good parameters, by name.
            missing: Names of parameters that have had no good value for some time; a critical one is an alert.
            state: Ok if all parameters are good, Busy if some are awaited.
        """
        self._values = dict(values)
        self._missing = missing
        self._good = state is State.OK
        self._awaited = self._awaited and state is State.BUSY
        self._show(repeat=True)

    def set_zones(self, parameter: Parameter, zones: Zones) -> None:
        """Judge a parameter by another range."""
        self._zones[parameter.name] = zones
        self._show()

    def hold_back(self) -> None:
        """Show no better than a warning until there is a whole reading again, after an outage."""
        self._values, self._missing = {}, ()
        self._good, self._awaited = False, True
        self._judged = worst(self._judged, State.BUSY)

    def forget(self) -> None:
        """Forget all values, and end the override: clients do not know the properties now."""
        self._values, self._missing = {}, ()
        self._good = self._awaited = self._overridden = False
        self._judged = State.IDLE
        for lights in (self.safety, self.status):
            if lights is not None:
                lights.publish_reading(dict.fromkeys(lights.members, State.IDLE), State.IDLE)

    def _show(self, *, repeat: bool = False) -> None:
        """Show the lights as they are now; if nothing changed, only if they are to be repeated."""
        if self.status is not None:
            self._judged = self._show_status(self.status, repeat=repeat)
        elif self._good:
            self._judged = State.OK
        shown = State.OK if self._overridden else self._judged
        self.safety.publish_reading({"SAFETY": shown}, shown)

    def _show_status(self, status: LightProperty, *, repeat: bool) -> State:
        """Show WEATHER_STATUS; return its state but for the override: that of the worst light."""
        lights = {name: self._light(name, before) for name, before in status.values.items()}
        text = "; ".join(
            self._worse(name) for name, light in lights.items() if _is_worse(light, status.values[name])
        )
        overall = worst(*lights.values(), State.BUSY if self._awaited else State.IDLE)
        shown = State.OK if self._overridden else overall
        if repeat or text:
            status.reply(lights, shown, f"{status.name}: {text}" if text else "", "WARNING")
        else:
            status.publish_reading(lights, shown)
        return overall

    def _light(self, name: str, before: State) -> State:
        """Return the light of a critical parameter; the one before while its value is being waited for."""
        if name in self._missing:
            return State.ALERT
        return self._zones[name].state(self._values[name]) if name in self._values else before

    def _worse(self, name: str) -> str:
        """Return why a light has turned to a warning or an alert."""
        if name in self._missing:
            return f"{name} has no good reading"
        zone = "the warning zone" if self._light(name, State.OK) is State.BUSY else "the alert zone"
        return f"{name} is {self._values[name]:.2f}, in {zone}"

    def _write_override(self, values: Mapping[str, bool]) -> State:
        self._overridden = values["OVERRIDE"]
        if self._overridden:
            shown = "WEATHER_STATUS and SAFETY_STATUS are Ok in any weather"
            self._tell("WARNING", f"WEATHER_OVERRIDE is on: {shown}; switch it off as soon as you can")
        else:
            self._tell("INFO", "WEATHER_OVERRIDE is off")
        self._show()
        return State.BUSY if self._overridden else State.IDLE

    def _write_critical(self, values: Mapping[str, bool]) -> State:
        lights = [
            Member(parameter.name, parameter.full_label, self._light(parameter.name, State.IDLE))
            for parameter in PARAMETERS
            if values[parameter.name]
        ]
        before = {} if self.status is None else self.status.members
        if list(before) != [light.name for light in lights]:
            old = self.status
            self.status = LightProperty("WEATHER_STATUS", "Status", _MAIN, lights) if lights else None
            self._show()
            self._tell_of_status(old, self.status)
        return State.OK

    def _tell_of_status(self, old: LightProperty | None, new: LightProperty | None) -> None:
        """Tell clients of the lights that replace others, either of which may be none.

        Ekos acts on updates only: it misses the state in a definition, and keeps that of lights that are deleted.
        """
        if old is not None and new is None:
            old.publish_reading(dict.fromkeys(old.members, State.IDLE), State.IDLE)
        self._replace(old, new)
        if new is not None:
            new.reply(None, new.state)


def _is_worse(light: State, before: State) -> bool:
    """Return whether a light has turned to a warning or an alert."""
    return light is not before and light in {State.BUSY, State.ALERT}
