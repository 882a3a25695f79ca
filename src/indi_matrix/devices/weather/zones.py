"""The zones of a weather parameter, as libindi has them. Pure."""

from typing import Final, NamedTuple

from indi_matrix.indi.properties.base import State

_BADNESS: Final = (State.IDLE, State.OK, State.BUSY, State.ALERT)


class Zones(NamedTuple):
    """A range of values, with a warning zone along its edges.

    Attributes:
        minimum, maximum: The range, limits included.
        percent: Width of the warning zone at each edge, in percent of the range. An edge at 0 has none, as 0
            is the best value of rain or wind.
        flipped: Whether values within the range are the bad ones.
    """

    minimum: float
    maximum: float
    percent: float = 0.0
    flipped: bool = False

    def state(self, value: float) -> State:
        """Return Ok, Busy (a warning) or Alert for a value."""
        if not self.minimum <= value <= self.maximum:
            return State.OK if self.flipped else State.ALERT
        if self._is_near_an_edge(value):
            return State.BUSY
        return State.ALERT if self.flipped else State.OK

    def _is_near_an_edge(self, value: float) -> bool:
        width = (self.maximum - self.minimum) * self.percent / 100
        near_minimum = self.minimum != 0 and value < self.minimum + width
        return near_minimum or (self.maximum != 0 and value > self.maximum - width)


def worst(*states: State) -> State:
    """Return the worst of some states; Idle if there are none."""
    return max(states, key=_BADNESS.index, default=State.IDLE)
