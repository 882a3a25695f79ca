"""One GPIO pin: what it was told, what its pad shows, and its INDI properties."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.errors import WriteError
from indi_matrix.indi.kinds import NumberProperty, SwitchProperty
from indi_matrix.indi.properties import AnyProperty, Member, NumberMember, Perm, Rule, State, message_text

_LONGEST_PULSE: Final = 60000  # ms


class Pin:
    """A pin, input at first. Levels are those of the pad; clients see the inverse of them if it is active-low.

    Attributes:
        number: 0 to 15.
        is_output: Whether it drives its pad.
        active_low: Whether clients see the inverse of the pad.
        told: The level that it drives, or will drive as an output; None as long as it never was one.
        pad: The level that was last seen; None while that is not known.
        due: Loop time by which the told level must be seen; None when nothing is expected.
        pulse_end: Loop time at which a pulse ends; None while there is none.
        output, input, pulse: Its properties.
    """

    def __init__(
        self, number: int, command: Callable[["Pin", bool], None], is_news: Callable[[str], bool]
    ) -> None:
        self.number = number
        self._is_news = is_news
        self.is_output = False
        self.active_low = False
        self.told: bool | None = None
        self.pad: bool | None = None
        self.due: float | None = None
        self.pulse_end: float | None = None
        self._command = command
        self._shown: bool | None = None
        self._changed_at: float | None = None
        self._proven: bool | None = None  # the level that was last told and seen
        self._at_fault = False  # the output is not where it was told to be, and clients know
        channel = number + 1  # libindi counts from 1
        self.output = SwitchProperty(
            f"DIGITAL_OUTPUT_{channel}", f"Output {channel} (pin {number})", "Outputs", _level_members(off=False),
            rule=Rule.AT_MOST_ONE, on_write=self._write_output,
        )  # fmt: skip
        self.input = SwitchProperty(
            f"DIGITAL_INPUT_{channel}", f"Input {channel} (pin {number})", "Inputs", _level_members(off=True),
            rule=Rule.ONE_OF_MANY, perm=Perm.READ,
        )  # fmt: skip
        self.pulse = NumberProperty(
            f"PULSE_{number}", f"Output {channel} (pin {number})", "Pulse Mode",
            [NumberMember("DURATION", "Duration (ms)", 0.0, 0, _LONGEST_PULSE)],
            on_write=lambda _: State.OK, saved=True,
        )  # fmt: skip

    @property
    def level_property(self) -> SwitchProperty:
        """The property of its level."""
        return self.output if self.is_output else self.input

    def properties(self) -> tuple[AnyProperty, ...]:
        """Return what clients see of it in its present direction."""
        return (self.output, self.pulse) if self.is_output else (self.input,)

    @property
    def idle_level(self) -> bool:
        """The level that clients see as Off."""
        return self.active_low

    @property
    def pulse_seconds(self) -> float:
        """How long an output stays On; 0 for as long as it is told."""
        return self.pulse.values["DURATION"] / 1000

    def turn(self, *, output: bool) -> None:
        """Take another direction, which has been sent; what was seen until now was in the old one."""
        self.end_pulse()
        self.is_output = output
        self.due = self._shown = self._changed_at = None
        self._at_fault = False
        if output:
            self.output.update(self.output.only(None), State.BUSY)
        else:
            self.input.update(state=State.IDLE)

    def end_pulse(self) -> None:
        """Forget a pulse that something else has ended: the pin is to be Off when it drives its pad again."""
        if self.pulse_end is not None:
            self.told, self.pulse_end, self.due = self.idle_level, None, None
            self.pulse.update(state=State.IDLE)

    def switch_off(self) -> None:
        """Take note that it was sent to be Off without a client's command; so that is what it is to be."""
        self.end_pulse()
        self.told = self._proven = self.idle_level

    def invert(self, *, active_low: bool) -> None:
        """Show clients the inverse from now on, or no longer; the pad stays as it is."""
        self.active_low = active_low
        if self.pad is not None:
            self.level_property.update(self.seen(), State.BUSY if self.due is not None else None)

    def seen(self) -> Mapping[str, bool]:
        """Return the level of the pad as clients see it; both Off where it is not known."""
        return self.output.only(None if self.pad is None else self._name(self.pad))

    def see(self, level: bool, now: float, debounce: float) -> None:  # noqa: FBT001 - the level itself
        """Take over the level of the pad from an update; an input's must have lasted for `debounce` seconds."""
        self.pad = level
        if self.is_output:
            self._see_output()
        elif self._is_settled(level, now, debounce):
            self._shown = level
            self.input.show(self.seen())

    def miss(self, why: str) -> None:
        """Tell that the output did not get where it was told to."""
        self.due = None
        self._at_fault = True
        told = self.told
        # It was answered with an Alert: what was true before is what is to be sent again.
        self.told = self._proven if self._proven is not None else self.idle_level
        wanted = self._name(bool(told))
        shown = "unknown" if self.pad is None else self._name(self.pad)
        text = f"{self.output.name}.{wanted}: pin {self.number} is {shown}; {why}"
        self.output.answer(self.seen(), State.ALERT, message_text("ERROR", text))

    def _is_settled(self, level: bool, now: float, debounce: float) -> bool:  # noqa: FBT001 - the level itself
        """Tell whether an input's level has lasted long enough to be shown; the first one has."""
        if self._shown is None or level == self._shown:
            self._changed_at = None
            return True
        self._changed_at = now if self._changed_at is None else self._changed_at
        return now - self._changed_at >= debounce

    def _see_output(self) -> None:
        """Show the level of an output: what was told settles a write, anything else is on its way or at fault."""
        agrees = self.pad == self.told
        if agrees and self.pulse_end is None:
            self._proven = self.told
        if agrees and self.pulse_end is not None:
            self.due = None  # Busy until the pulse has ended
        elif agrees and self.due is not None:
            self.due = None
            self._at_fault = False
            if self.output.state is State.OK:  # sent again after an outage; only a write is to be answered
                self.output.show(self.seen())
            else:
                self.output.answer(self.seen(), State.OK)
            self.pulse.update(state=State.OK if self.pulse.state is State.BUSY else None)
        elif agrees and self._at_fault:
            self._at_fault = False
            self.output.answer(self.seen(), State.OK)
        elif agrees:
            self.output.show(self.seen())
        elif self._at_fault:
            self.output.update(self.seen() if self.due is None else None)
        elif self.due is None:
            self._at_fault = True
            wanted = self._name(bool(self.told))
            text = f"{self.output.name}: pin {self.number} was told {wanted} and no longer is"
            told = message_text("WARNING", text) if self._is_news(text) else ""
            self.output.answer(self.seen(), State.ALERT, told)

    def _write_output(self, values: Mapping[str, bool]) -> State:
        if not any(values.values()):
            raise WriteError(f"{self.output.name} takes OFF=On or ON=On; this write has neither")
        self._command(self, values["ON"])
        return State.BUSY

    def _name(self, level: bool) -> str:  # noqa: FBT001 - the level itself
        """Return the member that stands for a level."""
        return "ON" if level != self.active_low else "OFF"


def _level_members(*, off: bool) -> list[Member[bool]]:
    return [Member("OFF", "Off", off), Member("ON", "On", value=False)]
