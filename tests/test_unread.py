"""Output to people who do not read: the program works on, and ends when it is told to."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.driver.client import IndiClient
from tests.programs import PATIENCE, PROGRAM, free_port, listening
from tests.stopwatch import stopped
from tests.terminal import Terminal
from tests.unit.test_console import fill, read

CTRL_S, CTRL_Q, CTRL_C = "\x13", "\x11", "\x03"


@pytest_asyncio.fixture
async def terminal() -> AsyncIterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


@pytest.fixture
def full() -> Iterator[tuple[int, int]]:
    """A pipe that is full; what is read from it is all that a program writes."""
    ends = os.pipe()
    fill(ends[1])
    yield ends
    os.close(ends[0])


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[IndiClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    indi = IndiClient(writer)
    listening = asyncio.create_task(indi.listen(reader))
    await indi.get_properties()
    yield indi
    writer.close()
    listening.cancel()
    await asyncio.wait({listening})


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
async def test_a_server_whose_terminal_stands_still(terminal: Terminal, end: signal.Signals) -> None:
    server = await terminal.run(PROGRAM, "serve", "--simulate", "--port", "0")
    shown = await terminal.until("serving INDI clients on ")
    port = int(shown.rpartition("INDI 127.0.0.1:")[2].split("   frame")[0])
    async with connected(port) as indi:
        await indi.connect()
        terminal.press(CTRL_S)
        for red in range(1, 30):
            assert (await indi.write("EVERLOOP_COLOR", RED=red)).state == "Ok"
            await indi.settle("EVERLOOP_COLOR", RED=red)
        terminal.press(CTRL_Q)
        await terminal.until("\x1b[38;2;86;0;0m")  # what is shown last is the last: 255 * (29 / 255) ** 0.5
        terminal.press(CTRL_S)
        await indi.write("EVERLOOP_COLOR", RED=0)
        server.send_signal(end)
        assert await stopped(server, 1) == 0


async def test_a_simulator_whose_terminal_is_never_read(terminal: Terminal) -> None:
    asyncio.get_running_loop().remove_reader(terminal.master)
    simulator = await terminal.run(PROGRAM, "simulate", "--port", "0")
    terminal.press("0123456789abcdef" * 20)
    terminal.listen()
    await terminal.until("ctrl-c")
    terminal.press(CTRL_S)
    terminal.press("0")
    simulator.send_signal(signal.SIGTERM)
    assert await stopped(simulator, 1) == 0


async def test_a_server_whose_log_is_not_read(full: tuple[int, int]) -> None:
    reading, writing = full
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        PROGRAM, "serve", "--log-level", "info", "--port", str(port), "--max-connections", "999", stderr=writing
    )
    os.close(writing)
    await listening(port)
    for _ in range(700):  # two lines each, which the queue cannot hold
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    async with connected(port):
        pass
    while os.read(reading, 1) == b".":
        pass
    text = (await asyncio.to_thread(read, reading, b"in time\n")).decode()
    assert " lines left out here, which nobody read in time" in text
    async with connected(port):
        assert b"connected" in await asyncio.to_thread(read, reading, b"\n")
    server.send_signal(signal.SIGTERM)
    assert await stopped(server, 1) == 0


async def test_a_driver_whose_log_is_not_read(full: tuple[int, int]) -> None:
    _, writing = full
    driver = await asyncio.create_subprocess_exec(
        PROGRAM, "--log-level", "debug",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=writing,
    )  # fmt: skip
    os.close(writing)
    async with asyncio.timeout(PATIENCE):
        garbage = b"".join(b"<garbage%d " % number for number in range(99))
        output, _ = await driver.communicate(garbage + b"<getProperties version='1.7'/>")
    assert driver.returncode == 0
    assert b"ON_DISCONNECT" in output


async def test_a_complaint_that_is_not_read(full: tuple[int, int]) -> None:
    _, writing = full
    program = await asyncio.create_subprocess_exec(PROGRAM, "toast", stderr=writing)
    os.close(writing)
    assert await stopped(program, PATIENCE) == 2
