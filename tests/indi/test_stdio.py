"""The transport on stdin and stdout: real descriptors, real processes, and the real indiserver."""

import asyncio
import contextlib
import inspect
import logging
import os
import pty
import signal
import socket
import sys
import tty
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import pytest
from indipydriver import IPyDriver

from indi_matrix.indi.transport import library
from indi_matrix.indi.transport.stdio import StdioTransport
from indi_matrix.indi.wire.writer import message
from tests.indi.echo import Echo, answer, write
from tests.programs import PATIENCE, free_port
from tests.stopwatch import within

GET = b"<getProperties version='1.7'/>\n"
ECHO = str(Path(__file__).with_name("echo.py"))
ROOT = Path(__file__).parents[2]
Descriptor = int | IO[Any]


class Wire:
    """The other side of a driver that runs in this process: its descriptors, and what it said."""

    def __init__(self, driver: Any, theirs: tuple[int, int], ours: tuple[int, int]) -> None:
        self.driver = driver
        self.theirs = theirs
        self.to_driver, self.from_driver = ours
        self.transport = StdioTransport(driver, *theirs)
        library.set_transport(driver, self.transport)
        self.running = asyncio.create_task(library.run(driver))
        self._got = b""

    def send(self, data: bytes) -> None:
        assert os.write(self.to_driver, data) == len(data)

    async def line(self) -> bytes:
        while b"\n" not in self._got:
            self._got += await self._more()
        line, _, self._got = self._got.partition(b"\n")
        return line + b"\n"

    async def _more(self) -> bytes:
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.from_driver, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self.from_driver)
        data = os.read(self.from_driver, 1 << 16)
        assert data, "the driver hung up"
        return data

    def hang_up(self) -> None:
        os.close(self.to_driver)
        self.to_driver = -1


def two_pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    (stdin, to_driver), (from_driver, stdout) = os.pipe(), os.pipe()
    return (stdin, stdout), (to_driver, from_driver)


@contextlib.asynccontextmanager
async def wired(driver: Any = None) -> AsyncIterator[Wire]:
    """Run a driver on two pipes, and end it."""
    theirs, ours = two_pipes()
    wire = Wire(driver or Echo(), theirs, ours)
    try:
        async with asyncio.timeout(PATIENCE):
            yield wire
    finally:
        if wire.running.cancel():
            await asyncio.wait({wire.running})
        for number in {*wire.theirs, wire.to_driver, wire.from_driver} - {-1}:
            os.close(number)


@contextlib.asynccontextmanager
async def process(stdin: Descriptor, stdout: Descriptor) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the driver as a program."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, ECHO), stdin=stdin, stdout=stdout, stderr=asyncio.subprocess.PIPE, env=environment
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield program
    finally:
        if program.returncode is None:
            program.kill()
        await program.communicate()


async def ends_well(program: asyncio.subprocess.Process, limit: float = 1.0) -> str:
    """Return what the program said on stderr, if it ends in time and with status 0."""
    assert program.stderr
    async with within(limit):
        said = (await program.stderr.read()).decode()
        assert await program.wait() == 0, said
    assert "Traceback" not in said
    assert "cleaned up" in said
    return said


# Messages


async def test_properties_are_defined_and_writes_answered_in_order() -> None:
    async with wired() as wire:
        wire.send(GET + b"".join(write(str(number)) for number in range(100)))
        assert b"nothing \xc2\xb0" in await wire.line()
        assert (await wire.line()).startswith(b"<defNumberVector")
        assert [answer(await wire.line()) for _ in range(100)] == [str(number) for number in range(100)]


@pytest.mark.parametrize(
    ("version", "answered"),
    [
        *((text, True) for text in ("version='1.7'", "version='1.5'", "", "version=' 1.70'", "version=''")),
        *((text, False) for text in ("version='1.8'", "version='2'", "version='nan'", "version='x'")),
    ],
)
async def test_every_version_up_to_ours_is_answered(version: str, *, answered: bool) -> None:
    async with wired() as wire:
        wire.send(f"<getProperties {version} device='Echo' name='TEXT'/>".encode() + write("end"))
        assert (await wire.line()).startswith(b"<defTextVector" if answered else b"<setTextVector")


async def test_a_letter_that_is_no_utf_8_is_read_as_iso_8859_1(caplog: pytest.LogCaptureFixture) -> None:
    async with wired() as wire:
        wire.send(write("%").replace(b"%", b"D\xf4me \x85"))
        assert answer(await wire.line()) == "D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me \x85"
    assert not caplog.messages


HARMFUL = [
    write("boom"),
    b"<newNumberVector device='Echo' name='TEXT'><oneNumber name='A'>1</oneNumber></newNumberVector>",
    b"<newTextVector device='Echo' name='TEXT'></newTextVector>",
    b"<newTextVector/>",
    b"<defTextVector device='Echo' name='TEXT'/>",
    b"<delProperty device='Echo'/>",
    b"<message device='Echo' message='x'/>",
    b"<pingRequest uid='1'/>",
    b"<pingReply uid='1'/>",
    b"<setTextVector device='Other' name='T'/>",
    b"<newTextVector device='Echo' name='TEXT'><oneText>&foo;</oneText></newTextVector>",
    b"<!DOCTYPE a>",
    b"\xff\x00 garbage <<>>",
    b"<a>" * 10_000,
    b"<newTextVector device='",
]


@pytest.mark.parametrize("harm", HARMFUL)
async def test_nothing_that_arrives_ends_the_driver(harm: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with wired() as wire:
        wire.send(harm + write("alive"))
        while answer(await wire.line()) != "alive":
            pass
        assert not wire.driver.stop
    lines = [record for record in caplog.records if record.name.startswith("indi_matrix")]
    assert len(lines) <= 1
    assert all(len(line.getMessage()) < 300 and "\n" not in line.getMessage() for line in lines)


async def test_what_others_say_is_snooped_and_what_they_say_as_us_is_not() -> None:
    async with wired() as wire:
        wire.driver.snoopall = True
        for device in ("Echo", "Other"):
            wire.send(
                f"<setTextVector device='{device}' name='T' state='Ok'>"
                f"<oneText name='A'>{device}</oneText></setTextVector>".encode()
            )
        await wire.driver.snooped_something.wait()
        assert wire.driver.snooped == [("Other", "Other")]


async def test_blanks_without_end_are_no_reason_to_wait() -> None:
    async with wired() as wire:
        for _ in range(32):
            await asyncio.to_thread(wire.send, b"\n" * (1 << 16))
        wire.send(write("behind them"))
        assert answer(await wire.line()) == "behind them"


async def test_one_write_is_handled_after_the_other_even_if_it_waits() -> None:
    async with wired() as wire:
        wire.send(write("hold") + write("next"))
        await wire.driver.held.wait()
        assert wire.driver.seen == ["hold"]
        wire.driver.release.set()
        assert [answer(await wire.line()) for _ in range(2)] == ["hold", "next"]


async def test_control_characters_leave_as_something_that_xml_can_carry() -> None:
    async with wired() as wire:
        await wire.transport.run_tx(message("a\x00b\nc"))
        assert b'message="a?b c"' in await wire.line()


# A reader that stalls


async def test_a_stalled_reader_stops_driver_and_input_but_not_the_loop_and_loses_nothing() -> None:
    async with wired() as wire:
        wire.send(write("flood 2000"))
        os.set_blocking(wire.to_driver, False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while True:  # until the driver takes no more
                sent += os.write(wire.to_driver, write(f"{sent:09}")) > 0
                await asyncio.sleep(0)
                assert sent < 20_000
        assert wire.driver.seen == ["flood 2000"]
        lines = [answer(await wire.line()) for _ in range(2001 + sent)]
        assert [int(line[:9]) for line in lines[:2000]] == list(range(2000))
        assert lines[2001:] == [f"{number:09}" for number in range(sent)]


async def test_the_end_is_reached_although_the_reader_stalls() -> None:
    async with wired() as wire:
        waiting = [f"waiting {number}" for number in range(300)]
        wire.send(write("flood 2000"))
        await wire.driver.held.wait()
        wire.send(b"".join(map(write, waiting)))
        wire.hang_up()
        async with within(1):
            await wire.running
        assert wire.driver.seen == ["flood 2000", *waiting]


async def test_the_end_is_reached_although_the_reader_stalls_and_nothing_more_is_read() -> None:
    async with wired() as wire:
        wire.send(write("flood 2000"))
        await wire.driver.held.wait()
        os.set_blocking(wire.to_driver, False)
        with contextlib.suppress(BlockingIOError):
            while True:  # until the driver takes no more
                wire.send(write("waiting " * 100))
                await asyncio.sleep(0)
        wire.hang_up()
        async with within(1):
            await wire.running


async def test_the_transport_alone_gives_up_in_time_on_a_reader_who_takes_nothing() -> None:
    theirs, ours = two_pipes()
    try:
        driver = Echo()
        transport = StdioTransport(driver, *theirs)
        library.set_transport(driver, transport)
        os.write(ours[0], write("flood 2000"))
        running = asyncio.create_task(transport.run_rx())
        await driver.held.wait()
        driver.shutdown()
        async with within(1):
            await running
    finally:
        for number in (*theirs, *ours):
            os.close(number)


async def test_what_is_unsent_at_the_end_reaches_a_reader_who_takes_it() -> None:
    async with wired() as wire:
        wire.send(write("flood 500"))
        wire.hang_up()
        assert [answer(await wire.line())[:9] for _ in range(501)][-2:] == ["000000499", "flood 500"]


# Descriptors


@pytest.mark.parametrize("blocking", [True, False])
async def test_the_blocking_mode_is_left_as_it_was(*, blocking: bool) -> None:
    async with wired() as wire:
        for number in wire.theirs:
            os.set_blocking(number, blocking)
        wire.send(write("x"))
        await wire.line()
        wire.driver.shutdown()
        await wire.running
        assert [os.get_blocking(number) for number in wire.theirs] == [blocking, blocking]


async def test_one_socket_for_both_takes_a_flood_and_keeps_its_blocking_mode() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        async with process(theirs.fileno(), theirs.fileno()) as program:
            reader, writer = await asyncio.open_connection(sock=ours)
            writer.write(write("flood 3000"))
            lines = [answer(await reader.readline()) for _ in range(3001)]
            assert [int(line[:9]) for line in lines[:-1]] == list(range(3000))
            writer.close()
            await ends_well(program)
        assert theirs.getblocking()


async def test_files_are_read_to_their_end_and_written(tmp_path: Path) -> None:
    requests, answers = tmp_path / "requests", tmp_path / "answers"
    requests.write_bytes(b"".join(write(f"{number} " + "x" * 500) for number in range(1000)))
    with requests.open("rb") as stdin, answers.open("wb") as stdout:
        async with process(stdin, stdout) as program:
            await ends_well(program, limit=3)
    lines = answers.read_bytes().splitlines(keepends=True)
    assert [int(answer(line).split()[0]) for line in lines] == list(range(1000))


async def test_nothing_to_read_and_nowhere_to_write_is_an_end_too() -> None:
    with Path(os.devnull).open("r+b", buffering=0) as null:  # noqa: ASYNC230 - made for a process
        async with process(null, null) as program:
            await ends_well(program, limit=3)


async def test_a_full_disk_ends_the_driver() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:  # noqa: ASYNC230 - made for a process
        async with process(asyncio.subprocess.PIPE, full) as program:
            assert program.stdin
            program.stdin.write(GET)
            assert "No space left" in await ends_well(program, limit=3)


async def test_a_terminal_is_never_made_non_blocking() -> None:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        async with process(theirs, theirs) as program:
            wire = os.fdopen(os.dup(ours), "r+b", buffering=0)
            wire.write(write("hello"))
            line = await asyncio.to_thread(wire.readline)
            assert answer(line) == "hello"
            assert os.get_blocking(theirs)
            program.send_signal(signal.SIGTERM)
            await ends_well(program)
            wire.close()
    finally:
        os.close(ours)
        os.close(theirs)


# Beginnings and ends


async def test_end_of_input_ends_the_program_when_all_is_answered() -> None:
    async with process(asyncio.subprocess.PIPE, asyncio.subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(write("first"))
        assert answer(await program.stdout.readline()) == "first"
        program.stdin.write(write("boom") + b"garbage" + write("last"))
        program.stdin.close()
        assert answer(await program.stdout.readline()) == "last"
        said = await ends_well(program)
        assert said.count("RuntimeError: boom boom") == 1
        assert said.count("Dropped from stdin: bytes that begin no message") == 1


@pytest.mark.parametrize(
    ("number", "busy"),
    [(signal.SIGINT, "idle"), (signal.SIGTERM, "idle"), (signal.SIGTERM, "hold"), (signal.SIGTERM, "flood 5000")],
)
async def test_a_signal_ends_the_program_cleanly(number: signal.Signals, busy: str) -> None:
    from_driver, stdout = os.pipe()
    try:
        async with process(asyncio.subprocess.PIPE, stdout) as program:
            assert program.stdin
            program.stdin.write(write("running") + write(busy))
            assert b">running<" in await asyncio.to_thread(os.read, from_driver, 1000)
            program.send_signal(number)
            await ends_well(program)
    finally:
        os.close(from_driver)
        os.close(stdout)


async def test_a_broken_stdout_ends_the_program_without_a_fuss() -> None:
    reader, stdout = os.pipe()
    async with process(asyncio.subprocess.PIPE, stdout) as program:
        os.close(stdout)
        os.close(reader)
        assert program.stdin
        program.stdin.write(GET + write("x"))
        assert "Stdout is closed" in await ends_well(program, limit=3)


async def test_an_idle_driver_costs_nothing_even_after_a_flood() -> None:
    async with process(asyncio.subprocess.PIPE, asyncio.subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        program.stdin.write(write("flood 1000"))
        for _ in range(1001):
            await program.stdout.readline()

        def switches_and_ticks() -> tuple[int, int]:
            process = Path(f"/proc/{program.pid}")
            switches = (process / "status").read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0]
            return int(switches), sum(map(int, (process / "stat").read_text().split()[13:15]))

        for _ in range(4):  # on a busy machine what follows from the flood may not be over yet
            before = switches_and_ticks()
            await asyncio.sleep(0.5)
            after = switches_and_ticks()
            # The library looks once a second whether its snoops are alive.
            is_idle = after[0] - before[0] <= 4 and after[1] - before[1] <= 3
            if is_idle:
                break
        assert is_idle


async def test_being_asked_to_stop_before_the_start_is_heard() -> None:
    driver = Echo()
    driver.shutdown()
    async with wired(driver) as wire, within(1):
        await wire.running


async def test_what_fails_in_the_driver_itself_is_raised() -> None:
    class Broken(Echo):
        async def hardware(self) -> None:
            raise ZeroDivisionError

    async with wired(Broken()) as wire:
        with pytest.raises(ExceptionGroup) as caught:
            await wire.running
        assert caught.group_contains(ZeroDivisionError)


# indiserver


@contextlib.asynccontextmanager
async def indiserver(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, int]]:
    """Run the driver under the real indiserver, and tell server, port and the driver's process id."""
    script = tmp_path / "indi_echo"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec {sys.executable} {ECHO}\n")
    script.chmod(0o755)
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        *("indiserver", "-r", "0", "-p", str(port), "-u", str(tmp_path / "socket"), str(script)),
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while await tool("indi_getprop", port, "-1", "Echo.TEXT.A") != "nothing \N{DEGREE SIGN}":
                assert server.returncode is None
            yield server, port, int((tmp_path / "pid").read_text())
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def tool(name: str, port: int, *arguments: str) -> str:
    program = await asyncio.create_subprocess_exec(
        *(name, "-p", str(port), "-t", "1", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return (await program.communicate())[0].decode().strip()


async def test_the_real_server_reads_and_writes(tmp_path: Path) -> None:
    async with indiserver(tmp_path) as (_, port, _):
        await tool("indi_setprop", port, "Echo.TEXT.A=caf\N{LATIN SMALL LETTER E WITH ACUTE}")
        text = await tool("indi_getprop", port, "-1", "Echo.TEXT.A")
        assert text == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_the_driver_ends_with_the_real_server(tmp_path: Path, number: signal.Signals) -> None:
    async with indiserver(tmp_path) as (server, _, driver):
        watch = os.pidfd_open(driver)
        try:
            gone = asyncio.Event()
            asyncio.get_running_loop().add_reader(watch, gone.set)
            server.send_signal(number)
            async with within(1):
                await gone.wait()
        finally:
            asyncio.get_running_loop().remove_reader(watch)
            os.close(watch)


# What is private to the library and relied on


async def test_the_hooks_of_the_library_are_as_expected() -> None:
    """A driver runs and ends its transport, sends and receives through it, and can stop itself."""
    told: list[str] = []
    running = asyncio.Event()

    class Spy:
        async def run_rx(self) -> None:
            told.append("run_rx")
            running.set()

        async def run_tx(self, element: Any) -> None:
            told.append(element.tag)

        def shutdown(self) -> None:
            told.append("shutdown")

    driver = Echo()
    library.set_transport(driver, Spy())
    task = asyncio.create_task(driver.asyncrun())
    await running.wait()
    await driver.send_message("x")
    driver.shutdown()
    assert driver.shutdownrequested.is_set()
    assert told == ["run_rx", "message", "shutdown"]
    task.cancel()
    await asyncio.wait({task})
    assert list(inspect.signature(IPyDriver._readdata).parameters) == ["self", "root"]
