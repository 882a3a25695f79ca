"""Which event loop the commands run on: uvloop's where it is installed, and asyncio's where it is not."""

from importlib.util import find_spec

import pytest

from tests.programs import PROGRAM, finished, line_of, running

FASTEST = "uvloop" if find_spec("uvloop") else "asyncio"


@pytest.mark.parametrize("command", ["", "serve --port 0", "simulate --port 0"])
@pytest.mark.parametrize("name", [FASTEST, "asyncio"])
async def test_the_log_names_it(command: str, name: str, request: pytest.FixtureRequest) -> None:
    if name == "asyncio":
        request.getfixturevalue("asyncio_alone")
    async with running(PROGRAM, *command.split(), "--log-level", "debug") as program:
        line = await line_of(program.stderr, "DEBUG indi_matrix.system.event_loop: ")
    assert line.endswith(f": the event loop is that of {name}\n")


@pytest.mark.parametrize("name", [FASTEST, "asyncio"])
async def test_the_doctor_names_it(name: str, request: pytest.FixtureRequest) -> None:
    if name == "asyncio":
        request.getfixturevalue("asyncio_alone")
    _, output, _ = await finished(PROGRAM, "doctor", "127.0.0.1:1")
    assert f"event loop of {name}" in " ".join(output.split())
