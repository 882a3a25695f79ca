"""DEBUG, LOGGING_LEVEL and LOG_OUTPUT: what clients and the log file are told."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from indi_matrix import make_driver
from indi_matrix.board.board import Board
from indi_matrix.driver import MatrixDriver, SimulatedHardware
from indi_matrix.settings import BoardSettings
from tests.driver.client import IndiClient, piped, talking_to
from tests.driver.conftest import Rig
from tests.programs import PROGRAM, running

LEVELS = ["LOG_ERROR", "LOG_WARNING", "LOG_SESSION", "LOG_DEBUG"]


async def debug(indi: IndiClient) -> None:
    assert (await indi.write("DEBUG", ENABLE="On")).state == "Ok"


async def only(indi: IndiClient, *levels: str) -> None:
    await indi.write("LOGGING_LEVEL", **{level: "On" if level in levels else "Off" for level in LEVELS})


def log_lines(home: Path) -> list[str]:
    (path,) = (home / ".indi" / "logs").glob("*/indi_matrix/indi_matrix_*.log")
    return path.read_text().splitlines()


async def test_debug_brings_the_two_properties_and_takes_them_away(away: Rig) -> None:
    indi = away.indi
    assert "LOGGING_LEVEL" not in indi.known
    await debug(indi)
    levels, output = indi.known["LOGGING_LEVEL"], indi.known["LOG_OUTPUT"]
    assert list(levels.members) == LEVELS
    assert levels.on == LEVELS[:3]
    assert list(output.members) == ["CLIENT_DEBUG", "FILE_DEBUG"]
    assert output.on == ["CLIENT_DEBUG"]
    assert {prop.attributes["rule"] for prop in (levels, output)} == {"AnyOfMany"}
    await debug(indi)
    await only(indi, "LOG_DEBUG")
    await indi.write("LOG_OUTPUT", CLIENT_DEBUG="Off")
    await indi.write("DEBUG", DISABLE="On")
    assert indi.deleted == ["LOGGING_LEVEL", "LOG_OUTPUT"]
    assert (await indi.write("KEEP_ALIVE", TIMEOUT=99)).message.startswith("[ERROR] ")
    await debug(indi)
    assert indi.known["LOGGING_LEVEL"].on == LEVELS[:3]
    assert indi.known["LOG_OUTPUT"].on == ["CLIENT_DEBUG"]


async def provoke(indi: IndiClient) -> tuple[set[str], set[str]]:
    """Give rise to messages of all levels; return the levels that came in messages, and on vectors."""
    indi.messages.clear()
    start = len(indi.answers)
    for text in ("a b", "pi"):  # an Alert with an error; then an INFO, for a link is under way
        await indi.write("DEVICE_ADDRESS", ADDRESS=text)
    await indi.fence()
    on_vectors = [answer.message for answer in indi.answers[start:]]
    return (
        {found[1] for text in indi.messages if (found := re.match(r"\[([A-Z]+)\] ", text))},
        {found[1] for text in on_vectors if (found := re.match(r"\[([A-Z]+)\] ", text))},
    )


@pytest.mark.parametrize(
    ("levels", "messages", "on_vectors"),
    [
        (LEVELS, {"INFO", "DEBUG"}, {"ERROR"}),
        (LEVELS[:3], {"INFO"}, {"ERROR"}),
        (["LOG_SESSION"], {"INFO"}, set()),
        (["LOG_DEBUG"], {"DEBUG"}, set()),
        (["LOG_ERROR"], set(), {"ERROR"}),
        ([], set(), set()),
    ],
)
async def test_only_the_wanted_levels_reach_clients(
    rig: Rig, levels: list[str], messages: set[str], on_vectors: set[str]
) -> None:
    await debug(rig.indi)
    await only(rig.indi, *levels)
    assert rig.indi.known["LOGGING_LEVEL"].state == ("Ok" if levels else "Idle")
    assert await provoke(rig.indi) == (messages, on_vectors)
    assert (await rig.indi.write("DEVICE_ADDRESS", PORT="x")).state == "Alert"


async def test_warnings_are_a_level_of_their_own(away: Rig, home: Path) -> None:
    indi = away.indi
    path = home / ".indi" / "MATRIX_config.xml"
    path.parent.mkdir()
    path.write_text(
        "<INDIDriver><newNumberVector device='MATRIX' name='KEEP_ALIVE'>"
        "<oneNumber name='TIMEOUT'>99</oneNumber></newNumberVector></INDIDriver>"
    )
    await debug(indi)
    for levels, told in (((), False), (("LOG_WARNING",), True)):
        await only(indi, *levels)
        await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
        assert bool([text for text in indi.messages if text.startswith("[WARNING] ")]) is told


async def test_debug_messages_tell_of_writes_configs_and_the_link(away: Rig) -> None:
    indi = away.indi
    await debug(indi)
    await only(indi, "LOG_DEBUG")
    await indi.connect()
    await indi.write("EVERLOOP_COLOR", RED=1, GREEN=2)
    await indi.until(lambda: any("Everloop config" in text for text in indi.messages))
    assert f"[DEBUG] connecting to {away.service.address}" in indi.messages
    assert "[DEBUG] received 'newNumberVector' EVERLOOP_COLOR: RED='1', GREEN='2'" in indi.messages
    (config,) = [text for text in indi.messages if "Everloop config" in text]
    assert config.startswith("[DEBUG] sent Everloop config: image { led { red: 1 green: 2 }")
    assert len(config) == 255


async def test_the_log_file_is_libindis(rig: Rig, home: Path) -> None:
    indi = rig.indi
    await debug(indi)
    await indi.write("LOG_OUTPUT", FILE_DEBUG="On")
    (path,) = [text.removeprefix("[INFO] logging to ") for text in indi.messages if "logging to" in text]
    name = rf"indi_matrix_\d\d:\d\d:\d\d_{os.getpid()}\.log"
    assert re.fullmatch(rf"{home}/\.indi/logs/\d{{4}}-\d\d-\d\d/indi_matrix/{name}", path)
    assert Path(path).is_file()
    await provoke(indi)
    lines = log_lines(home)
    assert all(re.fullmatch(r"(ERROR|WARNING|INFO|DEBUG)\t\d+\.\d{6} sec\t: .+", line) for line in lines)
    assert lines[0].endswith(f"logging to {path}")
    assert [line.split("\t")[0] for line in lines[1:]] == ["ERROR", "INFO"]


async def test_two_programs_never_write_to_one_log_file(home: Path) -> None:
    """As when one indiserver starts both in the same second."""

    async def log() -> None:
        async with running(PROGRAM) as program, talking_to(program) as indi:
            await indi.get_properties()
            await debug(indi)
            await indi.write("LOG_OUTPUT", FILE_DEBUG="On")

    await asyncio.gather(*(log() for _ in range(4)))
    assert len(list((home / ".indi" / "logs").glob("*/indi_matrix/indi_matrix_*.log"))) == 4


async def test_what_the_board_says_is_one_plain_line_for_clients_and_in_the_log_file(rig: Rig, home: Path) -> None:
    indi = rig.indi
    await debug(indi)
    await indi.write("LOG_OUTPUT", FILE_DEBUG="On")
    await indi.connect()
    rig.service.publish_error("Gpio", b"1, \x1b[2J\r\nforged\t\x7f\xff")
    await indi.until(lambda: any("forged" in text for text in indi.messages))
    (told,) = [text for text in indi.messages if "forged" in text]
    assert told.endswith(r"1, \x1b[2J forged \x7f\xff")
    data = b"".join(path.read_bytes() for path in (home / ".indi" / "logs").glob("*/*/*.log"))
    assert data.decode("ascii").replace("\n", "").replace("\t", "").isprintable()
    assert data.count(b"\n") == data.count(b" sec\t: ")


async def test_the_file_takes_what_clients_do_not_want(away: Rig, home: Path) -> None:
    indi = away.indi
    await debug(indi)
    await indi.write("LOG_OUTPUT", CLIENT_DEBUG="Off", FILE_DEBUG="On")
    await only(indi, *LEVELS)
    indi.messages.clear()
    assert (await indi.write("KEEP_ALIVE", TIMEOUT=99)).message == ""
    assert log_lines(home)[-1].endswith(": KEEP_ALIVE.TIMEOUT='99' is out of range; it takes 1 to 60")
    await only(indi, "LOG_DEBUG")
    count = len(log_lines(home))
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    assert [line.split("\t")[0] for line in log_lines(home)[count:]] == ["DEBUG"]
    count += 1
    assert (await indi.write("LOG_OUTPUT", FILE_DEBUG="Off")).state == "Idle"
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    assert len(log_lines(home)) == count + 1  # the write that ended it
    assert indi.messages == []


async def test_a_log_file_that_cannot_be_written_is_one_warning(away: Rig, home: Path) -> None:
    indi = away.indi
    (home / ".indi").write_text("in the way")
    await debug(indi)
    assert (await indi.write("LOG_OUTPUT", FILE_DEBUG="On")).state == "Ok"
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    warnings = [text for text in indi.messages if text.startswith("[WARNING] cannot write ")]
    assert len(warnings) == 1
    assert warnings[0].endswith("Not a directory")
    (home / ".indi").unlink()
    await indi.write("LOG_OUTPUT", FILE_DEBUG="On")
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    assert len(log_lines(home)) == 1


async def test_the_log_file_does_not_grow_for_ever(away: Rig, home: Path) -> None:
    indi = away.indi
    await debug(indi)
    await indi.write("LOG_OUTPUT", FILE_DEBUG="On")
    (path,) = (home / ".indi" / "logs").glob("*/*/*.log")
    with path.open("ab") as file:
        file.truncate(16 << 20)
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    await indi.write("KEEP_ALIVE", TIMEOUT=99)
    assert path.stat().st_size == 16 << 20
    assert [text for text in indi.messages if "WARNING" in text] == [
        f"[WARNING] cannot write {path}: it holds 16 MiB already"
    ]


async def test_with_several_boards_each_line_names_its_own(home: Path) -> None:
    hardware = SimulatedHardware()
    boards = [Board(BoardSettings(name), hardware.service) for name in ("North", "South")]
    async with piped(MatrixDriver(boards)) as indi:
        for name in ("North", "South"):
            indi.device = name
            await indi.get_properties()
            indi.put("DEBUG", "Switch", ENABLE="On")
            await indi.until(lambda: "LOG_OUTPUT" in indi.known)
            await indi.write("LOG_OUTPUT", FILE_DEBUG="On")
            indi.known.clear()
    lines = [line.split("\t: ")[1] for line in log_lines(home)]
    assert [line[:7] for line in lines] == ["[North]", "[South]"]


async def test_a_saved_debug_works_from_the_start(away: Rig) -> None:
    await debug(away.indi)
    await only(away.indi, "LOG_DEBUG")
    await away.indi.write("LOG_OUTPUT", FILE_DEBUG="On")
    await away.indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    async with piped(make_driver()) as indi:
        await indi.get_properties("CONNECTION", "LOG_OUTPUT")
        assert indi.known["LOGGING_LEVEL"].on == ["LOG_DEBUG"]
        await indi.write("KEEP_ALIVE", TIMEOUT=8)
        assert indi.messages == ["[DEBUG] received 'newNumberVector' KEEP_ALIVE: TIMEOUT='8'"]
