"""Writes that are answered at once: in order, within bounds, and whatever they lead to."""

import asyncio
import contextlib
import inspect
import os
import socket
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from indipydriver import Device, IPyDriver, TextMember, TextVector

from indi_matrix.indi.server.server import Server
from indi_matrix.indi.transport import library
from indi_matrix.indi.transport.descriptors import Sink
from indi_matrix.indi.transport.driver import DirectDriver
from indi_matrix.indi.wire.message import ElementMessage, Message
from indi_matrix.indi.wire.write import Write
from tests.indi.echo import answer, write
from tests.indi.test_server import Client, running
from tests.indi.test_stdio import GET, two_pipes, wired

_MUCH = 8 << 20  # bytes


def told(text: str) -> ET.Element:
    element = ET.Element("setTextVector", device="Echo", name="TEXT", state="Ok")
    ET.SubElement(element, "oneText", name="A").text = text
    return element


def posted(text: str) -> Message:
    return ElementMessage(told(text))


class Quick(DirectDriver):
    """Answers what is written with the same text; some texts make it do something else."""

    def __init__(self) -> None:
        device = Device("Echo", [TextVector("TEXT", "Text", "Main", "rw", "Ok", [TextMember("A")])])
        super().__init__(device, judges={"Echo": self.judge})
        self.seen: list[str] = []

    def judge(self, write: Write) -> None:
        _, text = write.members[0]
        self.seen.append(text)
        self.post(posted(text))
        if text == "boom":
            raise RuntimeError("boom")

    async def rxevent(self, event: Any) -> None:
        self.post(posted(f"definition of {event.vectorname}"))
        await self.flush()

    async def hardware(self) -> None:
        await self.shutdownrequested.wait()


async def test_answers_are_in_the_order_of_what_they_answer() -> None:
    async with wired(Quick()) as wire:
        wire.send(write("1") + write("2") + GET + write("3") + b"garbage" + write("4"))
        wire.send(write("5", "Other") + write("6"))
        said = [answer(await wire.line()) for _ in range(6)]
        assert said == ["1", "2", "definition of TEXT", "3", "4", "6"]
        assert wire.driver.seen == ["1", "2", "3", "4", "6"]


async def test_a_fault_is_logged_and_what_was_told_before_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with wired(Quick()) as wire:
        wire.send(write("1") + write("boom") + write("2"))
        assert [answer(await wire.line()) for _ in range(3)] == ["1", "boom", "2"]
    assert caplog.messages.count("<newTextVector> of Echo failed: RuntimeError: boom") == 1


async def test_who_does_not_read_is_waited_for_and_then_told_all_in_order() -> None:
    async with wired(Quick()) as wire:
        os.set_blocking(wire.to_driver, False)
        sent, size, turns = 0, 0, 0
        while turns < 100:  # in so many turns of the event loop it would have read more
            with contextlib.suppress(BlockingIOError):
                wire.send(data := write(f"{sent:06}" + "x" * 1000))
                sent, size, turns = sent + 1, size + len(data), 0
                assert size < _MUCH, "it reads on although nobody reads its answers"
            turns += 1
            await asyncio.sleep(0)
        for number in range(sent):
            assert answer(await wire.line())[:6] == f"{number:06}"


async def test_a_long_burst_of_answers_is_sent_before_all_are_made() -> None:
    theirs, ours = two_pipes()
    sink = Sink(theirs[1], lambda _: None)
    sink.open()
    try:
        sink.hold()
        sink.write(b"x" * 1000)
        os.set_blocking(ours[1], False)
        with pytest.raises(BlockingIOError):
            os.read(ours[1], 1 << 16)
        sink.write(b"y" * 6000)
        assert len(os.read(ours[1], 1 << 16)) == 7000
        sink.write(b"z")
        sink.release()
        assert os.read(ours[1], 1 << 16) == b"z"
    finally:
        sink.close()
        for number in (*theirs, *ours):
            os.close(number)


async def test_nothing_else_is_woken_for_an_answer() -> None:
    async with wired(Quick()) as wire:
        wire.send(write("1"))
        assert answer(await wire.line()) == "1"
        assert not wire.driver._outbox.news.is_set()


async def test_what_is_posted_while_somebody_waits_is_sent_although_that_one_is_cancelled() -> None:
    async with wired(Quick()) as wire:
        driver = wire.driver
        delivering = asyncio.create_task(driver.deliver())
        while driver.direct.ready:
            driver.direct.send([posted("x" * 10_000)])
        waiting = asyncio.create_task(driver.send(told("first")))
        await asyncio.sleep(0)
        driver.post(posted("last"))
        for _ in range(3):  # has its turn, and leaves it to the one who waits
            await asyncio.sleep(0)
        waiting.cancel()
        while answer(await wire.line()) != "last":
            pass
        delivering.cancel()


async def test_what_it_listens_to_is_asked_for_again() -> None:
    async with wired(Quick()) as wire:
        wire.driver.snoop("Other", "WEATHER", 5)
        assert await wire.line() == b'<getProperties version="1.7" device="Other" name="WEATHER"/>\n'


@pytest.mark.asyncio(loop_factories=["asyncio"])  # uvloop does not show its timers
async def test_idle_it_is_woken_by_nothing() -> None:
    """indipydriver looks every second whether others publish, and has all that is below."""
    assert inspect.iscoroutinefunction(IPyDriver._monitorsnoop)
    assert "self._monitorsnoop()" in inspect.getsource(IPyDriver.asyncrun)
    loop = asyncio.get_running_loop()
    async with wired(Quick()) as wire:
        wire.send(write("1"))
        await wire.line()
        assert not [timer for timer in loop._scheduled if not timer.cancelled() and timer.when() < loop.time() + 2]  # type: ignore[attr-defined]


async def test_a_client_that_is_refused_is_not_heard() -> None:
    driver = Quick()
    async with running(Server(driver, port=0, maxconnections=1)) as site:
        first = await site.connect()
        await first.answer("1")
        second = await site.connect()
        assert b"takes 1 clients" in await second.line()
        second.send(write("2"))
        await second.is_gone()
        await first.answer("3")
    assert driver.seen == ["1", "3"]


async def test_no_ping_is_answered_before_what_was_asked_although_somebody_else_does_not_read() -> None:
    driver = Quick()
    async with running(Server(driver, port=0)) as site:
        deaf, client = await site.connect(), await site.connect()
        deaf.transport.pause_reading()
        client.send(GET)
        assert answer(await client.line()) == "definition of TEXT"
        while site.server.ready:
            await driver.send(told("x" * 10_000))
        talking = asyncio.create_task(talk(driver))
        get = b"<getProperties version='1.7' device='Echo' name='TEXT'/>"
        client.send((get + b"<pingRequest uid='1'/>") * 20)
        try:
            defined = await definitions_and_replies(client, 20)
        finally:
            talking.cancel()
        assert defined == [True, False] * 20
        assert len(site.server._clients) == 2


async def definitions_and_replies(client: Client, count: int) -> list[bool]:
    """Return of so many definitions and replies to pings, in order, which are definitions."""
    found: list[bool] = []
    while len(found) < 2 * count:
        line = await client.line()
        if b"definition" in line or line.startswith(b"<pingReply"):
            found.append(b"definition" in line)
    return found


async def talk(driver: DirectDriver) -> None:
    """Tell something for ever, waiting for who does not read."""
    while True:
        await driver.send(told("x"))


async def test_the_library_sends_for_it_through_other_transports() -> None:
    sent: list[str] = []

    class Plain:
        """The hook of the library, as its own server fills it."""

        async def run_rx(self) -> None:
            """Receive nothing."""

        async def run_tx(self, element: ET.Element) -> None:
            sent.append(element[0].text or "")

        def shutdown(self) -> None:
            """End nothing."""

    driver = Quick()
    library.set_transport(driver, Plain())
    assert driver.direct is None
    assert not library.direct_way(driver)(Write.of(ET.fromstring(write("1"))))
    for text in ("1", "boom"):
        await library.deliver(driver, ET.fromstring(write(text)))
    assert sent == ["1", "boom"]


@pytest.mark.parametrize(
    "message",
    [
        "<defTextVector device='Echo' name='TEXT'/>",
        "<message device='Other' message='x'/>",
        "<setSwitchVector device='Other' name='S' state='Ok'><oneSwitch name='A'/></setSwitchVector>",
        "<setTextVector device='Other' name='T' state='Ok'><oneText name='A'>boom</oneText></setTextVector>",
        write("boom").decode(),
        "<getProperties device='Echo' name='TEXT'/>",
    ],
)
async def test_no_message_ends_it_whoever_hands_it_over(message: str) -> None:
    class Fragile(Quick):
        async def snoopevent(self, event: Any) -> None:
            raise RuntimeError(event.root.tag)

        async def rxevent(self, event: Any) -> None:
            raise RuntimeError(event.root.tag)

    async with wired(Fragile()) as wire:
        wire.driver.snoopall = True
        await wire.driver._readdata(ET.fromstring(message))
        assert not wire.driver.stop
        wire.send(write("1"))
        while answer(await wire.line()) != "1":
            pass


async def test_who_writes_and_hangs_up_without_a_question_is_told_nothing_before() -> None:
    """Else its system would drop what it wrote and could not send yet, when it hangs up with answers unread."""
    async with running(Server(Quick(), port=0)) as site:
        watcher = await site.connect()
        watcher.send(GET)
        assert answer(await watcher.line()) == "definition of TEXT"
        with socket.create_connection(("127.0.0.1", site.server.port)) as hasty:
            hasty.setblocking(False)
            for text in ("1", "2"):
                hasty.sendall(write(text))
                assert answer(await watcher.line()) == text
                with pytest.raises(BlockingIOError):
                    hasty.recv(1)
            hasty.shutdown(socket.SHUT_WR)
            reader, writer = await asyncio.open_connection(sock=hasty)
            assert [answer(line) async for line in reader] == ["1", "2"]
            writer.close()
