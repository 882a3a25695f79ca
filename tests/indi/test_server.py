"""The server: clients that behave, clients that do not, drivers that fail, and what it costs them."""

import asyncio
import contextlib
import logging
import re
import socket
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from indipyclient import IPyClient
from indipyserver import IPyServer

from indi_matrix.indi.server.served_driver import ServedDriver
from indi_matrix.indi.server.server import Server
from indi_matrix.indi.wire.message import ElementMessage
from tests.indi.echo import Echo, answer, write
from tests.programs import PATIENCE
from tests.stopwatch import within

GET = b"<getProperties version='1.7'/>\n"
ROOT = Path(__file__).parents[2]


class Client:
    """A connection to the server, spoken in plain bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.transport = cast("asyncio.Transport", writer.transport)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> bytes:
        return await self.reader.readline()

    async def answer(self, to: str, device: str = "Echo") -> None:
        """Write and wait until that is answered."""
        self.send(write(to, device))
        while (line := await self.line()).startswith(b"<def") or answer(line) != to:
            assert line, "the server hung up"

    async def is_gone(self) -> None:
        """Wait until the server has hung up."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1 << 16):
                pass

    async def half_close(self) -> None:
        """Say that nothing more will come."""
        self.writer.write_eof()

    async def reset(self) -> None:
        """Hang up in the rudest way."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()
        await self.writer.wait_closed()


class Site:
    """A running server and the clients that it has."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clients: list[Client] = []
        self.task = asyncio.create_task(server.asyncrun())

    async def connect(self) -> Client:
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port, limit=1 << 22)
        self.clients.append(Client(reader, writer))
        return self.clients[-1]

    async def close(self) -> None:
        for client in self.clients:
            client.writer.close()
            with contextlib.suppress(ConnectionError):
                await client.writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(*drivers: Echo, **options: Any) -> AsyncIterator[Site]:
    """Serve drivers on a free port; nothing but the clean end of the server is expected."""
    async with running(Server(*drivers or [Echo()], port=0, **options)) as site:
        yield site


@contextlib.asynccontextmanager
async def running(server: Server) -> AsyncIterator[Site]:
    site = Site(server)
    try:
        async with asyncio.timeout(PATIENCE):
            await server.started.wait()
            yield site
            assert not site.task.done()
    finally:
        site.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await site.task
        await site.close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what our own code warned about; the real client warns that it connects."""
    ours = (record for record in caplog.records if record.name.startswith("indi_matrix"))
    return [record.getMessage() for record in ours if record.levelno >= logging.WARNING]


# Clients that behave


async def test_a_real_client_learns_the_properties_writes_and_reads(caplog: pytest.LogCaptureFixture) -> None:
    class Real(IPyClient):
        async def rxevent(self, event: Any) -> None:
            if event.eventtype == "Define" and event.vectorname == "TEXT":
                await self.send_newVector(
                    "Echo", "TEXT", members={"A": "caf\N{LATIN SMALL LETTER E WITH ACUTE} <&>"}
                )
            if event.eventtype == "Set":
                answers.append(event.vector["A"])
                self.shutdown()

    answers: list[str] = []
    async with serving() as site:
        await Real(indiport=site.server.port).asyncrun()
    assert answers == ["caf\N{LATIN SMALL LETTER E WITH ACUTE} <&>"]
    assert not warnings(caplog)


async def test_a_letter_that_is_no_utf_8_drops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """KStars writes what was typed in ISO-8859-1, and libindi whatever it was given."""
    async with serving() as site:
        client = await site.connect()
        client.send(b"<newTextVector device='D\xf4me' name='TEXT'><oneText name='A'>x</oneText></newTextVector>")
        client.send(write("%").replace(b"%", b"D\xf4me") + write("next"))
        said = [answer(await client.line()) for _ in range(2)]
        assert said == ["D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me", "next"]
    assert not warnings(caplog)


@pytest.mark.parametrize(
    ("version", "answered"), [("1.7", True), ("1.0", True), ("", True), ("1.8", False), ("x", False)]
)
async def test_every_version_up_to_ours_is_answered(version: str, *, answered: bool) -> None:
    async with serving() as site:
        client = await site.connect()
        client.send(f"<getProperties version='{version}' name='TEXT' device='Echo'/>".encode() + write("end"))
        assert (await client.line()).startswith(b"<defText" if answered else b"<setText")


async def test_writes_of_one_chunk_are_handled_in_one_pass_of_the_loop() -> None:
    passes: list[int] = []

    class Counting(Echo):
        async def rxevent(self, event: Any) -> None:
            if event["A"] == "0":
                asyncio.get_running_loop().call_soon(passes.append, len(self.seen))
            await super().rxevent(event)

    driver = Counting()
    async with serving(driver) as site:
        client = await site.connect()
        client.send(b"".join(write(str(number)) for number in range(300)))
        assert [answer(await client.line()) for _ in range(300)] == [str(number) for number in range(300)]
        assert driver.seen == [str(number) for number in range(300)]


async def test_a_client_whose_write_takes_long_holds_up_itself_only() -> None:
    driver = Echo()
    async with serving(driver) as site:
        slow, other = await site.connect(), await site.connect()
        slow.send(write("hold") + write("after"))
        await driver.held.wait()
        await other.answer("meanwhile")
        assert driver.seen == ["hold", "meanwhile"]
        driver.release.set()
        assert [answer(await slow.line()) for _ in range(3)] == ["meanwhile", "hold", "after"]


async def test_all_clients_get_the_same_bytes() -> None:
    async with serving() as site:
        first, second = await site.connect(), await site.connect()
        first.send(write("x") + GET + write("y"))
        lines = [[await client.line() for _ in range(4)] for client in (first, second)]
        assert lines[0] == lines[1]


async def test_a_write_goes_to_the_owner_of_the_device_only() -> None:
    one, two = Echo("One"), Echo("Two")
    async with serving(one, two) as site:
        client, listener = await site.connect(), await site.connect()
        client.send(write("1", "One") + write("2", "Two") + write("3", "Three") + write("4", "One"))
        lines = [await listener.line() for _ in range(3)]
        assert [answer(line) for line in lines] == ["1", "2", "4"]
        assert (one.seen, two.seen) == (["1", "4"], ["2"])


@pytest.mark.parametrize(
    "tag", ["defTextVector", "setTextVector", "message", "delProperty", "newBLOB", "pingReply"]
)
async def test_what_only_devices_may_say_reaches_nobody(tag: str) -> None:
    driver = Echo()
    driver.snoopall = True
    async with serving(driver) as site:
        liar, listener = await site.connect(), await site.connect()
        for device in ("Echo", "Other"):
            liar.send(f"<{tag} device='{device}' name='TEXT' state='Ok'/>".encode())
        liar.send(f"<{tag}/>".encode() + write("end"))
        assert answer(await listener.line()) == "end"
        assert not driver.snooped


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system has no such option")
async def test_what_arrives_is_acknowledged_at_once() -> None:
    """Until then, the system of a client that writes in pieces, as libindi's do, keeps back all but the first."""
    driver = Echo()
    async with serving(driver) as site:
        client = await site.connect()
        client.send(GET)
        for number in range(20):  # then acknowledgements go along with answers, and wait for them
            await client.answer(str(number))
        (server_side,) = (client._socket for client in site.server._clients)
        client.send(write("hold") + b"<newTextVector device='")
        await driver.held.wait()
        assert server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
        driver.release.set()


# Pings


async def test_a_ping_is_answered_to_who_sent_it_behind_all_that_it_asked_for_before() -> None:
    driver = Echo()
    async with serving(driver) as site:
        client, other = await site.connect(), await site.connect()
        client.send(GET + write("hold") + b"<pingRequest uid='1'/>" + write("next") + b"<pingRequest uid='2' />\n")
        await driver.held.wait()
        await other.answer("meanwhile")
        driver.release.set()
        lines = [await client.line() for _ in range(7)]
        assert [line[:14] for line in lines[:2]] == [b"<defTextVector", b"<defNumberVect"]
        assert [answer(lines[place]) for place in (2, 3, 5)] == ["meanwhile", "hold", "next"]
        assert [lines[place] for place in (4, 6)] == [b'<pingReply uid="1"/>\n', b'<pingReply uid="2"/>\n']
        assert [answer(await other.line()) for _ in range(2)] == ["hold", "next"]
        await other.answer("and no reply")


@pytest.mark.parametrize(
    ("sent", "replied"),
    [
        (b" uid='a&lt;b&quot;&gt;&amp;c'", b' uid="a&lt;b&quot;&gt;&amp;c"'),
        (b" uid='D\xf4me' device='Echo'", b' uid="D\xc3\xb4me"'),
        (b" uid=''", b' uid=""'),
        (b"", b""),
        (b" uid='" + b"x" * 1000 + b"'", b' uid="' + b"x" * 1000 + b'"'),
    ],
)
async def test_whatever_the_uid_is_it_comes_back(sent: bytes, replied: bytes) -> None:
    async with serving() as site:
        client = await site.connect()
        client.send(b"<pingRequest" + sent + b"></pingRequest>")
        assert await client.line() == b"<pingReply" + replied + b"/>\n"


async def test_a_uid_without_measure_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as site:
        client = await site.connect()
        client.send(b"<pingRequest uid='" + b'"' * 100_000 + b"'/><pingRequest uid='2'/>")
        assert await client.line() == b'<pingReply uid="2"/>\n'
    (line,) = warnings(caplog)
    assert re.fullmatch(r"Client 127\.0\.0\.1:\d+: no reply to a ping .* more than 1024 characters", line)


async def test_a_client_that_pings_and_does_not_read_is_dropped() -> None:
    async with serving() as site:
        deaf, good = await site.connect(), await site.connect()
        deaf.transport.pause_reading()
        pings = b"".join(b"<pingRequest uid='%d%s'/>" % (number, b"x" * 1000) for number in range(1000))
        while len(site.server._clients) > 1:
            deaf.send(pings)
            await good.answer("alive")
        deaf.transport.resume_reading()
        await deaf.is_gone()


# Clients that leave


@pytest.mark.parametrize("way", ["clean", "half", "reset"])
async def test_twenty_clients_come_and_go_and_each_finds_a_place(way: str) -> None:
    async with serving(maxconnections=1) as site:
        for number in range(20):
            client = await site.connect()
            await client.answer(str(number))
            if way == "clean":
                client.writer.close()
                await client.writer.wait_closed()
            elif way == "half":
                client.writer.write_eof()
                await client.is_gone()
            else:
                await client.reset()
        assert len(site.server._clients) <= 1


async def test_a_client_that_hangs_up_behind_its_write_is_heard() -> None:
    driver = Echo()
    async with serving(driver) as site:
        listener, hasty, half = await site.connect(), await site.connect(), await site.connect()
        await listener.answer("x")
        hasty.send(write("last words"))
        hasty.writer.close()
        assert answer(await listener.line()) == "last words"
        half.send(write("half"))
        half.writer.write_eof()
        lines = (await half.reader.read()).splitlines(keepends=True)
        assert answer(lines[-1]) == "half"


@pytest.mark.parametrize("way", ["half", "reset"])
async def test_what_arrived_before_the_end_is_handled_however_long_it_takes(way: str) -> None:
    driver = Echo()
    async with serving(driver) as site:
        listener, hasty = await site.connect(), await site.connect()
        await listener.answer("x")
        await hasty.line()
        hasty.send(write("hold") + write("last words"))
        await driver.held.wait()
        await (hasty.reset() if way == "reset" else hasty.half_close())
        await listener.answer("meanwhile")
        driver.release.set()
        assert [answer(await listener.line()) for _ in range(2)] == ["hold", "last words"]
        if way == "half":
            assert (await hasty.reader.read()).count(b"<setTextVector ") == 3


async def test_a_write_is_handled_although_its_client_hung_up_while_it_was_sent_something() -> None:
    """As indi_setprop does, which leaves most definitions unread; a send that fails must not lose its write."""
    driver = Echo()
    async with serving(driver) as site:
        with socket.create_connection((site.server.host, site.server.port)) as rude:
            rude.sendall(GET)
            rude.setblocking(False)
            while not await asyncio.get_running_loop().sock_recv(rude, 10):
                pass
            rude.sendall(write("kept"))
        # The server has not read that yet when its own sends fail.
        for number in range(50):
            driver.text["A"] = str(number)
            await driver.text.send_setVector()
        await (await site.connect()).answer("fence")
        assert driver.seen[0] == "kept"


async def test_a_client_that_is_gone_before_it_is_accepted_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as site:
        for _ in range(3):
            with socket.create_connection((site.server.host, site.server.port)) as hasty:
                hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await (await site.connect()).answer("x")
    assert caplog.text.count(" gone\n") == 3
    assert not [record for record in caplog.records if record.name == "asyncio"]


async def test_idle_clients_and_clients_that_left_cost_nothing() -> None:
    async with serving() as site:
        for _ in range(3):
            client = await site.connect()
            await client.answer("x")
        client.writer.write_eof()
        await client.is_gone()
        before = time.process_time()
        await asyncio.sleep(0.3)
        assert time.process_time() - before < 0.03


# Clients that do harm


@pytest.mark.parametrize(
    "harm",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"<newTextVector device='Echo' name='TEXT'><oneText>&foo;</oneText></newTextVector>",
        b"<newTextVector><oneText></newTextVector>",
        b"<a>" * 400_000,
        b"<a><b><c><d><e/></d></c></b></a>",
        b"<newTextVector device='" + b"x" * 1_100_000,
        b"<newTextVector>\x00</newTextVector>",
        b"<!DOCTYPE a>",
    ],
)
async def test_garbage_ends_its_client_and_nobody_else(harm: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as site:
        good, bad = await site.connect(), await site.connect()
        bad.send(write("before") + harm)
        await bad.is_gone()
        assert answer(await good.line()) == "before"
        await good.answer("alive")
        assert len(site.server._clients) == 1
    (line,) = warnings(caplog)
    assert re.match(r"Client 127\.0\.0\.1:\d+ dropped: ", line)


@pytest.mark.parametrize(
    "harm",
    [
        write("boom"),
        b"<newNumberVector device='Echo' name='TEXT'><oneNumber name='A'>1</oneNumber></newNumberVector>",
        b"<newTextVector device='Echo' name='TEXT'/>",
        b"<enableBLOB/><enableBLOB device='Echo'/><enableBLOB device='Echo'>Sometimes</enableBLOB>",
        b"<enableBLOB device='Echo' name='x'>Only</enableBLOB>",
    ],
)
async def test_what_fails_in_a_driver_is_logged_and_ends_nothing(harm: bytes) -> None:
    async with serving() as site:
        client = await site.connect()
        client.send(harm)
        await client.answer("alive")


async def test_a_client_that_does_not_read_is_dropped_and_the_others_get_everything() -> None:
    async with serving() as site:
        deaf, good = await site.connect(), await site.connect()
        deaf.transport.pause_reading()
        good.send(write("flood 16000"))
        lines = [answer(await good.line())[:9] for _ in range(16000)]
        assert lines == [f"{number:09}" for number in range(16000)]
        assert len(site.server._clients) == 1
        deaf.transport.resume_reading()
        await deaf.is_gone()


async def test_a_client_that_writes_more_than_is_handled_has_to_wait() -> None:
    driver, loop = Echo(), asyncio.get_running_loop()
    async with serving(driver) as site:
        with socket.create_connection((site.server.host, site.server.port)) as busy:
            busy.setblocking(False)
            await loop.sock_sendall(busy, write("hold"))
            await driver.held.wait()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await loop.sock_sendall(busy, write("x" * 20_000) * 1000)
            await (await site.connect()).answer("meanwhile")


async def test_blanks_without_end_are_no_reason_to_wait() -> None:
    """They complete no message, and only the handling of one would let their sender go on."""
    async with serving() as site:
        client = await site.connect()
        client.send(b"\n" * (1 << 21))
        await client.answer("behind them")


# BLOBs


@pytest.mark.parametrize("mode", ["Never", "Also", "Only"])
async def test_a_client_is_sent_the_same_whatever_it_says_of_blobs(mode: str) -> None:
    """An indiserver passes on what one of its clients says, over the one connection that serves them all."""
    async with serving() as site:
        client = await site.connect()
        client.send(f"<enableBLOB device='Echo'>{mode}</enableBLOB>".encode() + write("x"))
        assert answer(await client.line()) == "x"


# Drivers


async def test_no_driver_speaks_for_another_or_like_a_client(caplog: pytest.LogCaptureFixture) -> None:
    one, two = Echo("One"), Echo("Two")
    async with serving(one, two) as site:
        client = await site.connect()
        await client.answer("x", "One")
        for tag, device in (("setTextVector", "Two"), ("newTextVector", "Two"), ("enableBLOB", "One")):
            await one.send(ET.fromstring(f"<{tag} device='{device}' name='TEXT'/>"))
        client.send(write("y", "One"))
        assert answer(await client.line()) == "y"
        assert not two.seen
    assert warnings(caplog) == ["Dropped <setTextVector> of Two: it is another's device"]


async def test_a_driver_that_is_slow_to_look_at_others_misses_the_oldest_only() -> None:
    served = ServedDriver(driver := Echo(), Server(port=0))
    driver.snoopall = True
    for number in range(3000):
        text = (
            f"<setTextVector device='D' name='T' state='Ok'><oneText name='A'>{number}</oneText></setTextVector>"
        )
        served.queue(ElementMessage(ET.fromstring(text)))
    taking = asyncio.create_task(served.deliver_queued())
    await driver.snooped_something.wait()
    taking.cancel()
    assert [text for _, text in driver.snooped] == [str(number) for number in range(2000, 3000)]


async def test_drivers_snoop_on_each_other() -> None:
    one, two = Echo("One"), Echo("Two")
    async with serving(one, two) as site:
        client = await site.connect()
        client.send(write("snoop Two TEXT", "One") + write("snoop One TEXT", "Two"))
        client.send(write("hello", "Two") + write("x", "One"))
        while ("Two", "hello") not in one.snooped:
            one.snooped_something.clear()
            await one.snooped_something.wait()
        while ("One", "x") not in two.snooped:
            two.snooped_something.clear()
            await two.snooped_something.wait()
        assert {device for device, _ in one.snooped} == {"Two"}


async def test_a_fatal_exception_of_a_driver_is_raised_and_everything_is_closed() -> None:
    class Broken(Echo):
        async def hardware(self) -> None:
            await self.release.wait()
            raise ZeroDivisionError

    driver, other = Broken(), Echo("Other")
    server = Server(driver, other, port=0)
    task = asyncio.create_task(server.asyncrun())
    await server.started.wait()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(GET)
    await reader.readline()
    driver.release.set()
    with pytest.raises(ExceptionGroup) as caught:
        await task
    assert caught.group_contains(ZeroDivisionError)
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    assert server.stopped.is_set()
    assert other.stop


# Beginnings and ends


async def test_a_port_in_use_is_an_error_and_the_driver_never_starts() -> None:
    driver = Echo()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(driver, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await server.asyncrun()
    assert server.stopped.is_set()
    assert not driver.stopped.is_set()


async def test_a_host_that_is_none_is_an_error() -> None:
    with pytest.raises(OSError, match=r"not known|resolution"):
        await Server(Echo(), host="host.invalid", port=0).asyncrun()


@pytest.mark.parametrize("busy", ["idle", "hold", "flood 3000"])
async def test_shutdown_ends_the_server_in_time(busy: str) -> None:
    driver = Echo()
    server = Server(driver, port=0)
    task = asyncio.create_task(server.asyncrun())
    await server.started.wait()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(write("x") + write(busy))
    await reader.readline()
    async with within(1):
        server.shutdown()
        await task
    assert server.stopped.is_set()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_shutdown_before_the_start_is_heard() -> None:
    server = Server(Echo(), port=0)
    server.shutdown()
    await server.asyncrun()
    assert server.stopped.is_set()
    assert not server.started.is_set()


@pytest.mark.skipif(not socket.has_ipv6, reason="this computer has no IPv6")
async def test_an_ipv6_host_works() -> None:
    async with serving(host="::1") as site:
        await (await site.connect()).answer("x")


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", 0), ("localhost", 0), ("0.0.0.0", 1)])
async def test_listening_to_the_world_is_warned_about(
    host: str, warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(host=host):
        assert len(warnings(caplog)) == warned


def test_no_connection_at_all_makes_no_server() -> None:
    with pytest.raises(ValueError, match="maxconnections is 0"):
        Server(maxconnections=0)


# What is private to the library and relied on


def test_the_hooks_of_the_library_are_as_expected() -> None:
    """What IPyServer gives its drivers to talk through, in whose place they get something else here."""
    driver = Echo()
    IPyServer(driver)
    for name in ("run_rx", "run_tx", "shutdown"):
        assert callable(getattr(driver._commsobj, name))
