"""A GPIO pin as clients see it: its INDI properties, and the messages about it."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.devices.gpio.pins.duty_cycle import Duty
from indi_matrix.devices.gpio.pins.pulse import Pulse
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, Perm, Rule, State
from indi_matrix.indi.properties.kinds import SwitchProperty

FAIL_SAFE: Final = "Fail-safe"
"""The group of what outputs are after an outage."""


class PinProperties:
    """The properties of a pin. Clients see On where the pad is high; the inverse if the pin is active-low.

    Args:
        number: 0 to 15.
        write_output: Carries out a client's write of On (True) or Off; returns the state to answer with.
        write_pulse: Returns the state to answer a write to PULSE_n with.
        write_duty: Carries out a write to DUTY_n likewise.
        is_news: Returns whether to show a warning; a repeated one is only counted.

    Attributes:
        active_low: Whether clients see the inverse of the pad.
        output, input: DIGITAL_OUTPUT_n and DIGITAL_INPUT_n.
        pulse: PULSE_n, and the pulse that is under way.
        duty: DUTY_n, and the duty that is followed.
        on_link_loss: ON_LINK_LOSS_n.
        let_go: Called when somebody takes the output over from what steers it by itself.
    """

    def __init__(
        self,
        number: int,
        write_output: Callable[[bool], State],
        write_pulse: Callable[[Mapping[str, float]], State],
        write_duty: Callable[[Mapping[str, float]], State],
        is_news: Callable[[str], bool],
    ) -> None:
        self.active_low = False
        self._number = number
        self._carry_out = write_output
        self._carry_out_pulse = write_pulse
        self._carry_out_duty = write_duty
        self._is_news = is_news
        self.let_go: Callable[[], None] = lambda: None
        self._untold = ""  # a warning from before clients knew the output
        channel = number + 1  # libindi counts from 1
        label = f"GPIO {number}"
        self.output = SwitchProperty(
            f"DIGITAL_OUTPUT_{channel}", label, "Outputs", _level_members(off=False),
            rule=Rule.AT_MOST_ONE, on_write=self._write_output,
        )  # fmt: skip
        self.input = SwitchProperty(
            f"DIGITAL_INPUT_{channel}", label, "Inputs", _level_members(off=True),
            rule=Rule.ONE_OF_MANY, perm=Perm.READ,
        )  # fmt: skip
        # Made once, as each data update leads to the values of all pins.
        self._values = {True: self.output.only("ON"), False: self.output.only("OFF"), None: self.output.only(None)}
        self.pulse = Pulse(number, self._write_pulse)
        self.duty = Duty(number, self._write_duty)
        self.on_link_loss = SwitchProperty(
            f"ON_LINK_LOSS_{number}", label, FAIL_SAFE,
            [Member("KEEP", "Keep", value=True), Member("OFF", "Off", value=False)],
            rule=Rule.ONE_OF_MANY, on_write=lambda _: State.OK, saved=True,
        )  # fmt: skip

    @property
    def of_output(self) -> tuple[AnyProperty, ...]:
        """The properties that an output has."""
        return (self.output, self.pulse.property, self.duty.property, self.on_link_loss)

    def values(self, level: bool | None) -> Mapping[str, bool]:  # noqa: FBT001 - the level itself
        """Return a level as clients are to see it; both Off where it is not known."""
        return self._values[None if level is None else level != self.active_low]

    def correct(self, values: Mapping[str, bool]) -> None:
        """Show other values of the output; its state stays."""
        self.output.publish_reading(values, self.output.state)

    def forget_level(self) -> None:
        """Show that no level is known."""
        self.correct(self.values(None))
        self.input.publish_reading(self.input.only("OFF"), self.input.state)

    def trouble(self, told: bool, pad: bool | None, why: str) -> str:  # noqa: FBT001 - levels
        """Return the message that the pin is not known to have its told level, and why."""
        shown = "unknown" if pad is None else self._name(pad)
        return f"{self.output.name}.{self._name(told)}: pin {self._number} is {shown}; {why}"

    def missed_pulse(self) -> str:
        """Return the message that a pulse is over and its On was never seen."""
        text = "On was not seen before the pulse was over; a pulse is seen if it is longer than POLLING_PERIOD"
        return f"{self.output.name}.ON: {text}"

    def unfollowed_duty(self) -> str:
        """Return the message that the pad does not follow the duty."""
        duty = self.duty.property.name
        return f"{self.output.name}: pin {self._number} does not follow {duty}, which ends with Off"

    def stray(self, told: bool) -> str:  # noqa: FBT001 - a level
        """Return the message that the pin no longer has its told level.

        It is empty if it was shown within the last minute. It is also empty while clients do not know the output;
        `take_warning` then returns the message later.
        """
        text = f"{self.output.name}: pin {self._number} was told {self._name(told)} and no longer is"
        if not self.output.defined:
            self._untold = text
            return ""
        return text if self._is_news(text) else ""

    def take_warning(self) -> str:
        """Return the message that `stray` kept until clients know the output, once; empty if there is none."""
        text, self._untold = self._untold, ""
        return text if text and self._is_news(text) else ""

    def _write_output(self, values: Mapping[str, bool]) -> State:
        if not any(values.values()):
            raise WriteError(f"{self.output.name} takes OFF=On or ON=On; this write has neither")
        state = self._carry_out(values["ON"])
        self.let_go()
        return state

    def _write_pulse(self, values: Mapping[str, float]) -> State:
        if values["DURATION"] and self.duty.percent:
            written, other = f"{self.pulse.property.name}.DURATION={values['DURATION']:g}", self.duty.property.name
            raise WriteError(f"{written} needs an output without a duty; write {other}.DUTY=0 first")
        return self._carry_out_pulse(values)

    def _write_duty(self, values: Mapping[str, float]) -> State:
        if values["DUTY"] and self.pulse.seconds:
            written, other = f"{self.duty.property.name}.DUTY={values['DUTY']:g}", self.pulse.property.name
            raise WriteError(f"{written} needs an output without pulses; write {other}.DURATION=0 first")
        return self._carry_out_duty(values)

    def _name(self, level: bool) -> str:  # noqa: FBT001 - the level itself
        """Return the member that stands for a level."""
        return "ON" if level != self.active_low else "OFF"


def _level_members(*, off: bool) -> list[Member[bool]]:
    return [Member("OFF", "Off", off), Member("ON", "On", value=False)]
