"""The end of the program at every moment: gone within a second, status 0, and the last writes delivered."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

import pytest

from indi_matrix.simulator import Led, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, talking_to
from tests.programs import PATIENCE, PROGRAM, free_port, line_of, running
from tests.stopwatch import stopped

LAST = 40
LOOPS = ["asyncio", *(["uvloop"] if find_spec("uvloop") else [])]
SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]
ENDS = ["end of file", *SIGNALS]
DARK = Led(0, 0, 0, 0)


@pytest.fixture(autouse=True, params=LOOPS)
def _loop(request: pytest.FixtureRequest) -> None:
    """Run each program on one event loop and on the other."""
    if request.param == "asyncio":
        request.getfixturevalue("asyncio_alone")


def end(driver: Process, how: str) -> None:
    if how == "end of file":
        assert driver.stdin is not None
        driver.stdin.close()
    else:
        driver.send_signal(signal.Signals[how])


async def ends_well(driver: Process, told: str = "") -> None:
    """Wait for the end, of which nothing but what cannot be done may be told."""
    assert await stopped(driver, 1) == 0
    assert driver.stderr is not None
    lines = (await driver.stderr.read()).decode().splitlines()
    assert all(told and told in line for line in lines), lines


@asynccontextmanager
async def used(service: MalosService) -> AsyncIterator[tuple[Process, IndiClient]]:
    """Run a driver with an output that is On and a ring that is painted; at its end all is to be off."""
    async with running(PROGRAM, "--address", service.address) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        await indi.write("ON_DISCONNECT", OFF="On")
        await indi.write("POLLING_PERIOD", PERIOD_MS=10)
        await indi.connect()
        await indi.write("GPIO_DIRECTION", PIN_3="On")
        await indi.settle("DIGITAL_OUTPUT_4", ON="On")
        await indi.write("EVERLOOP_COLOR", RED=5)
        await service.board.wait_until(lambda board: board.leds[0].red == 5)
        yield driver, indi


async def is_off(board: SimulatedBoard) -> None:
    async with asyncio.timeout(PATIENCE):
        await board.wait_until(lambda board: board.leds == (DARK,) * 35 and not board.level(3))


@pytest.mark.parametrize("moment", ["idle", "connecting"])
@pytest.mark.parametrize("how", ENDS)
async def test_without_a_board(moment: str, how: str) -> None:
    async with running(PROGRAM, "--address", f"127.0.0.1:{free_port()}") as driver, talking_to(driver) as indi:
        await indi.get_properties()
        if moment == "connecting":
            assert (await indi.write("CONNECTION", CONNECT="On")).state == "Busy"
        end(driver, how)
        await ends_well(driver)


@pytest.mark.parametrize("moment", ["idle", "an effect", "many frames"])
@pytest.mark.parametrize("how", ENDS)
async def test_a_board_is_left_as_chosen(moment: str, how: str) -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service, used(service) as (driver, indi):
        if moment == "an effect":
            await indi.write("EVERLOOP_EFFECT", RAINBOW="On")
            await service.board.wait_until(lambda board: len(set(board.leds)) > 1)
        if moment == "many frames":
            for red in range(100, 100 + LAST):
                indi.put("EVERLOOP_COLOR", RED=red)
        end(driver, how)
        await ends_well(driver)
        await is_off(service.board)


@pytest.mark.parametrize("how", ENDS)
async def test_the_last_frame_is_shown(how: str) -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service, used(service) as (driver, indi):
        await indi.write("ON_DISCONNECT", KEEP="On")
        for red in range(100, 100 + LAST):
            indi.put("EVERLOOP_COLOR", RED=red)
        if how != "end of file":  # what is unread when a signal comes is nobody's promise
            await indi.fence()
        end(driver, how)
        await ends_well(driver)
        async with asyncio.timeout(PATIENCE):
            await service.board.wait_until(lambda board: board.leds[0].red == 100 + LAST - 1)
        assert service.board.level(3)


@pytest.mark.parametrize("moment", ["at once", "lost", "hung"])
@pytest.mark.parametrize("how", ENDS)
async def test_in_an_outage(moment: str, how: str) -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service, used(service) as (driver, indi):
        if moment == "hung":
            service.hang()
            await indi.write("EVERLOOP_COLOR", RED=6)
        else:
            await service.stop()
        if moment == "lost":
            await indi.in_state("CONNECTION", "Busy")
        end(driver, how)
        await ends_well(driver, "pin 3 was not switched off")
        if moment == "hung":
            service.resume()
            await is_off(service.board)


@pytest.mark.parametrize("backlog", [False, True], ids=["all read", "some unread"])
@pytest.mark.parametrize("how", ENDS)
async def test_with_stdout_stalled(how: str, backlog: bool) -> None:
    """Nobody reads the answers; the board is left as chosen nevertheless."""
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        stdout, theirs = os.pipe()
        async with running(PROGRAM, "--address", service.address, stdout=theirs) as driver:
            os.close(theirs)
            assert driver.stdin is not None
            indi = IndiClient(driver.stdin)
            await connect_unheard(indi, service)
            indi.send('<getProperties version="1.7"/>' * 1000)
            await driver.stdin.drain()
            if backlog:
                while not driver.stdin.transport.get_write_buffer_size():
                    indi.send('<getProperties version="1.7"/>' * 1000)
                    await asyncio.sleep(0)
            end(driver, how)
            await ends_well(driver)
            await is_off(service.board)
        os.close(stdout)


async def connect_unheard(indi: IndiClient, service: MalosService) -> None:
    """Connect and use the board without reading the answers."""
    indi.put("ON_DISCONNECT", "Switch", OFF="On")
    indi.put("CONNECTION", "Switch", CONNECT="On")
    async with asyncio.timeout(PATIENCE):
        while not service.board.leds[0].red:
            indi.put("EVERLOOP_COLOR", "Number", RED=5)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("moment", ["idle", "many frames", "lost", "a client that does not read"])
@pytest.mark.parametrize("how", SIGNALS)
async def test_a_server(moment: str, how: str) -> None:
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        running(PROGRAM, "serve", "--port", "0", "--address", service.address) as server,
    ):
        port = int((await line_of(server.stderr, "serving INDI clients on")).rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        indi = IndiClient(writer)
        listening = asyncio.create_task(indi.listen(reader))
        await indi.get_properties()
        await indi.write("ON_DISCONNECT", OFF="On")
        await indi.connect()
        await indi.write("EVERLOOP_COLOR", RED=5)
        await service.board.wait_until(lambda board: board.leds[0].red == 5)
        _, silent = await asyncio.open_connection("127.0.0.1", port, limit=1)
        if moment == "many frames":
            for red in range(100, 100 + LAST):
                indi.put("EVERLOOP_COLOR", RED=red)
        if moment == "lost":
            await service.stop()
            await indi.in_state("CONNECTION", "Busy")
        if moment == "a client that does not read":
            silent.write(b'<getProperties version="1.7"/>' * 200)
            await silent.drain()
            await indi.fence()
        end(server, how)
        await ends_well(server)
        if moment != "lost":
            async with asyncio.timeout(PATIENCE):
                await service.board.wait_until(lambda board: board.leds == (DARK,) * 35)
        listening.cancel()
        await asyncio.wait({listening})
        for ours in (writer, silent):
            ours.close()


@pytest.mark.parametrize("how", SIGNALS)
async def test_a_simulator(how: str) -> None:
    async with running(PROGRAM, "simulate", "--port", "0") as simulator:
        await line_of(simulator.stderr, "MALOS simulator: ")
        end(simulator, how)
        await ends_well(simulator)


NOHUP = ("sh", "-c", "trap '' HUP QUIT; exec \"$@\"", "sh")  # as nohup does, whose own output would be a file


async def test_what_was_ignored_from_the_start_stays_so() -> None:
    """So nohup does what it is for, and a shell's job in the background is not ended by ctrl-\\."""
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        async with running(*NOHUP, PROGRAM, "--address", service.address) as driver, talking_to(driver) as indi:
            await indi.get_properties()
            for ignored in ("SIGHUP", "SIGQUIT"):
                end(driver, ignored)
                await indi.connect()
                await indi.write("CONNECTION", DISCONNECT="On")
            end(driver, "SIGTERM")
            await ends_well(driver)
        async with running(*NOHUP, PROGRAM, "serve", "--port", "0") as server:
            port = int((await line_of(server.stderr, "serving INDI clients on")).rsplit(":", 1)[1])
            end(server, "SIGHUP")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b'<getProperties version="1.7"/>')
            async with asyncio.timeout(PATIENCE):
                assert await reader.readline()
            writer.close()
            end(server, "SIGINT")
            await ends_well(server)


@pytest.mark.parametrize("command", ["", "serve --port 0", "simulate --port 0"])
@pytest.mark.parametrize("how", SIGNALS)
async def test_a_signal_again_and_again(how: str, command: str) -> None:
    """As from a terminal that goes away and from its shell, from `timeout`, or from a finger on ctrl-c."""
    async with running(PROGRAM, *command.split()) as program:
        if command:
            await line_of(program.stderr, "127.0.0.1:")
        else:
            assert program.stdin is not None
            program.stdin.write(b'<getProperties version="1.7"/>')
            await line_of(program.stdout, "<def")
        while program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(program.pid, signal.Signals[how])  # the library's own would take the exit status away
            await asyncio.sleep(0.001)
        await ends_well(program)
