"""A pin with a servo, as clients see it: SERVO_ANGLE_n and SERVO_LIMITS_n."""

from collections.abc import Callable, Mapping
from typing import Final

from indi_matrix.devices.servo.servo_messages import FULL_TURN
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import AnyProperty, NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

GROUP: Final = "Servo"


class ServoPin:
    """A pin that can have a servo.

    Args:
        number: 0 to 15.
        turn: Carries out a client's write of an angle.
        check_limits: Raises a WriteError if other limits cannot be.
        exchange: Shows clients a property in place of another one.

    Attributes:
        angle: SERVO_ANGLE_n. Other limits make it another property.
        limits: SERVO_LIMITS_n.
        told: The angle that was sent last in this program, in degrees; None if none was.
    """

    def __init__(
        self,
        number: int,
        turn: Callable[["ServoPin", int], None],
        check_limits: Callable[["ServoPin", range], None],
        exchange: Callable[[AnyProperty, AnyProperty], None],
    ) -> None:
        self.number = number
        self.told: int | None = None
        self._turn = turn
        self._check_limits = check_limits
        self._exchange = exchange
        self._allowed = range(FULL_TURN + 1)
        self.angle = self._make_angle()
        members = [
            NumberMember("MINIMUM", "Minimum (deg)", 0.0, 0, FULL_TURN),
            NumberMember("MAXIMUM", "Maximum (deg)", float(FULL_TURN), 0, FULL_TURN),
        ]
        self.limits = NumberProperty(
            f"SERVO_LIMITS_{number}", f"Limits {number}", GROUP, members, on_write=self._write_limits, saved=True,
        )  # fmt: skip

    @property
    def allowed(self) -> range:
        """The angles that its limits allow."""
        return self._allowed

    def properties(self) -> tuple[AnyProperty, ...]:
        """Return the properties that it has as a servo."""
        return (self.angle, self.limits)

    def _make_angle(self) -> NumberProperty:
        low, high = self._allowed[0], self._allowed[-1]
        return NumberProperty(
            f"SERVO_ANGLE_{self.number}", f"Servo {self.number}", GROUP,
            [NumberMember("ANGLE", "Angle (deg)", float(low), low, high)],
            on_write=self._write_angle, source=lambda: {"ANGLE": float(self._shown())},
        )  # fmt: skip

    def _shown(self) -> int:
        """Return the angle that was sent last; if none was, the middle of what is allowed."""
        return self._allowed[len(self._allowed) // 2] if self.told is None else self.told

    def _write_angle(self, values: Mapping[str, float]) -> State:
        self._turn(self, round(values["ANGLE"]))
        return State.OK

    def _write_limits(self, values: Mapping[str, float]) -> State:
        low, high = round(values["MINIMUM"]), round(values["MAXIMUM"])
        if low > high:
            raise WriteError(f"{self.limits.name}.MINIMUM={low} is above MAXIMUM={high}")
        allowed = range(low, high + 1)
        self._check_limits(self, allowed)
        if allowed != self._allowed:
            self._allowed = allowed
            if self.told not in allowed:  # an angle of an earlier connection, which must not be sent again
                self.told = None
            before, self.angle = self.angle, self._make_angle()
            self.angle.state = before.state
            self._exchange(before, self.angle)
        return State.OK
