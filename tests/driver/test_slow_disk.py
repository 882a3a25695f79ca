"""A disk that takes its time, or never answers: nobody else waits for it, and the program ends all the same."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from indi_matrix import make_driver
from indi_matrix.board.config.config_file import from_bytes
from tests.driver.client import Answer, IndiClient, piped, talking_to
from tests.programs import running
from tests.stopwatch import stopped


@dataclass
class Disk:
    """Takes what is written when it is let, and no sooner.

    Attributes:
        slow: Files that it holds back contain this in their path.
        answers: Set when it is let.
        asked: Set when it was asked to write anything.
        written: Paths of what it was asked to write, temporary ones.
    """

    slow: str = ""
    answers: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    written: list[str] = field(default_factory=list)
    fsync = staticmethod(os.fsync)

    def sync(self, descriptor: int) -> None:
        """Stand in for os.fsync."""
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        self.written.append(path)
        self.asked.set()
        if self.slow in path:
            self.answers.wait(10)
        self.fsync(descriptor)

    def configs(self) -> int:
        """Return how often a config was written, without defaults."""
        return sum(".default." not in path for path in self.written)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk()
    monkeypatch.setattr(os, "fsync", made.sync)
    yield made
    made.answers.set()


@pytest.fixture
def config(home: Path) -> Path:
    """Where the config file belongs."""
    return home / ".indi" / "MATRIX_config.xml"


def saved(config: Path) -> dict[str, dict[str, str]]:
    vectors, damages = from_bytes(config.read_bytes())
    assert damages == []
    return {vector.attrib["name"]: {one.attrib["name"]: one.text or "" for one in vector} for vector in vectors}


def ask(indi: IndiClient, what: str) -> None:
    indi.put("CONFIG_PROCESS", **{f"CONFIG_{what}": "On"})


def answers(indi: IndiClient, name: str = "CONFIG_PROCESS") -> list[Answer]:
    return [answer for answer in indi.answers if answer.name == name]


def states(indi: IndiClient) -> list[str]:
    return [answer.state for answer in answers(indi)]


async def test_nobody_waits_for_a_save_and_its_ok_comes_when_the_file_is_there(disk: Disk, config: Path) -> None:
    async with piped(make_driver()) as indi:
        await (await indi.get_properties()).write("KEEP_ALIVE", TIMEOUT=7)
        ask(indi, "SAVE")
        assert (await indi.write("POLLING_PERIOD", PERIOD_MS=70)).state == "Ok"
        await indi.fence()
        assert states(indi) == ["Busy"]
        assert not config.exists()
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        assert states(indi) == ["Busy", "Ok"]
        assert saved(config)["KEEP_ALIVE"] == {"TIMEOUT": "7"}
        assert saved(config)["POLLING_PERIOD"] == {"PERIOD_MS": "1000"}  # as it was when that was asked for


async def test_saves_that_come_meanwhile_are_one(disk: Disk, config: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        for number in range(130):
            indi.put("POLLING_PERIOD", PERIOD_MS=100 + number)
            ask(indi, "SAVE")
        await indi.fence()
        assert states(indi) == ["Busy"] * 130
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        assert states(indi) == ["Busy"] * 130 + ["Ok"]
        assert disk.configs() == 2
        assert saved(config)["POLLING_PERIOD"] == {"PERIOD_MS": "229"}


async def test_what_clients_ask_for_keeps_its_order(disk: Disk, config: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        for number, what in enumerate(("SAVE", "SAVE", "LOAD", "SAVE", "PURGE", "SAVE", "DEFAULT"), 10):
            indi.put("POLLING_PERIOD", PERIOD_MS=number)
            ask(indi, what)
        await indi.fence()
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        done = [text.split()[1] for text in indi.messages if str(config) in text]
        assert done == ["saved", "saved", "loaded", "saved", "removed", "saved", "loaded"]
        assert saved(config)["POLLING_PERIOD"] == {
            "PERIOD_MS": "16"
        }  # behind a load: as it is when its turn comes


async def test_what_is_written_behind_a_load_stays(disk: Disk, config: Path) -> None:
    config.parent.mkdir()
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        for timeout, what in ((7, "SAVE"), (8, "LOAD")):
            await indi.write("KEEP_ALIVE", TIMEOUT=timeout)
            await indi.write("POLLING_PERIOD", PERIOD_MS=10 * timeout)
            ask(indi, what)
        await indi.write("KEEP_ALIVE", TIMEOUT=9)
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "9"}
        assert indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "70"}


async def test_an_alert_between_others_does_not_end_their_busy(disk: Disk, config: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        for what in ("PURGE", "SAVE"):
            ask(indi, what)
        await indi.until(lambda: len(states(indi)) == 4)
        assert states(indi) == ["Busy", "Busy", "Alert", "Busy"]
        assert answers(indi)[2].message.endswith("No such file or directory")
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        assert config.exists()


@pytest.mark.usefixtures("disk")
async def test_only_so_many_can_wait(config: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        for number in range(100):
            ask(indi, ("SAVE", "LOAD")[number % 2])
        await indi.fence()
        assert states(indi) == ["Busy"] * 16 + ["Alert"] * 84
        told = f"[ERROR] CONFIG_PROCESS.CONFIG_LOAD: 16 requests, the most that can, wait for {config}"
        assert answers(indi)[-1].message == told


async def test_nobody_waits_for_what_is_saved_by_itself(disk: Disk, config: Path) -> None:
    async with piped(make_driver()) as indi:
        await (await indi.get_properties()).write("DEVICE_ADDRESS", PORT="2000")
        assert await asyncio.to_thread(disk.asked.wait, 5)
        assert (await indi.write("DEVICE_ADDRESS", PORT="2001")).state == "Ok"
        disk.answers.set()
    assert saved(config)["DEVICE_ADDRESS"]["PORT"] == "2001"


async def test_a_board_does_not_wait_for_anothers_disk(disk: Disk, home: Path) -> None:
    disk.slow = "North"
    async with piped(make_driver(boards={"North": "127.0.0.1", "South": "127.0.0.1"})) as indi:
        indi.device, indi.one_device = "South", True
        await indi.get_properties()
        process = "<newSwitchVector device='North' name='CONFIG_PROCESS'>"
        indi.send(f"{process}<oneSwitch name='CONFIG_SAVE'>On</oneSwitch></newSwitchVector>")
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
        assert not (home / ".indi" / "North_config.xml").exists()
        disk.answers.set()


async def test_a_load_that_waits_for_the_disk_does_not_hold_up_a_connect(disk: Disk) -> None:
    async with piped(make_driver(simulate="creator")) as indi:
        await indi.get_properties()
        ask(indi, "SAVE")
        ask(indi, "LOAD")
        assert (await indi.connect()).state == "Ok"
        assert states(indi) == ["Busy", "Busy"]
        disk.answers.set()
        await indi.in_state("CONFIG_PROCESS", "Ok")
        assert indi.known["CONNECTION"].on == ["CONNECT"]


_HANGS = """
import os, sys, threading
os.fsync = lambda _: threading.Event().wait()
from indi_matrix.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("how", ["end of file", "SIGTERM"])
@pytest.mark.parametrize("what", ["a save", "what is saved by itself"])
async def test_a_disk_that_hangs_does_not_hold_up_the_end(config: Path, how: str, what: str) -> None:
    async with running(sys.executable, "-c", _HANGS) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        if what == "a save":
            ask(indi, "SAVE")
            await indi.in_state("CONFIG_PROCESS", "Busy")
        else:
            await indi.write("DEVICE_ADDRESS", PORT="2000")
        if how == "SIGTERM":
            driver.terminate()
        else:
            indi.writer.close()
        assert await stopped(driver, 1) == 0
        assert driver.stderr is not None
        assert b"gave up on" in await driver.stderr.read()
    assert not config.exists()
    (left,) = config.parent.iterdir()
    async with running(Path(sys.executable).with_name("indi_matrix")) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    assert config.exists()
    assert not left.exists()
