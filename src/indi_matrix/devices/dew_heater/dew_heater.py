"""DEW_HEATER: steers the duty of an output by the weather of ACTIVE_WEATHER."""

import logging
from collections.abc import Mapping
from typing import Final, Protocol

from indi_matrix.devices.dew_heater.heating import Heating, spread_in
from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.snooped import WEATHER_OR_OWN, Snooped
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, NumberMember, Perm, State
from indi_matrix.indi.properties.kinds import NumberProperty
from indi_matrix.repeats import Repeats

log = logging.getLogger(__name__)

_GROUP: Final = "Dew heater"
_WEATHER: Final = "WEATHER_PARAMETERS"
_NO_PIN: Final = -1


class Outlet(Protocol):
    """Gpio, as the dew heater sees it."""

    def why_not_heated(self, number: int) -> str:
        """Return why a pin cannot have a duty; empty if it can."""

    def heat(self, number: int, percent: float) -> None:
        """Give a pin a duty.

        Raises:
            LinkError: It cannot be sent now. An Off is sent as soon as that is possible.
        """


class DewHeater:
    """Heats the more, the nearer the temperature is to the dew point.

    It steers from when DEW_HEATER was written or loaded until the connection ends, or somebody else takes its
    output over, by whatever write: PIN is -1 then. In an outage the output is Off; after that it steers again.
    Until then it listens to no weather.

    Args:
        host: The board.
        outlet: Drives the output.
    """

    def __init__(self, host: Host, outlet: Outlet) -> None:
        self._host = host
        self._outlet = outlet
        self._heating: Heating | None = None  # what it steers by; None while it does not
        self._listens = False
        self._paused = False  # whether there is an outage
        self._spread: float | None = None
        self._sent: float | None = None  # per cent; None: nothing yet
        self._missed = False  # whether there was no good weather the last time
        self._repeats = Repeats(lambda text: host.tell("WARNING", text))
        self._property = NumberProperty(
            "DEW_HEATER", "Dew heater", _GROUP,
            [
                NumberMember("PIN", "Pin (-1: none)", _NO_PIN, _NO_PIN, 15),
                NumberMember("MARGIN", "Margin (C)", 3.0, 0, 20, 0.5, "%.1f"),
                NumberMember("FULL", "Full power at (C)", 0.0, 0, 20, 0.5, "%.1f"),
                NumberMember("FALLBACK", "Without weather (%)", 0.0, 0, 100),
            ],
            on_write=self._write, saved=True,
        )  # fmt: skip
        self._status = NumberProperty(
            "DEW_HEATER_STATUS", "Heating", _GROUP,
            [
                NumberMember("DUTY", "Duty (%)", 0.0, 0, 100),
                NumberMember("SPREAD", "Above dew point (C)", 0.0, -200, 200, 0, "%.1f"),
            ],
            perm=Perm.READ,
        )  # fmt: skip

    def properties(self) -> tuple[AnyProperty, ...]:
        """Return DEW_HEATER and DEW_HEATER_STATUS."""
        return self._property, self._status

    # The ends

    def let_go(self, number: int) -> None:
        """End the steering if it has this pin, which somebody else has taken over."""
        if self._heating is not None and self._heating.pin == number:
            self._end()
            state = self._property.state if self._paused else State.IDLE
            self._property.publish_reading({"PIN": float(_NO_PIN)}, state)
            self._host.tell("INFO", f"DEW_HEATER steers no more: pin {number} was taken over")

    def pause(self) -> None:
        """Steer nothing during an outage."""
        self._paused = True

    def resume(self) -> None:
        """Steer again, if it did before an outage."""
        self._paused, self._sent = False, None
        self._follow()

    def stop(self) -> None:
        """End the steering, because the connection ends; the next one begins without."""
        self._end()
        self._property.publish_reading(state=State.IDLE)

    def _end(self) -> None:
        self._heating = self._sent = None
        self._missed = False
        if not self._paused:
            self._status.publish_reading({"DUTY": 0.0}, State.IDLE)

    # Writes

    def _write(self, values: Mapping[str, float]) -> State:
        heating, before = Heating.of(values), self._heating
        if heating.full >= heating.margin:
            raise WriteError(
                f"DEW_HEATER.FULL={heating.full:g} must be below MARGIN, which would be {heating.margin:g}"
            )
        if heating.pin != _NO_PIN and (why := self._outlet.why_not_heated(heating.pin)):
            raise WriteError(f"DEW_HEATER.PIN={heating.pin}: {why}")
        if before is not None and before.pin != heating.pin:
            self._end()
            self._outlet.heat(before.pin, 0.0)
        if heating.pin == _NO_PIN:
            return State.OK
        self._begin(heating)
        return State.OK

    def _begin(self, heating: Heating) -> None:
        before, self._heating = self._heating, heating
        self._sent = None if before is None else self._sent
        if not self._listens:
            self._listens = True
            self._host.listen(WEATHER_OR_OWN, (_WEATHER,), self._hear)
        try:
            self._steer()
        except LinkError:
            self._heating = before
            raise

    # The weather

    def _hear(self, _: str, weather: Snooped | None) -> None:
        """Take the weather; while that is Busy, the one before holds."""
        if weather is not None and weather.state == "Busy":
            return
        self._spread = spread_in(weather)
        self._follow()

    def _follow(self) -> None:
        """Steer by what is known now; what cannot be sent now is sent with the next weather."""
        try:
            self._steer()
        except LinkError as error:
            log.info("the dew heater: %s", error)

    def _steer(self) -> None:
        heating = self._heating
        if heating is None or self._paused:
            return
        percent = heating.percent(self._spread)
        if percent != self._sent:
            self._outlet.heat(heating.pin, percent)
            self._sent = percent
        spread = {} if self._spread is None else {"SPREAD": round(self._spread, 1)}
        self._status.publish_reading(
            {"DUTY": percent, **spread}, State.ALERT if self._spread is None else State.OK
        )
        self._tell_if_missed(heating)

    def _tell_if_missed(self, heating: Heating) -> None:
        """Tell clients once that good weather is missing; within a minute, repetitions are only counted."""
        if self._spread is None and not self._missed:
            cause = "ACTIVE_WEATHER (this board's name there means its own weather) gives no good dew point"
            text = f"DEW_HEATER: {cause}; heating with FALLBACK={heating.fallback:g} %"
            if self._repeats.is_first(text):
                self._host.tell("WARNING", text)
        self._missed = self._spread is None
