"""A property of another INDI device, as listeners get it. Pure."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

WEATHER_OR_OWN: Final = "ACTIVE_WEATHER or own"
"""The role of the device in ACTIVE_WEATHER, and of the board's own while that is empty."""


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
