"""Broken messages by the thousand: what the real program makes of them, and what cuts them alone."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from indi_matrix.indi.wire.reader import MAX_MESSAGE, IndiStream, Item, StreamError
from indi_matrix.indi.wire.write import Write
from indi_matrix.simulator import Led, MalosService, SimulatedBoard
from tests.programs import PATIENCE
from tests.siege.corpus import Corpus
from tests.siege.fuzz import is_well
from tests.siege.fuzzing import Figures, Plan, fuzz_pipes, fuzz_served
from tests.siege.line import ALERT, ANSWER, Line, dialled, piped
from tests.siege.seeds import SPECIALS, numbers, picture, switches, texts
from tests.siege.targets import ours_on_pipes, ours_served

ROOT = Path(__file__).parents[1]
MESSAGES = 3000
LIMIT = 2 * PATIENCE


def messages(seed: int, count: int) -> list[bytes]:
    return list(islice(Corpus(seed), count))


# What is sent


def test_the_same_seed_gives_the_same_messages_in_any_process() -> None:
    code = "from tests.test_fuzz import *; sys.stdout.buffer.write(b''.join(messages(5, 2000)))"
    environ = {**os.environ, "PYTHONHASHSEED": "7"}
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT, env=environ
    )
    assert elsewhere.stdout == b"".join(messages(5, 2000))
    assert messages(5, 100) != messages(6, 100)


def test_the_messages_are_a_mixture_of_sound_and_broken_ones_of_all_kinds() -> None:
    items = [item for message in messages(1, 5000) for item in IndiStream().feed(message)]
    tags = {item.tag for item in items if not isinstance(item, StreamError)}
    broken = {str(item) for item in items if isinstance(item, StreamError)}
    assert tags >= {"getProperties", "enableBLOB", "message", "delProperty", "defTextVector", "setNumberVector"}
    assert tags >= {f"new{kind}Vector" for kind in ("Number", "Switch", "Text", "BLOB", "Light")}
    assert any("invalid token" in reason for reason in broken)
    assert any("unfinished" in reason for reason in broken)
    assert any("begin no message" in reason for reason in broken)
    assert 2000 < sum(not isinstance(item, StreamError) for item in items) < 4500


# The real program


@dataclass
class Board:
    """A simulated board and its service.

    Attributes:
        restore: What has a driver connect to it.
    """

    hardware: SimulatedBoard
    address: str
    restore: bytes

    def plan(self, seed: int) -> Plan:
        return Plan(MESSAGES, seed, self.restore)


@pytest_asyncio.fixture
async def board() -> AsyncIterator[Board]:
    hardware = SimulatedBoard()
    async with MalosService(hardware, info_port=0) as service:
        host, port = str(service.address).rsplit(":", 1)
        restore = switches("SIMULATION", DISABLE=True) + texts("DEVICE_ADDRESS", ADDRESS=host, PORT=port)
        yield Board(hardware, str(service.address), restore)


async def answered(line: Line, name: str, write: bytes) -> None:
    """Write, and wait until that is answered, and in order."""
    assert await line.say(write, f'name="{name}" state="Ok"'.encode(), within=PATIENCE), name


async def has_its_board(line: Line, board: SimulatedBoard) -> None:
    """Write what decides what the board shows, and wait until it does."""
    for name in ("EVERLOOP_NIGHT_MODE", "EVERLOOP_STATUS"):
        await answered(line, name, switches(name, INDI_DISABLED=True))
    await answered(line, "EVERLOOP_EFFECT", switches("EVERLOOP_EFFECT", NONE=True))
    await answered(line, "FLAT_LIGHT_INTENSITY", numbers("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=255))
    await answered(line, "EVERLOOP_IMAGE", texts("EVERLOOP_IMAGE", IMAGE=picture("0A0B0C0D")))
    await board.wait_until(lambda board: board.leds == (Led(10, 11, 12, 13), *[Led(1, 2, 3, 4)] * 34))
    await answered(line, "POLLING_PERIOD", numbers("POLLING_PERIOD", PERIOD_MS=20))
    await answered(line, "GPIO_ACTIVE_LOW", switches("GPIO_ACTIVE_LOW", PIN_7=False))
    await answered(line, "GPIO_DIRECTION", switches("GPIO_DIRECTION", PIN_7=True))
    await answered(line, "DIGITAL_OUTPUT_8", switches("DIGITAL_OUTPUT_8", ON=True))
    assert board.level(7)
    asked = b'<getProperties version="1.7" device="MATRIX" name="EVERLOOP_IMAGE"/>'
    assert await line.say(asked, b">0A0B0C0D 01020304 ", within=PATIENCE)


def has_survived(figures: Figures) -> None:
    assert figures.messages == MESSAGES
    assert is_well(figures), figures
    assert figures.counts[ANSWER] > 500
    assert figures.counts[ALERT] > 200


async def test_the_driver_on_pipes_reads_on_whatever_it_is_sent(board: Board) -> None:
    async with ours_on_pipes("--address", board.address) as target, piped(target) as line:
        async with asyncio.timeout(LIMIT):
            has_survived(await fuzz_pipes(target, line, board.plan(2)))
        await has_its_board(line, board.hardware)
        assert target.alive


async def test_the_server_drops_who_sends_broken_messages_and_serves_the_others(board: Board) -> None:
    async with ours_served("--address", board.address) as target, dialled(target.port) as watcher:
        async with asyncio.timeout(LIMIT):
            figures = await fuzz_served(target, watcher, board.plan(3))
        has_survived(figures)
        assert figures.dropped > 300
        await has_its_board(watcher, board.hardware)
        assert target.alive


# What cuts bytes into messages, alone


def pieces(dice: random.Random, text: bytes, size: int) -> Iterator[bytes]:
    """Cut a text anywhere, into pieces of up to a size."""
    begin = 0
    while begin < len(text):
        end = begin + dice.randint(1, size)
        yield text[begin:end]
        begin = end


def in_text(item: Item) -> str:
    """Return an error as its text, and all else as XML."""
    if isinstance(item, StreamError):
        return str(item)
    return ET.tostring(item.element() if isinstance(item, Write) else item, "unicode")


def read(dice: random.Random, text: bytes, size: int) -> list[str]:
    """Return what comes out of a text in pieces; meanwhile nothing is kept beyond the bound."""
    stream = IndiStream()
    found: list[str] = []
    for piece in pieces(dice, text, size):
        found += map(in_text, stream.feed(piece))
        assert len(stream._buffer) <= MAX_MESSAGE + size
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_same_is_read_however_the_bytes_are_cut(seed: int) -> None:
    dice = random.Random(seed)
    text = b"".join(message for message in messages(seed, 1500) if len(message) < 100_000)
    whole = read(dice, text, len(text))
    assert sum(line.startswith("<") and line.endswith(">") for line in whole) > 500
    for size in (1, 7, 200, 1 << 16):
        assert read(dice, text, size) == whole


@pytest.mark.parametrize("special", SPECIALS, ids=range(len(SPECIALS)))
def test_whatever_was_sent_a_sound_message_is_read_at_last(special: bytes) -> None:
    stream, sound, size = IndiStream(), b"<getProperties version='1.7'/>", 1 << 16
    stream.feed(special)
    for piece in pieces(random.Random(1), b"\n" * (MAX_MESSAGE + 2 * size), size):
        stream.feed(piece)
        assert len(stream._buffer) <= MAX_MESSAGE + size
    (item,) = stream.feed(sound)
    assert isinstance(item, ET.Element)
    assert item.tag == "getProperties"
