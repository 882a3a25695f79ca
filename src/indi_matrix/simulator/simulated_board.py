"""A simulated MATRIX board: its ring of LEDs, its pins, its sensors."""

import random
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from indi_matrix.settings import LED_COUNTS, PIN_COUNT
from indi_matrix.simulator.sensors.climate import Climate
from indi_matrix.simulator.sensors.readings import NO_SENSORS, Readings, altitude_of
from indi_matrix.simulator.sensors.sensors import Failure, Sensors
from indi_matrix.simulator.watchable import Watchable

REGISTER_MASK: Final = (1 << PIN_COUNT) - 1


class Kind(StrEnum):
    """The two boards that MATRIX CORE serves."""

    CREATOR = "creator"
    VOICE = "voice"

    @property
    def led_count(self) -> int:
        """LEDs in the ring."""
        return LED_COUNTS[self]


class Led(NamedTuple):
    """What one LED shows, each channel 0 to 255."""

    red: int = 0
    green: int = 0
    blue: int = 0
    white: int = 0


class SimulatedBoard(Watchable):
    """The state of a board's hardware. It stays while services that drive it come and go.

    Args:
        kind: Which board it is.
        climate: What its sensors measure. With one, the board is living: its readings change without a call of
            watchers. Without one, they stay until they are set.

    Attributes:
        kind: Which board it is.
        climate: What its sensors measure; None for a board that is not living.
        bus_time: Seconds that showing one frame takes.
        cpu_celsius: Temperature of the Raspberry Pi's processor, with which MALOS calibrates its thermometer.
        chance: Returns a number from 0 to 1 where the service may crash at random: a small one crashes it.
    """

    def __init__(self, kind: Kind = Kind.CREATOR, climate: Climate | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.climate = climate
        self.bus_time = 0.0
        self.cpu_celsius = 48.0
        self.chance: Callable[[], float] = random.random
        self._sensors = Sensors(climate)
        self._inputs = 0
        self._held = self._held_high = 0
        self._power_up()

    def _power_up(self) -> None:
        self._leds = (Led(),) * self.kind.led_count
        self._frames = 0
        self._direction = 0
        self._latch = 0
        self._pwm = 0
        self._angles = [0] * PIN_COUNT

    def power_cycle(self) -> None:
        """Take the power, and give it back: LEDs dark, pins inputs, latches and PWM cleared, sensors at work."""
        self._power_up()
        self._sensors.power_up()
        self._changed()

    # The ring

    @property
    def leds(self) -> tuple[Led, ...]:
        """What the ring shows, LED 1 first."""
        return self._leds

    @property
    def frames(self) -> int:
        """Frames shown since power-up."""
        return self._frames

    def show(self, leds: Iterable[Led]) -> None:
        """Show one frame, which holds every LED of the ring."""
        frame = tuple(leds)
        if len(frame) != self.kind.led_count:
            raise ValueError(f"a {self.kind} shows {self.kind.led_count} LEDs, not {len(frame)}")
        self._leds = frame
        self._frames += 1
        self._changed()

    # The pins, seen from outside

    @property
    def inputs(self) -> int:
        """The levels that were put on all 16 pads from outside, pin 0 in the lowest bit."""
        return self._inputs

    def set_input(self, pin: int, level: bool) -> None:  # noqa: FBT001 (a level is a bool)
        """Put a level on a pin's pad from outside. It is read while the pin is an input."""
        bit = _bit(pin)
        self.set_inputs(self._inputs | bit if level else self._inputs & ~bit)

    def set_inputs(self, register: int) -> None:
        """Put a level on all 16 pads from outside, pin 0 in the lowest bit."""
        if not 0 <= register <= REGISTER_MASK:
            raise ValueError(f"a register of inputs goes from 0 to {REGISTER_MASK}, not {register}")
        if register != self._inputs:
            self._inputs = register
            self._changed()

    def hold(self, pin: int, level: bool | None) -> None:  # noqa: FBT001 (a level is a bool)
        """Hold a pin's pad at a level whatever drives it, as a short circuit does; None ends that."""
        bit = _bit(pin)
        held, high = self._held & ~bit, self._held_high & ~bit
        if level is not None:
            held, high = held | bit, high | (bit if level else 0)
        if (held, high) != (self._held, self._held_high):
            self._held, self._held_high = held, high
            self._changed()

    def level(self, pin: int) -> bool:
        """Return whether a pin's pad is high."""
        return bool(self.levels & _bit(pin))

    @property
    def levels(self) -> int:
        """The levels of all 16 pads, pin 0 in the lowest bit.

        A PWM output reads low: a servo's pulse is high for less than an eighth of its period.
        """
        driven = self._latch & ~self._pwm & self._direction
        free = driven | (self._inputs & ~self._direction)
        return free & ~self._held | self._held_high

    def latch(self, pin: int) -> bool:
        """Return the level that a pin drives, or would drive as an output."""
        return bool(self._latch & _bit(pin))

    def is_output(self, pin: int) -> bool:
        """Return whether the board drives a pin."""
        return bool(self._direction & _bit(pin))

    @property
    def directions(self) -> int:
        """The pins that the board drives, pin 0 in the lowest bit."""
        return self._direction

    @property
    def output_pins(self) -> frozenset[int]:
        """The pins that the board drives."""
        return frozenset(pin for pin in range(PIN_COUNT) if self.is_output(pin))

    def servo_angle(self, pin: int) -> int | None:
        """Return the degrees of a servo to which a pin's PWM is set, None while the pin has no PWM.

        The board gives out the pulses only while the pin is an output, too.
        """
        return self._angles[pin] if self._pwm & _bit(pin) else None

    # The pins, seen from the service: registers of 16 bits, written as a whole

    def write_direction(self, register: int) -> None:
        """Make the pins of the set bits outputs and all others inputs."""
        if register != self._direction:
            self._direction = register
            self._changed()

    def write_latch(self, register: int) -> None:
        """Set the levels that the outputs drive."""
        if register != self._latch:
            self._latch = register
            self._changed()

    def write_pwm(self, register: int) -> None:
        """Give the pins of the set bits the PWM function and all others the plain one."""
        if register != self._pwm:
            self._pwm = register
            self._changed()

    def set_pulse(self, pin: int, degrees: int) -> None:
        """Set a pin's pulse to the length that turns a servo to this angle."""
        if self._angles[pin] != degrees:
            self._angles[pin] = degrees
            self._changed()

    # The sensors

    @property
    def readings(self) -> Readings:
        """What working sensors measure now; nothing but zeros on a Voice."""
        return self._sensors.readings if self.kind is Kind.CREATOR else NO_SENSORS

    def sensed(self, driver: str) -> Readings | None:
        """Return what the sensor of a driver measures now; None where the service gets no reading."""
        measured = self._sensors.sensed(driver)
        return NO_SENSORS if measured is not None and self.kind is not Kind.CREATOR else measured

    def warm(self, celsius: float) -> None:
        """Bring the thermometers to a temperature in degrees C; the CPU keeps its own."""
        self._measure(celsius=celsius)

    def set_humidity(self, percent: float) -> None:
        """Set the relative humidity."""
        self._measure(humidity=percent)

    def set_pressure(self, pascal: float, altitude: float | None = None) -> None:
        """Set the air pressure, and the altitude in metres; without one it follows from the pressure."""
        self._measure(pascal=pascal, altitude=altitude_of(pascal) if altitude is None else altitude)

    def set_uv(self, index: float) -> None:
        """Set the UV index."""
        self._measure(uv=index)

    def move(self, **values: float) -> None:
        """Set what the IMU measures, by the names of `Motion`; values that are not named stay."""
        self._sensors.move(**values)
        self._changed()

    def freeze(self) -> None:
        """Have all readings stay as they are at this moment, the noise included."""
        self._sensors.freeze()
        self._changed()

    def live_again(self) -> None:
        """End what was set and frozen: the sensors measure the climate again."""
        self._sensors.live_again()
        self._changed()

    def shower(self) -> None:
        """Have a shower of rain, for an hour and a half of the climate's day."""
        if self.climate is None:
            raise ValueError("a board without a climate has no weather")
        self.climate.shower()
        self._changed()

    def fail_sensor(self, driver: str, how: Failure | str = Failure.DEAD) -> None:
        """Have the sensor of a MALOS driver fail: dead (all zeros), silent (no reading) or frozen."""
        self._sensors.fail(driver, Failure(how))
        self._changed()

    @property
    def failed_sensors(self) -> frozenset[str]:
        """The MALOS drivers whose sensors have failed."""
        return self._sensors.failed

    def heal_sensor(self, driver: str) -> None:
        """Have the sensor of a MALOS driver work again."""
        self._sensors.heal(driver)
        self._changed()

    def _measure(self, **values: float) -> None:
        before = self._sensors.readings
        self._sensors.set(**values)
        if self._sensors.readings != before:
            self._changed()


def _bit(pin: int) -> int:
    if not 0 <= pin < PIN_COUNT:
        raise ValueError(f"pins go from 0 to {PIN_COUNT - 1}, not {pin}")
    return 1 << pin
