"""POLLING_PERIOD and KEEP_ALIVE: how often a board's drivers publish, and for how long after a ping."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from indi_matrix.errors import LinkError
from indi_matrix.indi.kinds import NumberProperty
from indi_matrix.indi.properties import NumberMember, State


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a driver publishes: seconds between updates, and seconds that it goes on after a ping."""

    delay: float
    timeout: float


_DEFAULT: Final = Timing(delay=1, timeout=5)


class Pace:
    """The timing that clients chose, or that the service turned out to have.

    Args:
        bring: Brings a new timing to the drivers that follow it.

    Attributes:
        timing: The timing.
        chosen: Whether somebody chose it; else it is the default, or the service's.
        period: POLLING_PERIOD.
        keep_alive: KEEP_ALIVE.
    """

    def __init__(self, bring: Callable[[], None]) -> None:
        self.timing = _DEFAULT
        self.chosen = False
        self._bring = bring
        self.period = NumberProperty(
            "POLLING_PERIOD", "Polling", "Options",
            [NumberMember("PERIOD_MS", "Period (ms)", 0.0, 10, 600000)], on_write=self._write_period, saved=True,
            source=lambda: {"PERIOD_MS": float(round(self.timing.delay * 1000))},
        )  # fmt: skip
        self.keep_alive = NumberProperty(
            "KEEP_ALIVE", "Keep-alive", "Options",
            [NumberMember("TIMEOUT", "Timeout (s)", 0.0, 1, 60)], on_write=self._write_keep_alive, saved=True,
            source=lambda: {"TIMEOUT": float(self.timing.timeout)},
        )  # fmt: skip

    def adopt(self, timing: Timing) -> None:
        """Show clients the timing that the service has."""
        self.timing = timing
        self.period.follow()
        self.keep_alive.follow()

    def _write_period(self, values: Mapping[str, float]) -> State:
        return self._choose(replace(self.timing, delay=values["PERIOD_MS"] / 1000))

    def _write_keep_alive(self, values: Mapping[str, float]) -> State:
        return self._choose(replace(self.timing, timeout=values["TIMEOUT"]))

    def _choose(self, timing: Timing) -> State:
        before = self.timing
        self.timing = timing
        try:
            self._bring()
        except LinkError:
            self.timing = before
            raise
        self.chosen = True
        return State.OK
