"""The pins that are servos, on the side of Gpio.

Gpio's driver has them as outputs, too, as its next config would else take their pads away from the servos.
"""

from collections.abc import Callable, Iterable, Sequence

from indi_matrix.devices.gpio.gpio_messages import pin_config
from indi_matrix.devices.gpio.pins.pin import Pin
from indi_matrix.devices.matrix_device import MatrixDevice


class ServoPins:
    """What Servo asks of Gpio: a PinKeeper.

    Args:
        device: Gpio.
        pins: All pins.
        catch_up: Sends what has to be sent before the first config of a visit.
        doubt: Expects to see the levels of all outputs again.
        label: Gives each input a label anew.
    """

    def __init__(
        self,
        device: MatrixDevice,
        pins: Sequence[Pin],
        catch_up: Callable[[], None],
        doubt: Callable[[], None],
        label: Callable[[], None],
    ) -> None:
        self._device = device
        self._pins = pins
        self._catch_up = catch_up
        self._doubt = doubt
        self._label = label
        self._roles = device.host.pin_roles
        self._roles.keeper = self

    def send_all(self) -> None:
        """Send the direction of each pin that is or was a servo in this connection."""
        for pin in sorted(self._roles.pulsed):
            self._send(pin)

    def is_output(self, pin: int) -> bool:
        """Return whether a pin is an output for clients; a servo is none."""
        return self._pins[pin].is_output

    def check(self) -> None:
        """Do nothing if configs can be sent now; else raise a LinkError."""
        self._device.link.check()

    def hold_servo(self, pin: int) -> None:
        """Send the directions of all pins again, as a servo config for a pin has overwritten them."""
        self._catch_up()
        self._send(pin)
        self._doubt()

    def release_servo(self, pin: int) -> None:
        """Make the pin of a servo an input, on which there are no pulses."""
        self._catch_up()
        self._device.link.send(pin_config(pin, output=False, level=False))

    def exchange_inputs(self, pins: Iterable[int]) -> None:
        """Show clients the inputs of those pins that are no servos, and no others."""
        properties = self._device.host.board_properties
        for pin in pins:
            prop = self._pins[pin].view.input
            if pin not in self._roles.servos:
                properties.define(self._device, prop)
            elif prop.defined:
                properties.delete(prop)
        self._label()

    def _send(self, pin: int) -> None:
        """Send the direction of a servo's pin, and with it those of all pins; the level is the servo's own."""
        self._device.link.send(pin_config(pin, output=pin in self._roles.driven, level=False))
