"""One GPIO pin: what it was told, and what its pad shows."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.devices.gpio.debounce import Debounce
from indi_matrix.devices.gpio.phase import Phase
from indi_matrix.devices.gpio.pin_properties import PinProperties
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import AnyProperty, State

# Seconds that a look at a pin may be late before what came meanwhile is read first.
_LATE: Final = 0.1

# In these the output shows what it was told, which its latch holds; else what its pad is.
_SHOWN_AS_TOLD: Final = (Phase.WAITING, Phase.FAILED, Phase.MISSED)

Command = Callable[["Pin", bool], None]
"""Sends a pin the level that a client wrote, On or Off; raises a LinkError where that cannot be done."""


class Pin:
    """A pin, input at first: the machine whose states are those of Phase, and whose events are its methods.

    Levels are those of the pad.

    Args:
        number: 0 to 15.
        command: Sends what a client wrote.
        is_news: Tells whether a warning is to be told, and not counted only.

    Attributes:
        phase: What is known of it.
        ours: Whether a client ever made it an output; else it belongs to other programs.
        told: The level that it drives, or will drive as an output; None as long as it never was one.
        pad: The level that was last seen; None while that is not known.
        due: Loop time by which the told level must be seen; None when nothing is expected.
        owes_off: Whether an Off that was refused is still to be sent.
        view: What clients see of it.
    """

    def __init__(self, number: int, command: Command, is_news: Callable[[str], bool]) -> None:
        self.number = number
        self.ours = False
        self.told: bool | None = None
        self.pad: bool | None = None
        self.due: float | None = None
        self.owes_off = False
        self.phase = Phase.INPUT
        self._command = command
        self._debounce = Debounce()
        self._proven: bool | None = None  # the level that was last told and seen, but for pulses
        self._was_on = False  # whether the pulse that is ENDING was seen
        self._off_unseen = False  # whether Off was sent at the end of a visit, so that nobody saw it
        self.view = PinProperties(number, self._write_output, self._write_pulse, is_news)
        self.view.output.on_refused = self.keep_off

    @property
    def is_output(self) -> bool:
        """Whether it drives its pad."""
        return self.phase is not Phase.INPUT

    def properties(self) -> tuple[AnyProperty, ...]:
        """Return what clients see of it in its present direction."""
        return (self.view.output, self.view.pulse.property) if self.is_output else (self.view.input,)

    @property
    def idle_level(self) -> bool:
        """The level that clients see as Off."""
        return self.view.active_low

    def first_level(self, *, loading: bool) -> bool:
        """Return the level that the pin has when it becomes an output: what it was told before, else Off.

        Args:
            loading: Whether a config file makes it an output. That tells no level: the pin drives the one it has.
        """
        if self.told is not None:
            return self.told
        return self.pad if loading and self.pad is not None else self.idle_level

    @property
    def moment(self) -> float | None:
        """Loop time at which the pin is to be looked at, if nothing happens before; None if it is not."""
        moments = (self.due, self.view.pulse.end)
        return min((moment for moment in moments if moment is not None), default=None)

    # What was sent

    def drive(self, level: bool, due: float) -> None:  # noqa: FBT001 - the level itself
        """Be an output from now on, which was sent with its level; that must have been seen by a loop time."""
        self._begin_direction()
        self.told = level
        self.phase, self.due = Phase.WAITING, due
        self.view.output.publish_reading(self.view.values(None), State.BUSY)

    def release(self) -> None:
        """Be an input from now on, which was sent."""
        self._begin_direction()
        self.phase = Phase.INPUT
        self.view.input.publish_reading(state=State.IDLE)

    def _begin_direction(self) -> None:
        """Forget what was seen until now: it was in the old direction."""
        self.ours = True
        self._cancel_pulse()
        self.due = None
        self._debounce.restart()
        self.owes_off = self._off_unseen = False

    def tell(self, level: bool, due: float, pulse_end: float | None = None) -> None:  # noqa: FBT001 - as above
        """Expect a level, sent on a client's command, by the loop time `due`; a pulse ends at `pulse_end`."""
        self.told = level
        self.phase, self.due, self.view.pulse.end = Phase.WAITING, due, pulse_end
        self.owes_off = self._off_unseen = False

    def end_pulse(self, due: float) -> None:
        """Expect Off, which was sent because a pulse is over, until a loop time."""
        self.told = self.idle_level
        self._was_on = self.phase in {Phase.PULSING, Phase.STRAYED}
        self.phase, self.due, self.view.pulse.end = Phase.ENDING, due, None

    def resend(self, due: float) -> None:
        """Expect the told level, which was sent again without a command, until a loop time."""
        owed, self.owes_off = self.owes_off, False
        if self.phase in {Phase.INPUT, Phase.ENDING, Phase.MISSED} and not owed:
            return
        self.phase, self.due = Phase.WAITING, due
        if owed:
            self.view.output.publish_reading(self.seen(), State.BUSY)

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
        if self.view.pulse.end is not None or self.phase is Phase.ENDING:
            self.told, self.view.pulse.end, self.due = self.idle_level, None, None
            self.view.pulse.property.publish_reading(state=State.IDLE)
        self.view.pulse.close(State.IDLE)

    # What is seen

    def invert(self, *, active_low: bool) -> None:
        """Show clients the inverse from now on, or no longer; the pad stays as it is."""
        self.view.active_low = active_low
        if not self.is_output:
            if self.told is not None:
                self.told = not self.told  # it is to be On or Off again as before, when it becomes an output
            if self.pad is not None:
                self.view.input.publish_reading(self.seen(), self.view.input.state)
            return
        if self.owes_off:
            self.told = self.idle_level
        if any(self.view.output.values.values()):
            self.view.correct(self.seen())

    def seen(self) -> Mapping[str, bool]:
        """Return the level as clients are to see it; both Off where it is not known."""
        return self.view.values(self.told if self.phase in _SHOWN_AS_TOLD else self.pad)

    def see(self, level: bool, now: float, debounce: float) -> None:  # noqa: FBT001 - the level itself
        """Take over the level of the pad from an update; an input's must have lasted for `debounce` seconds."""
        self.pad = level
        if self.phase is Phase.INPUT:
            if self._debounce.passes(level, now, debounce):
                self.view.input.publish_reading(self.seen())
        elif level == self.told:
            self._see_as_told()
        elif self.phase is Phase.ENDING:
            self._was_on = True
        elif self.phase in {Phase.SETTLED, Phase.PULSING}:
            self._stray()

    def forget(self, *, shown: bool) -> None:
        """Forget the level of the pad, which was that of an earlier visit; if `shown`, clients see none."""
        self.pad = None
        if shown:
            self.view.forget_level()

    def is_pulse_over(self, now: float) -> bool:
        """Tell whether Off is to be sent now, because the pulse has lasted long enough."""
        return self.view.pulse.end is not None and self.view.pulse.end <= now

    def judge(self, now: float) -> None:
        """Fail if the told level was not seen in time; but if this is late itself, read first what came."""
        if self.due is None or self.due > now:
            return
        if now > self.due + _LATE:
            self.extend(now + _LATE)
        else:
            self.expire()

    def expire(self) -> None:
        """Fail: the told level was not seen in time."""
        text = self.view.trouble(bool(self.told), self.pad, "its level was not seen in time")
        missed = self.phase is Phase.ENDING and not self._was_on
        self.phase, self.due = Phase.MISSED if missed else Phase.FAILED, None
        self.view.pulse.close(State.ALERT)
        self.view.output.reply(self.seen(), State.ALERT, text)

    def abandon(self, *, lost: bool) -> None:
        """Expect nothing more: the visit is over.

        Args:
            lost: Whether the link was lost. Then a level that was not seen is as if it had not been sent.
        """
        why = "the link was lost" if lost else "the connection was closed"
        pulsed = self.view.pulse.end is not None or self.phase is Phase.ENDING
        unanswered = self.phase is Phase.WAITING and self.view.output.state is State.BUSY
        why = f"{why} during its pulse; it is to be Off" if pulsed else why
        text = self.view.trouble(bool(self.told), self.pad, why)
        if pulsed:
            self.told = self.idle_level
        elif lost and self.phase in {Phase.WAITING, Phase.FAILED}:
            self.told = self._level_before()
        self.view.pulse.close(State.ALERT)
        self.phase, self.due, self.view.pulse.end = Phase.SETTLED, None, None
        if pulsed or unanswered:
            self.view.output.reply(self.seen(), State.ALERT, text)
        elif self.view.output.state is State.ALERT:
            self.view.correct(self.seen())  # no longer what a failed output was told

    def _level_before(self) -> bool:
        """Return what the pin is to be in place of a level that was not seen: Off, or On if that was before."""
        if self.told == self.idle_level or self._proven is None:
            return self.idle_level
        return self._proven

    def _see_as_told(self) -> None:
        if self.phase is Phase.MISSED:
            return
        if self.phase is Phase.ENDING and not self._was_on:
            self._miss()
            return
        news = self.phase not in {Phase.SETTLED, Phase.PULSING}
        self._off_unseen = False
        self.phase = Phase.SETTLED if self.view.pulse.end is None else Phase.PULSING
        self.due = None
        if news and self.view.output.state in {State.BUSY, State.ALERT}:
            self.view.output.reply(self.seen(), State.OK)
        else:
            self.view.output.publish_reading(self.seen())
        if self.phase is Phase.PULSING:
            self.view.pulse.show()
        else:
            self._proven = self.told
            self.view.pulse.close(State.OK)

    def _stray(self) -> None:
        if self._off_unseen:
            self._off_unseen, self.owes_off = False, True
            return
        self.phase = Phase.STRAYED
        self.view.output.reply(self.seen(), State.ALERT, self.view.stray(bool(self.told)), "WARNING")

    def _miss(self) -> None:
        """Alert: the pulse is over, and no update ever showed On."""
        self.phase, self.due = Phase.MISSED, None
        self.view.pulse.close(State.ALERT)
        if self.view.output.state is State.ALERT:
            self.view.correct(self.seen())
            return
        self.view.output.reply(self.seen(), State.ALERT, self.view.missed_pulse())

    # Writes

    def keep_off(self, values: Mapping[str, bool]) -> str:
        """Keep an Off that is refused, as it cannot be sent now: it is sent as soon as possible.

        Return what becomes of the write; nothing where it is not Off.
        """
        if not values["OFF"]:
            return ""
        self.told = self.idle_level
        self.due = self.view.pulse.end = None
        self.owes_off = True
        return "; Off is sent as soon as that is possible"

    def _write_output(self, on: bool) -> State:  # noqa: FBT001 - what was written
        try:
            self._command(self, on)
        except LinkError as error:
            raise LinkError(f"{error}{self.keep_off({'OFF': not on})}") from error
        return State.BUSY

    def _write_pulse(self, _: Mapping[str, float]) -> State:
        return State.BUSY if self.view.pulse.told and self.phase is not Phase.FAILED else State.OK
