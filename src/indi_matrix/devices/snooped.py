"""Properties of other INDI devices: which are listened to, and how listeners get them. Pure."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

WEATHER_OR_OWN: Final = "ACTIVE_WEATHER or own"
"""The role of the device in ACTIVE_WEATHER, and of the board's own while that is empty."""


LIGHTS: Final = ("WEATHER_STATUS", "SAFETY_STATUS")
"""Those of the WATCHED properties that are light vectors."""

WATCHED: Final = {
    "ACTIVE_WEATHER": LIGHTS,
    "ACTIVE_TELESCOPE": ("EQUATORIAL_EOD_COORD", "TELESCOPE_PARK", "TELESCOPE_TRACK_STATE"),
    "ACTIVE_DOME": ("DOME_SHUTTER", "DOME_PARK", "DOME_MOTION", "ABS_DOME_POSITION"),
}
"""What the status ring shows, by the member of ACTIVE_DEVICES that names the device."""

WHEEL: Final = ("FILTER_NAME", "FILTER_SLOT")
"""Names and position of a filter wheel's filters."""


class Snooped(NamedTuple):
    """Last known state and values of a property of another device.

    Attributes:
        state: Idle, Ok, Busy or Alert.
        values: Text of each member.
    """

    state: str
    values: Mapping[str, str]

    def on(self, member: str) -> bool:
        """Return whether a switch member is On."""
        return self.values.get(member) == "On"


SnoopListener = Callable[[str, Snooped | None], None]
"""Takes the name of a property, and the property; None once it is no longer known."""
