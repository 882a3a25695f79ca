"""Under the real indiserver, driven with the real indi_setprop, indi_getprop and indi_eval."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from tests.programs import PATIENCE, PROGRAM, becomes, getprop, indiserver, served, setprop
from tests.stopwatch import within

CONNECTED = '"MATRIX.CONNECTION._STATE"==1 && "MATRIX.CONNECTION.CONNECT"==1'


@dataclass
class Stage:
    board: SimulatedBoard
    port: int

    async def shows(self, number: int, led: Led) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.board.wait_until(lambda board: board.leds[number - 1] == led)


@pytest_asyncio.fixture(params=["indiserver", "serve"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A simulated creator behind the driver, under indiserver and in its own server, connected."""
    board = SimulatedBoard(Kind.CREATOR)
    async with MalosService(board, info_port=0) as service:
        if request.param == "indiserver":
            async with indiserver(PROGRAM, environ={"INDI_MATRIX_ADDRESS": service.address}) as (_, port):
                await setprop(port, "MATRIX.CONNECTION.CONNECT=On")
                await becomes(port, CONNECTED)
                yield Stage(board, port)
        else:
            async with served("--address", service.address) as port:
                await setprop(port, "MATRIX.CONNECTION.CONNECT=On")
                await becomes(port, CONNECTED)
                yield Stage(board, port)


async def test_painting_one_led(stage: Stage) -> None:
    await setprop(stage.port, "-n", "MATRIX.EVERLOOP_LED_3.RED;GREEN;BLUE;WHITE=255;0;0;0")
    await stage.shows(3, Led(255, 0, 0, 0))
    assert await getprop(stage.port, "MATRIX.EVERLOOP_LED_3.*", wanted=4) == {
        "MATRIX.EVERLOOP_LED_3.RED": "255",
        "MATRIX.EVERLOOP_LED_3.GREEN": "0",
        "MATRIX.EVERLOOP_LED_3.BLUE": "0",
        "MATRIX.EVERLOOP_LED_3.WHITE": "0",
    }


async def test_driving_a_pin(stage: Stage) -> None:
    await setprop(stage.port, "MATRIX.GPIO_DIRECTION.PIN_0=On")
    await becomes(stage.port, '"MATRIX.DIGITAL_OUTPUT_1._STATE"==1')
    await setprop(stage.port, "MATRIX.DIGITAL_OUTPUT_1.ON=On")
    await becomes(stage.port, '"MATRIX.DIGITAL_OUTPUT_1._STATE"==1 && "MATRIX.DIGITAL_OUTPUT_1.ON"==1')
    assert stage.board.level(0)
    assert (await getprop(stage.port, "MATRIX.GPIO_REGISTER.PADS")) == {"MATRIX.GPIO_REGISTER.PADS": "1"}


async def test_reading_a_pin(stage: Stage) -> None:
    stage.board.set_input(5, level=True)
    await becomes(stage.port, '"MATRIX.DIGITAL_INPUT_6.ON"==1')


async def test_everything_is_listed(stage: Stage) -> None:
    expected = {
        "CONNECTION", "DRIVER_INFO", "EVERLOOP_INFO", "EVERLOOP_LED_1", "EVERLOOP_LED_35", "FLAT_LIGHT_CONTROL",
        "FLAT_LIGHT_INTENSITY", "GPIO_DIRECTION", "GPIO_REGISTER", "DIGITAL_INPUT_1", "DIGITAL_INPUT_16",
    }  # fmt: skip
    listed: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE):
        while not expected <= {name.split(".")[1] for name in listed}:
            listed = await getprop(stage.port, "MATRIX.*.*")
    assert listed["MATRIX.EVERLOOP_INFO.LEDS"] == "35"


async def test_a_flat_panel(stage: Stage) -> None:
    await setprop(stage.port, "MATRIX.FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE=100")
    await setprop(stage.port, "MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On")
    await stage.shows(1, Led(0, 0, 0, 100))
    await setprop(stage.port, "MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF=On")
    await stage.shows(1, Led(0, 0, 0, 0))


async def test_a_bad_value_is_an_alert(stage: Stage) -> None:
    await setprop(stage.port, "MATRIX.EVERLOOP_COLOR.RED=256")
    await becomes(stage.port, '"MATRIX.EVERLOOP_COLOR._STATE"==3')


async def test_many_commands_in_a_row(stage: Stage) -> None:
    """Each is a client that comes, writes and hangs up with most of what it was sent unread."""
    for red in range(1, 13):
        await setprop(stage.port, "-n", f"MATRIX.EVERLOOP_COLOR.RED;GREEN;BLUE;WHITE={red};0;0;0")
        await stage.shows(35, Led(red, 0, 0, 0))


@contextmanager
def end_of(pid: int) -> Iterator[asyncio.Event]:
    """Tell when a process ends that is not our child."""
    ended = asyncio.Event()
    handle = os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(handle, ended.set)
    try:
        yield ended
    finally:
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_no_driver_is_left_behind(how: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "indi_matrix"
    script.write_text(f'#!/bin/sh\necho $$ > "{tmp_path}/pid"\nexec "{PROGRAM}"\n')
    script.chmod(0o755)
    async with indiserver(script) as (server, port):
        await becomes(port, '"MATRIX.CONNECTION.DISCONNECT"==1')
        with end_of(int((tmp_path / "pid").read_text())) as ended:
            assert not ended.is_set()
            server.send_signal(how)
            async with within(1):
                await ended.wait()


async def test_a_name_with_a_blank() -> None:
    async with indiserver(PROGRAM, environ={"INDIDEV": "North Pier"}) as (_, port):
        await becomes(port, '"North Pier.CONNECTION.DISCONNECT"==1')
        async with asyncio.timeout(PATIENCE):
            while "North Pier.DRIVER_INFO.DRIVER_EXEC" not in await getprop(port, "*.*.*"):
                pass
