"""Few file descriptors: ZeroMQ ends the program where it gets none."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from indi_matrix.devices.registry import DEVICES
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import IndiClient, talking_to
from tests.programs import PATIENCE, PROGRAM, finished, free_port, line_of, running

BOARDS = [f"Board {number}" for number in range(20)]
MANY = [f"Board {number}" for number in range(24)]
TOO_FEW = re.compile(r"that takes (\d+) file descriptors, and (\d+) are free, of (\d+)")


def limited(how: str, *command: str | Path) -> tuple[str | Path, ...]:
    """Return a command to be run with a limit, as the shell's ulimit takes it."""
    return ("sh", "-c", f'ulimit {how} && exec "$@"', "sh", *command)


@asynccontextmanager
async def simulated(how: str, names: Sequence[str] = BOARDS) -> AsyncIterator[tuple[IndiClient, int]]:
    """Serve simulated boards with a limit; return a client, and the number of the process."""
    boards = [f"--board={name}=127.0.0.1" for name in names]
    command = limited(how, PROGRAM, "serve", "--port", "0", "--simulate", *boards)
    async with running(*command) as server:
        line = await line_of(server.stderr, "serving INDI clients on")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(line.rsplit(":", 1)[1]))
        indi = IndiClient(writer)
        listening = asyncio.create_task(indi.listen(reader))
        indi.send('<getProperties version="1.7"/>')
        try:
            yield indi, server.pid
        finally:
            writer.close()
            listening.cancel()
            await asyncio.wait({listening})


def _open(number: int) -> int:
    """Return how many descriptors a process has open."""
    return len(list(Path(f"/proc/{number}/fd").iterdir()))


async def connected(indi: IndiClient, *names: str) -> dict[str, str]:
    """Connect boards at once; return what was said of those that were refused."""
    indi.heard.clear()
    for name in names:
        indi.device = name
        indi.put("CONNECTION", "Switch", CONNECT="On")
    answers: dict[str, str] = {}

    def answered() -> bool:
        for element in indi.heard:
            if element.get("name") == "CONNECTION" and element.get("state") in {"Ok", "Alert"}:
                refusal = element.get("message", "") if element.get("state") == "Alert" else ""
                answers[element.attrib["device"]] = refusal
        return len(answers) == len(names)

    await indi.until(answered)
    return {name: refusal for name, refusal in answers.items() if refusal}


async def test_boards_for_which_there_are_too_few_are_refused_with_a_reason() -> None:
    async with simulated("-n 440") as (indi, _):
        refused = await connected(indi, *BOARDS)
        assert 5 < len(refused) < 15
        for refusal in refused.values():
            assert refusal.startswith("[ERROR] cannot connect to the simulated board: ")
            found = TOO_FEW.search(refusal)
            assert found is not None
            assert int(found[1]) > int(found[2])
            assert found[3] == "440"
        # What another one leaves is enough again, as soon as ZeroMQ's thread has closed it.
        first = next(name for name in BOARDS if name not in refused)
        indi.device = first
        indi.heard.clear()
        indi.put("CONNECTION", "Switch", DISCONNECT="On")
        await indi.until(lambda: any(one.get("state") == "Idle" for one in indi.heard))
        async with asyncio.timeout(PATIENCE):
            while await connected(indi, first):
                pass


async def test_the_limit_is_raised_as_far_as_the_system_lets() -> None:
    async with simulated("-S -n 64") as (indi, _):
        assert not await connected(indi, *BOARDS)


async def test_as_many_boards_as_there_are_descriptors_for() -> None:
    """ZeroMQ has a bound of its own, 1023 sockets, unless it is told another."""
    async with simulated("-n 4096", MANY) as (indi, _):
        assert not await connected(indi, *MANY)


async def test_a_simulated_board_takes_few() -> None:
    async with simulated("-n 2048") as (indi, number):
        assert not await connected(indi, BOARDS[0])
        before = _open(number)
        assert not await connected(indi, *BOARDS[1:])
        assert _open(number) - before <= (8 * len(DEVICES) + 1) * len(BOARDS[1:])


async def test_a_board_of_a_service_is_refused_too() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        command = limited("-n 48", PROGRAM, "--address", service.address)
        async with running(*command) as driver, talking_to(driver) as indi:
            await indi.get_properties()
            answer = await indi.connect()
            assert answer.state == "Alert"
            assert TOO_FEW.search(answer.message)
            assert service.address in answer.message


@pytest.mark.usefixtures("asyncio_alone")  # uvloop says nothing of it
async def test_clients_for_whom_there_are_too_few_cost_nothing() -> None:
    command = limited("-n 40", PROGRAM, "serve", "--port", "0", "--max-connections", "900")
    async with running(*command) as server:
        line = await line_of(server.stderr, "serving INDI clients on")
        port = int(line.rsplit(":", 1)[1])
        crowd = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(80)]
        await line_of(server.stderr, "socket.accept() out of system resource")
        server.terminate()
        _, errors = await server.communicate()
        repeated = re.search(rb"(\d+) more in the last minute", errors)
        assert int(repeated[1] if repeated else 0) < 10
        for writer in crowd:
            writer.close()


@pytest.mark.parametrize("command", ["simulate --port 0", "info ADDRESS", "doctor ADDRESS"])
async def test_commands_that_get_too_few_say_so(command: str) -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        arguments = command.replace("ADDRESS", service.address).split()
        if "doctor" in command:
            arguments += ["--indi-port", str(free_port())]
        status, output, errors = await finished(*limited("-n 20", PROGRAM, *arguments))
        assert status == 1
        assert TOO_FEW.search(" ".join((output + errors).split()))
