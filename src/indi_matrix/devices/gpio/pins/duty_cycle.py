"""DUTY_n: an output that is On for a share of each period, as heaters are driven."""

from collections.abc import Callable, Mapping
from math import floor
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

FULL: Final = 100.0  # per cent
_PERIOD: Final = 10.0  # s
_LONGEST: Final = 60.0  # s

# Seconds after an edge in which a data update may still show the level before it.
_IN_TRANSIT: Final = 0.3
# As many updates in a row, over so many seconds at least, are no chance.
_PROOFS: Final = 3
_PROOF_TIME: Final = 2.0


class DutyCycle(NamedTuple):
    """When an output is On, as a pure function of the time; so nothing adds up, whenever it is asked.

    Attributes:
        percent: For how much of each period the output is On, 0 to 100.
        period: Seconds of a period.
        begin: Time at which a period began.
    """

    percent: float
    period: float
    begin: float

    def at(self, now: float) -> tuple[bool, float | None]:
        """Return whether the output is On at a time, and when that changes; None if it never does."""
        if not 0 < self.percent < FULL:
            return self.percent > 0, None
        number = floor((now - self.begin) / self.period)
        if self._start(number + 1) <= now:  # as the division was rounded
            number += 1
        off = self._start(number + self.percent / FULL)
        return (True, off) if now < off else (False, self._start(number + 1))

    def changed(self, percent: float, period: float, now: float) -> "DutyCycle":
        """Return the cycle with another duty or period from a time on.

        The period under way goes on, as far as it has come; a duty of 0 or 100 has none, so that a new one begins.
        """
        if not 0 < self.percent < FULL:
            return DutyCycle(percent, period, now)
        if period == self.period:
            return self._replace(percent=percent)
        return DutyCycle(percent, period, now - (now - self.begin) / self.period % 1 * period)

    def _start(self, number: float) -> float:
        return self.begin + number * self.period


class Contradictions:
    """Data updates that do not show the level which a duty has the output drive.

    A single one proves nothing: updates may be late, and with each edge the level is sent anew. So three in a row
    of one level are needed, over 2 s at least; those within 0.3 s of an edge do not count. An output that is On,
    or Off, for less than that is not judged by it.

    Attributes:
        proven: Whether the output is proven not to follow.
    """

    def __init__(self) -> None:
        self.proven = False
        self._edge = 0.0
        self._found: dict[bool, tuple[int, float]] = {}  # number and time of the first, by the level sent

    def forget(self) -> None:
        """Forget all: the duty is over."""
        self._found.clear()
        self.proven = False

    def edge(self, now: float) -> None:
        """Record that another level was sent."""
        self._edge = now

    def see(self, sent: bool, seen: bool, now: float) -> None:  # noqa: FBT001 - levels
        """Take the level that an update shows."""
        if now - self._edge < _IN_TRANSIT:
            return
        if seen == sent:
            self._found.pop(sent, None)
            return
        number, since = self._found.get(sent, (0, now))
        self._found[sent] = number + 1, since
        self.proven = number + 1 >= _PROOFS and now - since >= _PROOF_TIME


class Duty:
    """The duty of an output. Its PERIOD is saved, DUTY never is: a config file switches nothing on.

    Args:
        number: Number of the pin, 0 to 15.
        on_write: Carries out a write; returns the state to answer with.

    Attributes:
        property: DUTY_n.
        cycle: The duty and its period; DUTY is 0 while there is none.
        next_edge: Loop time at which the level changes; None if it does not.
        contradictions: The data updates that do not show what was sent.
    """

    def __init__(self, number: int, on_write: Callable[[Mapping[str, float]], State]) -> None:
        self.cycle = DutyCycle(0.0, _PERIOD, 0.0)
        self.next_edge: float | None = None
        self._on = False
        self.contradictions = Contradictions()
        self.property = _DutyProperty(
            f"DUTY_{number}", f"GPIO {number}", "Duty",
            [
                NumberMember("DUTY", "Duty (%)", 0.0, 0, FULL),
                NumberMember("PERIOD", "Period (s)", _PERIOD, 1, _LONGEST),
            ],
            on_write=on_write, saved=True,
            source=lambda: {"DUTY": self.cycle.percent, "PERIOD": self.cycle.period},
        )  # fmt: skip

    @property
    def percent(self) -> float:
        """For how much of each period the output is On; 0 while there is no duty."""
        return self.cycle.percent

    def is_off(self, percent: float, period: float) -> bool:
        """Return whether a write is an Off. One of 0 that finds no duty may only set the period."""
        return not percent and bool(self.percent or period == self.cycle.period)

    def ends_with(self, percent: float, period: float) -> bool:
        """End the duty, without a word, if a write is an Off; return whether it is one."""
        is_off = self.is_off(percent, period)
        if is_off:
            self.drop(self.cycle.period)
        return is_off

    def follow(self, cycle: DutyCycle, now: float) -> bool:
        """Take over a cycle, or go on with it; return whether the output is On now."""
        on, self.next_edge = cycle.at(now)
        if on != self._on or not self.percent:
            self.contradictions.edge(now)
        self._on, self.cycle = on, cycle
        return on

    def is_edge_due(self, now: float) -> bool:
        """Return whether the level changes now, or should have changed."""
        return self.next_edge is not None and self.next_edge <= now

    def drop(self, period: float) -> None:
        """Have no duty, without a word, and a period for the next one."""
        self.cycle, self.next_edge = DutyCycle(0.0, period, 0.0), None
        self.contradictions.forget()

    def end(self, state: State = State.IDLE) -> None:
        """Show that another event has ended the duty, if there was one."""
        if self.percent:
            self.drop(self.cycle.period)
            self.property.publish_reading(state=state)


class _DutyProperty(NumberProperty):
    def as_saved(self) -> Element:
        """Return the newNumberVector of a config file; levels are never saved."""
        element = super().as_saved()
        element[:] = [one for one in element if one.get("name") != "DUTY"]
        return element
