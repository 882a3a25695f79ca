"""Gpio: the 16 pins.

Its MALOS driver takes one pin per config and publishes the levels of all pads; directions cannot be read back.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from indi_matrix.devices.dew_heater.dew_heater import DewHeater
from indi_matrix.devices.gpio.duties import Duties
from indi_matrix.devices.gpio.gpio_messages import ALL_HIGH, PINS, is_high, pad_levels, pin_config, timing_config
from indi_matrix.devices.gpio.labels import Labels
from indi_matrix.devices.gpio.link_loss import LinkLoss
from indi_matrix.devices.gpio.output_clock import OutputClock
from indi_matrix.devices.gpio.pins.pin import Pin
from indi_matrix.devices.gpio.servo_pins import ServoPins
from indi_matrix.devices.matrix_device import Ending, Host
from indi_matrix.devices.polled_device import PolledDevice
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Perm, Rule, State
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

log = logging.getLogger(__name__)

_GROUP: Final = "GPIO"

# Seconds to wait for the first data update; after that the pins are shown without levels.
_FIRST_UPDATE: Final = 0.5
# Seconds. With a longer delay the first update could miss the 5 s in which a visit must begin.
_SLOW_DELAY: Final = 3.0
# A level that was sent must be seen within this many update periods plus so many seconds.
_CONFIRM_PERIODS: Final = 2
_CONFIRM_EXTRA: Final = 1.0


class Gpio(PolledDevice):
    """The pins: their directions, the levels that outputs were told, and the levels of the pads."""

    driver = "Gpio"
    interface = 1 << 16 | 1 << 17  # OUTPUT, INPUT
    timing_config = staticmethod(timing_config)

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._pins = [Pin(number, self._command, self._write_duty, self.repeats.is_first) for number in PINS]
        self._clock = OutputClock(self._outputs, self._drive, self._limit)
        self._duties = Duties(host, self._pins, self._clock, self._catch_up, self._command)
        self._dew_heater = DewHeater(host, self._duties)
        for pin in self._pins:
            pin.view.let_go = partial(self._dew_heater.let_go, pin.number)
        self._first_update: bytes | None = None
        self._in_step = False  # whether all our pins were sent in this visit
        self._readable = True  # whether the last data update could be read
        self._active_low = SwitchProperty(
            "GPIO_ACTIVE_LOW", "Active low", _GROUP, _pin_members(), rule=Rule.ANY_OF_MANY, saved=True,
            on_write=self._write_active_low,
            source=lambda: {_name(pin): pin.view.active_low for pin in self._pins},
        )  # fmt: skip
        self._direction = SwitchProperty(
            "GPIO_DIRECTION", "Outputs", _GROUP, _pin_members(), rule=Rule.ANY_OF_MANY, saved=True,
            on_write=self._write_direction, source=lambda: {_name(pin): pin.is_output for pin in self._pins},
        )  # fmt: skip
        self._debounce = NumberProperty(
            "GPIO_DEBOUNCE", "Debounce", _GROUP, [NumberMember("TIME", "Debounce (ms)", 0.0, 0, 10000)],
            on_write=lambda _: State.OK, saved=True,
        )  # fmt: skip
        self._register = NumberProperty(
            "GPIO_REGISTER", "Pad levels", _GROUP, [NumberMember("PADS", "Bit n is pin n", 0.0, 0, ALL_HIGH)],
            perm=Perm.READ,
        )  # fmt: skip
        self._roles = host.pin_roles
        self._servo_pins = ServoPins(self, self._pins, self._catch_up, self._doubt, self._label)
        self._link_loss = LinkLoss(host, self._outputs)
        self._output_labels = Labels(self, "DIGITAL_OUTPUT_LABELS", "Labels", "Outputs")
        self._input_labels = Labels(self, "DIGITAL_INPUT_LABELS", "Labels", "Inputs")
        self._label()

    # The visit

    async def begin(self, link: "Link") -> None:
        """Agree on the timing, and wait a short time for the levels of the pads."""
        self._in_step = False
        self._first_update = None
        for pin in self._pins:
            pin.forget(shown=not self.host.lost)
        if not self.host.lost:
            self._register.publish_reading({"PADS": 0.0}, State.IDLE)
        self._link_loss.apply()  # as the timing may be sent next, and all our pins with it
        await super().begin(link)
        # After an outage the driver must prove that it is back: else losses and returns could alternate for ever.
        proof = self.host.lost and link.info.delay <= _SLOW_DELAY
        try:
            async with asyncio.timeout(link.info.delay + _FIRST_UPDATE if proof else _FIRST_UPDATE):
                self._first_update = await link.update()
        except TimeoutError:
            if proof:
                raise LinkError("the Gpio driver sends no updates") from None

    def arrive(self) -> None:
        """Show the levels that came in `begin`; a service in a long delay sends them later."""
        super().arrive()
        if self._first_update is not None:
            self._take(self._first_update)
            self._first_update = None

    def properties(self) -> Iterable[AnyProperty]:
        """Return the properties of all pins together, and those of each pin."""
        yield from (self._direction, self._active_low, self._debounce, self._register, self._link_loss.property)
        for pin in self._pins:
            if pin.number not in self._roles.servos:
                yield from pin.properties()
        for labels in (self._output_labels, self._input_labels):
            if labels.property is not None:
                yield labels.property
        yield from self._dew_heater.properties()

    async def run(self) -> None:
        """Follow the levels, report outputs that do not reach theirs in time, and end pulses."""
        self._warn_of_strays()
        self._dew_heater.resume()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._clock.run())
            while True:
                self._take(await self.link.update())

    def _warn_of_strays(self) -> None:
        """Warn of outputs that were found at another level than told before clients knew their properties."""
        for pin in self._outputs():
            if text := pin.view.take_warning():
                self.host.tell("WARNING", text)

    def resend(self) -> None:
        """Send again the direction and level of each pin that a client ever made an output."""
        self._link_loss.apply()
        self._link_loss.report()
        self._send_ours()
        for pin in self._outputs():
            pin.resend(self._limit())
        self._clock.look_again()

    def leave(self, ending: Ending) -> None:
        """Switch off outputs with a pulse or duty, or all if the ending is OFF, but none if LOST."""
        lost = ending is Ending.LOST
        if lost:
            self._dew_heater.pause()
        else:
            self._dew_heater.stop()
            self._link_loss.apply()
            self._link_loss.report()
        for pin in self._outputs():
            if not lost and (ending is Ending.OFF or pin.is_temporary):
                pin.switch_off(sent=self._send_off(pin))
        for pin in self._outputs():
            pin.abandon(lost=lost)

    def _send_off(self, pin: Pin) -> bool:
        """Send Off; return whether the service took it."""
        try:
            self._catch_up()
            self._drive(pin, pin.idle_level)
        except LinkError as error:
            log.warning("pin %d was not switched off: %s", pin.number, error)
            return False
        return True

    # The timing

    def retime(self) -> None:
        """Send POLLING_PERIOD and KEEP_ALIVE; they touch no pin."""
        self._catch_up()
        super().retime()

    def timing_changed(self) -> None:
        """Show the timing that another program gave the driver, and extend the deadlines of levels to it."""
        super().timing_changed()
        for pin in self._outputs():
            pin.extend(self._limit())
        self._clock.look_again()
        self._send_owed_offs()

    # Directions

    def _outputs(self) -> list[Pin]:
        return [pin for pin in self._pins if pin.is_output]

    def _write_direction(self, values: Mapping[str, bool]) -> State:
        changed = [pin for pin in self._pins if values[_name(pin)] != pin.is_output]
        for pin in changed:
            if not pin.is_output and (why := self._roles.why_no_output(pin.number)):
                raise WriteError(f"{self._direction.name}.{_name(pin)}=On: {why}")
        if changed:
            self._catch_up()
        for pin in changed:
            self._send(pin, output=not pin.is_output, level=pin.first_level(loading=self.host.loading))
        for pin in changed:
            self._turn(pin)
        if changed:
            self._label()
            self._clock.look_again()
        return State.OK

    def _turn(self, pin: Pin) -> None:
        """Turn a pin to its other direction, whose config was sent, and exchange its properties."""
        for prop in pin.properties():
            self.host.board_properties.delete(prop)
        if pin.is_output:
            pin.release()
            pin.view.let_go()
        else:
            pin.drive(pin.first_level(loading=self.host.loading), self._limit())
        for prop in pin.properties():
            self.host.board_properties.define(self, prop)

    def _label(self) -> None:
        """Give each pin a label, in the property of the outputs or of the inputs."""
        self._output_labels.label([pin.view.output for pin in self._pins if pin.is_output])
        inputs = [pin for pin in self._pins if not pin.is_output and pin.number not in self._roles.servos]
        self._input_labels.label([pin.view.input for pin in inputs])

    def _write_active_low(self, values: Mapping[str, bool]) -> State:
        changed = [pin for pin in self._pins if values[_name(pin)] != pin.view.active_low]
        for pin in changed:
            if pin.view.duty.percent:
                duty = f"{pin.view.duty.property.name}.DUTY"
                raise WriteError(f"GPIO_ACTIVE_LOW.{_name(pin)} is fixed during a duty; write {duty}=0 first")
        for pin in changed:
            pin.invert(active_low=values[_name(pin)])
        return State.OK

    # Sending

    def _send(self, pin: Pin, *, output: bool, level: bool) -> None:
        self.link.send(pin_config(pin.number, output=output, level=level))

    def _drive(self, pin: Pin, level: bool) -> None:  # noqa: FBT001 - a level of the pad
        self._send(pin, output=True, level=level)

    def _send_ours(self) -> None:
        """Send direction and told level of each pin of ours, outputs first.

        The first config after a restart of the service turns all other pins into inputs. So all of ours follow at
        once; pins of other programs are for those programs to send again.
        """
        ours = [pin for pin in self._pins if pin.ours and pin.number not in self._roles.servos]
        for pin in sorted(ours, key=lambda pin: not pin.is_output):
            self._send(pin, output=pin.is_output, level=bool(pin.told))
        self._servo_pins.send_all()
        self._in_step = True

    def _catch_up(self) -> None:
        """Send all our pins before the first config of a visit, as that may follow a restart of the service."""
        if not self._in_step:
            self._send_ours()

    # Outputs

    def _command(self, pin: Pin, on: bool) -> None:  # noqa: FBT001 - the command itself
        """Carry out a client's write to an output, which begins or ends a pulse."""
        self._catch_up()
        level = on != pin.view.active_low
        self._drive(pin, level)
        pulse = pin.view.pulse.seconds if on else 0
        pin.tell(level, self._limit(), asyncio.get_running_loop().time() + pulse if pulse else None)
        self._clock.heed(pin)

    def _write_duty(self, pin: Pin, percent: float, period: float) -> None:
        self._duties.write(pin, percent, period)

    def _limit(self) -> float:
        """Return the loop time by which a level that was just sent must have been seen."""
        periods = _CONFIRM_PERIODS * self.link.slowest_delay
        return asyncio.get_running_loop().time() + periods + _CONFIRM_EXTRA

    def _send_owed_offs(self) -> None:
        """Send each Off that was refused, now that the driver publishes and so takes configs again."""
        for pin in self._outputs():
            if pin.owes_off:
                self._catch_up()  # a restarted service would make inputs of our other outputs
                self._drive(pin, pin.idle_level)
                pin.resend(self._limit())
                self._clock.look_again()

    def _doubt(self) -> None:
        """Expect to see the levels of all outputs again: a servo config let go of their pads for an instant."""
        for pin in self._outputs():
            pin.doubt(self._limit())
        self._clock.look_again()

    # Levels

    def _take(self, update: bytes) -> None:
        """Take over the levels of a data update."""
        levels = pad_levels(update)
        if levels is None:
            self.report_driver_error("a data update that cannot be read")
            self._show_readable(readable=False)
            return
        self._show_readable(readable=True)
        self._register.publish_reading({"PADS": float(levels)})
        self._send_owed_offs()
        now, debounce = asyncio.get_running_loop().time(), self._debounce.values["TIME"] / 1000
        for pin in self._pins:
            level = is_high(levels, pin.number)
            if pin.rests_at(level):  # as most inputs do in most updates
                continue
            pin.see(level, now, debounce)
            if pin.view.duty.contradictions.proven:
                self._drive(pin, pin.idle_level)
                pin.end_duty()

    def _show_readable(self, *, readable: bool) -> None:
        """Turn inputs and GPIO_REGISTER to Alert if data updates become unreadable; to Ok if readable again."""
        if readable == self._readable:
            return
        self._readable = readable
        state = State.OK if readable else State.ALERT
        self._register.publish_reading(state=state)
        for pin in self._pins:
            if not pin.is_output:
                pin.view.input.publish_reading(state=state)


def _name(pin: Pin) -> str:
    """Return the member that stands for a pin."""
    return f"PIN_{pin.number}"


def _pin_members() -> list[Member[bool]]:
    return [Member(f"PIN_{number}", str(number), value=False) for number in PINS]
