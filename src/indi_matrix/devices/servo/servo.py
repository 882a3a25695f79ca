"""Servo: servos on pins.

Its MALOS driver takes an angle for one pin per config, and publishes nothing.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.devices.servo.dust_cap import DustCap
from indi_matrix.devices.servo.restoring import Restoring
from indi_matrix.devices.servo.servo_messages import PINS, servo_config
from indi_matrix.devices.servo.servo_pin import GROUP, ServoPin
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, Rule, State
from indi_matrix.indi.properties.kinds import SwitchProperty

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_DUSTCAP: Final = 1 << 9  # in DRIVER_INTERFACE
_NO_UPDATE: Final = "1, Could not send update"


class Servo(MatrixDevice):
    """The servos: which pins have one, their angles, and the dust cap that one of them may move.

    Nothing is sent but what a client wrote. A servo holds its angle when clients disconnect, and nobody can ask a
    servo where it is: an angle is in force from its config on until clients disconnect.
    """

    driver = "Servo"
    publishes = False
    interface = 0

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._roles = host.pin_roles
        self._pins: dict[int, ServoPin] = {}  # those that ever were servos
        self._restoring = Restoring(self._restore)
        self._servos = SwitchProperty(
            "SERVO_PINS", "Servos", GROUP, [Member(f"PIN_{number}", str(number), value=False) for number in PINS],
            rule=Rule.ANY_OF_MANY, saved=True, on_write=self._write_servos,
            source=lambda: {f"PIN_{number}": number in self._roles.servos for number in PINS},
        )  # fmt: skip
        self._cap = DustCap(self, self.servo_on, self.turn, self._announce_cap)

    # The visit

    async def begin(self, link: "Link") -> None:
        """Take the link; nothing is sent."""
        await super().begin(link)
        if not self.host.lost:
            self._cap.rest()

    def properties(self) -> Iterable[AnyProperty]:
        """Return the properties of all servos together, those of each servo, and those of the dust cap."""
        yield self._servos
        for number in sorted(self._roles.servos):
            yield from self._pins[number].properties()
        yield from self._cap.properties()

    async def run(self) -> None:
        """Move the dust cap whenever it is to travel."""
        await self._cap.run()

    def resend(self) -> None:
        """Send again each angle in force; then Gpio's directions."""
        driven = sorted(self._roles.driven)
        for number in driven:
            told = self._pins[number].told
            if told is not None:
                self.link.send(servo_config(number, told))
        if driven:
            self._restoring.begin(driven[-1])

    def leave(self, ending: Ending) -> None:
        """Stop the dust cap where it is. The servos hold their angles, which are forgotten unless LOST."""
        lost = ending is Ending.LOST
        self._cap.strand("the link was lost" if lost else "the connection was closed")
        if lost:
            self._restoring.cancel()
        else:
            self._restoring.finish()
            self._roles.forget_angles()
            for pin in self._pins.values():
                pin.angle.publish_reading(state=State.IDLE)

    def report_driver_error(self, text: str) -> None:
        """Show clients an error text; not the one that answers a ping, as only other programs ping Servo."""
        if not text.startswith(_NO_UPDATE):
            super().report_driver_error(text)

    # Servos

    def servo_on(self, pin: int) -> ServoPin | None:
        """Return the servo on a pin; None if the pin has none."""
        return self._pins[pin] if pin in self._roles.servos else None

    def turn(self, pin: ServoPin, angle: int) -> None:
        """Turn a servo to an angle, unless it was told that angle last in this connection.

        Raises:
            LinkError: Nothing was sent, or nothing could be sent to Gpio.
        """
        if angle == pin.told and pin.number in self._roles.driven:
            return
        self._roles.keeper.check()  # a servo config that no Gpio config follows would make inputs of outputs
        self.link.send(servo_config(pin.number, angle))
        pin.told = angle
        self._roles.driven.add(pin.number)
        self._roles.pulsed.add(pin.number)
        self._restoring.begin(pin.number)

    def _restore(self, pin: int) -> None:
        self._roles.keeper.hold_servo(pin)  # Gpio may be made after Servo

    def _write_angle(self, pin: ServoPin, angle: int) -> None:
        if pin.number == self._cap.pin:
            cure = "CAP_PARK moves it, or write DUST_CAP.PIN=-1 first"
            raise WriteError(f"{pin.angle.name}.ANGLE={angle}: the dust cap has pin {pin.number}; {cure}")
        self.turn(pin, angle)

    def _check_limits(self, pin: ServoPin, allowed: range) -> None:
        if pin.number in self._roles.driven and pin.told not in allowed:
            raise WriteError(f"{pin.limits.name}: the servo is at {pin.told}, not {allowed[0]} to {allowed[-1]}")
        if pin.number == self._cap.pin:
            self._cap.check_limits(pin.limits.name, allowed)

    def _exchange(self, before: AnyProperty, after: AnyProperty) -> None:
        if before.defined:
            self.host.board_properties.delete(before)
            self.host.board_properties.define(self, after)

    def _write_servos(self, values: Mapping[str, bool]) -> State:
        servos = {number for number in PINS if values[f"PIN_{number}"]}
        came, went = servos - self._roles.servos, self._roles.servos - servos
        for number in came:
            if self._roles.keeper.is_output(number):
                cure = f"write GPIO_DIRECTION.PIN_{number}=Off first"
                raise WriteError(f"SERVO_PINS.PIN_{number}=On: pin {number} is an output; {cure}")
        if self._cap.pin in went:
            told = f"SERVO_PINS.PIN_{self._cap.pin}=Off: the dust cap has pin {self._cap.pin}"
            raise WriteError(f"{told}; write DUST_CAP.PIN=-1 first")
        for number in sorted(went):  # each, as a servo may hold an angle of an earlier connection
            self._roles.keeper.release_servo(number)
        self._change_servos(came, went)
        return State.OK

    def _change_servos(self, came: set[int], went: set[int]) -> None:
        """Record which pins are servos now, and show clients the properties that these have."""
        for number in came - self._pins.keys():
            self._pins[number] = ServoPin(number, self._write_angle, self._check_limits, self._exchange)
        self._roles.servos ^= came | went
        self._roles.driven -= went
        for number in sorted(went):
            for prop in self._pins[number].properties():
                self.host.board_properties.delete(prop)
            self._pins[number].angle.publish_reading(state=State.IDLE)
        self._roles.keeper.exchange_inputs(sorted(came | went))
        for number in sorted(came):
            for prop in self._pins[number].properties():
                self.host.board_properties.define(self, prop)

    # The dust cap

    def _announce_cap(self, *, there: bool) -> None:
        """Tell clients in DRIVER_INFO whether there is a dust cap."""
        self.interface = _DUSTCAP if there else 0
        self.host.tell_interface()
