"""Outages of all kinds, one after another, and what is true behind each."""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from tests.driver.client import IndiClient
from tests.network import Networks
from tests.siege.service import Service

OUTPUTS: Final = (0, 3, 7, 15)
# Nobody is to see it: it is written in outages only, where all is refused.
POISON: Final = [7, 7, 7, 0]
_QUICK: Final = {"POLLING_PERIOD": {"PERIOD_MS": 20}, "KEEP_ALIVE": {"TIMEOUT": 1}}
# A service that was lost again and again is looked for after up to 5 s, and has 5 s to answer then.
_PATIENCE: Final = 20.0


@dataclass(frozen=True)
class Outage:
    """How one outage went.

    Attributes:
        kind: What happened to the service.
        seconds: From the moment that it could be reached again to CONNECTION Ok.
        stale: Commands that clients were told are refused, and that the service was sent nevertheless.
        woken: Commands that a suspended service had taken before it was noticed, and carried out when it woke up.
        wrong: Pins that were not as they should be when all was back, and LEDs.
    """

    kind: str
    seconds: float
    stale: int
    woken: int
    wrong: int


@dataclass
class Trial:
    """A client, the driver between, and the service that suffers.

    Attributes:
        levels: What each output was told last, of what was not refused, or Off if that was: Off wins.
        color: What the ring was told last.
    """

    indi: IndiClient
    service: Service
    dice: random.Random
    networks: Networks | None = None
    levels: dict[int, bool] = field(default_factory=dict)
    color: list[int] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, Callable[[], Awaitable[float]]]:
        """What can happen: each lets the service go and come back, and returns when it could be reached again."""
        kinds: dict[str, Callable[[], Awaitable[float]]] = {
            "stopped": self._stopped,
            "stopped and started at once": self._blink,
            "killed": self._killed,
            "suspended and resumed": self._resumed,
            "suspended and killed": self._suspended_and_killed,
            "info port answers, the others are silent": self._hollow,
            "another board": self._swapped,
        }
        if self.networks is not None:
            kinds["network cut"] = self._cut
        return kinds

    async def begin(self) -> None:
        """Connect, with outputs, and quick to notice."""
        indi = self.indi
        await indi.get_properties()
        for name, values in _QUICK.items():
            await indi.write(name, **values)
        answer = await indi.connect()
        assert answer.state == "Ok", answer
        await indi.write("GPIO_DIRECTION", **{f"PIN_{pin}": "On" for pin in OUTPUTS})
        self.levels = dict.fromkeys(OUTPUTS, False)
        await self._all_well(0, 0)

    async def suffer(self, kind: str) -> Outage:
        """Have the service go and come back."""
        await self._work()
        configs, colors = len(self.service.pins), len(self.service.colors)
        back = await self.kinds[kind]()
        await self.indi.in_state("CONNECTION", "Ok", _PATIENCE)
        seconds = time.monotonic() - back
        await self._all_well(configs, colors)
        sent = [(pin, bool(value)) for pin, mode, value in self.service.pins[configs:] if mode]
        late = sum(self.levels[pin] != level for pin, level in sent if pin in self.levels)
        asleep = kind.startswith("suspended")
        return Outage(
            kind,
            seconds,
            stale=self.service.colors[colors:].count(POISON) + (0 if asleep else late),
            woken=late if asleep else 0,
            wrong=await self._wrong(),
        )

    async def rest(self) -> None:
        """Wait until all was sent the second time: whoever is lost before that is reached more slowly again."""
        sent = len(self.service.colors)
        await self.service.until(lambda: len(self.service.colors) > sent)

    def forget(self) -> None:
        """Let go of what was told and sent until now: a long trial is not to grow."""
        for told in (self.indi.answers, self.indi.heard, self.indi.messages, self.indi.deleted):
            told.clear()
        self.service.pins.clear()
        self.service.colors.clear()

    # What clients do

    async def _work(self) -> None:
        """Write what is to be true afterwards."""
        for pin in OUTPUTS:
            level = self.dice.random() < 0.5
            answer = await self.indi.settle(_output(pin), **_to(level))
            assert answer.state == "Ok", answer
            self.levels[pin] = level
        self.color = [self.dice.randrange(100, 256), *self.dice.choices(range(256), k=3)]
        values = dict(zip(("RED", "GREEN", "BLUE", "WHITE"), self.color, strict=True))
        assert (await self.indi.write("EVERLOOP_COLOR", **values)).state == "Ok"
        await self.service.until(lambda: self.service.colors[-1:] == [self.color])

    async def _blind(self) -> None:
        """Write before anybody can know that the service is gone; the answer is Busy, and Alert in the end."""
        pin = self.dice.choice(OUTPUTS)
        answer = await self.indi.write(_output(pin), **_to(not self.levels[pin]))
        assert answer.state in {"Busy", "Alert"}, answer
        self.levels[pin] = False  # that was told, or holds although it was not seen

    async def _refused(self) -> None:
        """Wait until the driver says that the service is lost; what is written then is refused."""
        indi = self.indi
        await indi.in_state("CONNECTION", "Busy")
        await indi.in_state("EVERLOOP_COLOR", "Alert")
        red, green, blue, white = POISON
        answer = await indi.write("EVERLOOP_COLOR", RED=red, GREEN=green, BLUE=blue, WHITE=white)
        assert answer.state == "Alert", answer
        for pin in OUTPUTS:
            answer = await indi.write(_output(pin), **_to(not self.levels[pin]))
            assert answer.state == "Alert", answer
            self.levels[pin] = False

    # What happens to the service

    async def _stopped(self) -> float:
        await self.service.stop()
        await self._refused()
        await self.service.start()
        return self.service.listening

    async def _blink(self) -> float:
        await self.service.stop()
        await self.service.start()
        await self.indi.in_state("CONNECTION", "Busy")
        return self.service.listening

    async def _killed(self) -> float:
        await self.service.kill()
        await self._refused()
        await self.service.run()
        return self.service.listening

    async def _resumed(self) -> float:
        self.service.suspend()
        await self._blind()
        await self._refused()
        self.service.resume()
        return time.monotonic()

    async def _suspended_and_killed(self) -> float:
        self.service.suspend()
        await self._blind()
        await self._refused()
        await self.service.kill()
        await self.service.run()
        return self.service.listening

    async def _hollow(self) -> float:
        await self.service.stop()
        await self.service.hollow()
        await self._refused()
        await self.service.stop()
        await self.service.start()
        return self.service.listening

    async def _swapped(self) -> float:
        await self.service.stop()
        await self._refused()
        await self.service.swap("voice" if self.service.kind == "creator" else "creator")
        return self.service.listening

    async def _cut(self) -> float:
        assert self.networks is not None
        await self.networks.cut()
        await self._blind()
        await self._refused()
        await self.networks.heal()
        return time.monotonic()

    # What is true

    async def _all_well(self, configs: int, colors: int) -> None:
        """Wait until all was sent again, after so many configs, and outputs are seen where they should be."""
        service = self.service
        await service.until(lambda: {pin for pin, _, _ in service.pins[configs:]} >= set(OUTPUTS))
        if self.color:
            await service.until(lambda: service.colors[colors:] and service.colors[-1] == self.color)
        for pin in OUTPUTS:
            await self.indi.in_state(_output(pin), "Ok")

    async def _wrong(self) -> int:
        """Return how many pins and LEDs of the board are not as they should be."""
        state = await self.service.state()
        wrong: int = sum(bool(state["levels"] >> pin & 1) != level for pin, level in self.levels.items())
        wrong += len(set(state["outputs"]) ^ set(OUTPUTS))
        wrong += sum(led != self.color for led in state["leds"])
        shown = {pin: self.indi.known[_output(pin)].on for pin in OUTPUTS}
        return wrong + sum(shown[pin] != list(_to(level)) for pin, level in self.levels.items())


def _output(pin: int) -> str:
    return f"DIGITAL_OUTPUT_{pin + 1}"


def _to(level: bool) -> dict[str, str]:
    return {"ON" if level else "OFF": "On"}
