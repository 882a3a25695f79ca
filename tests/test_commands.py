"""Every shell command in README, run as it stands there, with ports and hosts of this machine put in."""

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.programs import (
    PATIENCE,
    PROGRAM,
    becomes,
    finished,
    free_port,
    getprop,
    indiserver,
    listening,
    need,
    served,
    setprop,
)

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
BLOCKS: list[str] = [block for language, block in FENCED if not language]
SET_UP = "python3 -m venv"  # these two are what .ci/run runs

# What stands in for each program: the same, on a port of its own, as root where that is asked for.
STAND_INS = {
    "indiserver": 'exec "{indiserver}" -p "$INDI_PORT" -u "$PWD/socket" "$@"',
    "indi_setprop": 'exec "{indi_setprop}" -p "$INDI_PORT" -t 18 "$@"',
    "indi_eval": 'exec "{indi_eval}" -p "$INDI_PORT" -t 18 "$@"',
    "indi_getprop": 'exec "{indi_getprop}" -p "$INDI_PORT" -t 1 "$@"',
    "sudo": 'exec "$@" --prefix "$PWD/usr"',
    "pip": '[ "$*" = "install -q .[examples]" ]',
    "python": 'exec "{python}" "$@" 127.0.0.1 "$INDI_PORT"',
    "indi_matrix": 'if [ "$1" = serve ]; then set -- "$@" --port "$INDI_PORT"; fi; exec "{indi_matrix}" "$@"',
}


def block_with(text: str) -> str:
    """Return the one block that contains a text."""
    (block,) = [block for block in BLOCKS if text in block]
    return block


@asynccontextmanager
async def shell(folder: Path, block: str, port: int, **hosts: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a block with bash, in a folder; at the end whatever it started is ended too."""
    stand_ins = folder / "bin"
    stand_ins.mkdir()
    programs = {name: need(name) for name in ("indiserver", "indi_setprop", "indi_getprop", "indi_eval")}
    programs |= {"indi_matrix": str(PROGRAM), "python": sys.executable}
    for name, line in STAND_INS.items():
        (stand_ins / name).write_text("#!/bin/sh\n" + line.format(**programs) + "\n")
        (stand_ins / name).chmod(0o755)
    (folder / ".venv").mkdir()
    shutil.copytree(stand_ins, folder / ".venv" / "bin")
    for name, address in hosts.items():
        block = block.replace(f"{name}.local", address)
    environ = {**os.environ, "PATH": f"{stand_ins}:{os.environ['PATH']}", "INDI_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        "bash", "-ec", block, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        end_group(process.pid)
        await process.communicate()


def end_group(group: int) -> None:
    """End a process group, if any of it still runs."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


async def output_of(process: asyncio.subprocess.Process) -> str:
    """Return what a block that ends by itself has printed."""
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


async def test_the_first_steps(tmp_path: Path) -> None:
    async with served("--simulate") as port:
        async with shell(tmp_path, block_with("EVERLOOP_LED_3"), port) as process:
            assert "MATRIX.EVERLOOP_INFO.LEDS=35" in await output_of(process)
        await becomes(port, '"MATRIX.EVERLOOP_LED_3.RED"==255')


async def test_with_a_real_board(tmp_path: Path) -> None:
    port = free_port()
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        block = block_with("indi_matrix info")
        async with shell(tmp_path, block, port, raspberrypi=service.address) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == f"MALOS at {service.address}\n".encode()
            assert process.stderr is not None
            async with asyncio.timeout(PATIENCE):
                assert b"serving INDI clients" in await process.stderr.readline()


async def test_under_indiserver(tmp_path: Path) -> None:
    port = free_port()
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        block = block_with("INDI_MATRIX_ADDRESS=raspberrypi.local indiserver")
        async with shell(tmp_path, block, port, raspberrypi=service.address):
            await reads(port, "MATRIX.DEVICE_ADDRESS.PORT", str(service.info_port))


async def test_installing(tmp_path: Path) -> None:
    async with shell(tmp_path, block_with("indi_matrix install"), 0) as process:
        await output_of(process)
    assert (tmp_path / "usr/share/indi/indi_matrix.xml").exists()


async def test_several_boards_in_one_program(tmp_path: Path) -> None:
    port = free_port()
    async with shell(tmp_path, block_with("--board"), port, north="127.0.0.1:1111", south="127.0.0.1:2222"):
        await reads(port, "North.DEVICE_ADDRESS.PORT", "1111")
        await reads(port, "South.DEVICE_ADDRESS.PORT", "2222")


async def test_several_boards_under_indiserver(tmp_path: Path) -> None:
    port = free_port()
    async with shell(tmp_path, block_with("mkfifo"), port):
        await reads(port, "North.DEVICE_ADDRESS.ADDRESS", "north.local")
        await reads(port, "South.DEVICE_ADDRESS.ADDRESS", "south.local")


async def test_a_chain_of_hosts(tmp_path: Path) -> None:
    port = free_port()
    async with (
        indiserver(PROGRAM) as (_, upstream),
        shell(tmp_path, block_with("MATRIX@"), port, raspberrypi=f"localhost:{upstream}"),
    ):
        await reads(port, "MATRIX.CONNECTION.DISCONNECT", "On")
        await reads(port, "Telescope Simulator.CONNECTION.DISCONNECT", "On")


async def test_stopping_the_driver_alone(tmp_path: Path) -> None:
    """To disconnect first is what lets ON_DISCONNECT hold: indiserver kills what it stops."""
    board = SimulatedBoard()
    fifo = tmp_path / "boards"
    os.mkfifo(fifo)
    environ = {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    async with (
        MalosService(board, info_port=0) as service,
        indiserver("-f", fifo, environ={**environ, "INDI_MATRIX_ADDRESS": service.address}) as (_, port),
    ):
        fifo.write_text("start indi_matrix\n")
        await becomes(port, '"MATRIX.CONNECTION.CONNECT">=0')
        await setprop(port, "MATRIX.ON_DISCONNECT.OFF=On")
        await setprop(port, "MATRIX.CONNECTION.CONNECT=On")
        await becomes(port, '"MATRIX.CONNECTION._STATE"==1 && "MATRIX.CONNECTION.CONNECT"==1')
        await setprop(port, "MATRIX.EVERLOOP_COLOR.RED=9")
        async with asyncio.timeout(PATIENCE):
            await board.wait_until(lambda board: board.leds[0].red == 9)
            async with shell(tmp_path, block_with("stop indi_matrix"), port) as process:
                await output_of(process)
                await board.wait_until(lambda board: not any(board.leds[0]))
        assert "MATRIX.CONNECTION.CONNECT" not in await getprop(port, "MATRIX.CONNECTION.CONNECT", wanted=0)


async def test_an_example(tmp_path: Path) -> None:
    """That pip brings all that it needs is for .ci/run to see, which has a machine of its own."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    board = SimulatedBoard()
    async with (
        MalosService(board, info_port=0) as service,
        served("--address", service.address) as port,
        shell(tmp_path, block_with("examples/"), port),
        asyncio.timeout(PATIENCE),
    ):
        await board.wait_until(lambda board: board.frames >= 3)


async def test_no_command_writes_several_typed_properties() -> None:
    """Of several, each with its type, indiserver loses the last now and then."""
    _, told, _ = await finished(PROGRAM, "--help")
    texts = [README, told, *(path.read_text() for path in (*ROOT.glob("examples/*"), ROOT / ".ci" / "run"))]
    lines = [line for text in texts for line in text.replace("\\\n", " ").splitlines()]
    writes = [types for line in lines if (types := re.findall(r"(?:put|indi_setprop)\b.*?\s(-[nsx]\s.*)", line))]
    assert len(writes) > 5
    assert [types for types in writes if len(re.findall(r"(?:^|\s)-[nsx]\s", types[0])) > 1] == []


async def reads(port: int, name: str, value: str) -> None:
    """Wait until a server is there, and a property has a value in it."""
    await listening(port)
    async with asyncio.timeout(PATIENCE):
        while (await getprop(port, name, wanted=0)).get(name) != value:
            pass


def test_no_block_is_left_out() -> None:
    told = (
        SET_UP, "EVERLOOP_LED_3", "indi_matrix info", "indiserver indi_matrix", "indi_matrix install", "--board",
        "mkfifo", "MATRIX@", "stop indi_matrix", "examples/", "indi_matrix page",
    )  # fmt: skip
    for block in BLOCKS:
        assert any(text in block for text in told), block


@pytest.mark.parametrize("line", [line for block in BLOCKS for line in block.splitlines() if SET_UP in line])
def test_the_set_up_commands_are_those_that_ci_runs(line: str) -> None:
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
