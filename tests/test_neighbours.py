"""Beside libindi's own simulators, under one real indiserver."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest_asyncio

from indi_matrix.simulator import Led, MalosService, SimulatedBoard
from tests.programs import (
    PATIENCE,
    PROGRAM,
    becomes,
    free_port,
    getprop,
    indiserver,
    listening,
    need,
    running,
    setprop,
)

DARK = Led(0, 0, 0, 0)


@dataclass
class Site:
    board: SimulatedBoard
    port: int
    server: int

    async def connect(self, *devices: str) -> None:
        for device in devices:
            await becomes(self.port, f'"{device}.CONNECTION.CONNECT">=0')
            await setprop(self.port, "-s", f"{device}.CONNECTION.CONNECT=On")
            await becomes(self.port, f'"{device}.CONNECTION._STATE"==1 && "{device}.CONNECTION.CONNECT"==1')

    async def arc(self, number: int, lit: int) -> None:
        """Wait until so many LEDs of an arc are lit."""
        first, last = number * 35 // 3, (number + 1) * 35 // 3
        async with asyncio.timeout(PATIENCE):
            await self.board.wait_until(lambda board: sum(any(led) for led in board.leds[first:last]) == lit)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    simulators = ("wheel", "weather", "telescope", "dome")
    board = SimulatedBoard()
    async with (
        MalosService(board, info_port=0) as service,
        indiserver(
            PROGRAM,
            *(need(f"indi_simulator_{name}") for name in simulators),
            environ={"INDI_MATRIX_ADDRESS": service.address},
        ) as (process, port),
    ):
        made = Site(board, port, process.pid)
        await made.connect("MATRIX")
        yield made


def is_white(brightness: int, board: SimulatedBoard) -> bool:
    return board.leds == (Led(0, 0, 0, brightness),) * 35


async def test_the_flat_light_follows_the_filter_wheel(site: Site) -> None:
    await site.connect("Filter Simulator")
    await becomes(site.port, '"MATRIX.FLAT_LIGHT_FILTER_INTENSITY.Red">=0')
    await setprop(site.port, "-n", "MATRIX.FLAT_LIGHT_FILTER_INTENSITY.Green;Blue=100;200")
    await setprop(site.port, "-s", "MATRIX.FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On")
    for slot, white in ((2, 100), (3, 200)):
        await setprop(site.port, "-n", f"Filter Simulator.FILTER_SLOT.FILTER_SLOT_VALUE={slot}")
        async with asyncio.timeout(PATIENCE):
            await site.board.wait_until(partial(is_white, white))
    await becomes(site.port, '"MATRIX.FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE"==200')


async def test_the_status_ring_follows_weather_mount_and_dome(site: Site) -> None:
    await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
    await site.connect("Weather Simulator", "Telescope Simulator", "Dome Simulator")
    await site.arc(0, 1)
    await setprop(site.port, "-n", "Weather Simulator.WEATHER_CONTROL.Wind=100")
    await setprop(site.port, "-s", "Weather Simulator.WEATHER_REFRESH.REFRESH=On")
    await site.arc(0, 10)
    await site.arc(0, 0)
    await setprop(site.port, "-s", "Telescope Simulator.TELESCOPE_PARK.UNPARK=On")
    await becomes(site.port, '"Telescope Simulator.TELESCOPE_PARK.UNPARK"==1')
    await setprop(site.port, "-s", "Telescope Simulator.TELESCOPE_TRACK_STATE.TRACK_ON=On")
    await site.arc(1, 3)
    await setprop(site.port, "-n", "Telescope Simulator.EQUATORIAL_EOD_COORD.RA;DEC=1;20")
    await site.arc(1, 6)


async def test_texts_that_indiserver_sets_on_lines_of_their_own(site: Site) -> None:
    await site.connect("Filter Simulator")
    await setprop(site.port, "MATRIX.ACTIVE_DEVICES.ACTIVE_FILTER=Nobody")
    await setprop(site.port, "MATRIX.ACTIVE_DEVICES.ACTIVE_FILTER=Filter Simulator")
    await becomes(site.port, '"MATRIX.FLAT_LIGHT_FILTER_INTENSITY.Red">=0')
    await setprop(site.port, "MATRIX.GPIO_DIRECTION.PIN_0=On")
    await becomes(site.port, '"MATRIX.DIGITAL_OUTPUT_1._STATE"==1')
    await setprop(site.port, "MATRIX.DIGITAL_OUTPUT_LABELS.DIGITAL_OUTPUT_1=Roof motor")
    await becomes(site.port, '"MATRIX.DIGITAL_OUTPUT_LABELS._STATE"==1')
    name = "MATRIX.DIGITAL_OUTPUT_1._LABEL"
    assert await getprop(site.port, name) == {name: "Roof motor"}


async def test_the_weather_of_a_driver_that_died_is_not_shown(site: Site) -> None:
    """indiserver starts the driver again, which is not connected then."""
    await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
    await site.connect("Weather Simulator")
    await site.arc(0, 1)
    async with running("pkill", "-KILL", "-P", str(site.server), "-f", "indi_simulator_weather") as killing:
        await killing.wait()
    await site.arc(0, 0)


async def test_a_chain_of_two_servers(site: Site, tmp_path: Path) -> None:
    async with indiserver(f"MATRIX@localhost:{site.port}", "-u", str(tmp_path / "second")) as (_, port):
        await becomes(port, '"MATRIX.CONNECTION.CONNECT"==1')
        await setprop(port, "-n", "MATRIX.EVERLOOP_LED_3.RED;GREEN;BLUE;WHITE=255;0;0;0")
        async with asyncio.timeout(PATIENCE):
            await site.board.wait_until(lambda board: board.leds[2] == Led(255, 0, 0, 0))
        await becomes(port, '"MATRIX.EVERLOOP_LED_3.RED"==255')


async def test_a_chain_to_a_stock_ipyserver(site: Site) -> None:
    code = (
        "import asyncio, sys; from indipyserver import IPyServer; "
        "server = IPyServer(port=int(sys.argv[2])); server.add_remote('localhost', int(sys.argv[1])); "
        "asyncio.run(server.asyncrun())"
    )
    port = free_port()
    async with running(Path(PROGRAM).with_name("python"), "-c", code, str(site.port), str(port)):
        await listening(port)
        await becomes(port, '"MATRIX.CONNECTION.CONNECT"==1')
        await setprop(port, "-n", "MATRIX.EVERLOOP_LED_4.RED;GREEN;BLUE;WHITE=0;9;0;0")
        async with asyncio.timeout(PATIENCE):
            await site.board.wait_until(lambda board: board.leds[3] == Led(0, 9, 0, 0))
