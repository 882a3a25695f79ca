"""One GPIO pin: what it was told, and what its pad shows."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.devices.gpio.pins.debounce import Debounce
from indi_matrix.devices.gpio.pins.duty_cycle import DutyCycle
from indi_matrix.devices.gpio.pins.phase import Phase
from indi_matrix.devices.gpio.pins.pin_properties import PinProperties
from indi_matrix.devices.gpio.pins.pin_writes import Command, Drive, PinWrites
from indi_matrix.indi.properties.base import AnyProperty, State

# Seconds by which the check of a deadline may be late; if later, data updates that wait are read first.
_LATE: Final = 0.1

# Phases in which clients see the told level, which the output's latch holds; in others they see the pad's.
_SHOWN_AS_TOLD: Final = (Phase.WAITING, Phase.FAILED, Phase.MISSED)


class Pin:
    """A pin, at first an input: a state machine with the states of Phase, whose events are the methods here.

    Levels are those of the pad; the told level is the one last commanded. Off is low, or high if active-low.

    Args:
        number: 0 to 15.
        command: Sends what a client wrote.
        drive: Carries out what a client wrote to the duty.
        is_news: Returns whether to show a warning; a repeated one is only counted.

    Attributes:
        phase: What is known of the pin.
        ours: Whether a client ever made it an output; else it belongs to other programs.
        told: The level that it drives, or will drive as an output; None as long as it never was one.
        pad: The level that was last seen; None while that is not known.
        due: Loop time by which the told level must be seen; None when nothing is expected.
        owes_off: Whether an Off that was refused is still to be sent.
        view: The pin as clients see it.
    """

    def __init__(self, number: int, command: Command, drive: Drive, is_news: Callable[[str], bool]) -> None:
        self.number = number
        self.ours = False
        self.told: bool | None = None
        self.pad: bool | None = None
        self.due: float | None = None
        self.owes_off = False
        self.phase = Phase.INPUT
        self._debounce = Debounce()
        self._proven: bool | None = None  # the last told level that was seen, except in pulses
        self._was_on = False  # whether the pulse that is ENDING was seen
        self._off_unseen = False  # whether Off was sent at the end of a visit, so that nobody saw it
        writes = PinWrites(self, command, drive)
        self.view = PinProperties(number, writes.to_output, writes.to_pulse, writes.to_duty, is_news)
        self.view.output.on_refused = self.keep_off
        self.view.duty.property.on_refused = writes.keep_duty_off

    @property
    def is_output(self) -> bool:
        """Whether it drives its pad."""
        return self.phase is not Phase.INPUT

    def properties(self) -> tuple[AnyProperty, ...]:
        """Return the pin's properties in its present direction."""
        return self.view.of_output if self.is_output else (self.view.input,)

    @property
    def is_temporary(self) -> bool:
        """Whether what it is told ends by itself or with the visit: a pulse, or a duty."""
        return self.view.pulse.end is not None or self.phase is Phase.DRIVEN

    @property
    def idle_level(self) -> bool:
        """The level that clients see as Off."""
        return self.view.active_low

    def first_level(self, *, loading: bool) -> bool:
        """Return the level that the pin has when it becomes an output: what it was told before, else Off.

        Args:
            loading: Whether the config file makes it an output. The file has no levels, so the pin keeps the one
                that its pad has: what it switches may be running.
        """
        if self.told is not None:
            return self.told
        return self.pad if loading and self.pad is not None else self.idle_level

    @property
    def moment(self) -> float | None:
        """Loop time of the next deadline: of a told level, a pulse's end, a duty's edge; None if there is none."""
        moments = (self.due, self.view.pulse.end, self.view.duty.next_edge)
        return min((moment for moment in moments if moment is not None), default=None)

    # What was sent

    def drive(self, level: bool, due: float) -> None:  # noqa: FBT001 - the level itself
        """Become an output. Direction and level were sent; the level must be seen by the loop time `due`."""
        self._begin_direction()
        self.told = level
        self.phase, self.due = Phase.WAITING, due
        self.view.output.publish_reading(self.view.values(None), State.BUSY)

    def release(self) -> None:
        """Become an input; the direction was sent."""
        self._begin_direction()
        self.phase = Phase.INPUT
        self.view.input.publish_reading(state=State.IDLE)

    def _begin_direction(self) -> None:
        """Forget what was seen until now: it was in the old direction."""
        self.ours = True
        self._cancel()
        self.due = None
        self._debounce.restart()
        self.owes_off = self._off_unseen = False

    def tell(self, level: bool, due: float, pulse_end: float | None = None) -> None:  # noqa: FBT001 - as above
        """Record a level sent for a client: it must be seen by loop time `due`; a pulse ends at `pulse_end`."""
        self.told = level
        self.phase, self.due, self.view.pulse.end = Phase.WAITING, due, pulse_end
        self.owes_off = self._off_unseen = False
        self.view.duty.end()

    def follow_duty(self, cycle: DutyCycle, now: float) -> None:
        """Record that the level which a duty cycle, its present one or another, has now was sent."""
        self.told = self.view.duty.follow(cycle, now) != self.view.active_low
        if self.phase is not Phase.DRIVEN:
            self.phase, self.due, self.view.pulse.end = Phase.DRIVEN, None, None
            self.owes_off, self._off_unseen, self._proven = False, False, None
            self.view.pulse.close(State.IDLE)
            self.view.output.publish_reading(self.seen(), State.BUSY)

    def end_duty(self) -> None:
        """Record that Off was sent because the pad does not follow the duty."""
        text = self.view.unfollowed_duty()
        self.told, self.phase = self.idle_level, Phase.STRAYED
        self.view.duty.end(State.ALERT)
        self.view.let_go()
        self.view.output.reply(self.seen(), State.ALERT, text)

    def end_pulse(self, due: float) -> None:
        """Record that Off was sent to end a pulse: it must be seen by the loop time `due`."""
        self.told = self.idle_level
        self._was_on = self.phase in {Phase.PULSING, Phase.STRAYED}
        self.phase, self.due, self.view.pulse.end = Phase.ENDING, due, None

    def resend(self, due: float) -> None:
        """Record that the told level was sent again: it must be seen by the loop time `due`."""
        owed, self.owes_off = self.owes_off, False
        if self.phase in {Phase.INPUT, Phase.ENDING, Phase.MISSED, Phase.DRIVEN} and not owed:
            return
        self.phase, self.due = Phase.WAITING, due
        if owed:
            self.view.output.publish_reading(self.seen(), State.BUSY)

    def doubt(self, due: float) -> None:
        """Record that the board let go of the pad for an instant: its level must be seen by `due` again."""
        if self.phase in {Phase.SETTLED, Phase.PULSING}:
            self.phase, self.due = Phase.WAITING, due

    def extend(self, due: float) -> None:
        """Move the deadline of the told level to a later loop time, as updates come more slowly now."""
        if self.due is not None:
            self.due = max(self.due, due)

    def switch_off(self, *, sent: bool) -> None:
        """Become Off without a write of a client. If Off was not `sent`, it is owed until it can be."""
        self._cancel()
        self.told = self._proven = self.idle_level
        self.owes_off, self._off_unseen = not sent, sent
        self.phase, self.due = Phase.SETTLED, None

    def _cancel(self) -> None:
        """Forget a pulse or a duty that another event has ended; the told level is Off then."""
        if self.view.pulse.end is not None or self.phase is Phase.ENDING:
            self.told, self.view.pulse.end, self.due = self.idle_level, None, None
            self.view.pulse.property.publish_reading(state=State.IDLE)
        self.view.pulse.close(State.IDLE)
        if self.view.duty.percent:
            self.told = self.idle_level
            self.view.duty.end()

    # What is seen

    def invert(self, *, active_low: bool) -> None:
        """Set whether clients see the inverse of the pad, whose level stays."""
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

    def rests_at(self, level: bool) -> bool:  # noqa: FBT001 - the level itself
        """Return whether it is an input for which it changes nothing, at any time, to see this level again."""
        return level == self.pad and self.phase is Phase.INPUT and self._debounce.rests_at(level)

    def see(self, level: bool, now: float, debounce: float) -> None:  # noqa: FBT001 - the level itself
        """Take over the level of the pad from an update; an input's must have lasted for `debounce` seconds."""
        self.pad = level
        if self.phase is Phase.INPUT:
            if self._debounce.passes(level, now, debounce):
                self.view.input.publish_reading(self.seen())
        elif self.phase is Phase.DRIVEN:
            told = bool(self.told)
            self.view.duty.contradictions.see(told, level, now)
            self.view.output.publish_reading(self.seen(), State.OK if level == told else self.view.output.state)
        elif level == self.told:
            self._see_as_told()
        elif self.phase is Phase.ENDING:
            self._was_on = True
        elif self.phase in {Phase.SETTLED, Phase.PULSING}:
            self._stray()

    def forget(self, *, shown: bool) -> None:
        """Forget the pad's level, which is of an earlier visit; if `shown`, show clients that none is known."""
        self.pad = None
        if shown:
            self.view.forget_level()

    def is_pulse_over(self, now: float) -> bool:
        """Return whether a pulse has lasted long enough, so that Off must be sent now."""
        return self.view.pulse.end is not None and self.view.pulse.end <= now

    def judge(self, now: float) -> None:
        """Fail if the told level was not seen in time; if this check is late, let updates be read first."""
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
            lost: Whether the link was lost. A told level that was not seen then goes back to the one before.
        """
        why = "the link was lost" if lost else "the connection was closed"
        cut = self.phase is Phase.ENDING or self.is_temporary
        unanswered = self.phase is Phase.WAITING and self.view.output.state is State.BUSY
        during = "duty" if self.phase is Phase.DRIVEN else "pulse"
        why = f"{why} during its {during}; it is to be Off" if cut else why
        text = self.view.trouble(bool(self.told), self.pad, why)
        if cut:
            self.told, self.owes_off = self.idle_level, lost
        elif lost and self.phase in {Phase.WAITING, Phase.FAILED}:
            self.told = self._level_before()
        self.view.pulse.close(State.ALERT)
        self.view.duty.end()
        self.phase, self.due, self.view.pulse.end = Phase.SETTLED, None, None
        if cut or unanswered:
            self.view.output.reply(self.seen(), State.ALERT, text)
        elif self.view.output.state is State.ALERT:
            self.view.correct(self.seen())  # a FAILED output showed its told level; now it shows its pad's

    def _level_before(self) -> bool:
        """Return the level to go back to from an unseen told one: the last seen one; Off if Off was told."""
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
        """Keep an Off that is refused because it cannot be sent now, and send it as soon as possible.

        Return a text about that for the refusal; an empty one if the write is not Off.
        """
        if not values["OFF"]:
            return ""
        self.view.duty.end()
        self.view.let_go()
        self.told = self.idle_level
        self.due = self.view.pulse.end = None
        self.owes_off = True
        self.phase = Phase.SETTLED if self.phase is Phase.DRIVEN else self.phase
        return "; Off is sent as soon as that is possible"
