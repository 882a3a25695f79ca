"""The command line, as a person and as a parent process meet it."""

import asyncio
import os
import pty
import signal
import socket
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from indi_matrix import __version__
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.programs import PATIENCE, PROGRAM, finished, free_port, line_of, running, served
from tests.stopwatch import stopped, within

GET = '<getProperties version="1.7"/>\n'
CONNECT = """
<newSwitchVector device="MATRIX" name="CONNECTION">
  <oneSwitch name="CONNECT">On</oneSwitch>
</newSwitchVector>
"""


COMMON = {"--name": "x", "--address": "pi", "--board": "x=pi", "--log-level": "debug"}
TAKEN = {
    "": COMMON.keys(),
    "serve": COMMON.keys(),
    "simulate": {"--log-level"},
    "page": {"--log-level"},
    "info": {"--address", "--log-level"},
    "install": {"--name", "--address", "--board"},
    "doctor": COMMON.keys(),
}


@pytest.mark.parametrize("command", TAKEN)
async def test_help(command: str) -> None:
    status, output, errors = await finished(PROGRAM, *command.split(), "--help")
    assert (status, errors) == (0, "")
    assert "usage: indi_matrix" in output
    assert {option for option in COMMON if option in output} == TAKEN[command]


@pytest.mark.parametrize("option", COMMON)
@pytest.mark.parametrize("command", TAKEN)
async def test_an_option_without_meaning_is_refused_before_and_after_the_command(
    command: str, option: str, tmp_path: Path
) -> None:
    if option in TAKEN[command]:
        return
    given = [option, COMMON[option]]
    further = ["--prefix", str(tmp_path)] if command == "install" else []
    for arguments in ([*given, command, *further], [command, *further, *given]):
        told = f"indi_matrix: error: {option} means nothing for {command}\n"
        assert await finished(PROGRAM, *arguments) == (2, "", told)


@pytest.mark.parametrize("option", sorted(TAKEN["install"]))
async def test_a_board_means_nothing_for_an_installation_without_a_service(option: str, tmp_path: Path) -> None:
    told = f"indi_matrix: error: {option} means nothing for install without --service\n"
    given = [option, COMMON[option]]
    assert await finished(PROGRAM, *given, "install", "--prefix", tmp_path) == (2, "", told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["serve", "simulate"])
async def test_read_only_means_nothing_without_a_page(command: str) -> None:
    told = f"indi_matrix: error: --read-only means nothing for {command} without --page\n"
    assert await finished(PROGRAM, command, "--read-only", "--port", "0") == (2, "", told)


async def test_help_tells_a_newcomer_what_to_type() -> None:
    _, output, _ = await finished(PROGRAM, "--help")
    for told in ("indiserver indi_matrix", "indi_matrix serve --simulate", "indi_setprop", "INDI_MATRIX_ADDRESS"):
        assert told in output


@pytest.mark.parametrize("command", [[], ["serve"], ["info"]])
async def test_version(command: list[str]) -> None:
    assert await finished(PROGRAM, *command, "--version") == (0, f"indi_matrix {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--address", "pi:x"], "address: 'x' is no port; a port is a whole number from 1 to 65535"),
        (["--name", "x" * 64], "cannot name a device; a name is 1 to 63 printable ASCII characters"),
        (["--log-level", "loud"], "'loud'"),
        (["toast"], "'toast'"),
        (["serve", "--port", "65536"], "'65536' is no port; a port is 1 to 65535, or 0 for any"),
        (["serve", "--port", "abc"], "'abc' is no port"),
        (["serve", "--port", "\u0663"], "is no port"),
        (["serve", "--port", "1_0"], "'1_0' is no port"),
        (["serve", "--max-connections", "0"], "'0' is not a whole number from 1 on"),
        (["serve", "--max-connections", "9" * 5000], "argument --max-connections: '999"),
        (["serve", "--simulate", "toaster"], "'toaster'"),
        (["simulate", "toaster"], "'toaster'"),
        (["simulate", "--port", "65535"], "leaves no room for the 40 ports behind it; an info port is 1 to 65495"),
        (["info", "pi:0"], "port 0 is out of range"),
        (["install", "--prefix", "~nobody-of-that-name/usr"], "begins with a user who has no home"),
        (["doctor", "--prefix", "~nobody-of-that-name/usr"], "begins with a user who has no home"),
        (["doctor", "--prefix", ""], "argument --prefix: '' names no folder"),
        (["info", "a..b"], "'a..b' is neither a host name nor an address"),
        (["doctor", "x" * 64 + ".org"], ".org' is neither a host name nor an address"),
        (["serve", "--host", "a..b"], "'a..b' is neither a host name nor an address"),
        (["serve", "--host", "x" * 64 + ".org"], ".org' is neither a host name nor an address"),
        (
            ["simulate", "--day", "9"],
            "'9' is no length of a day; it is 10 to 86400 whole seconds, or 0 for sensors",
        ),
        (["serve", "--simulate", "--day", "-1"], "'-1' is no length of a day"),
        (["serve", "--day", "600"], "--day means nothing for serve without --simulate"),
        (["simulate", "--host", "."], "'.' is neither a host name nor an address"),
    ],
)
async def test_a_bad_argument_is_one_clear_line(arguments: list[str], told: str) -> None:
    status, output, errors = await finished(PROGRAM, *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("indi_matrix: error: ")
    assert told in errors
    assert errors.count("\n") == 1


async def test_a_bad_environment_is_one_clear_line() -> None:
    status, output, errors = await finished(PROGRAM, environ={"INDI_MATRIX_ADDRESS": "pi:99999"})
    assert (status, output) == (2, "")
    assert errors == (
        "indi_matrix: error: INDI_MATRIX_ADDRESS: port 99999 is out of range; "
        "a port is a whole number from 1 to 65535\n"
    )


def listening_on(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("command", ["serve", "simulate"])
async def test_a_busy_port_is_one_line_that_says_by_whom_and_what_to_do(command: str, host: str) -> None:
    with listening_on(host, 0) as busy:
        port = busy.getsockname()[1]
        status, output, errors = await finished(PROGRAM, command, "--host", host, "--port", str(port))
    name = Path("/proc/self/comm").read_text().strip()
    told = f"port {port} of {host} is in use by {name} (process {os.getpid()}); choose another with --port"
    assert (status, output, errors) == (1, "", f"indi_matrix: error: {told}\n")


async def test_of_several_ports_the_busy_one_is_told() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        info_port, gpio = service.info_port, service.ports["Gpio"].base
        await service.stop()
        with listening_on("127.0.0.1", gpio):
            status, _, errors = await finished(PROGRAM, "simulate", "--port", str(info_port))
    assert (status, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"indi_matrix: error: port {gpio} of 127.0.0.1 is in use by ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
async def test_of_another_user_s_program_the_user_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        code = f"from indi_matrix.system.port_owner import *; import os; os.setuid(65534); print(listener({port}))"
        assert await finished(sys.executable, "-c", code) == (0, "a program of root\n", "")


@pytest.mark.parametrize("command", ["serve", "simulate"])
async def test_a_host_that_nobody_knows_is_one_clear_line(command: str) -> None:
    status, _, errors = await finished(PROGRAM, command, "--host", "no-such-host.invalid")
    assert status == 1
    assert errors.splitlines()[-1].startswith("indi_matrix: error: host no-such-host.invalid: ")


@pytest.mark.parametrize("command", ["serve", "simulate"])
async def test_a_host_that_is_not_ours_is_one_clear_line(command: str) -> None:
    status, output, errors = await finished(PROGRAM, command, "--host", "192.0.2.1", "--port", "17624")
    told = "indi_matrix: error: port 17624 of 192.0.2.1: cannot assign requested address\n"
    assert (status, output, errors) == (1, "", told)


async def test_info() -> None:
    async with MalosService(SimulatedBoard(Kind.VOICE), info_port=0) as service:
        status, output, errors = await finished(PROGRAM, "info", service.address)
    assert (status, errors) == (0, "")
    assert f"MALOS at {service.address}" in output
    assert "board: Voice, 18 LEDs" in output
    gpio = service.ports["Gpio"]
    assert ["Gpio", str(gpio.base), str(gpio.keep_alive), str(gpio.errors), str(gpio.updates)] in [
        line.split()[:5] for line in output.splitlines()
    ]


async def test_info_of_nothing_at_once() -> None:
    port = free_port()
    async with within(3):  # the program starts and ends in this time, too
        status, output, errors = await finished(PROGRAM, "info", f"127.0.0.1:{port}")
    assert (status, output) == (1, "")
    assert errors == f"indi_matrix: error: 127.0.0.1:{port}: connection refused\n"


@pytest.mark.parametrize("command", ["info", "doctor"])
async def test_a_zone_that_no_network_can_have_is_refused_in_one_line(command: str) -> None:
    environ = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    status, output, errors = await finished(PROGRAM, command, "fe80::1%\x1b[31m\u00e9", environ=environ)
    assert (status, output) == (2, "")
    assert errors.isascii()
    assert errors.replace("\n", "").isprintable()
    assert errors.count("\n") == 1


@pytest.mark.parametrize("where", ["fe80::1%lo", "[fe80::1%lo]:20012"])
@pytest.mark.parametrize("command", ["info", "doctor"])
async def test_an_address_with_a_zone(command: str, where: str) -> None:
    options = ["--indi-port", str(free_port())] if command == "doctor" else []
    environ = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    status, output, errors = await finished(PROGRAM, command, where, *options, environ=environ)
    told = output.partition("FAILED ")[2] if command == "doctor" else errors
    assert status == 1
    assert "fe80::1%" in told
    assert (output + errors).isascii()
    assert (output + errors).replace("\n", "").isprintable()
    assert errors.count("\n") == (command == "info")


async def test_a_path_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    prefix = tmp_path / "caf\u00e9"
    status, output, errors = await finished(
        PROGRAM, "install", "--prefix", prefix, environ={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    )
    assert (status, errors) == (0, "")
    assert r"caf\xe9" in output


async def test_info_of_a_host_that_nobody_knows() -> None:
    async with within(5):
        status, output, errors = await finished(PROGRAM, "info", "no-such-host.invalid")
    assert (status, output) == (1, "")
    assert errors.startswith("indi_matrix: error: no-such-host.invalid:20012: ")
    assert "name" in errors.rpartition(": ")[2]


async def test_info_of_a_service_that_hangs() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        service.hang()
        status, output, errors = await finished(PROGRAM, "info", service.address)
    told = "something listens there but does not answer as MALOS does"
    assert (status, output, errors) == (1, "", f"indi_matrix: error: {service.address}: {told}\n")


async def test_standard_output_carries_indi_and_nothing_else() -> None:
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        running(PROGRAM, "--log-level", "debug", "--address", service.address) as driver,
    ):
        assert driver.stdin is not None
        driver.stdin.write((GET + CONNECT + "<garbage").encode())
        await line_of(driver.stdout, 'name="GPIO_DIRECTION"')
        output, errors = await driver.communicate(b"")
    assert driver.returncode == 0
    assert {element.tag[:3] for element in ET.fromstring(b"<all>" + output + b"</all>")} <= {"def", "set", "mes"}
    assert b"DEBUG" in errors


async def test_a_driver_loads_no_module_of_another_command() -> None:
    """Whatever is loaded takes time at each start under indiserver."""
    script = """
import atexit, sys
from indi_matrix.cli import main
atexit.register(lambda: print(*sys.modules, sep="\\n"))
main([])
"""
    status, output, errors = await finished(sys.executable, "-c", script)
    assert (status, errors) == (0, "")
    loaded = {name for name in output.splitlines() if name.startswith("indi_matrix.")}
    assert "indi_matrix.cli.driver_command" in loaded
    others = ("doctor", "install", "simulator", "indi.server", "cli.server_", "cli.inspection_", "cli.install_")
    assert not [name for name in loaded if name.startswith(tuple(f"indi_matrix.{other}" for other in others))]


async def test_the_name_comes_from_the_environment() -> None:
    status, output, _ = await finished(PROGRAM, stdin=GET, environ={"INDIDEV": "My Matrix Board"})
    assert status == 0
    told = [element for element in ET.fromstring(f"<all>{output}</all>") if element.tag != "getProperties"]
    assert {element.get("device") for element in told} == {"My Matrix Board"}


@pytest.mark.parametrize("command", ["", "serve --port 0 --simulate", "simulate --port 0"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
async def test_streams_that_the_parent_closed_are_no_trouble(command: str, closed: str) -> None:
    script = f'timeout -s TERM 1 "{PROGRAM}" {command} </dev/null {closed}'
    status, _, errors = await finished("sh", "-c", script)
    assert status in {0, 1, 124}
    assert "Traceback" not in errors


async def test_on_a_terminal_it_says_what_it_waits_for() -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        PROGRAM, stdin=theirs, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    os.close(theirs)
    told = await line_of(process.stderr, "waiting for INDI on standard input")
    more = await line_of(process.stderr, "indi_matrix serve")
    assert told.startswith("indi_matrix: ")
    assert more.startswith("indi_matrix: ")
    os.write(ours, b"\x04")  # end of file, as a person types it
    assert await stopped(process, PATIENCE) == 0
    os.close(ours)


async def test_a_simulator_says_where_it_is_and_stops_when_told() -> None:
    async with running(PROGRAM, "simulate", "voice", "--port", "0") as simulator:
        line = await line_of(simulator.stderr, "MALOS simulator: voice at 127.0.0.1:")
        status, output, _ = await finished(PROGRAM, "info", line.split()[-1])
        assert status == 0
        assert "18 LEDs" in output
        simulator.send_signal(signal.SIGTERM)
        assert await stopped(simulator, 1) == 0


async def test_options_stand_before_or_after_the_command() -> None:
    for arguments in (["--name", "Mine", "serve", "--port", "0"], ["serve", "--port", "0", "--name", "Mine"]):
        async with running(PROGRAM, *arguments) as server:
            line = await line_of(server.stderr, "serving INDI clients on")
            reader, writer = await asyncio.open_connection("127.0.0.1", int(line.rsplit(":", 1)[1]))
            writer.write(GET.encode())
            async with asyncio.timeout(PATIENCE):
                while b'device="Mine"' not in await reader.readline():
                    pass
            writer.close()


async def test_a_server_takes_as_many_clients_as_it_is_told() -> None:
    async with served("--max-connections", "2") as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        refusal = await connections[2][0].read()
        assert b"2" in refusal
        assert b"<message" in refusal
        for _, writer in connections:
            writer.close()


async def test_what_is_logged_again_and_again_is_one_line_and_a_number() -> None:
    sound = '<getProperties version="1.7" device="MATRIX" name="CONNECTION"/>'
    status, output, errors = await finished(PROGRAM, stdin=f"<garbage {sound}" * 50)
    assert status == 0
    assert output.count("<defSwitchVector") == 50
    first, last = errors.splitlines()
    assert first.endswith("Dropped from stdin: unfinished tag <garbage")
    assert last.endswith("Dropped from stdin: unfinished tag <garbage (... 49 more in the last minute)")
