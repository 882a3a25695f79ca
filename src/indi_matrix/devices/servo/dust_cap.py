"""A dust cap: a flap that a servo moves. Its state machine, and CAP_PARK, CAP_ABORT and DUST_CAP."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, Protocol
from xml.etree.ElementTree import Element

from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.devices.servo.servo_messages import FULL_TURN, PINS
from indi_matrix.devices.servo.servo_pin import GROUP, ServoPin
from indi_matrix.devices.servo.travel import Travel, seconds_of
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Rule, State
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty

_NO_PIN: Final = -1
_LONGEST: Final = 60  # s
_MAIN: Final = "Main Control"


class Announce(Protocol):
    """Tells clients whether there is a dust cap."""

    def __call__(self, *, there: bool) -> None:
        """Tell them."""


class Setting(NamedTuple):
    """The values of DUST_CAP: the pin (-1: there is no cap), the two angles in degrees, the way's seconds."""

    pin: int = _NO_PIN
    parked: int = 0
    unparked: int = 90
    seconds: float = 5.0

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "Setting":
        """Return the values that a client wrote."""
        return cls(round(values["PIN"]), round(values["PARKED"]), round(values["UNPARKED"]), values["TRAVEL"])

    def angle(self, place: str) -> int:
        """Return the angle of a place: PARK or UNPARK."""
        return self.parked if place == "PARK" else self.unparked

    def check_limits(self, allowed: range, name: str, told: str) -> None:
        """Refuse angles that are not allowed; name and text are of what is written.

        Raises:
            WriteError: An angle is not allowed.
        """
        for member, angle in (("PARKED", self.parked), ("UNPARKED", self.unparked)):
            if angle not in allowed:
                raise WriteError(f"{name}: DUST_CAP.{member}={angle} is not within {told}")


class _ParkProperty(SwitchProperty):
    """CAP_PARK, which is saved without members while the place of the flap is not known."""

    place: Callable[[], str | None]

    def as_saved(self) -> Element:
        element = super().as_saved()
        if self.place() is None:
            element[:] = []
        return element


class DustCap:
    """The dust cap, if DUST_CAP names a pin.

    What CAP_PARK shows:

    | place and travel                                         | switches    | state |
    |----------------------------------------------------------|-------------|-------|
    | not known, and nothing was moved since there is a cap    | both Off    | Idle  |
    | at a place                                               | PARK/UNPARK | Ok    |
    | on the way to a place                                    | PARK/UNPARK | Busy  |
    | not known, as the way was stopped, or the link was lost  | both Off    | Alert |

    Args:
        device: The device that it belongs to.
        servo_on: Returns the servo on a pin.
        turn: Turns a servo to an angle; raises a LinkError if that cannot be sent.
        announce: Tells clients whether there is a cap.
    """

    def __init__(
        self,
        device: MatrixDevice,
        servo_on: Callable[[int], ServoPin | None],
        turn: Callable[[ServoPin, int], None],
        announce: Announce,
    ) -> None:
        self._device = device
        self._host = device.host
        self._servo_on = servo_on
        self._turn = turn
        self._announce = announce
        self._setting = Setting()
        self._place: str | None = None  # PARK or UNPARK; None while not known
        self._goal = ""  # the place that it is on the way to
        self._travel: Travel | None = None
        self._moved = False  # whether it was moved since there is a cap
        self._changed = asyncio.Event()  # set when a way begins or is stopped
        self._host.interlock.obstacle = self._why_dark
        self._make_properties()

    def _make_properties(self) -> None:
        default = Setting()
        self._config = NumberProperty(
            "DUST_CAP", "Dust cap", GROUP,
            [
                NumberMember("PIN", "Pin (-1: none)", default.pin, _NO_PIN, PINS[-1]),
                NumberMember("PARKED", "Parked (deg)", default.parked, 0, FULL_TURN),
                NumberMember("UNPARKED", "Unparked (deg)", default.unparked, 0, FULL_TURN),
                NumberMember("TRAVEL", "Travel (s)", default.seconds, 0, _LONGEST, format="%.1f"),
            ],
            on_write=self._write_setting, saved=True,
        )  # fmt: skip
        self._park = _ParkProperty(
            "CAP_PARK", "Dust Cover", _MAIN,
            [Member("PARK", "Park", value=False), Member("UNPARK", "Unpark", value=False)],
            rule=Rule.ONE_OF_MANY, on_write=self._write_park, saved=True, timeout=0,
            source=lambda: self._park.only(self._goal or self._place),
        )  # fmt: skip
        self._park.place = lambda: self._place
        self._park.tells_of_writes = False
        self._abort = SwitchProperty(
            "CAP_ABORT", "Motion", _MAIN, [Member("ABORT", "Abort", value=False)],
            rule=Rule.AT_MOST_ONE, on_write=self._write_abort, source=lambda: {"ABORT": False},
        )  # fmt: skip

    @property
    def pin(self) -> int:
        """The pin of its servo; -1 if there is no cap."""
        return self._setting.pin

    def properties(self) -> Iterable[AnyProperty]:
        """Return its properties: DUST_CAP, and the others if there is a cap."""
        yield self._config
        if self.pin != _NO_PIN:
            yield from (self._park, self._abort)

    def check_limits(self, name: str, allowed: range) -> None:
        """Refuse limits of its servo that leave out one of its angles.

        Raises:
            WriteError: They do.
        """
        self._setting.check_limits(allowed, name, f"{allowed[0]} to {allowed[-1]}")

    def rest(self) -> None:
        """Show what is known of the place while it is at rest, as in a new connection."""
        unknown = State.ALERT if self._moved else State.IDLE
        self._park.publish_reading(state=unknown if self._place is None else State.OK)

    async def run(self) -> None:
        """Move it whenever it is to travel, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(None if self._travel is None else self._travel.step):
                    await self._changed.wait()
                self._changed.clear()
            except TimeoutError:
                self._step()

    def strand(self, why: str) -> None:
        """Stop on the way, if it is on the way: its place is not known any more."""
        if self._travel is not None:
            self._stop(f"{why} on the way of the dust cap, whose place is not known now", "ERROR")

    # The setting

    def _write_setting(self, values: Mapping[str, float]) -> State:
        setting = Setting.of(values)
        if self._travel is not None:
            raise WriteError("DUST_CAP: the dust cap is on its way; CAP_ABORT stops it")
        if setting.pin != _NO_PIN:
            self._check(setting)
        before, self._setting = self._setting, setting
        if setting.pin != before.pin:
            self._place, self._moved = None, False
        elif self._place is not None and setting.angle(self._place) != before.angle(self._place):
            self._place = None
        self.rest()
        self._show(was=before.pin != _NO_PIN, there=setting.pin != _NO_PIN)
        return State.OK

    def _check(self, setting: Setting) -> None:
        servo = self._servo_on(setting.pin)
        if servo is None:
            told = f"pin {setting.pin} is no servo; write SERVO_PINS.PIN_{setting.pin}=On first"
            raise WriteError(f"DUST_CAP.PIN={setting.pin}: {told}")
        allowed = servo.allowed
        setting.check_limits(allowed, "DUST_CAP", f"{servo.limits.name}, {allowed[0]} to {allowed[-1]}")
        if setting.parked == setting.unparked:
            raise WriteError(f"DUST_CAP: PARKED and UNPARKED are both {setting.parked}; they must differ")

    def _show(self, *, was: bool, there: bool) -> None:
        """Define or delete the properties that come with a cap."""
        if was == there:
            return
        self._announce(there=there)  # first, as clients look there when a property is defined
        for prop in (self._park, self._abort):
            if there:
                self._host.board_properties.define(self._device, prop)
            else:
                self._host.board_properties.delete(prop)

    # The way

    def _write_park(self, values: Mapping[str, bool]) -> State:
        goal = "PARK" if values["PARK"] else "UNPARK"
        if self._host.loading:
            return self._recall(goal)
        if goal == self._goal:
            return State.BUSY
        return self._begin(goal)

    def _recall(self, place: str) -> State:
        """Show the place that a file has, unless a better one is known, or it cannot be that. Nothing is moved."""
        servo = self._servo_on(self.pin)
        elsewhere = servo is not None and servo.told not in {None, self._setting.angle(place)}
        if self._place is None and not self._moved and not elsewhere:
            self._place = place
            return State.OK
        return self._park.state

    def _begin(self, goal: str) -> State:
        servo = self._servo_on(self.pin)
        if servo is None:
            raise WriteError(f"CAP_PARK: pin {self.pin} is no servo")
        self._host.pin_roles.keeper.check()
        if goal == "UNPARK" != self._place:
            self._host.interlock.darken()  # its frame is sent before the first step
        start, end = self._start(goal, servo), self._setting.angle(goal)
        whole = abs(self._setting.parked - self._setting.unparked)
        seconds = seconds_of(start, end, whole, self._setting.seconds, _LONGEST)
        self._travel = Travel(start, end, asyncio.get_running_loop().time(), seconds)
        self._goal, self._place, self._moved = goal, None, True
        self._host.save_soon(self._park)
        self._changed.set()
        return State.BUSY

    def _start(self, goal: str, servo: ServoPin) -> int:
        """Return the angle at which the way begins: where the flap is, as far as that is known."""
        if servo.told is not None:
            return servo.told
        if self._place is not None:
            return self._setting.angle(self._place)
        return self._setting.angle("UNPARK" if goal == "PARK" else "PARK")

    def _step(self) -> None:
        """Move on along the way."""
        travel, servo = self._travel, self._servo_on(self.pin)
        if travel is None or servo is None:
            return
        now = asyncio.get_running_loop().time()
        try:
            self._turn(servo, travel.angle(now))
        except LinkError as error:
            self._stop(f"the dust cap was stopped on its way, and its place is not known now: {error}", "ERROR")
            return
        servo.angle.publish_reading(state=State.OK)
        if travel.is_over(now):
            self._travel, self._place, self._goal = None, self._goal, ""
            self._park.reply(None, State.OK)
            self._host.save_soon(self._park)

    def _stop(self, text: str, level: str) -> None:
        """Stay where it is; its place is not known."""
        self._travel, self._place, self._goal = None, None, ""
        self._changed.set()
        self._park.reply(None, State.ALERT, f"CAP_PARK: {text}", level)

    def _write_abort(self, values: Mapping[str, bool]) -> State:
        if values["ABORT"] and self._travel is not None:
            self._stop("the dust cap was stopped on its way", "WARNING")
        return State.OK

    # The flat light

    def _why_dark(self) -> str:
        """Return why the flat light must stay off; empty if it may be on."""
        if self.pin == _NO_PIN or self._place == "PARK" or not self._device.connected:
            return ""
        return "the dust cap is not parked; write CAP_PARK.PARK=On first"
