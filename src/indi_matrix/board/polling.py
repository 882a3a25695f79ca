"""POLLING_PERIOD and KEEP_ALIVE: how often a board's drivers publish, and for how long after a ping."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty
from indi_matrix.malos.timing import Timing

_DEFAULT: Final = Timing(delay=1, timeout=5)
_SHORTEST_DELAY, _LONGEST_DELAY = 0.01, 600  # s
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 1, 60  # s


class Polling:
    """The timing that a client chose; else the timing that the service has.

    Args:
        bring: Sends a new timing to the drivers that follow it.

    Attributes:
        timing: The timing that holds.
        choice: The timing that a client chose, sent to any service that has another one; None if none did.
        period: POLLING_PERIOD.
        keep_alive: KEEP_ALIVE.
    """

    def __init__(self, bring: Callable[[], None]) -> None:
        self.timing = _DEFAULT
        self.choice: Timing | None = None
        self._bring = bring
        self.period = NumberProperty(
            "POLLING_PERIOD", "Polling", "Options",
            [NumberMember("PERIOD_MS", "Period (ms)", 0.0, _SHORTEST_DELAY * 1000, _LONGEST_DELAY * 1000, 1000)],
            on_write=self._write_period, saved=True, timeout=0,
            source=lambda: {"PERIOD_MS": float(round(self.timing.delay * 1000))},
        )  # fmt: skip
        self.keep_alive = NumberProperty(
            "KEEP_ALIVE", "Keep-alive", "Options",
            [NumberMember("TIMEOUT", "Timeout (s)", 0.0, _SHORTEST_TIMEOUT, _LONGEST_TIMEOUT)],
            on_write=self._write_keep_alive, saved=True,
            source=lambda: {"TIMEOUT": float(self.timing.timeout)},
        )  # fmt: skip

    def adopt(self, timing: Timing) -> None:
        """Show clients the timing that holds, cut to the limits of the two properties."""
        self.timing = Timing(
            min(max(timing.delay, _SHORTEST_DELAY), _LONGEST_DELAY),
            min(max(timing.timeout, _SHORTEST_TIMEOUT), _LONGEST_TIMEOUT),
        )
        self.period.publish_reading()
        self.keep_alive.publish_reading()

    def _write_period(self, values: Mapping[str, float]) -> State:
        return self._choose(self.timing._replace(delay=values["PERIOD_MS"] / 1000))

    def _write_keep_alive(self, values: Mapping[str, float]) -> State:
        return self._choose(self.timing._replace(timeout=values["TIMEOUT"]))

    def _choose(self, timing: Timing) -> State:
        before = self.timing
        self.timing = timing
        try:
            self._bring()
        except LinkError:
            self.timing = before
            raise
        self.choice = timing
        return State.OK
