"""What is known of weather, mount and dome, from properties that other devices publish. Pure.

The properties are those of libindi's weather, telescope and dome interfaces.
"""

from dataclasses import dataclass, field
from typing import Final

from indi_matrix.devices.everloop.status import Sight
from indi_matrix.devices.snooped import Snooped

NOTHING: Final = Snooped("Idle", {})

LIGHTS: Final = ("WEATHER_STATUS", "SAFETY_STATUS")
"""Of the properties that are listened to, those that are lights."""

WATCHED: Final = {
    "ACTIVE_WEATHER": LIGHTS,
    "ACTIVE_TELESCOPE": ("EQUATORIAL_EOD_COORD", "TELESCOPE_PARK", "TELESCOPE_TRACK_STATE"),
    "ACTIVE_DOME": ("DOME_SHUTTER", "DOME_PARK", "DOME_MOTION", "ABS_DOME_POSITION"),
}
"""The properties that are listened to, by the member of ACTIVE_DEVICES that names their device."""

_WORST_FIRST: Final = {"Alert": Sight.ALERT, "Busy": Sight.BUSY, "Ok": Sight.CALM}


@dataclass
class Observatory:
    """Collects what was heard, and says what it means."""

    _heard: dict[str, Snooped] = field(default_factory=dict)

    def hear(self, name: str, heard: Snooped | None) -> None:
        """Take note of a property; None if it is gone, or nobody is to be listened to any more."""
        if heard is None:
            self._heard.pop(name, None)
        else:
            self._heard[name] = heard

    def sights(self) -> dict[str, Sight]:
        """Return what is known, by arc of the status picture."""
        return {"weather": self._weather(), "mount": self._mount(), "dome": self._dome()}

    def _weather(self) -> Sight:
        """Return what is to be said of the weather: the worse of the two, for some devices have one only."""
        states = {self._heard.get(name, NOTHING).state for name in LIGHTS}
        return next((sight for state, sight in _WORST_FIRST.items() if state in states), Sight.UNKNOWN)

    def _mount(self) -> Sight:
        park = self._heard.get("TELESCOPE_PARK", NOTHING)
        tracking = self._heard.get("TELESCOPE_TRACK_STATE", NOTHING)
        return self._moving("ACTIVE_TELESCOPE", parked=park.on("PARK"), active=tracking.on("TRACK_ON"))

    def _dome(self) -> Sight:
        park = self._heard.get("DOME_PARK", NOTHING)
        shutter = self._heard.get("DOME_SHUTTER")
        # A roof that rolls off has no shutter: it is shut when parked, and else open.
        opened = park.on("UNPARK") if shutter is None else shutter.on("SHUTTER_OPEN")
        return self._moving("ACTIVE_DOME", parked=park.on("PARK"), active=opened)

    def _moving(self, role: str, *, parked: bool, active: bool) -> Sight:
        """Return what is to be said of a device that moves: trouble first, then motion."""
        states = {name: self._heard[name].state for name in WATCHED[role] if name in self._heard}
        if not states:
            return Sight.UNKNOWN
        if "Alert" in states.values():
            return Sight.ALERT
        # A mount that tracks says so by a state of Busy.
        if any(state == "Busy" for name, state in states.items() if name != "TELESCOPE_TRACK_STATE"):
            return Sight.BUSY
        if parked:
            return Sight.PARKED
        return Sight.ACTIVE if active else Sight.CALM
