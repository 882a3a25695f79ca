"""One GPIO pin: what it was told, what its pad shows, and its INDI properties."""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Perm, Rule, State
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty

_LONGEST_PULSE: Final = 60000  # ms


class Phase(Enum):
    """What is known of a pin.

    The INDI state of an output follows from the phase:

    | phase    | output | what it means                                                      |
    |----------|--------|--------------------------------------------------------------------|
    | INPUT    |        | The pin reads its pad.                                             |
    | SETTLED  | Ok     | The pad was last seen where it was told to be.                     |
    | WAITING  | Busy   | A level was sent and not seen yet.                                 |
    | PULSING  | Ok     | On was seen, and goes Off by itself; PULSE_n is Busy.              |
    | ENDING   | as it was | The pulse is over, Off was sent and not seen yet.               |
    | FAILED   | Alert  | The level was not seen in time.                                    |
    | STRAYED  | Alert  | The level was seen, and no longer is.                              |
    | MISSED   | Alert  | A pulse is over and its On was never seen; only a write ends this. |

    What the events make of the phases of an output (`-`: nothing):

    | event                | SETTLED | WAITING | PULSING | ENDING  | FAILED  | STRAYED | MISSED  |
    |----------------------|---------|---------|---------|---------|---------|---------|---------|
    | written              | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING | WAITING |
    | seen as told (1)     | -       | SETTLED | -       | SETTLED | SETTLED | SETTLED | -       |
    | seen otherwise       | STRAYED | -       | STRAYED | -       | -       | -       | -       |
    | not seen in time     |         | FAILED  |         | FAILED  |         |         |         |
    | pulse over           |         | ENDING  | ENDING  |         | ENDING  | ENDING  |         |
    | link lost            | -       | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED | SETTLED |
    | sent again           | WAITING | WAITING | WAITING | -       | WAITING | WAITING | -       |

    (1) PULSING in place of SETTLED while a pulse lasts; MISSED where a pulse ENDING was never seen On.
    """

    INPUT = auto()
    SETTLED = auto()
    WAITING = auto()
    PULSING = auto()
    ENDING = auto()
    FAILED = auto()
    STRAYED = auto()
    MISSED = auto()


# In these the output shows what it was told, which its latch holds; else what its pad is.
_SHOWN_AS_TOLD: Final = (Phase.WAITING, Phase.FAILED, Phase.MISSED)


class Pin:
    """A pin, input at first. Levels are those of the pad; clients see the inverse of them if it is active-low.

    Attributes:
        number: 0 to 15.
        phase: What is known of it.
        ours: Whether a client ever made it an output; else it belongs to other programs.
        active_low: Whether clients see the inverse of the pad.
        told: The level that it drives, or will drive as an output; None as long as it never was one.
        pad: The level that was last seen; None while that is not known.
        due: Loop time by which the told level must be seen; None when nothing is expected.
        pulse_end: Loop time at which a pulse ends; None while there is none.
        owes_off: Whether an Off that was refused is still to be sent.
        output, input, pulse: Its properties.
    """

    def __init__(
        self, number: int, command: Callable[["Pin", bool], None], is_news: Callable[[str], bool]
    ) -> None:
        self.number = number
        self.ours = False
        self.active_low = False
        self.told: bool | None = None
        self.pad: bool | None = None
        self.due: float | None = None
        self.pulse_end: float | None = None
        self.owes_off = False
        self.phase = Phase.INPUT
        self._command = command
        self._is_news = is_news
        self._shown: bool | None = None
        self._changed_at: float | None = None
        self._proven: bool | None = None  # the level that was last told and seen, but for pulses
        self._was_on = False  # whether the pulse that is ENDING was seen
        self._off_unseen = False  # whether Off was sent at the end of a visit, so that nobody saw it
        self._untold = ""  # a warning from before clients knew the output
        self._pulse_shown = False  # whether PULSE_n tells of a pulse, and not of the last write
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
        self.pulse = NumberProperty(
            f"PULSE_{number}", label, "Pulse Mode",
            [NumberMember("DURATION", "Duration (ms)", 0.0, 0, _LONGEST_PULSE, step=100)],
            on_write=self._write_pulse, saved_at_once=True,
        )  # fmt: skip
        self.pulse.tells_of_writes = False

    @property
    def is_output(self) -> bool:
        """Whether it drives its pad."""
        return self.phase is not Phase.INPUT

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

    # What was sent

    def drive(self, level: bool, due: float) -> None:  # noqa: FBT001 - the level itself
        """Be an output from now on, which was sent with its level; that must have been seen by a loop time."""
        self._begin_direction()
        self.told = level
        self.phase, self.due = Phase.WAITING, due
        self.output.publish_reading(self.output.only(None), State.BUSY)

    def release(self) -> None:
        """Be an input from now on, which was sent."""
        self._begin_direction()
        self.phase = Phase.INPUT
        self.input.publish_reading(state=State.IDLE)

    def _begin_direction(self) -> None:
        """Forget what was seen until now: it was in the old direction."""
        self.ours = True
        self._cancel_pulse()
        self.due = self._shown = self._changed_at = None
        self.owes_off = self._off_unseen = False

    def tell(self, level: bool, due: float, pulse_end: float | None = None) -> None:  # noqa: FBT001 - as above
        """Expect a level, which was sent on a client's command.

        Args:
            level: High or low.
            due: Loop time by which the level must have been seen.
            pulse_end: Loop time at which the level ends by itself, if it does.
        """
        self.told = level
        self.phase, self.due, self.pulse_end = Phase.WAITING, due, pulse_end
        self.owes_off = self._off_unseen = False

    def end_pulse(self, due: float) -> None:
        """Expect Off, which was sent because a pulse is over, until a loop time."""
        self.told = self.idle_level
        self._was_on = self.phase in {Phase.PULSING, Phase.STRAYED}
        self.phase, self.due, self.pulse_end = Phase.ENDING, due, None

    def resend(self, due: float) -> None:
        """Expect the told level, which was sent again without a command, until a loop time."""
        owed, self.owes_off = self.owes_off, False
        if self.phase in {Phase.INPUT, Phase.ENDING, Phase.MISSED} and not owed:
            return
        self.phase, self.due = Phase.WAITING, due
        if owed:
            self.output.publish_reading(self.seen(), State.BUSY)

    def extend(self, due: float) -> None:
        """Expect what is due until a later loop time: updates come more slowly now."""
        if self.due is not None:
            self.due = max(self.due, due)

    def switch_off(self, *, sent: bool) -> None:
        """Be Off without a client's command to the pin, from now on, or as soon as Off can be sent."""
        self._cancel_pulse()
        self.told = self._proven = self.idle_level
        self.owes_off, self._off_unseen = not sent, sent
        self.phase, self.due = Phase.SETTLED, None

    def _cancel_pulse(self) -> None:
        """Forget a pulse that something else has ended: the pin is to be Off when it drives its pad again."""
        if self.pulse_end is not None or self.phase is Phase.ENDING:
            self.told, self.pulse_end, self.due = self.idle_level, None, None
            self.pulse.publish_reading(state=State.IDLE)
        self._close_pulse(State.IDLE)

    # What is seen

    def invert(self, *, active_low: bool) -> None:
        """Show clients the inverse from now on, or no longer; the pad stays as it is."""
        self.active_low = active_low
        if not self.is_output:
            if self.told is not None:
                self.told = not self.told  # it is to be On or Off again as before, when it becomes an output
            if self.pad is not None:
                self.input.publish_reading(self.seen(), self.input.state)
            return
        if self.owes_off:
            self.told = self.idle_level
        if any(self.output.values.values()):
            self.output.publish_reading(self.seen(), self.output.state)

    def seen(self) -> Mapping[str, bool]:
        """Return the level as clients are to see it; both Off where it is not known."""
        level = self.told if self.phase in _SHOWN_AS_TOLD else self.pad
        return self.output.only(None if level is None else self._name(level))

    def see(self, level: bool, now: float, debounce: float) -> None:  # noqa: FBT001 - the level itself
        """Take over the level of the pad from an update; an input's must have lasted for `debounce` seconds."""
        self.pad = level
        if self.phase is Phase.INPUT:
            self._see_input(level, now, debounce)
        elif level == self.told:
            self._see_as_told()
        elif self.phase is Phase.ENDING:
            self._was_on = True
        elif self.phase in {Phase.SETTLED, Phase.PULSING}:
            self._stray()

    def forget(self, *, shown: bool) -> None:
        """Forget the level of the pad: what was seen in an earlier visit tells nothing of this one.

        Args:
            shown: Whether clients, who are to be told of the pin anew, are to know no level until one is seen.
        """
        self.pad = None
        if shown:
            self.output.publish_reading(self.output.only(None), self.output.state)
            self.input.publish_reading(self.input.only("OFF"), self.input.state)

    def expire(self) -> None:
        """Fail: the told level was not seen in time."""
        text = self._trouble("its level was not seen in time")
        missed = self.phase is Phase.ENDING and not self._was_on
        self.phase, self.due = Phase.MISSED if missed else Phase.FAILED, None
        self._close_pulse(State.ALERT)
        self.output.reply(self.seen(), State.ALERT, text)

    def abandon(self, *, lost: bool) -> None:
        """Expect nothing more: the visit is over.

        Args:
            lost: Whether the link was lost. Then a level that was not seen is as if it had not been sent.
        """
        why = "the link was lost" if lost else "the connection was closed"
        pulsed = self.pulse_end is not None or self.phase is Phase.ENDING
        unanswered = self.phase is Phase.WAITING and self.output.state is State.BUSY
        text = self._trouble(f"{why} during its pulse; it is to be Off" if pulsed else why)
        if pulsed:
            self.told = self.idle_level
        elif lost and self.phase in {Phase.WAITING, Phase.FAILED}:
            self.told = self._level_before()
        self._close_pulse(State.ALERT)
        self.phase, self.due, self.pulse_end = Phase.SETTLED, None, None
        if pulsed or unanswered:
            self.output.reply(self.seen(), State.ALERT, text)
        elif self.output.state is State.ALERT:
            self.output.publish_reading(self.seen(), self.output.state)  # no longer what a failed output was told

    def _level_before(self) -> bool:
        """Return what the pin is to be in place of a level that was not seen: Off, or On if that was before."""
        if self.told == self.idle_level or self._proven is None:
            return self.idle_level
        return self._proven

    def _see_input(self, level: bool, now: float, debounce: float) -> None:  # noqa: FBT001 - the level itself
        if self._is_settled(level, now, debounce):
            self._shown = level
            self.input.publish_reading(self.seen())

    def _is_settled(self, level: bool, now: float, debounce: float) -> bool:  # noqa: FBT001 - the level itself
        """Tell whether an input's level has lasted long enough to be shown; the first one has."""
        if self._shown is None or level == self._shown:
            self._changed_at = None
            return True
        self._changed_at = now if self._changed_at is None else self._changed_at
        return now - self._changed_at >= debounce

    def _see_as_told(self) -> None:
        if self.phase is Phase.MISSED:
            return
        if self.phase is Phase.ENDING and not self._was_on:
            self._miss()
            return
        news = self.phase not in {Phase.SETTLED, Phase.PULSING}
        self._off_unseen = False
        self.phase = Phase.SETTLED if self.pulse_end is None else Phase.PULSING
        self.due = None
        if news and self.output.state in {State.BUSY, State.ALERT}:
            self.output.reply(self.seen(), State.OK)
        else:
            self.output.publish_reading(self.seen())
        if self.phase is Phase.PULSING:
            self._open_pulse()
        else:
            self._proven = self.told
            self._close_pulse(State.OK)

    def _stray(self) -> None:
        if self._off_unseen:
            self._off_unseen, self.owes_off = False, True
            return
        self.phase = Phase.STRAYED
        text = f"{self.output.name}: pin {self.number} was told {self._name(bool(self.told))} and no longer is"
        if not self.output.defined:
            self._untold = text
        told = text if self.output.defined and self._is_news(text) else ""
        self.output.reply(self.seen(), State.ALERT, told, "WARNING")

    def take_warning(self) -> str:
        """Return what is to be told of the pin now that clients know it; nothing is told twice."""
        text, self._untold = self._untold, ""
        return text if text and self._is_news(text) else ""

    def _miss(self) -> None:
        """Alert: the pulse is over, and no update ever showed On."""
        self.phase, self.due = Phase.MISSED, None
        self._close_pulse(State.ALERT)
        if self.output.state is State.ALERT:
            self.output.publish_reading(self.seen(), self.output.state)
            return
        text = "On was not seen before the pulse was over; a pulse is seen if it is longer than POLLING_PERIOD"
        self.output.reply(self.seen(), State.ALERT, f"{self.output.name}.ON: {text}")

    def _trouble(self, why: str) -> str:
        """Return a message that the pin is not known to be where it was told to be."""
        shown = "unknown" if self.pad is None else self._name(self.pad)
        told = self._name(bool(self.told))
        return f"{self.output.name}.{told}: pin {self.number} is {shown}; {why}"

    # PULSE_n

    def _open_pulse(self) -> None:
        if not self._pulse_shown:
            self._pulse_shown = True
            self.pulse.publish_reading(state=State.BUSY)

    def _close_pulse(self, state: State) -> None:
        """Show how a pulse ended, if PULSE_n tells of one."""
        if self._pulse_shown:
            self._pulse_shown = state is State.ALERT  # until Off is seen
            self.pulse.publish_reading(state=state)

    # Writes

    def withhold(self, values: Mapping[str, bool]) -> str:
        """Refuse a write that cannot be sent; return what becomes of it. Off wins: it is sent when that can be."""
        if not values["OFF"]:
            return ""
        self.told = self.idle_level
        self.due = self.pulse_end = None
        self.owes_off = True
        return "; Off is sent as soon as that is possible"

    def _write_output(self, values: Mapping[str, bool]) -> State:
        if not any(values.values()):
            raise WriteError(f"{self.output.name} takes OFF=On or ON=On; this write has neither")
        try:
            self._command(self, values["ON"])
        except LinkError as error:
            raise LinkError(f"{error}{self.withhold(values)}") from error
        return State.BUSY

    def _write_pulse(self, _: Mapping[str, float]) -> State:
        return State.BUSY if self._pulse_shown and self.phase is not Phase.FAILED else State.OK

    def _name(self, level: bool) -> str:  # noqa: FBT001 - the level itself
        """Return the member that stands for a level."""
        return "ON" if level != self.active_low else "OFF"


def _level_members(*, off: bool) -> list[Member[bool]]:
    return [Member("OFF", "Off", off), Member("ON", "On", value=False)]
