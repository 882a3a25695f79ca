"""The driver and its board on one side, the model of the board on the other, and what must hold between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from indi_matrix import make_driver
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from tests.driver.client import Answer, IndiClient, piped
from tests.driver.model import DARK, Model
from tests.driver.own_loop import OwnLoop
from tests.programs import PATIENCE

T = TypeVar("T")


@asynccontextmanager
async def services() -> AsyncIterator[dict[Kind, MalosService]]:
    """The services of two boards, which take turns at one address."""
    async with MalosService(SimulatedBoard(Kind.CREATOR), info_port=0) as creator:
        voice = MalosService(SimulatedBoard(Kind.VOICE), info_port=creator.info_port)
        try:
            yield {Kind.CREATOR: creator, Kind.VOICE: voice}
        finally:
            await voice.stop()


class Life(RuleBasedStateMachine):
    """What rules act on, and what must hold between them.

    Attributes:
        service: The one whose turn it is, also while none runs.
        wanted: Whether clients want to be connected.
        elsewhere: Whether DEVICE_ADDRESS was written while connected.
        configs: What services were sent, as far as it was not looked at yet.
        changed: Something did, on the board, in its service, or for clients.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = OwnLoop()
        self.model = Model()
        self.services = self.loop.open(services())
        self.service = self.services[Kind.CREATOR]
        self.indi: IndiClient = self.loop.open(piped(make_driver(address=self.service.address)))
        for service in self.services.values():
            service.config_seen = self._note
        self.wanted = self.elsewhere = False
        self.configs: list[tuple[str, Any]] = []
        self.changed = asyncio.Event()
        self.run(self._begin())

    async def _begin(self) -> None:
        self._hurry()
        await self.indi.get_properties()
        await self.indi.write("POLLING_PERIOD", PERIOD_MS=self.model.period)
        await self.indi.write("KEEP_ALIVE", TIMEOUT=1)
        self.always = set(self.indi.known)
        await self.connect_now()
        # From the beginning there is something to be kept.
        self.model.paint((Led(1, 2, 3, 4),) * 35)
        await self.write("EVERLOOP_COLOR", "Ok", RED=1, GREEN=2, BLUE=3, WHITE=4)
        self.model.turn(frozenset({1, 7}))
        await self.write("GPIO_DIRECTION", "Ok", PIN_1="On", PIN_7="On")
        await self.settled()
        await self.write("LINK_LOSS", "Ok", TIME=0)
        self.model.drive(7, on=True)
        await self.write("DIGITAL_OUTPUT_8", "Ok", ON="On")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def teardown(self) -> None:
        self.service.resume()
        self.loop.close()

    def _note(self, driver: str, frame: bytes) -> None:
        self.configs.append((driver, DriverConfig.FromString(frame)))
        self.changed.set()

    @property
    def up(self) -> bool:
        return self.service.running and not self.service.hung

    @property
    def online(self) -> bool:
        return self.wanted and self.up

    @property
    def of_the_board(self) -> set[str]:
        return set(self.indi.known) - self.always

    # What rules have in common

    async def start_service(self, kind: Kind, *, power_cycle: bool = False) -> None:
        self._nothing_else_was_sent()
        self.service = self.services[kind]
        if power_cycle:
            self.service.board.power_cycle()
            self.model.leds[kind] = (DARK,) * kind.led_count
        self.model.begin()
        if self.wanted:
            self.model.arrive(kind, back=True)
        await self.service.start()
        self._hurry()

    def _hurry(self) -> None:
        # Else each connecting would wait up to a second for the number of LEDs.
        self.service._engines["Everloop"].delay_ms = 50

    async def connect_now(self) -> None:
        """Connect; a service that is not there yet has five seconds to begin."""
        if self.elsewhere:
            await self.write("DEVICE_ADDRESS", "Ok", PORT=self.service.info_port)
            self.elsewhere = False
        self.indi.put("CONNECTION", CONNECT="On")
        await self.indi.in_state("CONNECTION", "Busy")
        if not self.service.running:
            await self.start_service(self.service.board.kind)
        self.service.resume()
        await self.indi.until(lambda: self.indi.known["CONNECTION"].state != "Busy")
        self.wanted = True
        self.model.arrive(self.service.board.kind, back=False)

    async def write(self, name: str, state: str, **values: Any) -> Answer:
        """Write, and return the answer that follows a Busy, if there is one."""
        answers, start = self.indi.answers, len(self.indi.answers)
        answer = await self.indi.write(name, **values)
        if answer.state == "Busy" != state:
            answer = await self.indi.next_answer(name, answers.index(answer, start) + 1)
        assert answer.state == state, answers[start:]
        return answer

    async def on_the_board(self, condition: Callable[[SimulatedBoard], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.service.board.wait_until(condition)

    # What must hold

    @invariant()
    def all_is_as_the_model_has_it(self) -> None:
        self.run(self.settled())

    async def settled(self) -> None:
        """Wait until everything is as it must be; or say what is not."""
        unwatch = self.service.board.watch(self.changed.set)
        listening = asyncio.create_task(self._listen())
        try:
            async with asyncio.timeout(PATIENCE):
                while self.differences():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(self.differences()) from None
        finally:
            unwatch()
            listening.cancel()
            await asyncio.wait({listening})
        self._nothing_else_was_sent()

    async def _listen(self) -> None:
        async with self.indi.arrived:
            while True:
                await self.indi.arrived.wait()
                self.changed.set()

    def differences(self) -> list[str]:
        """Return where something is not as it must be."""
        known = self.indi.known
        connection = f"{' '.join(known['CONNECTION'].on)} {known['CONNECTION'].state}"
        states = {known[name].state for name in self.of_the_board}
        if not self.wanted:
            return _unless(
                (f"disconnected, there is {states}", not states),
                (connection, connection in {"DISCONNECT Idle", "DISCONNECT Alert"}),
            )
        if not self.up:
            return _unless(
                (f"in an outage there is {states}", states == {"Alert"}),
                (connection, connection == "CONNECT Busy"),
            )
        leds = sum(name.startswith("EVERLOOP_LED_") for name in known)
        delay = self.service._engines["Gpio"].delay_ms
        return _unless(
            (connection, connection == "CONNECT Ok"),
            (f"there is {states}", "Busy" not in states),
            (f"{leds} LEDs", leds == self.model.kind.led_count),
            (f"delay {delay} ms", delay == self.model.period),
            (f"ring {self.service.board.leds}", self.service.board.leds == self.model.leds[self.model.kind]),
            *self._pins(),
        )

    def _pins(self) -> list[tuple[str, bool]]:
        """Return what pins are on the board and for clients, each as a text and whether it is right."""
        model, board, found = self.model, self.service.board, []
        for pin in range(16):
            level, output = board.level(pin), pin in model.outputs
            prop = self.indi.known.get(f"DIGITAL_{'OUTPUT' if output else 'INPUT'}_{pin + 1}")
            on = ["ON" if level != (pin in model.active_low) else "OFF"]
            found.append((f"pin {pin} output {board.is_output(pin)}", board.is_output(pin) == output))
            duty = self.indi.known.get(f"DUTY_{pin}")
            percent = str(model.duties.get(pin, 0))
            found.append(
                (f"pin {pin} has the duty {duty}", not output or (duty and duty.values["DUTY"]) == percent)
            )
            if 0 < int(percent) < 100:
                continue
            found.append((f"pin {pin} level {level}", not output or level == model.told[pin]))
            found.append((f"pin {pin} shown as {prop}", prop is not None and prop.on == on))
        return found

    def _nothing_else_was_sent(self) -> None:
        """See that the service was sent nothing but what clients were told is accepted."""
        for driver, config in self.configs:
            if driver == "Gpio":
                assert (config.gpio.pin, bool(config.gpio.mode), bool(config.gpio.value)) in self.model.pins
            else:
                leds = tuple(Led(led.red, led.green, led.blue, led.white) for led in config.image.led)
                assert leds in self.model.frames
        self.configs.clear()


def _unless(*found: tuple[str, bool]) -> list[str]:
    """Return the texts of what is wrong."""
    return [text for text, good in found if not good]
