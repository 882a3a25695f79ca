"""What is not loaded before it is needed: a start takes as long as what it loads."""

import sys
from collections.abc import Collection

import pytest

from indi_matrix.cli.main import options_of
from indi_matrix.cli.parser import parse
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import talking_to
from tests.programs import finished, line_of, running

# Runs a program, and tells at its end which of the modules that are named first were loaded.
TELLING = """
import atexit, os, runpy, sys
named, sys.argv = sys.argv[1].split(","), sys.argv[1:]
atexit.register(lambda: os.write(2, f"loaded: {sorted(set(named) & set(sys.modules))}\\n".encode()))
runpy.run_module("indi_matrix", run_name="__main__")
"""
LATE = (
    "zmq",
    "google.protobuf",
    "indi_matrix.board.session",
    "indi_matrix.devices.registry",
    "indi_matrix.devices.everloop.everloop",
    *(f"indi_matrix.devices.{name}" for name in ("dew_heater", "gpio", "imu", "sensor", "servo", "weather")),
    "indi_matrix.malos.link",
    "indi_matrix.simulator",
)
NEVER = ("encodings.idna", "google.protobuf.descriptor_pb2")  # 0.4 and 0.6 MiB
DRIVER = ("indipydriver", "indipyserver", "indi_matrix.driver")


def telling(names: Collection[str], *arguments: str) -> tuple[str, ...]:
    """Return the command that runs indi_matrix with arguments, and tells which of these it loaded."""
    return (sys.executable, "-c", TELLING, ",".join(names), *arguments)


async def test_the_package_alone() -> None:
    code = "import sys, indi_matrix; print(sorted(set(sys.argv[1:]) & set(sys.modules)))"
    assert await finished(sys.executable, "-c", code, *LATE, *DRIVER) == (0, "[]\n", "")


async def test_making_a_driver() -> None:
    code = (
        "import sys, indi_matrix; indi_matrix.make_driver(); print(sorted(set(sys.argv[1:]) & set(sys.modules)))"
    )
    assert await finished(sys.executable, "-c", code, *LATE, "indipyserver") == (0, "[]\n", "")


@pytest.mark.parametrize("option", ["--version", "--help"])
async def test_a_command_that_only_tells(option: str) -> None:
    status, output, errors = await finished(
        *telling(
            (
                *LATE,
                *DRIVER,
            ),
            option,
        )
    )
    assert (status, errors) == (0, "loaded: []\n")
    assert "indi_matrix" in output


async def test_a_driver_that_is_not_connected() -> None:
    """It is asked for definitions, and has answered a write, when its input ends."""
    unneeded = (
        *LATE,
        *NEVER,
        "dataclasses",
        "indipyserver",
        "shutil",
        "secrets",
        "argparse",
        "indi_matrix.cli.server_commands",
    )
    async with running(*telling(unneeded)) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        await indi.write("SIMULATION", ENABLE="On")
        assert driver.stdin is not None
        driver.stdin.close()
        assert driver.stderr is not None
        assert await driver.stderr.readline() == b"loaded: []\n"


async def test_a_driver_that_is_connected() -> None:
    """That the names above are those of modules."""
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        running(*telling((*LATE, *NEVER)), environ={"INDI_MATRIX_ADDRESS": service.address}) as driver,
        talking_to(driver) as indi,
    ):
        await indi.get_properties()
        await indi.connect()
        assert driver.stdin is not None
        driver.stdin.close()
        assert driver.stderr is not None
        expected = sorted(set(LATE) - {"indi_matrix.simulator"})
        assert await driver.stderr.readline() == f"loaded: {expected}\n".encode()


async def test_a_page_of_an_indi_server() -> None:
    unneeded = (*LATE, "indi_matrix.board", "indi_matrix.driver", "indi_matrix.page.world")
    async with running(*telling(unneeded, "page", "--port", "0")) as page:
        await line_of(page.stderr, "the page is")
        page.terminate()
        assert page.stderr is not None
        assert await page.stderr.readline() == b"loaded: []\n"


async def test_what_is_not_there() -> None:
    code = "import indi_matrix; indi_matrix.nothing"
    _, _, errors = await finished(sys.executable, "-c", code)
    assert errors.endswith("AttributeError: module 'indi_matrix' has no attribute 'nothing'\n")


async def test_a_board_whose_schemas_are_not_installed_cannot_be_connected() -> None:
    code = (
        "import runpy, sys; sys.modules['matrix_io'] = None; runpy.run_module('indi_matrix', run_name='__main__')"
    )
    async with running(sys.executable, "-c", code) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        told = await indi.connect()
        text = "matrix-io-proto is not installed: pip install matrix-io-proto==0.0.32"
        assert told.message == f"[ERROR] cannot connect to 127.0.0.1:20012: {text}"


def test_without_arguments_the_options_are_those_of_the_parser() -> None:
    parsed = vars(parse([]))
    del parsed["takes"]  # which is of the parser alone
    assert vars(options_of([])) == parsed
