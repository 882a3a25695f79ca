"""The duties of outputs: what clients and the dew heater write, sent and recorded."""

import asyncio
from collections.abc import Callable, Sequence

from indi_matrix.devices.gpio.output_clock import OutputClock
from indi_matrix.devices.gpio.pins.pin import Pin
from indi_matrix.devices.matrix_device import Host
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import State


class Duties:
    """Carries out what is written to duties. It is the Outlet of the dew heater.

    Args:
        host: The board.
        pins: All pins.
        clock: Drives the edges in time.
        catch_up: Sends what has to be sent before the first config of a visit.
        command: Carries out a write to an output.
    """

    def __init__(
        self,
        host: Host,
        pins: Sequence[Pin],
        clock: OutputClock,
        catch_up: Callable[[], None],
        command: Callable[[Pin, bool], None],
    ) -> None:
        self._host = host
        self._pins = pins
        self._clock = clock
        self._catch_up = catch_up
        self._command = command

    def write(self, pin: Pin, percent: float, period: float) -> None:
        """Carry out a client's write to a duty, or that of a config file, which only sets the period."""
        duty = pin.view.duty
        if not self._host.loading:
            self._drive(pin, percent, period)
            pin.view.let_go()
        elif percent != duty.percent:
            raise WriteError(f"{duty.property.name}.DUTY={percent:g}: a config file switches no output")
        elif percent:
            self._drive(pin, percent, period)
        else:
            duty.drop(period)

    def why_not_heated(self, number: int) -> str:
        """Return why a pin cannot have a duty; empty if it can."""
        pin = self._pins[number]
        if not pin.is_output:
            return f"pin {number} is no output; write GPIO_DIRECTION.PIN_{number}=On first"
        pulses = f"pin {number} has pulses; write {pin.view.pulse.property.name}.DURATION=0 first"
        return pulses if pin.view.pulse.seconds else ""

    def heat(self, number: int, percent: float) -> None:
        """Give a pin a duty, for the dew heater; one that cannot have a duty any more is let go.

        Raises:
            LinkError: It cannot be sent now. An Off is sent as soon as that is possible.
        """
        pin = self._pins[number]
        if self.why_not_heated(number):
            pin.view.let_go()
            return
        try:
            self._drive(pin, percent, pin.view.duty.cycle.period)
        except LinkError:
            pin.keep_off({"OFF": not percent})
            raise
        pin.view.duty.property.publish_reading(state=State.OK)

    def _drive(self, pin: Pin, percent: float, period: float) -> None:
        """Give an output a duty; 0 is Off, unless only the period is another."""
        duty = pin.view.duty
        if duty.is_off(percent, period):
            self._switch_off(pin, period)
        elif not percent:
            duty.drop(period)
        else:
            now = asyncio.get_running_loop().time()
            self._catch_up()
            self._clock.follow(pin, duty.cycle.changed(percent, period, now), now)
            self._clock.heed(pin)

    def _switch_off(self, pin: Pin, period: float) -> None:
        """End a duty as an Off that is written, except that DUTY_n is shown by the answer alone."""
        before = pin.view.duty.cycle
        pin.view.duty.drop(period)
        try:
            self._command(pin, False)  # noqa: FBT003 - Off
        except LinkError:
            pin.view.duty.cycle = before
            raise
        pin.view.output.publish_reading(pin.seen(), State.BUSY)
