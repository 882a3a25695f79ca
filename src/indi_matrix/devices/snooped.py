"""What another INDI device published, as the devices of a board are told of it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snooped:
    """One property of another device, as it last was.

    Attributes:
        state: Idle, Ok, Busy or Alert.
        values: Text of each member.
    """

    state: str
    values: Mapping[str, str]

    def on(self, member: str) -> bool:
        """Tell whether a switch is On."""
        return self.values.get(member) == "On"


SnoopListener = Callable[[str, Snooped | None], None]
"""Takes the name of a property, and the property; None when it is not known any more."""
