"""What clients write to a pin's properties: carried out, or refused, in which case an Off is kept."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from indi_matrix.devices.gpio.pins.phase import Phase
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import State

if TYPE_CHECKING:
    from indi_matrix.devices.gpio.pins.pin import Pin

Command = Callable[["Pin", bool], None]
"""Sends a pin the level that a client wrote, On (True) or Off; raises a LinkError if it cannot be sent."""

Drive = Callable[["Pin", float, float], None]
"""Carries out a client's write of a duty in per cent and its period in seconds; raises a LinkError likewise."""


class PinWrites:
    """Carries out writes to one pin.

    Args:
        pin: The pin.
        command: Sends what a client wrote to the output.
        drive: Carries out what a client wrote to the duty.
    """

    def __init__(self, pin: "Pin", command: Command, drive: Drive) -> None:
        self._pin = pin
        self._command = command
        self._drive = drive

    def to_output(self, on: bool) -> State:  # noqa: FBT001 - what was written
        """Carry out a write to the output."""
        try:
            self._command(self._pin, on)
        except LinkError as error:
            raise LinkError(f"{error}{self._pin.keep_off({'OFF': not on})}") from error
        return State.BUSY

    def to_duty(self, values: Mapping[str, float]) -> State:
        """Carry out a write to the duty."""
        try:
            self._drive(self._pin, values["DUTY"], values["PERIOD"])
        except LinkError as error:
            raise LinkError(f"{error}{self.keep_duty_off(values)}") from error
        return State.OK

    def to_pulse(self, _: Mapping[str, float]) -> State:
        """Return the state of PULSE_n after a write."""
        shown = self._pin.view.pulse.shown and self._pin.phase is not Phase.FAILED
        return State.BUSY if shown else State.OK

    def keep_duty_off(self, values: Mapping[str, float]) -> str:
        """Keep a duty of 0 that is refused, which is an Off; one that only sets the period is none."""
        is_off = self._pin.view.duty.ends_with(values["DUTY"], values["PERIOD"])
        return self._pin.keep_off({"OFF": is_off})
