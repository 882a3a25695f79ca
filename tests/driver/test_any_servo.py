"""Servos, outputs and a dust cap, outages and disconnects in any order: the board is what clients were told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from indi_matrix import make_driver
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.driver.own_loop import OwnLoop

Act = tuple[str, tuple[Any, ...]]

_PIN = st.sampled_from((0, 1, 7, 15))
_ANY_PIN = st.sampled_from((-1, 0, 7, 14.6, 15, 15.4, 15.6, 16, 19, 20, 40, 1000, 65536 + 3, -65536))
_ANGLE = st.integers(0, 180) | st.sampled_from((-1, -0.4, 0.5, 89.5, 180.4, 180.6, 181, 360, 1e9, 2**32, 65626))
_SWITCH = st.sampled_from(("On", "Off"))


def _act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    return st.tuples(st.just(name), st.tuples(*arguments))


_TURNS = [
    _act("servo", _PIN, _SWITCH),
    _act("output", _PIN, _SWITCH),
    _act("angle", _PIN, _ANGLE),
    _act("limits", _PIN, _ANGLE, _ANGLE),
    _act("drive", _PIN, st.sampled_from(("OFF", "ON"))),
    _act("cap", _ANY_PIN, _ANGLE, _ANGLE),
    _act("park", st.sampled_from(("PARK", "UNPARK"))),
    _act("abort"),
]
_ACTS = st.one_of(*_TURNS, *_TURNS, _act("outage", st.booleans()), _act("reconnect", st.booleans()))


@dataclass
class Bench:
    """A client that does anything, and checks what becomes of the board.

    Attributes:
        servos: Pins that were ever to be servos.
        pulsed: Pins that may show servo pulses.
        frames: What was sent since the last check.
    """

    indi: IndiClient
    service: MalosService
    servos: set[int] = field(default_factory=set)
    pulsed: set[int] = field(default_factory=set)
    frames: list[tuple[str, Any]] = field(default_factory=list)

    def note(self, driver: str, frame: bytes) -> None:
        config = DriverConfig.FromString(frame)
        self.frames.append((driver, config))
        if driver == "Servo":
            assert config.HasField("servo")
            assert config.servo.pin in self.servos
            assert 0 <= config.servo.angle <= 180
            self.pulsed.add(config.servo.pin)
        elif driver == "Gpio":
            assert config.HasField("gpio")
            assert 0 <= config.gpio.pin <= 16

    async def live(self, acts: list[Act]) -> None:
        for name, arguments in acts:
            act: Callable[..., Awaitable[None]] = getattr(self, name)
            await act(*arguments)
        await self.settled()

    async def _write(self, prop: str, /, **members: object) -> None:
        if prop in self.indi.known:
            await self.indi.write(prop, **members)

    async def servo(self, pin: int, switch: str) -> None:
        self.servos |= {pin} if switch == "On" else set()
        await self._write("SERVO_PINS", **{f"PIN_{pin}": switch})

    async def output(self, pin: int, switch: str) -> None:
        await self._write("GPIO_DIRECTION", **{f"PIN_{pin}": switch})

    async def angle(self, pin: int, angle: float) -> None:
        await self._write(f"SERVO_ANGLE_{pin}", ANGLE=angle)

    async def limits(self, pin: int, low: float, high: float) -> None:
        await self._write(f"SERVO_LIMITS_{pin}", MINIMUM=low, MAXIMUM=high)

    async def drive(self, pin: int, member: str) -> None:
        await self._write(f"DIGITAL_OUTPUT_{pin + 1}", **{member: "On"})

    async def cap(self, pin: float, parked: float, unparked: float) -> None:
        await self._write("DUST_CAP", PIN=pin, PARKED=parked, UNPARKED=unparked, TRAVEL=0.2)

    async def park(self, member: str) -> None:
        await self._write("CAP_PARK", **{member: "On"})

    async def abort(self) -> None:
        await self._write("CAP_ABORT", ABORT="On")

    async def outage(self, power_cycle: bool) -> None:
        await self.service.stop()
        await self.indi.in_state("CONNECTION", "Busy")
        await self._start(power_cycle=power_cycle)
        await self.indi.in_state("CONNECTION", "Ok")

    async def reconnect(self, power_cycle: bool) -> None:
        await self.indi.write("CONNECTION", DISCONNECT="On")
        await self.service.stop()
        await self._start(power_cycle=power_cycle)
        await self.indi.connect()

    async def _start(self, *, power_cycle: bool) -> None:
        if power_cycle:
            self.service.board.power_cycle()
            self.pulsed.clear()
        await self.service.start()
        self.service._engines["Everloop"].delay_ms = 50

    # What must hold

    async def settled(self) -> None:
        """Wait until everything is as it must be; or say what is not."""
        changed = asyncio.Event()
        unwatch = self.service.board.watch(changed.set)
        try:
            async with asyncio.timeout(8):
                while self.differences():
                    changed.clear()
                    waits = [asyncio.ensure_future(changed.wait()), asyncio.ensure_future(self._heard())]
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    for wait in waits:
                        wait.cancel()
                    await asyncio.wait(waits)
        except TimeoutError:
            raise AssertionError(self.differences()) from None
        finally:
            unwatch()

    async def _heard(self) -> None:
        async with self.indi.arrived:
            await self.indi.arrived.wait()

    def differences(self) -> list[str]:
        known, board = self.indi.known, self.service.board
        busy = [name for name, prop in known.items() if prop.state == "Busy"]
        if busy:
            return [f"Busy are {busy}"]
        outputs = {int(name.removeprefix("PIN_")) for name in known["GPIO_DIRECTION"].on}
        servos = {int(name.removeprefix("PIN_")) for name in known["SERVO_PINS"].on}
        found = [(f"both: {outputs & servos}", not outputs & servos)]
        for pin in range(16):
            angle = known.get(f"SERVO_ANGLE_{pin}")
            found.append((f"pin {pin} servo", (angle is not None) == (pin in servos)))
            found.append(
                (f"pin {pin} input", (f"DIGITAL_INPUT_{pin + 1}" in known) == (pin not in outputs | servos))
            )
            found.append((f"pin {pin} output", (f"DIGITAL_OUTPUT_{pin + 1}" in known) == (pin in outputs)))
            if pin not in servos:
                found.append(
                    (f"pin {pin} drives {board.is_output(pin)}", board.is_output(pin) == (pin in outputs))
                )
            elif angle is not None and angle.state == "Ok":
                told = int(float(angle.values["ANGLE"]))
                shown = board.servo_angle(pin)
                found.append((f"servo {pin} at {shown}, not {told}", shown == told and board.is_output(pin)))
            if pin in outputs - self.pulsed:
                on = known[f"DIGITAL_OUTPUT_{pin + 1}"].on
                found.append((f"pin {pin} is {on}", on == ["ON" if board.level(pin) else "OFF"]))
        return [text for text, good in found if not good]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        service._engines["Everloop"].delay_ms = 50
        await indi.get_properties()
        await indi.write("POLLING_PERIOD", PERIOD_MS=10)
        await indi.write("KEEP_ALIVE", TIMEOUT=1)
        await indi.connect()
        made = Bench(indi, service)
        service.config_seen = made.note
        yield made


def test_whatever_is_done_the_board_is_as_told() -> None:
    with OwnLoop() as loop:
        client = loop.open(bench())

        @settings(max_examples=25)
        @given(st.lists(_ACTS, min_size=1, max_size=10))
        def holds(acts: list[Act]) -> None:
            loop.run(client.live(acts))

        holds()
