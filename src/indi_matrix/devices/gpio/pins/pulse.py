"""PULSE_n: for how long an output stays On."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

_LONGEST: Final = 60000  # ms


class Pulse:
    """The length of an output's pulses, and the pulse under way.

    Args:
        number: Number of the pin, 0 to 15.
        on_write: Returns the state to answer a write with.

    Attributes:
        property: PULSE_n.
        end: Loop time at which the pulse ends; None while there is none.
        shown: Whether the state of PULSE_n is that of a pulse, and not of the last write.
    """

    def __init__(self, number: int, on_write: Callable[[Mapping[str, float]], State]) -> None:
        self.end: float | None = None
        self.shown = False
        self.property = NumberProperty(
            f"PULSE_{number}", f"GPIO {number}", "Pulse Mode",
            [NumberMember("DURATION", "Duration (ms)", 0.0, 0, _LONGEST, step=100)],
            on_write=on_write, saved_at_once=True,
        )  # fmt: skip
        self.property.tells_of_writes = False

    @property
    def seconds(self) -> float:
        """How long an output stays On; 0: until Off is written."""
        return self.property.values["DURATION"] / 1000

    def show(self) -> None:
        """Show that a pulse is under way."""
        if not self.shown:
            self.shown = True
            self.property.publish_reading(state=State.BUSY)

    def close(self, state: State) -> None:
        """Show how a pulse ended, if PULSE_n shows one."""
        if self.shown:
            self.shown = state is State.ALERT  # until Off is seen
            self.property.publish_reading(state=state)
