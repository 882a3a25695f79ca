"""What outputs have to do at some time: end a pulse, follow a duty, show the level that was sent."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn

from indi_matrix.devices.gpio.pins.duty_cycle import DutyCycle
from indi_matrix.devices.gpio.pins.pin import Pin


class OutputClock:
    """Waits for the next deadline of any output; without one it does not wake up.

    Args:
        outputs: Returns the pins that are outputs.
        drive: Sends an output a level of its pad.
        limit: Returns the loop time by which a level that was just sent must have been seen.
    """

    def __init__(
        self, outputs: Callable[[], Iterable[Pin]], drive: Callable[[Pin, bool], None], limit: Callable[[], float]
    ) -> None:
        self._outputs = outputs
        self._drive = drive
        self._limit = limit
        self._changed = asyncio.Event()  # set when a deadline has changed
        self._next_look: float | None = None  # the earliest deadline, in loop time; None if there is none

    def look_again(self) -> None:
        """Find the next deadline anew: some have changed."""
        self._changed.set()

    def heed(self, pin: Pin) -> None:
        """Heed the new deadline of a pin.

        Whoever writes again and again puts the limit off; a look that comes too early finds nothing.
        """
        if self._next_look is None or (pin.moment is not None and pin.moment < self._next_look):
            self._changed.set()

    def follow(self, pin: Pin, cycle: DutyCycle, now: float) -> None:
        """Send the level that a duty cycle of an output has now."""
        on, _ = cycle.at(now)
        self._drive(pin, on != pin.view.active_low)
        pin.follow_duty(cycle, now)

    async def run(self) -> NoReturn:
        """End each pulse in time, drive each edge of a duty, and report each level that was not seen in time.

        Raises:
            LinkError: The driver does not take what is due.
        """
        now = asyncio.get_running_loop().time
        while True:
            moments = (moment for pin in self._outputs() if (moment := pin.moment) is not None)
            self._next_look = min(moments, default=None)
            try:
                async with asyncio.timeout_at(self._next_look):
                    await self._changed.wait()
            except TimeoutError:
                for pin in self._outputs():
                    self._look_at(pin, now())
            self._changed.clear()

    def _look_at(self, pin: Pin, now: float) -> None:
        if pin.is_pulse_over(now):
            self._drive(pin, pin.idle_level)
            pin.end_pulse(self._limit())
        elif pin.view.duty.is_edge_due(now):
            self.follow(pin, pin.view.duty.cycle, now)
        else:
            pin.judge(now)
