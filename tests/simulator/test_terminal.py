"""The picture in a terminal of our own making, and the program around it."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import zmq

from indi_matrix.errors import LinkError
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard, TerminalPicture, run_simulator
from indi_matrix.system.console import wait_for_no_reader
from tests.simulator.client import Client
from tests.terminal import Terminal

HOME = "\x1b[H"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


@pytest_asyncio.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    made = Terminal()
    yield made
    made.close()


def _picture(board: SimulatedBoard, terminal: Terminal) -> TerminalPicture:
    return TerminalPicture(board, terminal.output, address="here:1", keys=terminal.keys)


async def test_it_comes_and_goes_and_leaves_the_terminal_as_it_was(
    board: SimulatedBoard, terminal: Terminal
) -> None:
    before = terminal.modes()
    async with _picture(board, terminal):
        shown = await terminal.until("ctrl-c")
        assert HIDE_CURSOR in shown
        assert "here:1   frame 0" in shown
        assert shown.count("\n") < 24
        assert terminal.modes() != before
    assert "\x1b[?1049l" in await terminal.until(SHOW_CURSOR + "\x1b[?1049l")
    assert terminal.modes() == before


async def test_it_leaves_the_terminal_as_it_was_after_an_error_too(
    board: SimulatedBoard, terminal: Terminal
) -> None:
    before = terminal.modes()
    with pytest.raises(KeyError):
        async with _picture(board, terminal):
            raise KeyError
    assert terminal.modes() == before
    await terminal.until(SHOW_CURSOR)


async def test_what_is_said_last_does_not_take_the_terminal_again(
    board: SimulatedBoard, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal.output)
    wait_for_no_reader()
    before = terminal.modes()
    async with _picture(board, terminal) as picture:
        await terminal.until("ctrl-c")
        sys.stderr.write("the last word\n")
    assert "the last word" in await terminal.until("has ended")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.15):
            await terminal.until(HOME)
    assert not picture.shown
    assert terminal.modes() == before


async def test_each_change_is_drawn_but_not_more_often_than_eyes_see(
    board: SimulatedBoard, terminal: Terminal
) -> None:
    async with _picture(board, terminal):
        await terminal.until("frame 0")
        clock = asyncio.get_running_loop().time
        before = clock()
        for _ in range(300):
            board.show([Led(255)] * 35)
            await asyncio.sleep(0)
        shown = await terminal.until("frame 300")
        assert shown.count(HOME) <= 2 + (clock() - before) / 0.05


async def test_nothing_is_drawn_without_a_change(board: SimulatedBoard, terminal: Terminal) -> None:
    async with _picture(board, terminal):
        await terminal.until("ctrl-c: end")
        board.set_input(3, level=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await terminal.until(HOME)


async def test_keys_flip_what_is_on_the_inputs(board: SimulatedBoard, terminal: Terminal) -> None:
    board.write_direction(0x0002)
    async with _picture(board, terminal):
        terminal.press("013xg F")
        await board.wait_until(lambda b: b.levels == 0x8009)
        terminal.press("f")
        await board.wait_until(lambda b: b.levels == 0x0009)
    assert board.output_pins == {1}
    board.write_direction(0)
    assert not board.level(1)


async def test_without_keys_none_are_read(board: SimulatedBoard, terminal: Terminal) -> None:
    before = terminal.modes()
    for keys in (None, io.StringIO("123")):
        async with TerminalPicture(board, terminal.output, keys=keys):
            assert "flip" not in await terminal.until("ctrl-c")
            assert terminal.modes() == before
    assert board.levels == 0


async def test_it_follows_the_size(board: SimulatedBoard, terminal: Terminal) -> None:
    async with _picture(board, terminal):
        await terminal.until("ctrl-c")
        terminal.resize(30, 10)
        os.kill(os.getpid(), signal.SIGWINCH)
        shown = await terminal.until("\x1b[J")
        assert shown.count("\n") == 9


async def test_it_does_with_plain_characters(board: SimulatedBoard, terminal: Terminal) -> None:
    terminal.output.reconfigure(encoding="ascii")
    board.show([Led(255)] * 35)
    async with _picture(board, terminal):
        assert (await terminal.until("ctrl-c")).count("##") == 35


async def test_a_terminal_that_goes_away_does_no_harm(board: SimulatedBoard, terminal: Terminal) -> None:
    async with _picture(board, terminal):
        terminal.hang_up()
        board.show(board.leds)
        board.set_input(1, level=True)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await board.wait_until(lambda _: False)


async def test_what_is_no_terminal_stays_empty(board: SimulatedBoard, terminal: Terminal) -> None:
    before = terminal.modes()
    stream = io.StringIO()
    async with TerminalPicture(board, stream, keys=terminal.keys):
        board.show(board.leds)
        assert terminal.modes() == before
    assert stream.getvalue() == ""


async def test_the_program_draws_the_board_until_it_is_cancelled(terminal: Terminal) -> None:
    program = asyncio.create_task(run_simulator(Kind.VOICE, info_port=0, stream=terminal.output))
    shown = await terminal.until("ctrl-c")
    assert "MATRIX Voice" in shown
    program.cancel()
    with pytest.raises(asyncio.CancelledError):
        await program
    await terminal.until(SHOW_CURSOR)


async def test_without_a_terminal_it_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = Lines()
    monkeypatch.setattr(sys, "stderr", errors)
    program = asyncio.create_task(run_simulator(Kind.CREATOR, info_port=0, stream=io.StringIO()))
    await errors.written.wait()
    assert errors.getvalue().startswith("MALOS simulator: creator at 127.0.0.1:")
    program.cancel()
    with pytest.raises(asyncio.CancelledError):
        await program


async def test_it_tells_of_what_the_service_died(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = Lines()
    monkeypatch.setattr(sys, "stderr", errors)
    program = asyncio.create_task(run_simulator(Kind.CREATOR, info_port=0, stream=io.StringIO()))
    await errors.written.wait()
    port = int(errors.getvalue().rpartition(":")[2])
    async with Client(MalosService(SimulatedBoard(), info_port=port)) as client:
        await client.connect(zmq.REQ, port).send_multipart([b"", b""])
        with pytest.raises(LinkError, match="died of an info request of 2 frames"):
            await program


class Lines(io.StringIO):
    """A stream that tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = asyncio.Event()

    def flush(self) -> None:
        self.written.set()
