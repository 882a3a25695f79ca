"""Whatever is written to whatever property: one answer, the true values, and a driver that lives on.

Each write is sent between two questions for its property's definition, which tell what was true before and after,
and stand between the answer and what follows of other writes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix import make_driver
from indi_matrix.board import outages
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, Known, piped
from tests.driver.judge import Pins, is_fact, is_of_the_board, is_sound, judge, same
from tests.driver.own_loop import OwnLoop
from tests.driver.strategies import FILTERS, PROPERTIES, Written, unaddressed, writes

_ASK = '<getProperties version="1.7" device="MATRIX" name="{}"/>'
# What follows a write to the ring, a little later.
_MIRRORS = ("EVERLOOP_COLOR", "EVERLOOP_IMAGE", "EVERLOOP_LED_", "EVERLOOP_EFFECT", "FLAT_LIGHT_")
_REPORTING = {
    "LOGGING_LEVEL": {"LOG_ERROR": "On", "LOG_WARNING": "On", "LOG_SESSION": "On", "LOG_DEBUG": "On"},
    "LOG_OUTPUT": {"CLIENT_DEBUG": "On", "FILE_DEBUG": "Off"},
}


def _defines(name: str, element: ET.Element) -> bool:
    return element.tag.startswith("def") and element.get("name") == name


def _is_output(name: str) -> bool:
    return name.startswith("DIGITAL_OUTPUT_") and not name.endswith("_LABELS")


def _is_on_its_way(name: str, prop: Known) -> bool:
    """Tell whether a property will still change by itself; an Idle level of a pin was not seen yet."""
    is_level = name.startswith("DIGITAL_") and not name.endswith("_LABELS")
    if name == "WEATHER_OVERRIDE":  # Busy as long as it is On
        return False
    return is_of_the_board(name) and (prop.state == "Busy" or (is_level and prop.state == "Idle"))


def _ends(name: str) -> set[str]:
    """Return the states in which a Busy may end; there may be no config file."""
    return {"Ok", "Alert"} if name == "CONFIG_PROCESS" else {"Ok"}


def values(known: Mapping[str, Known]) -> dict[str, dict[str, str]]:
    return {name: dict(prop.values) for name, prop in known.items()}


@dataclass
class Window:
    """What was heard between two moments."""

    elements: list[ET.Element]

    def sets(self, name: str) -> list[ET.Element]:
        return [one for one in self.elements if one.tag.startswith("set") and one.get("name") == name]

    @property
    def messages(self) -> list[str]:
        return [text for one in self.elements if (text := one.get("message")) is not None]


@dataclass
class Desk:
    """A client that writes anything, and checks what becomes of it.

    Attributes:
        phase: Where the connection is to be at the beginning of each example: away, online or lost.
        settled: Whether nothing is to follow of writes accepted before.
    """

    indi: IndiClient
    service: MalosService
    phase: str
    settled: bool = True
    undo: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What would make a later write slow, or take the board out of reach, is taken back at once.
        self.undo = {
            "DEVICE_ADDRESS": {"ADDRESS": "127.0.0.1", "PORT": str(self.service.info_port)},
            "SIMULATION": {"DISABLE": "On"},
            "POLLING_PERIOD": {"PERIOD_MS": "10"},
            "KEEP_ALIVE": {"TIMEOUT": "5"},
            "WEATHER_UPDATE": {"PERIOD": "0"},
            "WEATHER_OVERRIDE": {"OVERRIDE": "Off"},
            **{f"PULSE_{pin}": {"DURATION": "0"} for pin in range(16)},
            "DEW_HEATER": {"PIN": "-1", "MARGIN": "3", "FULL": "0", "FALLBACK": "0"},
            **{f"DUTY_{pin}": {"DUTY": "0", "PERIOD": "10"} for pin in range(16)},
        }

    # Where the connection is

    @property
    def now(self) -> str:
        if self.indi.known["CONNECTION"].on == ["DISCONNECT"]:
            return "away"
        return "online" if self.service.running else "lost"

    async def prepare(self) -> None:
        """Bring everything back to where each example begins."""
        if self.phase == "away" and self.now != "away":
            await self.indi.write("CONNECTION", DISCONNECT="On")
        if self.phase == "lost" and self.now == "away" and not self.service.running:
            await self.service.start()
        if self.phase != "away" and self.now == "away":
            assert (await self.indi.connect()).state == "Ok"
        await self._default()
        if self.phase == "lost" and self.service.running:
            await self.service.stop()
            await self.indi.in_state("DIGITAL_INPUT_16", "Alert")
        await self.refresh()

    async def _default(self) -> None:
        """Have all properties that there can be: those of debugging, of two outputs, and of filters."""
        indi, known = self.indi, self.indi.known
        if {name: known[name].values for name in _REPORTING if name in known} != _REPORTING:
            await indi.write("DEBUG", DISABLE="On")
            await indi.write("DEBUG", ENABLE="On")
            await indi.write("LOGGING_LEVEL", LOG_DEBUG="On")
        if self.now == "online":
            if "CAP_PARK" in known:
                await indi.write("DUST_CAP", PIN=-1)
            if known["SERVO_PINS"].on:
                await indi.write("SERVO_PINS", **dict.fromkeys(known["SERVO_PINS"].on, "Off"))
            outputs = {f"PIN_{pin}": "On" if pin < 2 else "Off" for pin in range(16)}
            if known["GPIO_DIRECTION"].values != outputs:
                await indi.write("GPIO_DIRECTION", **outputs)
            if "WEATHER_UPDATE" in known and known["WEATHER_UPDATE"].values["PERIOD"] != "0":
                await indi.write("WEATHER_UPDATE", **self.undo["WEATHER_UPDATE"])
            if "FLAT_LIGHT_FILTER_INTENSITY" not in known:
                await indi.write("ACTIVE_DEVICES", ACTIVE_FILTER="Filter Simulator")
                names = "".join(f'<defText name="FILTER_SLOT_NAME_{one}">{one}</defText>' for one in FILTERS)
                head = 'device="Filter Simulator" name="FILTER_NAME" state="Idle" perm="rw"'
                indi.send(f"<defTextVector {head}>{names}</defTextVector>")
            await self._quiet()

    async def refresh(self) -> None:
        """Compare what came by itself with what the driver says when it is asked."""
        await self._quiet()
        before = values(self.indi.known)
        self.indi.send('<getProperties version="1.7"/>')
        await self.indi.fence()
        after = values(self.indi.known)
        unlike = [name for name in after if before.get(name) != after[name] and not name.startswith(_MIRRORS)]
        assert not unlike
        assert [name for name, prop in self.indi.known.items() if not is_sound(prop)] == []
        self.settled = True

    async def _quiet(self) -> None:
        """Wait until the board is as told, and clients have been shown so."""
        if self.now != "online":
            return
        known, board = self.indi.known, self.service.board
        outputs = {int(name.removeprefix("PIN_")) for name in known["GPIO_DIRECTION"].on}
        await asyncio.wait_for(board.wait_until(lambda board: board.output_pins == outputs), 8)
        await self.indi.until(
            lambda: (
                not any(_is_on_its_way(name, prop) for name, prop in known.items())
                and known["GPIO_REGISTER"].values["PADS"] == str(board.levels)
            )
        )
        await self.indi.fence()

    # Writes

    async def try_all(self, vectors: list[Written]) -> None:
        for vector in vectors:
            await self._try(vector)
        await self.prepare()

    async def _hear(self, xml: str, end: str) -> Window:
        """Send XML, and return what was heard of the board until it was handled."""
        heard, start = self.indi.heard, len(self.indi.heard)
        self.indi.send(xml + _ASK.format(end))
        await self.indi.until(lambda: any(_defines(end, one) for one in heard[start:]))
        # The driver asks others for their CONNECTION at any time.
        window = Window([one for one in heard[start:] if one.tag != "getProperties"])
        for text in window.messages:
            assert len(text) <= 255
            assert text.isascii()
            assert text.startswith(("[INFO] ", "[WARNING] ", "[ERROR] ", "[DEBUG] "))
        return window

    async def _try(self, vector: Written) -> None:
        if vector.name in self.indi.known:
            await self._try_known(vector)
        else:
            await self.ignored(vector.xml)

    async def ignored(self, xml: str) -> None:
        """Send what is addressed to nothing; at most one warning says so."""
        before = values(self.indi.known)
        window = await self._hear(xml, "DRIVER_INFO")
        assert [text[:10] for text in window.messages if text[:8] != "[DEBUG] "] in ([], ["[WARNING] "])
        if self.settled:
            sets = [one.get("name", "") for one in window.elements if one.tag.startswith("set")]
            assert not [name for name in sets if not name.startswith(_MIRRORS)]
            assert values(self.indi.known) == before

    async def _try_known(self, vector: Written) -> None:
        known, name, phase = self.indi.known, vector.name, self.now
        others, reports, ask = values(known), self._reports, _ASK.format(name)
        pins = Pins.of(known)
        start = len(self.indi.heard)
        end = "DRIVER_INFO" if name != "DRIVER_INFO" else "CONNECTION_MODE"
        window = await self._hear(ask + vector.xml + ask, end)
        before, answer, told, after = self._parts(window, name)
        leds = sum(one.startswith("EVERLOOP_LED_") for one in known)
        verdict = judge(before, vector, leds=leds, phase=phase, pins=pins)
        assert told == (after.state, after.values)
        if answer.get("state") == "Alert":
            assert verdict.values is None or not verdict.sure
            assert after.values == before.values
            assert (answer.get("message", "").startswith("[ERROR] ")) is reports
            if self.settled:
                assert values(known) == others
            return
        assert verdict.values is not None
        assert answer.get("state") == verdict.state
        is_connecting = name == "CONNECTION" and answer.get("state") == "Busy" and phase == "away"
        assert same(before.kind, after.values, before.values if is_connecting else verdict.values)
        self.settled = False
        is_busy = answer.get("state") == "Busy" and (phase != "lost" or name == "CONFIG_PROCESS")
        is_busy = is_busy and name != "WEATHER_OVERRIDE"
        await self._finish(vector, verdict.values, start, is_busy=is_busy)

    @property
    def _reports(self) -> bool:
        """Whether errors are told to clients."""
        known = self.indi.known
        return "LOG_OUTPUT" not in known or (
            "CLIENT_DEBUG" in known["LOG_OUTPUT"].on and "LOG_ERROR" in known["LOGGING_LEVEL"].on
        )

    def _parts(self, window: Window, name: str) -> tuple[Known, ET.Element, tuple[str, dict[str, str]], Known]:
        """Return the definition before a write, its one answer, what was last told, and the definition after it.

        The board may have done what a Busy answer promised before the question behind the write is read: then the
        end of Busy is heard in front of the definition, or behind it.
        """
        kind, about = PROPERTIES[name][0], [one for one in window.elements if one.get("name") == name]
        while about[0].tag.startswith("set"):  # what followed of something before
            del about[0]
        first, answer, *rest = about
        ends = [one for one in rest if one.tag.startswith("set")]
        tags = [one.tag for one in about if one not in ends]
        assert tags == [f"def{kind}Vector", f"set{kind}Vector", f"def{kind}Vector"]
        states = [one.get("state") for one in ends]
        if answer.get("state") == "Alert" and is_fact(name, first.get("perm")) and first.get("state") != "Alert":
            assert states == [first.get("state")]
        else:
            ends_of_busy = _ends(name) if answer.get("state") == "Busy" else set()
            assert not states or (len(states) == 1 and ends_of_busy.issuperset(states))
        last = next(one for one in rest if one.tag.startswith("def"))
        told = about[about.index(last) - 1]
        shown = {one.attrib["name"]: one.text or "" for one in told}
        return Known.of(first), answer, (told.attrib["state"], shown), Known.of(last)

    async def _finish(self, vector: Written, wanted: Mapping[str, str], start: int, *, is_busy: bool) -> None:
        """Check that a Busy gets exactly one end, and undo a write that must not last."""
        known, name = self.indi.known, vector.name
        if is_busy and name == "CONNECTION" and not self.service.running:
            # After a disconnect in an outage there is nothing to connect to, which takes 5 s to be said.
            assert (await self.indi.write(name, DISCONNECT="On")).state == "Idle"
        elif is_busy:
            await self.indi.until(lambda: known[name].state in _ends(name))
            states = [one.get("state") for one in Window(self.indi.heard[start:]).sets(name)]
            assert states == ["Busy", known[name].state]
            assert same(known[name].kind, known[name].values, wanted)
        if name in self.undo:
            slow = name == "POLLING_PERIOD" and float(known[name].values["PERIOD_MS"]) > 100
            await self.indi.write(name, **self.undo[name])
            if slow and self.now == "online":
                await self._restart()
        await self._quiet()

    async def _restart(self) -> None:
        """Restart the service: it leaves a long delay that has begun in no other way."""
        start = len(self.indi.answers)
        await self.service.stop()
        await self.service.start()
        while (await self.indi.next_answer("CONNECTION", start)).state != "Ok":
            start += 1
        # An output is sent again, and is Ok when it is seen then, also where a write to it had been refused.
        known = self.indi.known
        await self.indi.until(
            lambda: not any(_is_output(name) and prop.state == "Alert" for name, prop in known.items())
        )


@asynccontextmanager
async def desk(kind: Kind, phase: str) -> AsyncIterator[Desk]:
    async with (
        MalosService(SimulatedBoard(kind), info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        # Else each connecting would wait up to a second for the number of LEDs, and for the sensors.
        for engine in service._engines.values():
            engine.delay_ms = 50
        await indi.get_properties()
        await indi.write("POLLING_PERIOD", PERIOD_MS=10)
        await indi.write("KEEP_ALIVE", TIMEOUT=5)
        made = Desk(indi, service, phase)
        await made.prepare()
        yield made


_PHASES = [(Kind.CREATOR, "online"), (Kind.VOICE, "online"), (Kind.CREATOR, "away"), (Kind.VOICE, "lost")]


@pytest.mark.parametrize(("kind", "phase"), _PHASES)
def test_every_write_is_answered_once_and_truly(kind: Kind, phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Seconds after an outage outputs would be sent again, and follow, in the middle of some other write.
    monkeypatch.setattr(outages, "_AFTERMATH", 0)
    with OwnLoop() as loop:
        writer = loop.open(desk(kind, phase))

        @given(st.lists(writes(), min_size=1, max_size=8))
        def answered(vectors: list[Written]) -> None:
            loop.run(writer.try_all(vectors))

        answered()


def test_what_is_addressed_to_nothing_is_at_most_warned_of() -> None:
    with OwnLoop() as loop:
        writer = loop.open(desk(Kind.CREATOR, "online"))

        @given(unaddressed())
        def ignored(xml: str) -> None:
            loop.run(writer.ignored(xml))

        ignored()
        loop.run(writer.prepare())


def test_every_property_is_written_to() -> None:
    with OwnLoop() as loop:
        known = loop.open(desk(Kind.CREATOR, "online")).indi.known
        found = {name: (prop.kind, tuple(prop.members)) for name, prop in known.items() if "LABELS" not in name}
        assert found == {name: PROPERTIES[name] for name in found}
