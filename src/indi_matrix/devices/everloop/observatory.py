"""What is known of weather, mount and dome, from properties that other devices publish. Pure.

The properties are those of libindi's weather, telescope and dome interfaces.
"""

from typing import Final

from indi_matrix.devices.everloop.status import Sight
from indi_matrix.devices.snooped import LIGHTS, WATCHED, Snooped

NOTHING: Final = Snooped("Idle", {})

_WORST_FIRST: Final = {"Alert": Sight.ALERT, "Busy": Sight.BUSY, "Ok": Sight.CALM}


class Observatory:
    """Collects properties of other devices, and returns what they mean for the status ring."""

    def __init__(self) -> None:
        self._heard: dict[str, Snooped] = {}

    def hear(self, name: str, heard: Snooped | None) -> None:
        """Record a property; None if it is gone, or its device is no longer listened to."""
        if heard is None:
            self._heard.pop(name, None)
        else:
            self._heard[name] = heard

    def sights(self) -> dict[str, Sight]:
        """Return what is known, by arc of the status picture."""
        return {"weather": self._weather(), "mount": self._mount(), "dome": self._dome()}

    def _weather(self) -> Sight:
        """Return the worse of the two weather lights, as some devices have only one."""
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
        """Return the sight of a device that moves: an Alert goes first, then motion, then parked or active."""
        states = {name: self._heard[name].state for name in WATCHED[role] if name in self._heard}
        if not states:
            return Sight.UNKNOWN
        if "Alert" in states.values():
            return Sight.ALERT
        # TELESCOPE_TRACK_STATE is Busy all the time while a mount tracks.
        if any(state == "Busy" for name, state in states.items() if name != "TELESCOPE_TRACK_STATE"):
            return Sight.BUSY
        if parked:
            return Sight.PARKED
        return Sight.ACTIVE if active else Sight.CALM
