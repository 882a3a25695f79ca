"""TEMPERATURE_CALIBRATION: the temperature that the user read elsewhere, and for how long it is to be believed.

MALOS calibrates the thermometer once, at a config: from then on it subtracts a part of what the processor is
warmer than the sensor. Any program's config, of whatever content, calibrates anew for all. So the calibrated
temperature is shown only while it is known to follow from the user's own reference; else the raw one is.
"""

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum, auto
from math import isfinite, nan
from typing import TYPE_CHECKING, Final

from indi_matrix.devices.matrix_device import Host
from indi_matrix.devices.sensor import Measurement
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

if TYPE_CHECKING:
    from indi_matrix.malos.places import Place

TEMPERATURE: Final = "TEMPERATURE"
TEMPERATURE_RAW: Final = "TEMPERATURE_RAW"
CALIBRATED: Final = "CALIBRATED"

_LOWEST, _HIGHEST = -40, 85  # degrees C
_FIRST: Final = 20.0
_NEAR: Final = 1.0
"""Degrees by which the calibrated temperature may differ from a reference that was just sent."""
_JUMP: Final = 2.0
"""Degrees by which the correction may change between two updates: it follows the processor's temperature."""
_UPDATES: Final = 3
_SECONDS: Final = 2.0
# A reference that so many updates and seconds do not show was not taken.


class Phase(Enum):
    """What is known of the user's reference.

    | phase    | property    | temperature shown                                           |
    |----------|-------------|-------------------------------------------------------------|
    | NONE     | Idle, Alert | The raw one.                                                |
    | SENT     | Busy        | None: updates are about to tell whether MALOS took it.      |
    | IN_FORCE | Ok          | The calibrated one.                                         |
    """

    NONE = auto()
    SENT = auto()
    IN_FORCE = auto()


class _Sent:
    """A reference that was sent, the loop time of that, and the number of updates since."""

    def __init__(self, celsius: float, since: float) -> None:
        self.celsius = celsius
        self.since = since
        self.updates = 0


class Calibration:
    """The user's reference: sent when the user writes it, and again after the service has forgotten it.

    What is sent again is not the old reference, as the air has changed since, but the temperature that its
    correction gives now. A reference from the config file is shown but not sent: it was true when it was written.

    Args:
        host: The board.
        send: Sends a reference to MALOS.

    Attributes:
        property: TEMPERATURE_CALIBRATION.
        phase: What is known of the reference.
    """

    def __init__(self, host: Host, send: Callable[[float], None]) -> None:
        self._host = host
        self._send = send
        self.phase = Phase.NONE
        self._reference = _FIRST
        self._sent = _Sent(_FIRST, 0.0)
        self._place: Place | None = None  # of the board that the reference is for
        self._correction = 0.0  # degrees by which the raw temperature was too high at the last update
        member = NumberMember("REFERENCE", "Reference (C)", _FIRST, _LOWEST, _HIGHEST, 1, "%.2f")
        self.property = NumberProperty(
            "TEMPERATURE_CALIBRATION", "Calibration", "Parameters", [member],
            on_write=self._write, source=lambda: {"REFERENCE": self._reference}, saved=True,
        )  # fmt: skip
        self.property.tells_of_writes = False

    def meet(self, place: "Place") -> None:
        """Take note of where the board is, as clients connect: a reference holds for one board only."""
        if place != self._place:
            self._place, self.phase = place, Phase.NONE
            self.property.publish_reading(state=State.IDLE)

    def choose(self, measurement: Measurement) -> Measurement:
        """Return a measurement of the humidity sensor with the temperature that is to be believed, if any is."""
        values, faults = dict(measurement.values), dict(measurement.faults)
        celsius, is_calibrated = values.pop(TEMPERATURE, None), values.pop(CALIBRATED, 0.0)
        calibrated = (nan if celsius is None else celsius) if is_calibrated else None
        faults.pop(TEMPERATURE, None)
        raw = values.get(TEMPERATURE_RAW)
        if raw is None:
            faults[TEMPERATURE] = faults[TEMPERATURE_RAW]
        elif (shown := self._follow(raw, calibrated)) is not None:
            values[TEMPERATURE] = shown
        return Measurement(values, faults)

    def _write(self, values: Mapping[str, float]) -> State:
        if self._host.loading:
            if self.phase is Phase.NONE:
                self._reference = values["REFERENCE"]
            return self.property.state
        self._begin(values["REFERENCE"])
        self._reference = values["REFERENCE"]
        return State.BUSY

    def _begin(self, celsius: float) -> None:
        """Send a reference, and expect updates to show it."""
        self._send(celsius)
        self.phase = Phase.SENT
        self._sent = _Sent(celsius, asyncio.get_running_loop().time())

    def _follow(self, raw: float, calibrated: float | None) -> float | None:
        """Return the temperature to be believed, by those of an update; None while that is open.

        Args:
            raw: The raw temperature.
            calibrated: The calibrated one; None if MALOS is not calibrated, NaN if that is no temperature.
        """
        if self.phase is Phase.SENT:
            self._look_for_reference(raw, calibrated)
        elif self.phase is Phase.IN_FORCE:
            self._keep_in_force(raw, calibrated)
        return {Phase.NONE: raw, Phase.SENT: None, Phase.IN_FORCE: calibrated}[self.phase]

    def _look_for_reference(self, raw: float, calibrated: float | None) -> None:
        """Take a reference as in force once an update shows it."""
        sent = self._sent
        sent.updates += 1
        if calibrated is not None and abs(calibrated - sent.celsius) <= _NEAR:
            self.phase = Phase.IN_FORCE
            self._correction = raw - calibrated
            self.property.publish_reading(state=State.OK)
        elif sent.updates >= _UPDATES and asyncio.get_running_loop().time() - sent.since >= _SECONDS:
            shown = "nothing" if calibrated is None else _in_words(calibrated)
            self._give_up(f"{sent.celsius:.1f} C was sent, and MALOS makes {shown} of it")

    def _keep_in_force(self, raw: float, calibrated: float | None) -> None:
        """Check that the correction is still ours; send it again to a service that was restarted."""
        if calibrated is None:
            self._restore(raw)
        elif not abs(raw - calibrated - self._correction) <= _JUMP:  # also if it is no number
            self._give_up("another program has calibrated the sensor")
        else:
            self._correction = raw - calibrated
            self.property.publish_reading(state=State.OK)

    def _restore(self, raw: float) -> None:
        """Calibrate a restarted service by the correction that was in force."""
        celsius = raw - self._correction
        try:
            self._begin(celsius)
        except LinkError:
            return  # the next update is another chance
        self.property.publish_reading(state=State.BUSY)
        self._host.tell("INFO", f"{self.property.name}: MALOS was restarted; sent it {celsius:.1f} C again")

    def _give_up(self, cause: str) -> None:
        self.phase = Phase.NONE
        text = f"{self.property.name}: {cause}; the raw temperature is shown until REFERENCE is written again"
        self.property.publish_reading(state=State.ALERT, text=text, level="WARNING")


def _in_words(celsius: float) -> str:
    return f"{celsius:.1f} C" if isfinite(celsius) else "what is no temperature"
