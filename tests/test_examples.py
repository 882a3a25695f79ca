"""Each example does what it says: run as a reader runs it, with a real server and a board behind it."""

import ast
import asyncio
import itertools
import re
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import requires
from pathlib import Path

import pytest
import pytest_asyncio

from indi_matrix.devices.dew_point import dew_point as dew_point_of
from indi_matrix.simulator import Led, MalosService, SimulatedBoard
from tests.driver.client import IndiClient
from tests.programs import (
    PATIENCE,
    PROGRAM,
    becomes,
    finished,
    free_port,
    getprop,
    indiserver,
    line_of,
    need,
    running,
    served,
    setprop,
)

EXAMPLES = Path(__file__).parents[1] / "examples"
DARK, RED, QUARTER_WHITE = Led(), Led(red=64), Led(white=64)
HOST = "127.0.0.1"


@pytest.fixture
def board() -> SimulatedBoard:
    return SimulatedBoard()


@pytest_asyncio.fixture
async def port(board: SimulatedBoard) -> AsyncIterator[str]:
    """The port of a server with that board."""
    async with MalosService(board, info_port=0) as service, served("--address", service.address) as port:
        yield str(port)


@asynccontextmanager
async def client(port: str) -> AsyncIterator[IndiClient]:
    """Connect to a server as soon as it listens; the stock server does not tell when it does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                reader, writer = await asyncio.open_connection(HOST, int(port))
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                break
    indi = IndiClient(writer)
    listening = asyncio.create_task(indi.listen(reader))
    try:
        yield indi
    finally:
        listening.cancel()
        await asyncio.wait({listening})
        writer.close()
        await writer.wait_closed()


def python(name: str) -> tuple[str, ...]:
    """Return how to run a Python example so that its lines are seen as they come."""
    return (sys.executable, "-W", "error", "-u", str(EXAMPLES / name))


def within(folder: Path, *command: str) -> tuple[str, ...]:
    """Return how to run a command in a folder."""
    return ("sh", "-c", 'cd "$0" && exec "$@"', str(folder), *command)


async def interrupt(process: Process) -> None:
    """End a program as Ctrl-C does, which is to be no failure."""
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert (process.returncode, "Traceback" in errors.decode()) == (0, False), errors.decode()


def test_every_example_has_a_test() -> None:
    examples = [path.stem for path in EXAMPLES.iterdir() if path.is_file()]
    untested = [stem for stem in examples if not any(name.startswith(f"test_{stem}_") for name in globals())]
    assert examples
    assert not untested


def imported(example: Path) -> set[str]:
    """Return the packages that an example imports, besides those of Python."""
    found = set()
    for node in ast.walk(ast.parse(example.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda example: example.name)
def test_what_a_python_example_needs_is_installed_as_its_first_lines_say(example: Path) -> None:
    told = ast.get_docstring(ast.parse(example.read_text())) or ""
    extra = "pip install -q '.[examples]'" in told
    required = {
        re.split(r"[ <>=!~;\[]", requirement)[0]
        for requirement in requires("indi-matrix") or ()
        if "extra ==" not in requirement or (extra and re.search("extra == .examples.", requirement))
    }
    assert imported(example) <= required | {"indi_matrix"}
    assert f".venv/bin/python examples/{example.name}" in told


async def test_serve_beside_another_serves_both_devices() -> None:
    port = str(free_port())
    async with running(*python("serve_beside_another.py"), HOST, port) as process:
        async with client(port) as indi:
            await indi.get_properties("CONNECTION", "COUNT")
            assert (await indi.connect()).state == "Ok"
            await indi.until(lambda: "GPIO_DIRECTION" in indi.known)
            assert indi.known["EVERLOOP_INFO"].values == {"BOARD": "Creator", "LEDS": "35"}
            # Only a board tells the level of a pad.
            assert (await indi.write("GPIO_DIRECTION", PIN_3="On")).state == "Ok"
            await indi.until(lambda: "DIGITAL_OUTPUT_4" in indi.known)
            assert (await indi.settle("DIGITAL_OUTPUT_4", ON="On")).state == "Ok"
            assert float(indi.known["GPIO_REGISTER"].values["PADS"]) == 1 << 3
            seconds = float(indi.known["COUNT"].values["SECONDS"])
            await indi.until(lambda: float(indi.known["COUNT"].values["SECONDS"]) == seconds + 1)
        async with asyncio.timeout(PATIENCE):
            await interrupt(process)


async def test_board_in_a_test_prints_what_the_board_shows() -> None:
    status, output, errors = await finished(*python("board_in_a_test.py"))
    assert (status, errors) == (0, "")
    assert re.fullmatch(rf"127\.0\.0\.1:\d+ {re.escape(str(DARK))} True\n", output)


async def test_random_colours_paints_a_new_picture_every_50_ms(board: SimulatedBoard, port: str) -> None:
    pictures: list[tuple[Led, ...]] = []
    moments: list[float] = []

    def look() -> None:
        pictures.append(board.leds)
        moments.append(asyncio.get_running_loop().time())

    unwatch = board.watch(look)
    async with asyncio.timeout(PATIENCE), running(*python("random_colours.py"), HOST, port) as process:
        await board.wait_until(lambda board: board.frames == 40)
        unwatch()
        await interrupt(process)
    assert len(set(pictures)) == 40
    assert all(len(set(picture)) > 30 for picture in pictures)
    assert moments[-1] - moments[0] > 1.5  # 39 * 0.05, less what the first one may have been late


async def test_random_colours_ends_after_the_frames_asked_for(board: SimulatedBoard, port: str) -> None:
    status, _, errors = await finished(*python("random_colours.py"), HOST, port, "--frames", "5")
    assert status == 0, errors
    assert 2 <= board.frames <= 5  # pictures that come late together are shown in one frame


async def test_toggle_pin_toggles_and_prints_the_levels(board: SimulatedBoard, port: str) -> None:
    board.set_input(14, level=True)
    async with client(port) as indi:
        await indi.get_properties("POLLING_PERIOD")
        assert (await indi.write("POLLING_PERIOD", PERIOD_MS=20)).state == "Ok"
    async with (
        running(*python("toggle_pin.py"), HOST, port, "--period", "0.6") as process,
        asyncio.timeout(PATIENCE),
    ):
        for _ in range(2):
            await board.wait_until(lambda board: board.level(0))
            assert await line_of(process.stdout, "1") == "0100000000000001\n"
            await board.wait_until(lambda board: not board.level(0))
            assert await line_of(process.stdout, "1") == "0100000000000000\n"
        assert board.output_pins == {0}
        await interrupt(process)


@asynccontextmanager
async def station(board: SimulatedBoard) -> AsyncIterator[str]:
    """Serve a board whose sensors are read often; yield the port."""
    async with MalosService(board, info_port=0) as service:
        for driver in ("Humidity", "Pressure", "UV"):
            service._engines[driver].delay_ms = 50
        async with served("--address", service.address) as port:
            yield str(port)


async def test_weather_log_records_readings_and_gaps_for_as_long_as_asked(
    board: SimulatedBoard, tmp_path: Path
) -> None:
    board.warm(12.5)
    log = within(tmp_path, *python("weather_log.py"), HOST)
    async with (
        station(board) as port,
        running(*log, port, "--seconds", "6", "--every", "0.5", environ={"TZ": "UTC"}) as process,
    ):
        await line_of(process.stdout, " 12.5 40.0 1013.25 ")
        board.fail_sensor("Humidity")
        await line_of(process.stdout, "+00:00\n")
        board.heal_sensor("Humidity")
        await line_of(process.stdout, " 12.5 40.0 1013.25 ")
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    head, *lines = (tmp_path / "weather.csv").read_text().splitlines()
    names = ("TEMPERATURE", "HUMIDITY", "PRESSURE", "DEWPOINT", "UV")
    assert head.split(",") == ["TIME", *(f"WEATHER_{name}" for name in names)]
    assert len(lines) == 12
    seen = [key for key, _ in itertools.groupby(line.partition(",")[2] for line in lines)]
    good = f"12.5,40.0,1013.25,{round(dew_point_of(12.5, 40), 2)},0.0"
    assert seen[seen.index(good) :] == [good, "", good]
    assert (tmp_path / "weather.png").read_bytes().startswith(b"\x89PNG")


def _is_low(board: SimulatedBoard) -> bool:
    return not board.level(0)


async def test_frost_guard_switches_by_the_dew_point_and_off_without_readings(board: SimulatedBoard) -> None:
    board.warm(20.0)
    async with station(board) as port, running(*python("frost_guard.py"), HOST, port, "--every", "0.1") as process:
        async with asyncio.timeout(2 * PATIENCE):
            for humidity, is_on in ((50, False), (95, True), (80, True), (50, False), (95, True)):
                board.set_humidity(humidity)
                dew_point = round(dew_point_of(20.0, humidity), 2)
                line = await line_of(process.stdout, f"[20.0, {dew_point}]")
                assert line.endswith("On\n" if is_on else "Off\n")
                await (board.wait_until(lambda board: board.level(0)) if is_on else board.wait_until(_is_low))
            assert board.output_pins == {0}
            board.fail_sensor("Humidity")
            await board.wait_until(_is_low)
            board.heal_sensor("Humidity")
            await board.wait_until(lambda board: board.level(0))
            board.set_humidity(10)
            await board.wait_until(_is_low)
            board.warm(0.5)
            await board.wait_until(lambda board: board.level(0))
            process.send_signal(signal.SIGINT)
            await board.wait_until(_is_low)
            assert await process.wait() == 0


@pytest_asyncio.fixture(params=["indiserver", "serve"])
async def either(request: pytest.FixtureRequest, board: SimulatedBoard) -> AsyncIterator[str]:
    """The port of an indiserver with that board, or of a server of ours."""
    async with MalosService(board, info_port=0) as service:
        if request.param == "serve":
            async with served("--address", service.address) as port:
                yield str(port)
        else:
            async with indiserver(PROGRAM, environ={"INDI_MATRIX_ADDRESS": service.address}) as (_, port):
                yield str(port)


async def test_flat_panel_lights_the_ring_and_darkens_it(board: SimulatedBoard, either: str) -> None:
    script = ("sh", str(EXAMPLES / "flat_panel.sh"))
    lit = (QUARTER_WHITE, QUARTER_WHITE, RED, *[QUARTER_WHITE] * 32)
    need("indi_eval")
    for _ in range(2):  # it is to work each time
        async with running(*script, "localhost", either, "0.3") as process, asyncio.timeout(PATIENCE):
            await board.wait_until(lambda board: board.leds == lit)
            await board.wait_until(lambda board: set(board.leds) == {DARK})
            output, errors = await process.communicate()
            told = "MATRIX.EVERLOOP_INFO.BOARD=Creator\nMATRIX.EVERLOOP_INFO.LEDS=35\n"
            assert (process.returncode, output.decode(), errors.decode()) == (0, told, "")
    await becomes(int(either), '"MATRIX.CONNECTION.DISCONNECT"==1')


async def test_flat_panel_fails_where_there_is_no_server() -> None:
    status, _, errors = await finished("sh", str(EXAMPLES / "flat_panel.sh"), "localhost", str(free_port()))
    assert status != 0
    assert errors.count("refused") == 1  # it stops there


async def ran(name: str, *arguments: str) -> tuple[int | None, str, str]:
    """Run an example that is a shell script; return its exit status, output and errors."""
    need("indi_eval")
    async with (
        running("sh", str(EXAMPLES / name), "localhost", *arguments) as process,
        asyncio.timeout(2 * PATIENCE),
    ):
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()


async def test_flip_flat_lights_the_ring_only_behind_the_closed_flap(board: SimulatedBoard, either: str) -> None:
    pictures: list[tuple[int, bool]] = []

    def look() -> None:
        if angle := board.servo_angle(5):  # 0 until the first pulse is set
            pictures.append((angle, set(board.leds) != {DARK}))

    unwatch = board.watch(look)
    for _ in range(2):  # it is to work each time
        pictures.clear()
        status, _, errors = await ran("flip_flat.sh", either, "1")
        assert (status, errors) == (0, "")
        await board.wait_until(lambda board: board.servo_angle(5) == 150 and set(board.leds) == {DARK})
        angles = [angle for angle, _ in pictures]
        assert (min(angles), max(angles)) == (30, 150)
        assert len(set(angles)) > 5  # it does not slam
        # A board whose host is slow may see the first steps of the way before the frame that was sent earlier.
        assert 30 <= max(angle for angle, is_lit in pictures if is_lit) < 75
    unwatch()
    await board.wait_until(lambda board: board.output_pins == {5})


async def test_dew_heater_heats_the_more_the_nearer_the_dew_point(
    board: SimulatedBoard, either: str, home: Path
) -> None:
    board.warm(20.0)
    board.set_humidity(50)
    status, output, errors = await ran("dew_heater.sh", either, "12.5")
    assert (status, errors) == (0, "")
    spread = 12.5 - dew_point_of(20.0, 50)  # humidity and dew point are of the warm board
    told = f"MATRIX.DEW_HEATER_STATUS.SPREAD={spread:.1f}\nMATRIX.DEW_HEATER_STATUS.DUTY={(5 - spread) / 4:.0%}\n"
    assert output == told.replace("%", "")
    await setprop(int(either), "-n", "MATRIX.WEATHER_UPDATE.PERIOD=1")
    board.set_humidity(10)
    await becomes(int(either), '"MATRIX.DEW_HEATER_STATUS.DUTY"==0 && "MATRIX.DUTY_4.DUTY"==0')
    board.set_humidity(100)
    await board.wait_until(lambda board: board.level(4))
    await becomes(int(either), '"MATRIX.DEW_HEATER_STATUS.DUTY"==100 && "MATRIX.DUTY_4.DUTY"==100')
    board.fail_sensor("Humidity")
    await becomes(int(either), '"MATRIX.DEW_HEATER_STATUS.DUTY"==30 && "MATRIX.DEW_HEATER_STATUS._STATE"==3')
    assert "Dew heater" in (home / ".indi" / "MATRIX_config.xml").read_text()


def has_levels(levels: int, board: SimulatedBoard) -> bool:
    return board.levels == levels


async def test_roof_stops_at_its_limit_switches_and_after_its_time(board: SimulatedBoard, either: str) -> None:
    """The test does what Universal ROR does: it writes On to a relay, and Off when a limit switch is reached."""
    status, output, errors = await ran("roof.sh", either, "1")
    told = f"there is no Universal ROR at localhost:{either}: only the pins are set up\n"
    assert (status, output, errors) == (0, told, "")
    assert (set(board.output_pins), board.levels) == ({0, 1}, 0)
    server = int(either)
    for relay, limit in ((0, 2), (1, 3)):
        board.set_inputs(0)
        await setprop(server, "-s", f"MATRIX.DIGITAL_OUTPUT_{relay + 1}.ON=On")
        await board.wait_until(partial(has_levels, 1 << relay))
        board.set_input(limit, level=True)
        await becomes(server, f'"MATRIX.DIGITAL_INPUT_{limit + 1}.ON"==1')
        await setprop(server, "-s", f"MATRIX.DIGITAL_OUTPUT_{relay + 1}.OFF=On")
        await board.wait_until(partial(has_levels, 1 << limit))
    board.set_inputs(0)
    await setprop(server, "-s", "MATRIX.DIGITAL_OUTPUT_1.ON=On")
    await board.wait_until(partial(has_levels, 1))
    await board.wait_until(partial(has_levels, 0))  # no limit switch is reached


async def test_roof_tells_universal_ror_its_devices_and_numbers(board: SimulatedBoard, tmp_path: Path) -> None:
    stand_in = tmp_path / "universal_ror"
    stand_in.write_text(
        f"#!/bin/sh\ncd {Path(__file__).parents[1]} && exec {sys.executable} -m tests.universal_ror\n"
    )
    stand_in.chmod(0o755)
    async with MalosService(board, info_port=0) as service:
        environ = {"INDI_MATRIX_ADDRESS": service.address}
        async with indiserver(PROGRAM, stand_in, environ=environ) as (_, port):
            assert await ran("roof.sh", str(port)) == (0, "", "")
            told = await getprop(port, "Universal ROR.*.*", wanted=10)
    assert {
        name.removeprefix("Universal ROR."): value for name, value in told.items() if "CONFIG" not in name
    } == {
        "CONNECTION.CONNECT": "On",
        "CONNECTION.DISCONNECT": "Off",
        "ACTIVE_DEVICES.ACTIVE_INPUT": "MATRIX",
        "ACTIVE_DEVICES.ACTIVE_OUTPUT": "MATRIX",
        "INPUT_INDEX.FULLY_OPENED": "3",
        "INPUT_INDEX.FULLY_CLOSED": "4",
        "OUTPUT_INDEX.OPEN_ROOF": "1",
        "OUTPUT_INDEX.CLOSE_ROOF": "2",
    }
