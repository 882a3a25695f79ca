"""A client that does anything to the pins of a board, and what must hold between the board and what it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indi_matrix import make_driver
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.pins_as_told import PinsAsTold
from tests.programs import PATIENCE

Act = tuple[str, tuple[Any, ...]]
PINS = (0, 1, 7, 15)
"""The pins that are written to; the others must stay as they are."""


@dataclass
class PinLife(PinsAsTold):
    """Acts on pins, one after another; what each of them may lead to is in the attributes.

    Attributes:
        limits: Degrees that clients allow the servo on a pin.
        served: Pins that were sent an angle since the service began.
        still: If not None, the only angles that may be sent now, by pin.
        may_be_on: Outputs that somebody has switched on since they were Off.
        faults: What was sent and must not be.
    """

    limits: dict[int, tuple[int, int]] = field(default_factory=dict)
    served: set[int] = field(default_factory=set)
    still: dict[int, int] | None = None
    may_be_on: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    # What is sent

    def note(self, driver: str, frame: bytes) -> None:
        """Judge a config that has reached the service."""
        config = DriverConfig.FromString(frame)
        if driver == "Servo":
            self._note_servo(config)
        elif driver == "Gpio":
            self._note_gpio(config)

    def _note_servo(self, config: Any) -> None:
        pin, angle = config.servo.pin, config.servo.angle
        low, high = self.limits.get(pin, (0, 180))
        if not config.HasField("servo") or pin not in PINS or not low <= angle <= high:
            self.faults.append(f"servo {pin} to {angle}, which takes {low} to {high}")
        if self.still is not None and self.still.get(pin) != angle:
            self.faults.append(f"servo {pin} to {angle}, and only {self.still} may be sent")
        self.served.add(pin)
        self.pulsed = set(self.served)  # the service writes the function of all pins
        self.turned.add(pin)

    def _note_gpio(self, config: Any) -> None:
        pin = config.gpio.pin
        if not config.HasField("gpio") or pin not in (*PINS, 16) or config.gpio.value not in (0, 1):
            self.faults.append(f"{config} to Gpio")
        on = config.gpio.mode and bool(config.gpio.value) != (pin in self.low)
        if on and pin not in self.may_be_on | self.pulsed | self.servos:
            self.faults.append(f"pin {pin} is switched on")

    # What clients write

    async def live(self, acts: list[Act]) -> None:
        for act in acts:
            await self._do(act)
        await self.settled()

    async def _do(self, act: Act) -> None:
        name, arguments = act
        carry_out: Callable[..., Awaitable[None]] = getattr(self, name)
        await carry_out(*arguments)

    async def _write(self, prop: str, /, **members: object) -> bool:
        """Write, and return whether that was accepted; False if there is no such property."""
        return prop in self.indi.known and (await self.indi.write(prop, **members)).state != "Alert"

    async def servo(self, pin: int, switch: str) -> None:
        if await self._write("SERVO_PINS", **{f"PIN_{pin}": switch}) and switch == "Off":
            self.turned.discard(pin)
        self._follow_limits()

    async def output(self, pin: int, switch: str) -> None:
        if await self._write("GPIO_DIRECTION", **{f"PIN_{pin}": switch}):
            self.steady.pop(pin, None)

    async def angle(self, pin: int, angle: float) -> None:
        if await self._write(f"SERVO_ANGLE_{pin}", ANGLE=angle):
            self.turned.add(pin)

    async def limits_of(self, pin: int, low: float, high: float) -> None:
        await self._write(f"SERVO_LIMITS_{pin}", MINIMUM=low, MAXIMUM=high)
        self._follow_limits()

    def _follow_limits(self) -> None:
        for pin in self.servos:
            name = f"SERVO_LIMITS_{pin}"
            self.limits[pin] = (round(self.number(name, "MINIMUM")), round(self.number(name, "MAXIMUM")))

    async def active_low(self, pin: int, switch: str) -> None:
        self.may_be_on |= {pin} & self.outputs  # its pad stays as it is
        if await self._write("GPIO_ACTIVE_LOW", **{f"PIN_{pin}": switch}):
            self.low = self._on("GPIO_ACTIVE_LOW")
            self.steady.pop(pin, None)

    async def drive(self, pin: int, member: str) -> None:
        name = f"DIGITAL_OUTPUT_{pin + 1}"
        if name not in self.indi.known:
            return
        if member == "ON":
            self.may_be_on.add(pin)
        self.steady.pop(pin, None)
        answer = await self.indi.settle(name, **{member: "On"})
        if answer.state == "Ok":
            self.steady[pin] = member == "ON"
            self.may_be_on -= {pin} if member == "OFF" else set()

    async def duty(self, pin: int, percent: float, period: float) -> None:
        self.may_be_on |= {pin} if percent else set()
        if await self._write(f"DUTY_{pin}", DUTY=percent, PERIOD=period):
            self.steady.pop(pin, None)

    async def heater(self, pin: int, fallback: float) -> None:
        self.may_be_on.add(pin)
        self.steady.pop(pin, None)
        self.steady.pop(self.heated, None)
        await self._write("DEW_HEATER", PIN=pin, FALLBACK=fallback)

    async def on_link_loss(self, pin: int, member: str) -> None:
        await self._write(f"ON_LINK_LOSS_{pin}", **{member: "On"})

    async def loss_after(self, seconds: float) -> None:
        await self._write("LINK_LOSS", TIME=seconds)

    async def cap(self, pin: float, parked: float, unparked: float) -> None:
        await self._write("DUST_CAP", PIN=pin, PARKED=parked, UNPARKED=unparked, TRAVEL=0.2)

    async def park(self, member: str) -> None:
        await self._write("CAP_PARK", **{member: "On"})

    async def abort(self) -> None:
        await self._write("CAP_ABORT", ABORT="On")

    async def save(self) -> None:
        await self.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")

    async def load(self) -> None:
        """Load: no servo moves, and a pin that becomes an output keeps the level of its pad."""
        if "CAP_PARK" in self.indi.known:
            await self.indi.until(lambda: self.indi.known["CAP_PARK"].state != "Busy")
        self.may_be_on = set(PINS)
        self.steady.clear()
        self.still = self.angles(self.turned)
        await self.indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
        self.low = self._on("GPIO_ACTIVE_LOW")
        self._follow_limits()
        await self.settled()
        self.turned &= self.servos
        self.still = None

    async def input(self, pin: int, level: bool) -> None:
        self.service.board.set_input(pin, level)

    # What happens to the service

    async def outage(self, power_cycle: bool, refused: list[Act]) -> None:
        """Lose the service: only an Off is carried out later, and only angles in force are sent again."""
        duties, travelling = self.duties() - {self.heated}, self._travelling()
        await self.service.stop()
        await self.indi.in_state("CONNECTION", "Busy")
        self.still = self.angles(self.turned | travelling)
        self.may_be_on -= duties
        self.steady |= dict.fromkeys(duties, False)
        for act in refused:
            await self._refused(act)
        await self._start(power_cycle=power_cycle)
        await self.indi.in_state("CONNECTION", "Ok")
        await self.settled()
        self.still = None

    def _travelling(self) -> set[int]:
        cap = self.indi.known.get("CAP_PARK")
        return {int(self.number("DUST_CAP", "PIN"))} if cap is not None and cap.state == "Busy" else set()

    async def _refused(self, act: Act) -> None:
        """Write what is refused, as the service is away."""
        may, low, steady, turned = set(self.may_be_on), set(self.low), dict(self.steady), set(self.turned)
        await self._do(act)
        self.may_be_on, self.low, self.steady, self.turned = may, low, steady, turned
        if act[0] == "drive" and act[1][1] == "OFF" and act[1][0] in self.outputs:
            self.may_be_on.discard(act[1][0])
            self.steady[act[1][0]] = False

    async def hang(self, act: Act) -> None:
        """Have the service hang until it is given up; what is written meanwhile it may have taken or not."""
        self.service.hang()
        self.steady.clear()
        self.may_be_on = set(PINS)
        await self._do(act)
        await self.indi.in_state("CONNECTION", "Busy")
        self.service.resume()
        await self.indi.in_state("CONNECTION", "Ok")
        await self.settled()

    async def reconnect(self, restart: bool, power_cycle: bool) -> None:
        """Disconnect and connect: no servo moves."""
        duties = self.duties()
        self.steady |= dict.fromkeys(duties, False)
        await self.indi.write("CONNECTION", DISCONNECT="On")
        if restart:
            await self.service.stop()
            self.may_be_on -= duties
            await self._start(power_cycle=power_cycle)
            self.still = {}
        self.turned.clear()
        answer = await self.indi.connect()
        assert answer.state == "Ok", answer
        await self.settled()
        self.may_be_on -= duties
        self.turned.clear()
        self.still = None

    async def _start(self, *, power_cycle: bool) -> None:
        if power_cycle:
            self.service.board.power_cycle()
            self.pulsed.clear()
        self._lose_outputs()
        self.served.clear()
        await self.service.start()
        _hurry(self.service)

    def _lose_outputs(self) -> None:
        """Expect to be Off what ON_LINK_LOSS says, if the outage counts as a long one."""
        if "LINK_LOSS" not in self.indi.known or self.number("LINK_LOSS", "TIME"):
            return
        for pin in self.outputs:
            if self.indi.known[f"ON_LINK_LOSS_{pin}"].on == ["OFF"]:
                self.may_be_on.discard(pin)
                self.steady[pin] = False

    # What must hold

    async def settled(self) -> None:
        """Wait until everything is as it must be; or say what is not."""
        changed = asyncio.Event()
        unwatch = self.service.board.watch(changed.set)
        listening = asyncio.create_task(self._listen(changed))
        try:
            async with asyncio.timeout(PATIENCE):
                while self.differences():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(self.differences()) from None
        finally:
            unwatch()
            listening.cancel()
            await asyncio.wait({listening})
        assert not self.faults, self.faults[:3]

    async def _listen(self, changed: asyncio.Event) -> None:
        async with self.indi.arrived:
            while True:
                await self.indi.arrived.wait()
                changed.set()


def _hurry(service: MalosService) -> None:
    """Have a service that has just started publish often: else each connect waits for the ring and the sensors."""
    for name, engine in service._engines.items():
        engine.delay_ms = engine.delay_ms if name == "Gpio" else 20


@asynccontextmanager
async def pin_life(home: Path) -> AsyncIterator[PinLife]:
    """A board without a config file, connected."""
    for left in (home / ".indi").glob("*"):
        left.unlink()
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        _hurry(service)
        life = PinLife(await indi.get_properties(), service)
        service.config_seen = life.note
        await indi.write("POLLING_PERIOD", PERIOD_MS=10)
        await indi.write("KEEP_ALIVE", TIMEOUT=1)
        answer = await indi.connect()
        assert answer.state == "Ok", answer
        yield life
