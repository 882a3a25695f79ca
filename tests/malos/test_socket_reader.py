"""A socket reader, at one end of a pair of sockets."""

import asyncio
import select
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
import zmq
import zmq.asyncio

from indi_matrix.malos.socket_reader import SocketReader
from tests.programs import PATIENCE


@dataclass
class Pair:
    """A socket reader, its socket, and the other end."""

    reader: SocketReader
    socket: zmq.asyncio.Socket
    other: zmq.Socket[bytes]

    def happens(self) -> bool:
        """Tell whether the loop would look at the socket now."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def send(self, *messages: bytes) -> None:
        """Send messages, which within a program are there when this returns, but not looked at."""
        for message in messages:
            self.other.send(message)


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[Pair]:
    with zmq.asyncio.Context() as context:
        socket, other = context.socket(zmq.PAIR), zmq.Socket(context, zmq.PAIR)
        other.bind("inproc://reader")
        socket.connect("inproc://reader")
        reader = SocketReader(socket)
        reader.start()
        assert reader.receive_now() is None  # only who has looked in vain is told
        yield Pair(reader, socket, other)
        reader.stop()
        socket.close()
        other.close()


async def turns() -> None:
    """Let the loop look at what has happened, and all run that follows from it."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_message_comes_to_who_waits(pair: Pair) -> None:
    waiting = asyncio.create_task(pair.reader.receive())
    await turns()
    assert not waiting.done()
    pair.send(b"message")
    await turns()
    assert waiting.done()
    assert await waiting == b"message"


async def test_messages_that_came_together_are_all_received(pair: Pair) -> None:
    """The descriptor tells of the first alone."""
    waiting = asyncio.create_task(pair.reader.receive())
    await turns()
    pair.send(b"1", b"2", b"3")
    async with asyncio.timeout(PATIENCE):
        assert [await waiting, await pair.reader.receive(), await pair.reader.receive()] == [b"1", b"2", b"3"]
    assert pair.reader.receive_now() is None


async def test_what_nobody_waits_for_stays_and_keeps_nobody_busy(pair: Pair) -> None:
    pair.send(b"message")
    assert pair.happens()
    await turns()
    assert not pair.happens()
    async with asyncio.timeout(PATIENCE):
        assert await pair.reader.receive() == b"message"


async def test_what_comes_after_a_wait_was_given_up_stays(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await pair.reader.receive()
    pair.send(b"message")
    await turns()
    assert not pair.happens()
    assert pair.reader.receive_now() == b"message"


async def test_an_interrupt_ends_the_wait(pair: Pair) -> None:
    waiting = asyncio.create_task(pair.reader.receive())
    await turns()
    pair.reader.interrupt(ConnectionError("silence"))
    with pytest.raises(ConnectionError, match="silence"):
        await waiting


async def test_an_interrupt_where_nobody_waits_is_none(pair: Pair) -> None:
    pair.reader.interrupt(ConnectionError("silence"))
    waiting = asyncio.create_task(pair.reader.receive())
    await turns()
    pair.send(b"message")
    async with asyncio.timeout(PATIENCE):
        assert await waiting == b"message"
    pair.reader.interrupt(ConnectionError("silence"))
    pair.send(b"another")
    assert await pair.reader.receive() == b"another"


async def test_a_stopped_reader_looks_no_more(pair: Pair) -> None:
    pair.reader.stop()
    pair.send(b"message")
    await turns()
    assert pair.happens()
