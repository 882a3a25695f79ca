"""Hosts that go by a name: with addresses of both kinds, and where nobody tells what they are."""

import signal
import sys
from pathlib import Path

import pytest

from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import IndiClient, talking_to
from tests.driver.test_boards import known_as
from tests.network import FAR, NoNetworksError, silent_name_server, two_networks, with_files
from tests.programs import PROGRAM, finished, free_port, running
from tests.siege.service import Service, malos
from tests.stopwatch import stopped

HOSTS = "127.0.0.1 localhost both.example four.example\n::1 localhost both.example six.example\n"


@pytest.fixture
async def named(tmp_path: Path) -> tuple[str, ...]:
    """What to put before a command that is to know the names in HOSTS."""
    hosts = tmp_path / "hosts"
    hosts.write_text(HOSTS)
    inside = with_files({"/etc/hosts": hosts}, "--map-root-user")
    if (await finished(*inside, "true"))[0] != 0:
        pytest.skip("this machine does not let its user mount")
    return inside


REACHED = [
    ("127.0.0.1", "localhost"),
    ("127.0.0.1", "both.example"),
    ("127.0.0.1", "four.example"),
    ("::1", "localhost"),
    ("::1", "both.example"),
    ("::1", "six.example"),
]


@pytest.mark.parametrize(("where", "name"), REACHED)
async def test_a_name_is_reached_by_whichever_address_answers(
    named: tuple[str, ...], where: str, name: str
) -> None:
    """ZeroMQ by itself would try the first only, which is one of IPv6 for localhost on every Debian."""
    async with MalosService(SimulatedBoard(), where, 0) as service:
        status, output, errors = await finished(*named, PROGRAM, "info", f"{name}:{service.info_port}")
        assert (status, errors) == (0, "")
        assert "board: Creator, 35 LEDs" in output


@pytest.mark.parametrize("where", ["127.0.0.1", "::1"])
async def test_the_driver_uses_the_address_that_answers(named: tuple[str, ...], where: str) -> None:
    async with MalosService(SimulatedBoard(), where, 0) as service:
        command = (*named, str(PROGRAM), "--address", f"both.example:{service.info_port}")
        async with running(*command) as driver, talking_to(driver) as indi:
            await indi.get_properties()
            answer = await indi.connect()
            assert answer.message == f"[INFO] both.example:{service.info_port} is connected"
            assert not indi.messages
            await indi.write("EVERLOOP_COLOR", RED=3)
            await service.board.wait_until(lambda board: board.leds[0].red == 3)


async def test_the_doctor_examines_the_address_that_answers(named: tuple[str, ...]) -> None:
    async with MalosService(SimulatedBoard(), "::1", 0) as service:
        where = (f"both.example:{service.info_port}", "--indi-port", str(free_port()))
        _, output, errors = await finished(*named, PROGRAM, "doctor", *where)
        assert errors == ""
        assert f"MALOS at both.example:{service.info_port} has 7 drivers" in " ".join(output.split())
        assert output.count("take connections") == 7


async def test_a_name_whose_addresses_all_refuse_is_refused_at_once(named: tuple[str, ...]) -> None:
    port = free_port()
    status, _, errors = await finished(*named, PROGRAM, "info", f"both.example:{port}")
    assert (status, errors) == (1, f"indi_matrix: error: both.example:{port}: connection refused\n")


# A name server that takes questions and does not answer: libc waits for 40 s here, and cannot be stopped.


SWALLOWED = "no answer to the question for its address"


async def _work(indi: IndiClient, service: Service, red: int) -> None:
    """Have the board South show a colour."""
    await known_as(indi, "South")
    await indi.until(lambda: "EVERLOOP_COLOR" in indi.known)
    assert (await indi.write("EVERLOOP_COLOR", RED=red)).state == "Ok"
    await service.until(lambda: service.colors[-1:] == [[red, 0, 0, 0]])


async def _swallow(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(f"nameserver {FAR}\noptions timeout:20\n")
    async with (
        two_networks() as networks,
        silent_name_server(networks.far),
        malos("creator", FAR, networks.far) as service,
    ):
        inside = (*networks.near, *with_files({"/etc/resolv.conf": conf}))
        boards = ("--board", "North=north.example", "--board", f"South={service.address}")
        async with running(*inside, PROGRAM, *boards) as driver, talking_to(driver) as indi:
            await (await known_as(indi, "South")).connect()
            await known_as(indi, "North")
            indi.put("CONNECTION", CONNECT="On")
            await indi.until(lambda: indi.messages)
            assert indi.messages == [f"[WARNING] north.example:20012: {SWALLOWED}; trying for 5 s"]
            await _work(indi, service, 1)
            await known_as(indi, "North")
            await indi.in_state("CONNECTION", "Alert")
            assert SWALLOWED in indi.answers[-1].message
            await _work(indi, service, 2)
            assert indi.known["CONNECTION"].state == "Ok"
            driver.send_signal(signal.SIGTERM)
            assert await stopped(driver, 1) == 0


async def test_a_name_server_that_swallows_questions_holds_up_nobody_else(tmp_path: Path) -> None:
    try:
        await _swallow(tmp_path)
    except NoNetworksError as error:
        pytest.skip(str(error))


async def _ask_without_answer(tmp_path: Path, *command: str | Path) -> tuple[int, str]:
    conf = tmp_path / "resolv.conf"
    conf.write_text(f"nameserver {FAR}\noptions timeout:20\n")
    async with two_networks() as networks, silent_name_server(networks.far):
        inside = (*networks.near, *with_files({"/etc/resolv.conf": conf}))
        status, output, errors = await finished(*inside, *command)
        return status, " ".join((output + errors).split())


@pytest.mark.parametrize("command", ["info", "doctor"])
async def test_whoever_asks_is_told_that_nobody_answers_for_the_name(tmp_path: Path, command: str) -> None:
    try:
        status, told = await _ask_without_answer(tmp_path, PROGRAM, command, "north.example")
    except NoNetworksError as error:
        pytest.skip(str(error))
    assert status == 1
    assert f"north.example:20012: {SWALLOWED}" in told


LOOK_UP = """
import asyncio, threading, time
from indi_matrix.system.name_lookup import addresses

async def look_up():
    asking = [asyncio.create_task(addresses(f"host-{number % 20}.example")) for number in range(60)]
    refused, _ = await asyncio.wait(asking, timeout=0.5)
    print(len(asking), len(refused), threading.active_count() - 1)
    print(*{str(one.exception()) for one in refused})

begun = time.monotonic()
asyncio.run(look_up())
print(time.monotonic() - begun < 20)
"""


async def test_look_ups_do_not_pile_up(tmp_path: Path) -> None:
    """There is one thread for each name, and no more than 16; none holds up the end."""
    try:
        status, told = await _ask_without_answer(tmp_path, sys.executable, "-c", LOOK_UP)
    except NoNetworksError as error:
        pytest.skip(str(error))
    assert (status, told) == (0, "60 12 16 16 other names are being looked up, without an answer yet True")
