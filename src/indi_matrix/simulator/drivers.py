"""What each of MALOS' drivers does with a config, and what it publishes.

Every driver reads its own part of a config. protobuf gives an absent part as zeros, so a config that only sets the
delay is also a command. This, the shadow registers and the missing checks are as in the real service.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, ClassVar, Final

from indi_matrix.malos.messages import UV, EverloopImage, GpioParams, Humidity, Imu, Pressure
from indi_matrix.settings import PIN_COUNT
from indi_matrix.simulator.sensors.readings import Readings
from indi_matrix.simulator.simulated_board import REGISTER_MASK, Led, SimulatedBoard

_LED_MAX: Final = 255
# The service shifts by the pin unchecked: an x86 shifts modulo 32, and bits above the 16 of a register are lost.
_SHIFTS: Final = 32
# The probability that a servo on a pin that does not exist crashes the service.
_CRASH_ODDS: Final = 0.05

_RISKS: Final = ((3.0, "Low"), (6.0, "Moderate"), (8.0, "High"), (11.0, "Very High"))

Pause = Callable[[float], Awaitable[None]]


class Refused(Exception):  # noqa: N818 - it is the service's answer, not an error of ours
    """A driver does not accept its part of a config; the text is what it publishes."""


class Aborted(Exception):  # noqa: N818 - as above
    """The service crashes; the text says on what."""


class SimulatedDriver:
    """A driver that accepts any config, and has no updates.

    Attributes:
        notes: The driver's notes for humans in the info reply.
    """

    notes: ClassVar[str]

    def __init__(self, board: SimulatedBoard, pause: Pause) -> None:
        self.board = board
        self.pause = pause

    async def process(self, config: Any) -> None:
        """Carry out the driver's part of a config.

        Raises:
            Refused: The config is not accepted.
            Aborted: The service crashes on it.
        """

    def update(self) -> bytes | None:
        """Return the payload of a data update, None when there can be none."""
        return None


class SimulatedEverloop(SimulatedDriver):
    """The ring of LEDs."""

    notes = "Ring of LEDs, to be written as a whole: an EverloopImage, each channel 0 to 255"

    async def process(self, config: Any) -> None:
        """Show a frame that has all LEDs."""
        frame = self._frame(config.image)
        if self.board.bus_time > 0:
            await self.pause(self.board.bus_time)
        self.board.show(frame)

    def _frame(self, image: Any) -> list[Led]:
        count = self.board.kind.led_count
        if len(image.led) != count:
            raise Refused(f"WARNING: Invalid number of Leds it must be ={count}")
        leds = [Led(led.red, led.green, led.blue, led.white) for led in image.led]
        if any(not 0 <= channel <= _LED_MAX for led in leds for channel in led):
            raise Refused("ERROR: LED values go from 0 to 255.")
        return leds

    def update(self) -> bytes:
        """Return the number of LEDs; their colours cannot be read."""
        return bytes(EverloopImage(everloop_length=self.board.kind.led_count).SerializeToString())


class SimulatedGpio(SimulatedDriver):
    """The pins, written as whole registers from a shadow, which is zero when the service starts."""

    notes = "Pins to be read and written, as GpioParams"

    def __init__(self, board: SimulatedBoard, pause: Pause) -> None:
        super().__init__(board, pause)
        self._direction = 0
        self._latch = 0

    async def process(self, config: Any) -> None:
        """Set one pin: its level first, so that an output starts without a glitch."""
        pin = config.gpio
        mode = _int16(pin.mode)
        if mode not in (GpioParams.INPUT, GpioParams.OUTPUT):
            raise Refused("invalid gpio mode. check the proto GpioParams (file driver.proto)")
        shift = pin.pin % _SHIFTS
        others = REGISTER_MASK & ~(1 << shift)
        if mode == GpioParams.OUTPUT:
            self._latch = (pin.value << shift | self._latch & others) & REGISTER_MASK
            self.board.write_latch(self._latch)
        self._direction = (mode << shift | self._direction & others) & REGISTER_MASK
        self.board.write_direction(self._direction)

    def update(self) -> bytes:
        """Return the levels of all pads; directions cannot be read."""
        return bytes(GpioParams(values=self.board.levels).SerializeToString())


class SimulatedServo(SimulatedDriver):
    """Servos on the pins. Servo and Gpio each shadow the direction register: each undoes the other's outputs."""

    notes = "Servos on pins, to be written as ServoParams"

    def __init__(self, board: SimulatedBoard, pause: Pause) -> None:
        super().__init__(board, pause)
        self._servos = 0

    async def process(self, config: Any) -> None:
        """Make a pin a PWM output that turns a servo to an angle.

        The service writes the timing of a pin that does not exist somewhere in its memory, mostly to no effect.
        """
        pin = _int16(config.servo.pin)
        is_there = 0 <= pin < PIN_COUNT
        if not is_there and self.board.chance() < _CRASH_ODDS:
            raise Aborted(f"a servo on pin {config.servo.pin}")
        self._servos |= 1 << pin % _SHIFTS & REGISTER_MASK
        self.board.write_direction(self._servos)
        self.board.write_pwm(self._servos)
        if is_there:
            self.board.set_pulse(pin, config.servo.angle)


class SimulatedSensor(SimulatedDriver, ABC):
    """A sensor of the board.

    Attributes:
        driver: Name of the MALOS driver.
    """

    driver: ClassVar[str]

    def update(self) -> bytes | None:
        """Return the readings, None where the service gets none."""
        readings = self.board.sensed(self.driver)
        return None if readings is None else self.measured(readings)

    @abstractmethod
    def measured(self, readings: Readings) -> bytes:
        """Return the payload for readings."""


class SimulatedHumidity(SimulatedSensor):
    """Humidity and temperature."""

    driver = "Humidity"
    notes = "Relative humidity and temperature, as Humidity"

    def __init__(self, board: SimulatedBoard, pause: Pause) -> None:
        super().__init__(board, pause)
        self._ratio: float | None = None

    async def process(self, config: Any) -> None:
        """Calibrate the sensor to the temperature in the config, which is 0 degrees C when absent."""
        readings = self.board.sensed("Humidity")
        if readings is None:
            return
        cpu, sensor = self.board.cpu_celsius, readings.celsius
        if abs(cpu - sensor) <= max(abs(cpu), abs(sensor)) / 10:
            sensor = cpu - 0.1
        self._ratio = (sensor - config.humidity.current_temperature) / (cpu - sensor)

    def measured(self, readings: Readings) -> bytes:
        """Return the readings, the temperature also as calibrated."""
        celsius = readings.celsius
        if self._ratio is not None:
            celsius -= self._ratio * (self.board.cpu_celsius - readings.celsius)
        message = Humidity(
            humidity=readings.humidity,
            temperature=celsius,
            temperature_raw=readings.celsius,
            temperature_is_calibrated=self._ratio is not None,
        )
        return bytes(message.SerializeToString())


class SimulatedImu(SimulatedSensor):
    """Attitude, acceleration, rotation and magnetic field."""

    driver = "IMU"
    notes = "Attitude and motion, as Imu"

    def measured(self, readings: Readings) -> bytes:
        """Return the readings."""
        return bytes(Imu(**asdict(readings.motion)).SerializeToString())


class SimulatedPressure(SimulatedSensor):
    """Air pressure, altitude and temperature."""

    driver = "Pressure"
    notes = "Air pressure, altitude and temperature, as Pressure"

    def measured(self, readings: Readings) -> bytes:
        """Return the readings."""
        message = Pressure(pressure=readings.pascal, altitude=readings.altitude, temperature=readings.celsius)
        return bytes(message.SerializeToString())


class SimulatedUv(SimulatedSensor):
    """UV index."""

    driver = "UV"
    notes = "UV index and its risk in words, as UV"

    def measured(self, readings: Readings) -> bytes:
        """Return the index and its risk in words."""
        index = readings.uv
        risk = next((text for limit, text in _RISKS if index < limit), "Extreme")
        return bytes(UV(uv_index=index, oms_risk=risk).SerializeToString())


DRIVERS: Final[dict[str, type[SimulatedDriver]]] = {
    "IMU": SimulatedImu,
    "Humidity": SimulatedHumidity,
    "Everloop": SimulatedEverloop,
    "Pressure": SimulatedPressure,
    "UV": SimulatedUv,
    "Servo": SimulatedServo,
    "Gpio": SimulatedGpio,
}


def _int16(number: int) -> int:
    """Return a number wrapped into a signed integer of 16 bits."""
    return (number + 0x8000) % 0x10000 - 0x8000
