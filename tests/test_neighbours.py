"""Beside libindi's own simulators, under one real indiserver."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
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
from tests.siege.process import usage

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

    async def signal(self, name: str, program: str) -> None:
        """Send a signal to a program that this indiserver started."""
        async with running("pkill", f"-{name}", "-P", str(self.server), "-f", program) as sending:
            assert await sending.wait() == 0


def children(parent: int, name: str) -> list[int]:
    """Return the programs of a name that another program started."""
    ids = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(number) for number in ids if Path(f"/proc/{number}/comm").read_text().strip() == name]


def simulators(*names: str) -> list[str]:
    return [need(f"indi_simulator_{name}") for name in names]


@asynccontextmanager
async def sited(*programs: str | Path) -> AsyncIterator[Site]:
    """Run a simulated board, and programs under an indiserver."""
    board = SimulatedBoard()
    async with (
        MalosService(board, info_port=0) as service,
        indiserver(*programs, environ={"INDI_MATRIX_ADDRESS": service.address}) as (process, port),
    ):
        yield Site(board, port, process.pid)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with sited(PROGRAM, *simulators("wheel", "weather", "telescope", "dome")) as made:
        await made.connect("MATRIX")
        yield made


@pytest.fixture
def impatient(tmp_path: Path) -> Path:
    """Our program, but for how long it bears silence."""
    path = tmp_path / "impatient"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nfrom indi_matrix import cli\n"
        "from indi_matrix.board import snooped_device\nsnooped_device.SILENCE = 0.3\nsys.exit(cli.main())\n"
    )
    path.chmod(0o755)
    return path


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
    await site.signal("KILL", "indi_simulator_weather")
    await site.arc(0, 0)


@pytest.mark.parametrize(("parked", "lit", "opposite"), [("true", 2, "UNPARK"), ("false", 3, "PARK")])
async def test_a_roof_without_a_shutter(home: Path, parked: str, lit: int, opposite: str) -> None:
    data = f'<parkdata><device name="RollOff Simulator"><parkstatus>{parked}</parkstatus></device></parkdata>'
    (home / ".indi").mkdir()
    (home / ".indi" / "ParkData.xml").write_text(data)
    async with sited(PROGRAM, need("indi_rolloff_dome")) as site:
        await site.connect("MATRIX", "RollOff Simulator")
        await setprop(site.port, "MATRIX.ACTIVE_DEVICES.ACTIVE_DOME=RollOff Simulator")
        await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
        await site.arc(2, lit)
        await setprop(site.port, "-s", f"RollOff Simulator.DOME_PARK.{opposite}=On")
        await site.arc(2, 6)


async def test_an_alert_of_before_our_driver_was_started(site: Site) -> None:
    await site.connect("Weather Simulator")
    await setprop(site.port, "-n", "Weather Simulator.WEATHER_CONTROL.Wind=100")
    await setprop(site.port, "-s", "Weather Simulator.WEATHER_REFRESH.REFRESH=On")
    await becomes(site.port, '"Weather Simulator.WEATHER_STATUS._STATE"==3')
    await site.signal("KILL", "indi_matrix")  # indiserver starts it anew
    await site.connect("MATRIX")
    await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
    await site.arc(0, 10)


@pytest.mark.parametrize("remote", ["MATRIX@localhost:{}", "@localhost:{}"])
async def test_devices_of_a_server_that_came_later(remote: str) -> None:
    """indiserver passes on to servers below what changes, and nothing else."""
    async with sited(PROGRAM) as site:
        await site.connect("MATRIX")
        await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
        drivers = (*simulators("telescope"), remote.format(site.port))
        async with indiserver(*drivers) as (process, port):
            upper = Site(site.board, port, process.pid)
            await becomes(port, '"MATRIX.CONNECTION.CONNECT"==1')
            await upper.connect("Telescope Simulator")
            await setprop(port, "-s", "Telescope Simulator.TELESCOPE_PARK.UNPARK=On")
            await site.arc(1, 1)


async def test_what_a_driver_said_that_was_stopped_is_not_shown(impatient: Path, tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    os.mkfifo(commands)
    (dome,) = simulators("dome")
    async with sited("-f", commands, impatient, dome) as site:
        await site.connect("MATRIX", "Dome Simulator")
        await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
        await site.arc(2, 1)
        commands.write_text(f"stop {dome}\n")
        await site.arc(2, 0)
        commands.write_text(f"start {dome}\n")
        await site.connect("Dome Simulator")
        await site.arc(2, 1)


async def test_what_a_driver_said_that_hangs_is_not_shown(impatient: Path) -> None:
    async with sited(impatient, *simulators("weather")) as site:
        await site.connect("MATRIX", "Weather Simulator")
        await setprop(site.port, "-s", "MATRIX.EVERLOOP_STATUS.INDI_ENABLED=On")
        await site.arc(0, 1)
        await site.signal("STOP", "indi_simulator_weather")
        try:
            await site.arc(0, 0)
        finally:
            await site.signal("CONT", "indi_simulator_weather")
        await site.arc(0, 1)


async def test_a_chain_of_two_servers(site: Site) -> None:
    async with indiserver(f"MATRIX@localhost:{site.port}") as (_, port):
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


def forged(device: str, kind: str, name: str, member: str, text: str) -> str:
    one = f"<one{kind} name='{member}'>{text}</one{kind}>"
    return f"<set{kind}Vector device='{device}' name='{name}' state='Ok'>{one}</set{kind}Vector>"


async def test_what_is_forged_in_the_name_of_a_neighbour_gets_no_memory(site: Site) -> None:
    """indiserver passes on what any client says."""
    (pid,) = children(site.server, "indi_matrix")
    before = usage(pid).memory
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    long = "x" * 900_000
    for number in range(16):
        writer.write(forged("Filter Simulator", "Text", "FILTER_NAME", f"M_{number}", long).encode())
        writer.write(forged("Weather Simulator", "Light", "WEATHER_STATUS", f"M_{number}_{long}", "Ok").encode())
        await writer.drain()
    writer.write(b"<getProperties version='1.7' device='MATRIX'/><newSwitchVector device='MATRIX' name='FORGED'/>")
    async with asyncio.timeout(2 * PATIENCE):
        await reader.readuntil(b"there is no property")
    assert usage(pid).memory - before < 12
    writer.close()
