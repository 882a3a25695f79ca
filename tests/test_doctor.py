"""The doctor, with patients that have what it looks for."""

import asyncio
import contextlib
import os
import platform
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from indi_matrix import __version__
from indi_matrix.doctor.host_checks import has_core
from indi_matrix.doctor.installation_checks import supported
from indi_matrix.malos.messages import DriverConfig, MalosDriverInfo
from indi_matrix.simulator import Kind, Led, MalosService, SimulatedBoard
from tests.ports import PORTS
from tests.programs import PROGRAM, finished, free_port, indiserver, need, served
from tests.stopwatch import within

# A terminal that takes nothing but ASCII.
ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@dataclass
class Findings:
    """What the doctor printed: the checks, each with its remedy behind it."""

    status: int
    checks: list[str]

    def of(self, text: str) -> str:
        """Return the one check that contains a text."""
        (check,) = [check for check in self.checks if text in check]
        return check

    @property
    def failed(self) -> list[str]:
        return [check for check in self.checks if check.startswith("FAILED ")]


async def doctor(*arguments: str | Path, environ: dict[str, str] | None = None) -> Findings:
    """Run the doctor, and check what holds for all that it prints."""
    status, output, errors = await finished(PROGRAM, "doctor", *arguments, environ=environ)
    assert errors == ""
    assert output.isascii()
    assert output.replace("\n", "").isprintable()
    assert all(len(line) <= 80 or " " not in line.strip() for line in output.splitlines()), output
    checks = [" ".join(check.split()) for check in re.split(r"\n(?! )", output.rstrip("\n"))]
    assert all(check.startswith(("ok ", "warning ", "FAILED ")) for check in checks)
    findings = Findings(status, checks)
    assert (status == 1) == bool(findings.failed)
    return findings


async def without_board(*arguments: str | Path, environ: dict[str, str] | None = None) -> Findings:
    """Run the doctor where no board is, which is fast."""
    options = [] if "--indi-port" in arguments else ["--indi-port", str(free_port())]
    return await doctor(f"127.0.0.1:{free_port()}", *options, *arguments, environ=environ)


@pytest.fixture
async def prefix(tmp_path: Path) -> Path:
    """A prefix with the driver installed."""
    prefix = tmp_path / "prefix"
    status, _, errors = await finished(PROGRAM, "install", "--prefix", prefix)
    assert (status, errors) == (0, "")
    return prefix


def path_with(prefix: Path) -> dict[str, str]:
    return {"PATH": f"{prefix / 'bin'}:{os.environ['PATH']}"}


# A healthy patient


async def test_all_is_well(prefix: Path) -> None:
    board = SimulatedBoard(Kind.VOICE)
    configs: list[str] = []
    async with (
        MalosService(board, info_port=0) as service,
        indiserver(PROGRAM, environ={"INDI_MATRIX_ADDRESS": service.address}) as (_, port),
    ):
        service.config_seen = lambda driver, _: configs.append(driver)
        for _ in range(3):
            findings = await doctor(
                service.address, "--indi-port", str(port), "--prefix", prefix, environ=path_with(prefix)
            )
            if not any("look for load on the board's host" in check for check in findings.checks):
                break  # else it is right
    assert {check.split()[0] for check in findings.checks} == {"ok"}, findings.checks
    assert configs == []
    assert set(board.leds) == {Led(0, 0, 0, 0)}
    for told in (
        f"indi_matrix {__version__} on Python 3.",
        f"program {prefix / 'bin/indi_matrix'}",
        "indipydriver 3.",
        "indipyserver 0.",
        "pyzmq",
        f"libzmq {zmq.zmq_version()}",
        "protobuf",
        "matrix-io-proto 0.0.32",
        f"indi_matrix.xml is of version {__version__}",
        "entry MATRIX fits the device MATRIX",
        f"INDI port {port}: a server with MATRIX, version {__version__}",
        f"MALOS at {service.address} has 7 drivers",
        "board Voice, 18 LEDs",
    ):
        assert findings.of(told)
    for driver, ports in service.ports.items():
        assert findings.of(f"{driver} ports {ports.base} to {ports.updates} take connections")
    for driver in ("Everloop", "Gpio"):
        gap = re.search(r"every ([0-9]+) ms \(1000 ms stated\)", findings.of(f"{driver} sends updates"))
        assert gap is not None
        assert 950 <= int(gap[1]) <= 1250
        assert findings.of(f"{driver} error port {service.ports[driver].errors} is heard, and says nothing")


# The board


async def test_without_a_board_it_tells_at_once_how_to_have_one() -> None:
    async with within(3):  # the program starts and ends in this time, too
        findings = await without_board()
    (failure,) = findings.failed
    assert "connection refused" in failure
    assert "indi_matrix simulate" in failure
    assert "start MATRIX CORE here: sudo systemctl start matrixio-malos" in failure


async def test_where_matrix_core_has_packages_is_said_where_none_are() -> None:
    check = (await without_board()).of("MATRIX CORE has packages")
    assert check.startswith("warning MATRIX CORE has packages for 32-bit Raspberry Pi OS up to Buster (Debian 10)")
    assert f"{platform.architecture()[0].removesuffix('bit')}-bit {platform.machine()}" in check
    assert check.endswith("give the address of a Raspberry Pi that has it: indi_matrix doctor HOST")


@pytest.mark.parametrize(
    ("codename", "machine", "bits", "has"),
    [
        ("buster", "armv7l", 32, True),
        ("buster", "aarch64", 32, True),  # 32-bit programs on the kernel of a Pi 4
        ("stretch", "armv6l", 32, True),
        ("buster", "aarch64", 64, False),
        ("bullseye", "armv7l", 32, False),
        ("bookworm", "aarch64", 64, False),
        ("buster", "i686", 32, False),
        ("", "", 64, False),
    ],
)
def test_where_matrix_core_has_packages(codename: str, machine: str, bits: int, has: bool) -> None:
    assert has_core(codename, machine, bits) is has


async def test_a_host_that_nobody_knows() -> None:
    async with within(5):
        findings = await doctor("no-such-host.invalid", "--indi-port", str(free_port()))
    (failure,) = findings.failed
    assert "check how no-such-host.invalid is spelled, or use the host's IP address" in failure
    assert "MATRIX CORE" not in "".join(findings.checks)


async def test_a_service_that_says_nothing_from_the_beginning() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        service.hang()
        findings = await doctor(service.address, "--indi-port", str(free_port()))
    (failure,) = findings.failed
    assert "restart MATRIX CORE here: sudo systemctl restart matrixio-malos" in failure
    assert "start matrixio-malos" not in failure.replace("restart", "")


async def test_something_else_listens_on_the_info_port() -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as other:
        port = other.bind_to_random_port("tcp://127.0.0.1")
        answering = asyncio.to_thread(lambda: (other.recv(), other.send(b"\xff")))
        findings, _ = await asyncio.gather(doctor(f"127.0.0.1:{port}", "--indi-port", str(free_port())), answering)
    (failure,) = findings.failed
    assert "not as MALOS does" in failure
    assert f"look what listens on port {port} here; MALOS' info port is 20012" in failure


@asynccontextmanager
async def info_service(**base_ports: int) -> AsyncIterator[str]:
    """Tell of drivers that are not there, and yield the address."""
    reply = MalosDriverInfo()
    for name, port in base_ports.items():
        reply.info.add(driver_name=name, base_port=port, delay_between_updates=1000, timeout_after_last_ping=5000)
    with zmq.asyncio.Context() as context, context.socket(zmq.REP) as info:
        port = info.bind_to_random_port("tcp://127.0.0.1")

        async def answer() -> None:
            while True:
                await info.recv()
                await info.send(reply.SerializeToString())

        answering = asyncio.create_task(answer())
        yield f"127.0.0.1:{port}"
        answering.cancel()
        await asyncio.wait({answering})


async def test_ports_that_are_closed_are_named_one_by_one() -> None:
    closed = next(PORTS.blocks())
    async with info_service(Gpio=closed, Zigbee=closed + 4) as address:
        findings = await doctor(address, "--indi-port", str(free_port()))
    everloop, gpio = findings.failed
    assert "MALOS has no Everloop driver" in everloop
    for port, what in enumerate(("base", "keep-alive", "error", "update"), closed):
        assert f"{what} port {port}: connection refused" in gpio
    assert findings.of(f"Zigbee base port {closed + 4}").startswith("warning ")


EVIL = "\x1b[2J\r\x9b1m\u202e\u00e9\n"


async def test_a_service_of_many_drivers_with_any_names() -> None:
    closed = next(PORTS.blocks())
    drivers = {f"{number}{EVIL * (99 if number == 1 else 1)}": closed for number in range(600)}
    async with info_service(**drivers, Gpio=closed, Everloop=closed) as address:
        findings = await doctor(address, "--indi-port", str(free_port()), environ=ASCII)
        status, output, errors = await finished(PROGRAM, "info", address, environ=ASCII)
    assert findings.of("has 602 drivers, of which 20 are looked at here").startswith("warning ")
    assert len([check for check in findings.checks if f"base port {closed}: connection refused" in check]) == 20
    assert max(map(len, findings.checks)) < 400
    assert [check.split()[1] for check in findings.failed] == ["Gpio", "Everloop"]
    assert (status, errors) == (0, "")
    assert output.replace("\n", "").isprintable()
    assert len(output.splitlines()) == 3 + 50 + 3
    assert "... and 552 more" in output


async def test_updates_that_come_at_another_pace_and_an_error() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:

        def disturb(driver: str) -> None:
            service.publish_update(driver, b"")
            if driver == "Gpio":
                service.publish_error(driver, "1, Could not send update")

        service.ping_seen = disturb
        findings = await doctor(service.address, "--indi-port", str(free_port()))
    for driver in ("Everloop", "Gpio"):
        check = findings.of(f"{driver} sends updates every")
        assert check.startswith("warning ")
        assert "ms, not every 1000 ms" in check
    assert findings.of("Gpio says: 1, Could not send update").startswith("warning ")


async def test_a_service_that_hangs() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        service.ping_seen = lambda driver: service.hang() if driver == "Everloop" else None
        findings = await doctor(service.address, "--indi-port", str(free_port()))
    assert findings.of("Everloop sends no updates").startswith("FAILED ")
    assert findings.of("Everloop does not tell how many LEDs").startswith("FAILED ")


async def test_updates_too_rare_to_be_measured() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service, within(5):
        configured = asyncio.Event()
        service.config_seen = lambda _driver, _frame: configured.set()
        with zmq.asyncio.Context() as context, context.socket(zmq.PUSH) as base:
            base.connect(f"tcp://127.0.0.1:{service.ports['Gpio'].base}")
            await base.send(DriverConfig(delay_between_updates=10).SerializeToString())
            await configured.wait()
        findings = await doctor(service.address, "--indi-port", str(free_port()))
    assert findings.of("Gpio sends updates every 10000 ms, as it says").startswith("warning ")


async def test_several_boards() -> None:
    ports = [free_port(), free_port()]
    boards = [f"--board=Board {port}=127.0.0.1:{port}" for port in ports]
    findings = await doctor(*boards, "--indi-port", str(free_port()))
    assert [str(port) in check for port, check in zip(ports, findings.failed, strict=True)] == [True, True]


# The INDI port


async def test_a_free_port() -> None:
    port = free_port()
    assert (await without_board("--indi-port", str(port))).of(f"INDI port {port} is free").startswith("ok ")


async def test_our_device_under_another_name() -> None:
    async with served("--name", "North") as port:
        check = (await without_board("--indi-port", str(port))).of("INDI port")
    assert check.startswith(f"warning INDI port {port}: a server with North, not MATRIX")


async def test_other_devices() -> None:
    async with indiserver(need("indi_simulator_wheel")) as (_, port):
        check = (await without_board("--indi-port", str(port))).of("INDI port")
    assert check.startswith("warning ")
    assert "a server with Filter Simulator, without MATRIX" in check
    assert f"serve --port {port + 1}" in check


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "FAILED INDI port {}: what listens there does not speak INDI"),
        (b"220 <hello> & welcome\r\n", "FAILED INDI port {}: what listens there does not speak INDI"),
        (b"", "warning INDI port {}: what listens there says nothing"),
        (
            b"".join(b"<defTextVector device='&#x9b;[2J&#xe9;%d' name='A'/>" % number for number in range(602)),
            r"warning INDI port {}: a server with \x9b[2J\xe90, \x9b[2J\xe91, \x9b[2J\xe92,",
        ),
        (
            b"""<defTextVector device="MATRIX" name="DRIVER_INFO"><defText name="DRIVER_EXEC">indi_matrix</defText>
            <defText name="DRIVER_VERSION">0.0.1</defText></defTextVector>""",
            "warning INDI port {}: MATRIX is of version 0.0.1, this is " + __version__,
        ),
    ],
)
async def test_what_a_server_says(answer: bytes, told: str) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await without_board("--indi-port", str(port), environ=ASCII)
    assert findings.of("INDI port").startswith(told.format(port))
    assert len(findings.of("INDI port")) < 400


async def test_a_server_that_never_comes_to_an_end_is_not_read_for_ever() -> None:
    said = 0

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal said
        with contextlib.suppress(ConnectionError):
            while said < 1 << 27:
                writer.write(b"<message/>" * 5000)
                said += 50_000
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        findings = await without_board("--indi-port", str(server.sockets[0].getsockname()[1]))
    assert "what listens there says nothing" in findings.of("INDI port")
    assert said < 1 << 25


# The machine


async def test_an_entry_that_is_missing_old_damaged_or_of_another_name(prefix: Path, tmp_path: Path) -> None:
    entry = prefix / "share/indi/indi_matrix.xml"
    for name, text in (
        ("old", entry.read_text().replace(f">{__version__}<", ">0.0.1<")),
        ("damaged", "<driversList>"),
    ):
        (tmp_path / name / "share/indi").mkdir(parents=True)
        (tmp_path / name / "share/indi/indi_matrix.xml").write_text(text)
    missing, old, damaged = await asyncio.gather(
        without_board("--prefix", tmp_path / "missing"),
        without_board("--prefix", tmp_path / "old", "--name", "North"),
        without_board("--prefix", tmp_path / "damaged"),
    )
    again = f"indi_matrix install --prefix {tmp_path}"
    assert missing.of("is not there").endswith(f" {again}/missing")
    assert old.of("of version 0.0.1").endswith(f", the driver of {__version__} {again}/old")
    assert damaged.of("it is damaged").endswith(f" {again}/damaged")
    assert old.of("does not fit the device North").startswith("warning ")


async def test_a_program_in_path_that_is_missing_or_another(tmp_path: Path) -> None:
    findings = await without_board(environ={"PATH": str(tmp_path)})
    assert findings.of("is not in PATH").startswith("warning ")
    other = tmp_path / "indi_matrix"
    other.write_text("#!/bin/sh\necho indi_matrix 0.0.1\n")
    other.chmod(0o755)
    findings = await without_board(environ={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert findings.of(f"{other} in PATH is of version 0.0.1").startswith("warning ")


async def test_a_library_that_is_too_old(tmp_path: Path) -> None:
    found = tmp_path / "indipydriver-3.0.1.dist-info"
    found.mkdir()
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: indipydriver\nVersion: 3.0.1\n")
    findings = await without_board(environ={"PYTHONPATH": str(tmp_path)})
    assert findings.of("indipydriver 3.0.1 is not supported").startswith("FAILED ")


async def test_protobuf_without_its_part_in_c() -> None:
    name = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
    in_c, pure = await asyncio.gather(without_board(), without_board(environ={name: "python"}))
    assert in_c.of("protobuf ").endswith(" in C (upb)")
    check = pure.of("protobuf ")
    assert check.startswith("warning ")
    assert f"in pure Python: all works, but each frame takes longer unset {name}" in check


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("throttled=0x50005", "the voltage of this Raspberry Pi is too low"),
        ("throttled=0x50000", "the voltage of this Raspberry Pi was, since it started, too low"),
        ("throttled=0x0", ""),
        ("throttled=0x60006", ""),  # its frequency was capped, for it was too warm
        ("VCHI initialization failed", ""),
    ],
)
async def test_the_supply_of_a_raspberry_pi(tmp_path: Path, told: str, found: str) -> None:
    vcgencmd = tmp_path / "vcgencmd"
    vcgencmd.write_text(f'#!/bin/sh\n[ "$*" = get_throttled ] && echo "{told}"\n')
    vcgencmd.chmod(0o755)
    findings = await without_board(environ={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    if found:
        assert findings.of(found).startswith("warning ")
    assert ("the voltage" in "".join(findings.checks)) is bool(found)


@pytest.mark.parametrize(
    ("version", "specifier", "within"),
    [
        ("3.1.2", "<4,>=3.1.2", True),
        ("3.1.1", "<4,>=3.1.2", False),
        ("4", "<4,>=3.1.2", False),
        ("4.0.0rc1", "<4", False),
        ("3.10", ">=3.9", True),
        ("25", ">=25.0", True),
        ("0.0.32", "==0.0.32", True),
        ("0.0.33", "==0.0.32", False),
        ("1", ">1", False),
        ("1.0.1", ">1", True),
        ("1", "!=1.0", False),
        ("2", "<=1.9", False),
        ("1", "", True),
    ],
)
def test_which_versions_are_supported(version: str, specifier: str, within: bool) -> None:
    assert supported(version, specifier) is within


async def test_a_bad_port_is_one_clear_line() -> None:
    status, output, errors = await finished(PROGRAM, "doctor", "--indi-port", "0")
    assert (status, output) == (2, "")
    assert "port 0 is out of range" in errors
    assert errors.count("\n") == 1


async def test_a_reader_that_has_gone_is_no_fault() -> None:
    """As in: indi_matrix doctor | head -1."""
    line = f'"{PROGRAM}" doctor 127.0.0.1:{free_port()} --indi-port {free_port()} | head -n 1'
    status, output, errors = await finished("bash", "-c", line)
    assert (status, output.count("\n"), errors) == (0, 1, "")


async def test_a_full_disk_is_no_fault_of_ours() -> None:
    command = f'"{PROGRAM}" doctor 127.0.0.1:{free_port()} --indi-port {free_port()} > /dev/full'
    assert await finished("sh", "-c", command) == (1, "", "indi_matrix: error: No space left on device\n")
