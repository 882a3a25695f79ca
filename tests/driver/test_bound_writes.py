"""Bound writes: a driver that binds writes, and one that does not, do and say the same."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix import make_driver
from indi_matrix.board import outages
from indi_matrix.board.config import autosave
from indi_matrix.board.config.config_process import _Loading
from indi_matrix.devices.everloop import everloop
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.driver import MatrixDriver
from indi_matrix.indi.properties.base import State
from indi_matrix.indi.properties.bound_members import BoundMembers
from indi_matrix.indi.transport.stdio import StdioTransport
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.driver.own_loop import OwnLoop
from tests.driver.strategies import writes

# What each driver says at its own time: moments, ports, and how it looks for a lost service.
_OWN = re.compile(
    rb'<message [^>]*message="\[DEBUG\] (?:connecting to|no way back yet)[^>]*/>\n'
    rb'| timestamp="[^"]*"|127\.0\.0\.1:[0-9]+'
)
_ASKED = re.compile(rb"<getProperties [^>]*>\n")
_PORTIONS = 4
# These go on by themselves, or end in something that no other write is to be in the middle of.
_LEFT_OUT = (
    "ACTIVE_DEVICES",
    "CONFIG_PROCESS",
    "CONNECTION",
    "LOG_OUTPUT",
    "POLLING_PERIOD",
    "KEEP_ALIVE",
    "SIMUL",
)


@dataclass
class Side:
    """One of the two drivers, with its client and its board.

    Attributes:
        said: What it wrote since this was last looked at.
        configs: What the service was sent for pins.
    """

    driver: MatrixDriver
    indi: IndiClient
    service: MalosService
    said: bytearray = field(default_factory=bytearray)
    configs: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert isinstance(self.driver.direct, StdioTransport)
        self.transport = self.driver.direct
        self.board = self.driver._boards["MATRIX"]
        sink = self.transport._sink
        write = sink._write

        def wrote(data: bytes | bytearray) -> int:
            written = write(data)
            self.said += data[:written]
            return written

        sink._write = wrote  # type: ignore[method-assign]
        (self.gpio,) = (device for device in self.board._connection._devices if isinstance(device, Gpio))
        self.gpio._tell_config = self._note  # type: ignore[method-assign]
        self.gpio.link.on_send = self._note

    def _note(self, config: bytes) -> None:
        self.configs.append(config)

    async def prepare(self, *, lost: bool) -> None:
        """Bring everything back to where each example begins."""
        known = self.indi.known
        if known["CONNECTION"].on == ["DISCONNECT"]:
            if not self.service.running:
                await self.service.start()
            assert (await self.indi.connect()).state == "Ok"
        if self.service.running:
            await self.indi.write("GPIO_DIRECTION", **{f"PIN_{pin}": "On" for pin in range(3)})
        if self.service.running and lost:
            await self.service.stop()
            await self.indi.in_state("DIGITAL_INPUT_16", "Alert")
        self.board._configuration._loadings[:] = [_Loading()]  # as while a load waits for its disk
        await self.indi.fence()

    @property
    def is_idle(self) -> bool:
        """Whether the reader waits for messages, and none waits for it."""
        return self.transport._inbox._idle and not self.transport._inbox._items

    def heard(self) -> bytes:
        """Return what was said since the last time, but for what is of this driver alone.

        Timers have a driver ask other devices again, at moments of its own.
        """
        said, self.said[:] = bytes(self.said), b""
        return _ASKED.sub(b"", _OWN.sub(b"", said))

    def state(self) -> dict[str, Any]:
        """Return what it holds: all properties, and what it has recorded of writes."""
        devices = self.board._connection._devices
        configuration = self.board._configuration
        return {
            "properties": {
                name: _OWN.sub(b"", prop.definition().data())
                for name, prop in self.board.indi.properties.items()
                if name != "DEVICE_ADDRESS"
            },
            "due": list(configuration._autosave._due),
            "since": [sorted(loading.since) for loading in configuration._loadings],
            "last": [getattr(device._written, "name", None) for device in devices],
            "fresh": [device._fresh for device in devices],
        }


Step = Callable[[Side], None]


def feed(data: bytes) -> Step:
    def step(side: Side) -> None:
        side.transport._received(data)

    return step


def stall(side: Side) -> None:
    """Have no room, as if the client did not read."""
    side.transport._sink.room.clear()


@dataclass
class Pair:
    """Both drivers: the first binds writes, the other does not."""

    sides: tuple[Side, Side]
    lost: bool

    async def prepare(self) -> None:
        await asyncio.gather(*(side.prepare(lost=self.lost) for side in self.sides))
        for side in self.sides if self.lost else ():
            for pin in side.gpio._pins[:3]:  # whether its level was seen before the service stopped is chance
                pin.view.output.publish_reading(state=State.ALERT)
        await self.turn()
        for side in self.sides:
            side.heard()
            side.configs.clear()
            side.board._configuration._autosave._due.clear()

    async def turn(self) -> None:
        """Let the readers go on until nothing waits for them."""
        for side in self.sides:
            side.transport._sink.room.set()
        while not all(side.is_idle for side in self.sides):  # noqa: ASYNC110 - no event tells that
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def same(self) -> None:
        first, second = self.sides
        assert first.heard() == second.heard()
        assert first.configs == second.configs
        one, other = first.state(), second.state()
        assert one["properties"].keys() == other["properties"].keys()
        assert {key: value for key, value in one["properties"].items() if value != other["properties"][key]} == {}
        assert one == other

    async def run(self, steps: Sequence[Step | None]) -> None:
        """Take the steps, between which nothing else happens; None lets the readers go on."""
        await self.prepare()
        for step in steps:
            if step is None:
                await self.turn()
            else:
                for side in self.sides:
                    step(side)
            self.same()
        for side in self.sides:
            side.transport._received(b"-->]]><message/>")  # ends what was torn
        await self.turn()
        first, second = self.sides
        assert first.heard() == second.heard()


@asynccontextmanager
async def pair(*, lost: bool = False) -> AsyncIterator[Pair]:
    async with (
        MalosService(SimulatedBoard(Kind.CREATOR), info_port=0) as one,
        MalosService(SimulatedBoard(Kind.CREATOR), info_port=0) as other,
    ):
        drivers = [make_driver(address=service.address) for service in (one, other)]
        drivers[1].carry_out_bound = lambda data: 0  # type: ignore[method-assign]  # noqa: ARG005 - the method's name
        async with piped(drivers[0]) as first, piped(drivers[1]) as second:
            for indi, service in ((first, one), (second, other)):
                service._engines["Everloop"].delay_ms = 50
                await indi.get_properties()
                await indi.write("POLLING_PERIOD", PERIOD_MS=600000)
                await indi.write("ACTIVE_DEVICES", ACTIVE_FILTER="Filter Simulator")
                assert (await indi.connect()).state == "Ok"
            yield Pair((Side(drivers[0], first, one), Side(drivers[1], second, other)), lost)


@pytest.fixture(autouse=True)
def _nothing_comes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everloop, "_MIRROR_DELAY", 3600)
    monkeypatch.setattr(autosave, "_SOON", 3600)
    monkeypatch.setattr(outages, "_AFTERMATH", 0)
    monkeypatch.setattr(outages, "_RETRY_PAUSE", 3600)


def vector(kind: str, name: str, *members: tuple[str, str], quote: str = '"', spread: str = "") -> bytes:
    ones = "".join(
        f"{spread}<one{kind} name={quote}{member}{quote}>{spread}{value}</one{kind}>" for member, value in members
    )
    head = f"device={quote}MATRIX{quote} name={quote}{name}{quote}"
    return f"<new{kind}Vector {head}>{ones}{spread}</new{kind}Vector>".encode()


_LOOKS = {"quote": st.sampled_from("\"'"), "spread": st.sampled_from(("", "", "\n  "))}
_ONOFF = st.sampled_from(("On", "On", "On", "Off", " On ", "on"))
_NUMBERS = st.sampled_from(("0", "7", "255", "256", "-1", "7.5", "0:30", " 7\n", "x", "007"))


def _switch(name: str, *members: str) -> st.SearchStrategy[bytes]:
    ones = st.lists(st.tuples(st.sampled_from(members), _ONOFF), min_size=1, max_size=2)
    return st.builds(lambda ones, **look: vector("Switch", name, *ones, **look), ones, **_LOOKS)


def _led(names: Sequence[str]) -> st.SearchStrategy[bytes]:
    ones = st.lists(
        st.tuples(st.sampled_from(("RED", "GREEN", "BLUE", "WHITE")), _NUMBERS), min_size=1, max_size=5
    )
    return st.builds(
        lambda name, ones, **look: vector("Number", name, *ones, **look), st.sampled_from(names), ones, **_LOOKS
    )


_IMAGE = st.builds(
    lambda word, count: vector("Text", "EVERLOOP_IMAGE", ("IMAGE", " ".join([word] * count))),
    st.sampled_from(("00ff0080", "FF0000", "red")), st.sampled_from((35, 35, 34)),
)  # fmt: skip
_DEBUGGING = st.sampled_from(
    (
        vector("Switch", "DEBUG", ("ENABLE", "On")),
        vector("Switch", "DEBUG", ("DISABLE", "On")),
        vector("Switch", "LOGGING_LEVEL", ("LOG_DEBUG", "On")),
        vector("Switch", "LOGGING_LEVEL", ("LOG_DEBUG", "Off")),
    )
)
_COMING_AND_GOING = st.sampled_from(
    (
        vector("Switch", "GPIO_DIRECTION", ("PIN_0", "Off")),
        vector("Switch", "GPIO_DIRECTION", ("PIN_0", "On")),
        vector("Text", "DIGITAL_OUTPUT_LABELS", ("DIGITAL_OUTPUT_2", "Roof")),
        vector("Text", "DIGITAL_OUTPUT_LABELS", ("DIGITAL_OUTPUT_2", "Dome")),
    )
)
_CONNECT = vector("Switch", "CONNECTION", ("CONNECT", "On"))
_DISCONNECT = vector("Switch", "CONNECTION", ("DISCONNECT", "On"))
_BOUND = st.one_of(
    _switch("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"),
    _switch("EVERLOOP_NIGHT_MODE", "INDI_ENABLED", "INDI_DISABLED", "NONE"),
    _switch("DIGITAL_OUTPUT_1", "ON", "OFF"),
    _switch("DIGITAL_OUTPUT_2", "ON", "OFF"),
    _led(("EVERLOOP_LED_1", "EVERLOOP_LED_35", "EVERLOOP_COLOR")),
    _IMAGE,
    st.sampled_from(("0", "20000", "60001")).map(lambda ms: vector("Number", "PULSE_1", ("DURATION", ms))),
    st.sampled_from(("0", "101")).map(lambda percent: vector("Number", "DUTY_1", ("DUTY", percent))),
    st.just(vector("Number", "FLAT_LIGHT_INTENSITY", ("FLAT_LIGHT_INTENSITY_VALUE", "9"))),
    _NUMBERS.map(lambda rate: vector("Number", "EVERLOOP_SPEED", ("RATE", rate))),
    st.just(vector("Number", "GPIO_REGISTER", ("PADS", "1"))),
    st.just(vector("Number", "DIGITAL_OUTPUT_1", ("ON", "1"))),
    _COMING_AND_GOING,
)
_ANY = writes().map(lambda write: write.xml.encode(errors="replace") if _is_fit(write.xml) else b"")
_GARBAGE = st.sampled_from((b"<newSwitchVector", b"</a>", b"<!-- x -->", b"<?xml?>", b"\n", b"<message/>", b"<a>"))


def _is_fit(xml: str) -> bool:
    return not any(name in xml for name in (*_LEFT_OUT, "PULSE_", "DUTY_", "DEVICE_ADDRESS"))


@st.composite
def steps(draw: st.DrawFn) -> list[Step | None]:
    """Writes of all sorts, cut anywhere, and now and then a client that does not read for a while."""
    kinds = (_BOUND, _BOUND, _BOUND, _BOUND, _ANY, _DEBUGGING, _GARBAGE, st.just(_CONNECT))
    found: list[Step | None] = []
    count = draw(st.integers(1, _PORTIONS))
    leaves = draw(st.integers(0, 9 * _PORTIONS))  # the portion with a disconnect, which takes half a second
    for portion in range(count):
        parts = draw(st.lists(st.one_of(*kinds), min_size=1, max_size=6))
        if portion == leaves:
            parts.insert(draw(st.integers(0, len(parts))), _DISCONNECT)
        if portion >= leaves:
            parts = [part for part in parts if part != _CONNECT] + draw(st.lists(_BOUND, min_size=1, max_size=3))
        data = b"\n".join(parts)
        cut = draw(st.integers(0, len(data)))
        found += [feed(piece) for piece in (data[:cut], data[cut:]) if piece]
        found += draw(st.sampled_from(([], [None], [None], [stall])))
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("lost", [False, True])
def test_bound_or_not_it_is_the_same(lost: bool) -> None:
    with OwnLoop() as loop:
        both = loop.open(pair(lost=lost))

        @given(steps())
        def same(taken: list[Step | None]) -> None:
            loop.run(both.run(taken))

        same()


NIGHT = vector("Switch", "EVERLOOP_NIGHT_MODE", ("INDI_ENABLED", "On"))


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        (vector("Number", "EVERLOOP_SPEED", ("RATE", "0")), b"out of range"),
        (vector("Number", "EVERLOOP_LED_1", ("RED", "256")), b"out of range"),
        (vector("Number", "EVERLOOP_LED_1", ("RED", "1"), ("RED", "2")), b"written twice"),
        (vector("Switch", "EVERLOOP_NIGHT_MODE", ("NONE", "On")), b"no member"),
        (vector("Switch", "EVERLOOP_NIGHT_MODE", ("INDI_DISABLED", "Off")), b"leave none"),
        (vector("Text", "EVERLOOP_IMAGE", ("IMAGE", "red")), b"1 word"),
        (vector("Number", "GPIO_REGISTER", ("PADS", "1")), b"read-only"),
        (vector("Number", "DIGITAL_OUTPUT_1", ("ON", "1")), b"takes a newSwitchVector"),
    ],
)
async def test_what_is_refused_is_refused_in_the_same_words(written: bytes, refusal: bytes) -> None:
    async with pair() as both:
        await both.prepare()
        for side in both.sides:
            side.transport._received(written)
        said = [side.heard() for side in both.sides]
        assert said[0] == said[1]
        assert refusal in said[0]


PULSE = vector("Number", "PULSE_1", ("DURATION", "0"))


@pytest.mark.parametrize(("name", "written"), [("EVERLOOP_NIGHT_MODE", NIGHT), ("PULSE_1", PULSE)])
async def test_a_handler_that_fails_is_refused_in_place_and_not_called_again(
    name: str, written: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with pair() as both:
        await both.prepare()
        calls = []
        for side in both.sides:

            def fail(_: Any, side: Side = side) -> State:
                calls.append(side)
                raise RuntimeError("boom")

            side.board.indi.properties[name].on_write = fail
            side.transport._received(written)
        said = [side.heard() for side in both.sides]
        assert said[0] == said[1]
        assert f"{name}: internal error".encode() in said[0]
        assert calls == list(both.sides)
        assert caplog.messages.count(f"MATRIX.{name}: the write failed") == 2
        caplog.clear()


async def test_what_is_written_again_and_again_is_bound_until_there_are_other_properties() -> None:
    async with pair() as both:
        await both.prepare()
        side, bound = both.sides[0], both.sides[0].driver.bound
        start = NIGHT[: NIGHT.index(b">") + 1]
        for change in (
            vector("Switch", "DEBUG", ("ENABLE", "On")),
            vector("Switch", "GPIO_DIRECTION", ("PIN_1", "Off")),
            vector("Text", "DIGITAL_OUTPUT_LABELS", ("DIGITAL_OUTPUT_3", "Roof")),
        ):
            side.transport._received(NIGHT)
            assert bound._bound[start] is not None
            side.transport._received(change)
            assert start not in bound._bound
        assert bound.read(NIGHT, 0) is not None
        side.transport._received(vector("Switch", "LOGGING_LEVEL", ("LOG_DEBUG", "On")))
        assert bound.read(NIGHT, 0) is None


async def test_what_is_bound_is_bounded() -> None:
    async with pair() as both:
        bound = both.sides[0].driver.bound
        for number in range(1000):
            start = b'<newSwitchVector device="MATRIX" name="EVERLOOP_NIGHT_MODE" timestamp="%d">' % number
            assert bound.read(start + NIGHT[NIGHT.index(b">") + 1 :], 0) is not None
            bound.read(b"<x%d>" % number, 0)
            assert len(bound._bound) <= 256


async def test_the_same_bytes_mean_what_the_other_members_have_now() -> None:
    async with pair() as both:
        await both.prepare()
        on, off, not_on = (
            vector("Switch", "DIGITAL_OUTPUT_1", one) for one in (("ON", "On"), ("OFF", "On"), ("ON", "Off"))
        )
        for data in (on, not_on, off, not_on, on, not_on + off + not_on, off):
            for side in both.sides:
                side.transport._received(data)
            both.same()


async def test_what_is_kept_of_writes_is_bounded() -> None:
    async with pair() as both:
        members = BoundMembers(both.sides[0].board.indi.properties["EVERLOOP_NIGHT_MODE"])
        rest = NIGHT[NIGHT.index(b">") + 1 :]
        for number in range(1000):
            assert members.read(rest + b" " * number, 0) is not None
            assert len(members._kept) <= 32
        assert all(len(kept) <= 256 for kept in members._kept)
