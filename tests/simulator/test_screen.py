"""The simulator's screen as a person at a terminal has it."""

import re
import signal
import termios
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from indi_matrix.simulator import Climate, SimulatedBoard, TerminalPicture
from tests.programs import PATIENCE, PROGRAM, need
from tests.stopwatch import stopped
from tests.terminal import Terminal

CTRL_C, CTRL_Z = "\x03", "\x1a"
ENTER, LEAVE, HOME, CLEAR_BELOW = "\x1b[?1049h", "\x1b[?1049l", "\x1b[H", "\x1b[J"
KEYS = "keys 0-9, a-f: flip what is on input pins 0-15   w: shower   ctrl-c: end"


@pytest_asyncio.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    made = Terminal()
    yield made
    made.close()


def rows(shown: str) -> list[str]:
    """Return the rows of the last picture."""
    picture = shown.rpartition(HOME)[2].rpartition(CLEAR_BELOW)[0]
    return [re.sub("\x1b\\[[0-9;]*[mK]", "", row) for row in re.split("\r*\n", picture)]


def local_modes(terminal: Terminal) -> object:
    """Return whether keys are shown, and come line by line; of the other modes the shell changes some."""
    return termios.tcgetattr(terminal.keys.fileno())[3]


async def test_what_is_said_meanwhile_has_a_line_of_its_own_and_stays_when_the_picture_goes(
    terminal: Terminal,
) -> None:
    server = await terminal.run(PROGRAM, "--log-level", "info", "serve", "--simulate", "--port", "0")
    shown = await terminal.until("Driver MatrixDriver started" + CLEAR_BELOW)
    assert len(rows(shown)) == 24
    assert rows(shown)[-2] == KEYS
    assert rows(shown)[-1].partition(" ")[2] == "INFO indipydriver.ipydriver: Driver MatrixDriver started"
    assert re.match(r"MATRIX Creator   INDI 127\.0\.0\.1:[1-9][0-9]+   frame 0$", rows(shown)[0])
    assert all(part.startswith((HOME, ENTER, "\r\n")) or part == "" for part in shown.split(CLEAR_BELOW))
    terminal.press("7")
    shown = await terminal.until("● high")
    terminal.press(CTRL_C)
    assert await stopped(server, PATIENCE) == 0
    left = (await terminal.until("frames shown: 0\r\n")).partition(LEAVE)[2]
    assert [re.sub(r"^[-0-9]+ [:,0-9]+ |\d+$", "", line) for line in left.splitlines()] == [
        "INFO indi_matrix.indi.server.listener: Listening on 127.0.0.1, port ",
        "indi_matrix: serving INDI clients on 127.0.0.1:",
        "INFO indipydriver.ipydriver: Driver MatrixDriver started",
        "indi_matrix: the simulated Creator has ended; frames shown: ",
    ]


async def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(terminal: Terminal) -> None:
    shell = await terminal.run(need("bash", "bash"), "--norc", "-i", environ={"PS1": "ready> "})
    await terminal.until("ready> ")
    before = local_modes(terminal)
    terminal.press(f"{PROGRAM} simulate --port 0\n")
    await terminal.until(KEYS)
    for _ in range(2):
        terminal.press(CTRL_Z)
        shown = await terminal.until("ready> ")
        assert LEAVE in shown
        assert "Stopped" in shown.partition(LEAVE)[2]
        assert local_modes(terminal) == before
        terminal.press("fg\n")
        shown = await terminal.until(KEYS)
        assert ENTER in shown
    terminal.press("3")
    await terminal.until("●")
    terminal.press(CTRL_Z)
    await terminal.until("ready> ")
    # Quoted, so that what is typed is not taken for what is printed.
    terminal.press("bg; echo still''here\n")
    shown = await terminal.until("stillhere\r\n")
    terminal.press("kill %1; wait; echo go''ne\n")
    shown += await terminal.until("gone\r\n")
    if "ready> " not in shown.rpartition("gone\r\n")[2]:
        shown += await terminal.until("ready> ")
    assert ENTER not in shown
    assert local_modes(terminal) == before
    terminal.press("exit\n")
    assert await stopped(shell, PATIENCE) == 0


async def test_a_program_that_was_stopped_by_another_draws_anew(terminal: Terminal) -> None:
    simulator = await terminal.run(PROGRAM, "simulate", "--port", "0")
    await terminal.until(KEYS)
    simulator.send_signal(signal.SIGSTOP)
    simulator.send_signal(signal.SIGCONT)
    assert ENTER in await terminal.until(KEYS)
    simulator.send_signal(signal.SIGTERM)
    assert await stopped(simulator, 1) == 0


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
async def test_a_terminal_that_cannot_do_it_is_written_to_line_by_line(terminal: Terminal, term: str) -> None:
    before = terminal.modes()
    simulator = await terminal.run(PROGRAM, "simulate", "--port", "0", environ={"TERM": term})
    shown = await terminal.until("MALOS simulator: creator at 127.0.0.1:")
    assert terminal.modes() == before
    simulator.send_signal(signal.SIGTERM)
    assert await stopped(simulator, 1) == 0
    assert "\x1b" not in shown + terminal.seen


async def test_who_wants_no_colours_gets_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    for wish, coloured in (("1", False), ("", True)):
        monkeypatch.setenv("NO_COLOR", wish)
        async with TerminalPicture(SimulatedBoard(), terminal.output):
            shown = await terminal.until("ctrl-c: end")
        assert bool(re.search("\x1b\\[[0-9;]*m", shown)) is coloured


async def test_a_line_as_wide_as_the_terminal_is_whole(terminal: Terminal) -> None:
    """What is cleared behind such a line would be its last sign."""
    terminal.resize(len(KEYS), 24)
    async with TerminalPicture(SimulatedBoard(climate=Climate()), terminal.output, keys=terminal.keys):
        assert KEYS + "\x1b[0m\r\r\n\x1b[K" in await terminal.until(CLEAR_BELOW)


@pytest.mark.parametrize(
    ("columns", "lines", "told"),
    [
        (80, 24, ""),
        (80, 22, ""),
        (80, 21, "too small for the pins; 78x24 shows all"),
        (80, 10, "too small for the LEDs; 78x24 shows all"),
        (43, 34, ""),
        (30, 12, "too small for the pins"),
        (24, 10, "too small for the LEDs"),
        (24, 1, "too small for the LEDs"),
    ],
)
async def test_it_says_for_what_the_terminal_is_too_small(
    terminal: Terminal, columns: int, lines: int, told: str
) -> None:
    terminal.resize(columns, lines)
    async with TerminalPicture(SimulatedBoard(), terminal.output, keys=terminal.keys):
        shown = rows(await terminal.until(CLEAR_BELOW))
    assert len(shown) <= lines
    assert all(len(row) <= columns for row in shown)
    assert [row for row in shown if "too small" in row] == ([told] if told else [])
    assert lines < 3 or "ctrl-c: end" in shown[-2]
