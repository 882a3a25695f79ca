"""Gpio: the 16 pins.

Its MALOS driver takes one pin per config and publishes the levels of all pads; directions cannot be read back.
"""

import asyncio
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from google.protobuf.message import DecodeError

from indi_matrix.devices.base import Device, Host, Timing
from indi_matrix.errors import WriteError
from indi_matrix.indi.kinds import NumberProperty, SwitchProperty
from indi_matrix.indi.properties import AnyProperty, Member, NumberMember, Perm, Rule, State, message_text
from indi_matrix.malos.link import Link
from indi_matrix.malos.messages import DriverConfig, GpioParams

PINS: Final = range(16)
_ALL_HIGH: Final = 0xFFFF
_GROUP: Final = "GPIO"

# The first update is waited for this long before the pins are shown without it.
_FIRST_UPDATE: Final = 0.5
_CONFIRM_PERIODS: Final = 2
_CONFIRM_EXTRA: Final = 1.0


def pin_config(pin: int, *, output: bool, level: bool, timing: Timing | None = None) -> bytes:
    """Return the config that sets one pin: its direction and, for an output, its level.

    Args:
        pin: 0 to 15.
        output: Whether the pin drives its pad.
        level: High or low; of no effect on an input.
        timing: A new delay and timeout to go along. There is no config without a pin: one that leaves it out
            turns pin 0 into an input.
    """
    if pin not in PINS:
        raise ValueError(f"pin {pin} is out of range; pins are 0 to {PINS[-1]}")
    config = DriverConfig()
    config.gpio.pin = pin
    config.gpio.mode = GpioParams.OUTPUT if output else GpioParams.INPUT
    config.gpio.value = int(output and level)
    if timing is not None:
        config.delay_between_updates = _not_below(timing.delay)
        config.timeout_after_last_ping = _not_below(timing.timeout)
    return bytes(config.SerializeToString())


def _not_below(seconds: float) -> float:
    """Return the nearest single-precision number that is not less: MALOS cuts seconds to whole milliseconds."""
    single = float(struct.unpack("f", struct.pack("f", seconds))[0])
    if single >= seconds:
        return single
    bits = struct.unpack("I", struct.pack("f", seconds))[0]
    return float(struct.unpack("f", struct.pack("I", bits + 1))[0])


def pad_levels(update: bytes) -> int | None:
    """Return the levels in a data update, bit n for pin n; None where it cannot be read. Empty is all low."""
    try:
        return int(GpioParams.FromString(update).values) & _ALL_HIGH
    except DecodeError:
        return None


def is_high(levels: int, pin: int) -> bool:
    """Tell the level of one pin."""
    return bool(levels >> pin & 1)


class Gpio(Device):
    """The pins: what direction each has, what outputs were told to be, and what the pads are."""

    driver = "Gpio"
    interface = 1 << 16 | 1 << 17  # OUTPUT, INPUT

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._output_pins: frozenset[int] = frozenset()
        self._commanded: dict[int, bool] = {}  # each pin that ever was an output
        self._pads: int | None = None
        self._due: dict[int, float] = {}  # pin: loop time by which its level must have been seen
        self._due_changed = asyncio.Event()
        self._touched = False  # whether any pin was ever configured
        self._in_step = False  # whether the service is known to hold what was commanded
        self._direction = SwitchProperty(
            "GPIO_DIRECTION", "Outputs", _GROUP,
            [Member(f"PIN_{pin}", f"Pin {pin}", value=False) for pin in PINS],
            rule=Rule.ANY_OF_MANY, on_write=self._write_direction, saved=True,
            source=lambda: {f"PIN_{pin}": pin in self._output_pins for pin in PINS},
        )  # fmt: skip
        self._register = NumberProperty(
            "GPIO_REGISTER", "Pad levels", _GROUP, [NumberMember("PADS", "Bit n is pin n", 0, 0, _ALL_HIGH)],
            perm=Perm.READ,
        )  # fmt: skip
        self._outputs = [self._output_property(pin) for pin in PINS]
        self._inputs = [_input_property(pin) for pin in PINS]

    async def begin(self, link: Link) -> None:
        """Agree on the timing, and learn the levels of the pads where the driver tells them soon."""
        await super().begin(link)
        self._in_step = False
        self._pads = None
        self._agree_on_timing()  # before the first ping, so that it holds from the first update on
        link.ping()
        try:
            async with asyncio.timeout(_FIRST_UPDATE):
                self._take(await link.update())
        except TimeoutError:
            pass  # a service in a long delay tells them later

    def properties(self) -> Iterable[AnyProperty]:
        """Return the two properties of all pins, with one for each pin."""
        return (self._direction, self._register, *(self._pin_property(pin) for pin in PINS))

    async def run(self) -> None:
        """Follow the levels, and see that outputs get there in time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_outputs())
            while True:
                self._take(await self.link.update())

    def reassert(self) -> None:
        """Send every pin's direction and level again, if any was ever sent."""
        if self._touched:
            self._send_all()
            for pin in self._output_pins:
                self._expect(pin)

    def retime(self) -> None:
        """Send POLLING_PERIOD and KEEP_ALIVE, along with a pin as it is."""
        timing = self.host.timing
        self._catch_up()
        self._send_pin(self._known_pin(), timing)
        self.link.expect(timing.delay, timing.timeout)

    def end(self) -> None:
        """Give up the link; levels that are still due will not be seen."""
        for pin in list(self._due):
            self._miss(pin, "the link was lost")
        super().end()

    def _agree_on_timing(self) -> None:
        """Bring the chosen timing to the service, or show the one that it has: connecting writes no default."""
        actual = Timing(self.link.info.delay, self.link.info.timeout)
        if actual == self.host.timing:
            return
        if self.host.timing_chosen:
            self.retime()
        else:
            self.host.adopt_timing(actual)

    # Directions

    def _pin_property(self, pin: int) -> AnyProperty:
        return self._outputs[pin] if pin in self._output_pins else self._inputs[pin]

    def _known_pin(self) -> int:
        """Return a pin whose configuration can be repeated without changing anything."""
        return min(self._output_pins, default=PINS[0])

    def _write_direction(self, values: Mapping[str, bool]) -> State:
        wanted = frozenset(pin for pin in PINS if values[f"PIN_{pin}"])
        changed = sorted(wanted ^ self._output_pins)
        if changed:
            self._catch_up()
        for pin in changed:
            self._send(pin, output=pin in wanted)
        for pin in changed:
            self.host.delete(self._pin_property(pin))
        self._output_pins = wanted
        for pin in changed:
            self._turn(pin)
            self.host.define(self, self._pin_property(pin))
        return State.OK

    def _turn(self, pin: int) -> None:
        """Prepare a pin's property for its new direction; the levels seen so far were those of the old one."""
        self._due.pop(pin, None)
        if pin in self._output_pins:
            self._commanded.setdefault(pin, False)
            self._outputs[pin].update(self._outputs[pin].only(None), State.BUSY)
            self._expect(pin)
        else:
            self._inputs[pin].update(state=State.IDLE)

    # Sending

    def _send(self, pin: int, *, output: bool, level: bool | None = None, timing: Timing | None = None) -> None:
        wanted = self._commanded.get(pin, False) if level is None else level
        self.link.send(pin_config(pin, output=output, level=wanted, timing=timing))
        self._touched = True

    def _send_pin(self, pin: int, timing: Timing | None = None) -> None:
        """Send a pin as it is."""
        self._send(pin, output=pin in self._output_pins, timing=timing)

    def _send_all(self) -> None:
        """Send every pin as it is, outputs first: in a restarted service the first config resets all others."""
        for pin in sorted(PINS, key=lambda pin: pin not in self._output_pins):
            self._send_pin(pin)
        self._in_step = True

    def _catch_up(self) -> None:
        """Before the first config of a visit, send all that earlier ones commanded."""
        if self._touched and not self._in_step:
            self._send_all()
        self._in_step = True

    # Outputs

    def _output_property(self, pin: int) -> SwitchProperty:
        def write(values: Mapping[str, bool]) -> State:
            return self._write_output(pin, values)

        name, label = f"DIGITAL_OUTPUT_{pin + 1}", f"Output {pin + 1} (pin {pin})"
        return SwitchProperty(name, label, "Outputs", _level_members(), rule=Rule.AT_MOST_ONE, on_write=write)

    def _write_output(self, pin: int, values: Mapping[str, bool]) -> State:
        if not any(values.values()):
            raise WriteError(f"{self._outputs[pin].name} takes OFF=On or ON=On; this write has neither")
        self._catch_up()
        self._send(pin, output=True, level=values["ON"])
        self._commanded[pin] = values["ON"]
        self._expect(pin)
        return State.BUSY

    def _expect(self, pin: int) -> None:
        """Set the time by which the commanded level of an output must have been seen."""
        limit = _CONFIRM_PERIODS * self.link.slowest_delay + _CONFIRM_EXTRA
        self._due[pin] = asyncio.get_running_loop().time() + limit
        self._due_changed.set()

    async def _watch_outputs(self) -> None:
        """Report each output whose level was not seen in time."""
        now = asyncio.get_running_loop().time
        while True:
            try:
                async with asyncio.timeout_at(min(self._due.values(), default=None)):
                    await self._due_changed.wait()
            except TimeoutError:
                for pin in [pin for pin, limit in self._due.items() if limit <= now()]:
                    self._miss(pin, "its level was not seen in time")
            self._due_changed.clear()

    def _miss(self, pin: int, why: str) -> None:
        """Tell that an output did not get where it was told to."""
        del self._due[pin]
        output = self._outputs[pin]
        wanted = _level_name(high=self._commanded[pin])
        shown = "unknown" if self._pads is None else _level_name(high=is_high(self._pads, pin))
        text = f"{output.name}.{wanted}: pin {pin} is {shown}; {why}"
        output.answer(self._seen(pin), State.ALERT, message_text("ERROR", text))

    # Levels

    def _take(self, update: bytes) -> None:
        """Take over the levels of a data update."""
        levels = pad_levels(update)
        if levels is None:
            self.complain("a data update that cannot be read")
            return
        self._pads = levels
        self._register.update({"PADS": float(levels)}, State.OK)
        for pin in PINS:
            if pin in self._output_pins:
                self._show_output(pin)
            else:
                self._inputs[pin].update(self._seen(pin), State.OK)

    def _seen(self, pin: int) -> Mapping[str, bool]:
        """Return the level of a pin as member values; both Off where it is not known."""
        output = self._outputs[pin]
        return output.only(None if self._pads is None else _level_name(high=is_high(self._pads, pin)))

    def _show_output(self, pin: int) -> None:
        """Show the level of an output: what was commanded settles a write, else it is on its way or at fault."""
        output = self._outputs[pin]
        agrees = self._pads is not None and is_high(self._pads, pin) == self._commanded[pin]
        if agrees and self._due.pop(pin, None) is not None:
            output.answer(self._seen(pin), State.OK)
        elif agrees:
            output.update(self._seen(pin), State.OK)
        elif pin not in self._due and output.state is not State.ALERT:
            wanted = _level_name(high=self._commanded[pin])
            text = f"{output.name}: pin {pin} was told {wanted} and no longer is"
            output.answer(self._seen(pin), State.ALERT, message_text("WARNING", text))


def _level_name(*, high: bool) -> str:
    return "ON" if high else "OFF"


def _level_members() -> list[Member[bool]]:
    return [Member("OFF", "Off", value=False), Member("ON", "On", value=False)]


def _input_property(pin: int) -> SwitchProperty:
    members = [Member("OFF", "Off", value=True), Member("ON", "On", value=False)]
    name, label = f"DIGITAL_INPUT_{pin + 1}", f"Input {pin + 1} (pin {pin})"
    return SwitchProperty(name, label, "Inputs", members, rule=Rule.ONE_OF_MANY, perm=Perm.READ)
