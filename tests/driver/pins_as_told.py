"""What the registers of a board must be, by what clients are told."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from indi_matrix.simulator import MalosService
from tests.driver.client import IndiClient


@dataclass
class PinsAsTold:
    """A board, and what clients know of its pins.

    Attributes:
        pulsed: Pins that show servo pulses whenever they are outputs.
        turned: Pins that were sent an angle in this connection, and are still servos.
        low: Pins that are active low.
        steady: What outputs must be, as far as that follows from a write alone: On is True.
    """

    indi: IndiClient
    service: MalosService
    pulsed: set[int] = field(default_factory=set)
    turned: set[int] = field(default_factory=set)
    low: set[int] = field(default_factory=set)
    steady: dict[int, bool] = field(default_factory=dict)

    # What clients know

    def _on(self, name: str) -> set[int]:
        known = self.indi.known
        return {int(pin.removeprefix("PIN_")) for pin in known[name].on} if name in known else set()

    @property
    def outputs(self) -> set[int]:
        return self._on("GPIO_DIRECTION")

    @property
    def servos(self) -> set[int]:
        return self._on("SERVO_PINS")

    @property
    def heated(self) -> int:
        """The pin of the dew heater, if that steers."""
        known = self.indi.known["DEW_HEATER"]
        return -1 if known.state == "Idle" else int(known.values["PIN"])

    def number(self, name: str, member: str) -> float:
        return float(self.indi.known[name].values[member])

    def angles(self, pins: Iterable[int]) -> dict[int, int]:
        known = self.indi.known
        return {
            pin: round(self.number(f"SERVO_ANGLE_{pin}", "ANGLE")) for pin in pins if f"SERVO_ANGLE_{pin}" in known
        }

    def duties(self) -> set[int]:
        """Return the outputs that have a duty."""
        return {pin for pin in self.outputs if self.number(f"DUTY_{pin}", "DUTY")}

    # What must hold

    def differences(self) -> list[str]:
        """Return where the board is not what clients are told."""
        busy = [name for name, prop in self.indi.known.items() if prop.state == "Busy"]
        if busy:
            return [f"Busy are {busy}"]
        found = [(f"outputs that are servos: {self.outputs & self.servos}", not self.outputs & self.servos)]
        for pin in range(16):
            found += [*self._defined(pin), *self._registers(pin)]
        found += [*self._cap(), *self._heater()]
        return [text for text, good in found if not good]

    def _defined(self, pin: int) -> list[tuple[str, bool]]:
        known, servo, output = self.indi.known, pin in self.servos, pin in self.outputs
        there = {
            f"SERVO_ANGLE_{pin}": servo,
            f"SERVO_LIMITS_{pin}": servo,
            f"DIGITAL_OUTPUT_{pin + 1}": output,
            f"DUTY_{pin}": output,
            f"ON_LINK_LOSS_{pin}": output,
            f"DIGITAL_INPUT_{pin + 1}": not servo and not output,
        }
        return [(f"{name} is there: {name in known}", (name in known) == right) for name, right in there.items()]

    def _registers(self, pin: int) -> list[tuple[str, bool]]:
        """Return the direction, latch, function and angle of a pin, each with whether it is right."""
        board, output = self.service.board, pin in self.outputs
        direction = (f"pin {pin} drives {board.is_output(pin)}", board.is_output(pin) == output)
        pulses = (f"pin {pin} has pulses", (board.servo_angle(pin) is not None) == (pin in self.pulsed))
        if pin in self.servos:
            return [pulses, *self._servo(pin)]
        if pin in self.pulsed & self.outputs:
            return [pulses, direction]  # pulses drive its pad until the board was without power
        prop = self.indi.known.get(f"DIGITAL_{'OUTPUT' if output else 'INPUT'}_{pin + 1}")
        level = board.latch(pin) if output else board.level(pin)
        on = level != (pin in self.low)
        shown = (f"pin {pin} is {level}, shown as {prop}", prop is not None and prop.on == ["ON" if on else "OFF"])
        kept = not output or self.steady.get(pin, on) == on
        return [pulses, direction, shown, (f"pin {pin} is {on}, not as written", kept)]

    def _servo(self, pin: int) -> list[tuple[str, bool]]:
        if pin not in self.turned:
            return []
        told, angle = self.angles([pin]).get(pin), self.service.board.servo_angle(pin)
        drives = self.service.board.is_output(pin)
        return [(f"servo {pin} at {angle}, not {told}; drives {drives}", angle == told and drives)]

    def _cap(self) -> list[tuple[str, bool]]:
        """Return where the flap is shown, with whether its servo is there."""
        prop = self.indi.known.get("CAP_PARK")
        if prop is None or not prop.on:
            return []
        pin, end = int(self.number("DUST_CAP", "PIN")), {"PARK": "PARKED", "UNPARK": "UNPARKED"}[prop.on[0]]
        angle, right = self.service.board.servo_angle(pin), round(self.number("DUST_CAP", end))
        return [(f"the cap is {end} at {angle}, not {right}", pin not in self.turned or angle == right)]

    def _heater(self) -> list[tuple[str, bool]]:
        known, pin = self.indi.known, self.heated
        if pin < 0 or known["DEW_HEATER"].state != "Ok":
            return []
        duty, shown = known.get(f"DUTY_{pin}"), known["DEW_HEATER_STATUS"].values["DUTY"]
        return [(f"heating {shown}, by {duty}", duty is not None and duty.values["DUTY"] == shown)]
