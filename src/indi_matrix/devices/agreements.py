"""What the devices of a board must agree on, as they know nothing of each other.

Gpio and Servo share the pins; the flat light and the dust cap share the view of the telescope.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from indi_matrix.errors import LinkError


class PinKeeper(Protocol):
    """Gpio, as Servo sees it."""

    def is_output(self, pin: int) -> bool:
        """Return whether a pin is an output."""

    def check(self) -> None:
        """Do nothing if configs can be sent now; else raise a LinkError."""

    def hold_servo(self, pin: int) -> None:
        """Send the directions of all pins again, as a servo config for a pin has overwritten them."""

    def release_servo(self, pin: int) -> None:
        """Make the pin of a servo an input."""

    def exchange_inputs(self, pins: Iterable[int]) -> None:
        """Show clients the inputs of those pins that are no servos, and no others."""


class _NoPins:
    """Stands for Gpio where there is none."""

    def is_output(self, pin: int) -> bool:  # noqa: ARG002 - as PinKeeper has it
        return False

    def check(self) -> None:
        raise LinkError("there is no Gpio driver, without which servos would disturb the outputs")

    def hold_servo(self, pin: int) -> None:
        """Send nothing."""

    def release_servo(self, pin: int) -> None:
        """Send nothing."""

    def exchange_inputs(self, pins: Iterable[int]) -> None:
        """Show nothing."""


class PinRoles:
    """What each pin of a board is: an input, an output or a servo, never two of them.

    Attributes:
        keeper: Gpio, which knows the inputs and outputs.
        servos: Pins that are servos.
        driven: Those of them that were sent an angle in this connection. Only these are outputs for Gpio's driver.
        pulsed: All pins that were sent an angle in this connection, also those that are no servos any more.
    """

    def __init__(self) -> None:
        self.keeper: PinKeeper = _NoPins()
        self.servos: set[int] = set()
        self.driven: set[int] = set()
        self.pulsed: set[int] = set()

    def why_no_output(self, pin: int) -> str:
        """Return why a pin cannot become an output; empty if it can."""
        if pin in self.servos:
            return f"pin {pin} is a servo; take it out of SERVO_PINS first"
        if pin in self.pulsed:
            # MALOS never takes the PWM function back from a pin.
            cure = "switch the power of the board off and on, then disconnect and connect"
            return f"pin {pin} was a servo, and an output of it would still be servo pulses; {cure}"
        return ""

    def forget_angles(self) -> None:
        """Forget which pins were sent an angle."""
        self.driven.clear()
        self.pulsed.clear()


class Interlock:
    """Keeps the flat light off while a dust cap is not parked.

    Attributes:
        obstacle: Returns why the flat light must stay off; empty if it may be on.
        darken: Switches the flat light off.
    """

    def __init__(self) -> None:
        self.obstacle: Callable[[], str] = lambda: ""
        self.darken: Callable[[], None] = lambda: None
