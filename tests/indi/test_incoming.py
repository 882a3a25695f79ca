"""Messages on their way in: what is taken at once, and what waits for the reader, in one order."""

import asyncio

from indi_matrix.indi.transport.inbox import Inbox
from indi_matrix.indi.wire.reader import Item, StreamError
from indi_matrix.indi.wire.write import Write

GET = b'<getProperties version="1.7"/>'
GARBAGE = b"garbage "


def write(text: str) -> bytes:
    return f'<newTextVector device="D" name="T"><oneText name="A">{text}</oneText></newTextVector>'.encode()


class Peer:
    """What is fed to an inbox, whose reader takes one message at a time."""

    def __init__(self) -> None:
        self.inbox = Inbox(lambda: None, lambda: None)
        self.taken: list[str] = []

    def offer(self, write: Write) -> bool:
        """Take writes, but not those of a "no"; an "end" ends the peer."""
        _, text = write.members[0]
        if text == "no":
            return False
        if text == "end":
            self.inbox.discard()
        self.taken.append(text)
        return True

    def feed(self, data: bytes) -> None:
        self.inbox.feed(data, self.offer)

    def next(self) -> asyncio.Task[Item | None]:
        return asyncio.create_task(self.inbox.get())

    async def left(self) -> list[str | None]:
        """Return the tags, and errors, that are left for the reader."""
        self.inbox.end()
        left: list[str | None] = []
        while (item := await self.inbox.get()) is not None:
            left.append(None if isinstance(item, StreamError) else item.tag)
        return left


async def waiting(peer: Peer) -> asyncio.Task[Item | None]:
    """Return the reader, when it waits."""
    reader = peer.next()
    await asyncio.sleep(0)
    return reader


async def test_what_comes_while_the_reader_waits_is_taken_at_once() -> None:
    peer = Peer()
    reader = await waiting(peer)
    peer.feed(write("1") + write("2"))
    assert peer.taken == ["1", "2"]
    assert not reader.done()
    assert await peer.left() == []


async def test_from_the_first_that_is_not_taken_on_all_is_left_to_the_reader() -> None:
    for other in (write("no"), GET, GARBAGE):
        peer = Peer()
        reader = await waiting(peer)
        peer.feed(write("1") + other + write("2"))
        peer.feed(write("3"))
        assert peer.taken == ["1"]
        await reader
        assert await peer.left() == ["newTextVector", "newTextVector"]
        assert peer.taken == ["1"]


async def test_nothing_overtakes_what_the_reader_is_at_work_with() -> None:
    peer = Peer()
    reader = await waiting(peer)
    peer.feed(GET)
    await reader
    peer.feed(write("1"))
    assert peer.taken == []
    assert await peer.left() == ["newTextVector"]


async def test_bound_writes_are_carried_out_where_a_message_begins() -> None:
    peer, asked = Peer(), []

    def bound(data: bytes) -> int:
        asked.append(data)
        return len(write("1"))

    reader = await waiting(peer)
    peer.inbox.feed(write("1") + write("2")[:50], peer.offer, bound)
    peer.inbox.feed(write("2")[50:], peer.offer, bound)
    assert asked == [write("1") + write("2")[:50]]
    assert peer.taken == ["2"]
    peer.feed(GET)
    peer.inbox.feed(write("1"), peer.offer, bound)
    assert len(asked) == 1
    await reader
    assert await peer.left() == ["newTextVector"]


async def test_an_error_behind_a_bound_write_is_told_like_one_behind_any_sound_message() -> None:
    peer = Peer()
    for _ in range(2):
        reader = await waiting(peer)
        peer.feed(GARBAGE)
        assert isinstance(await reader, StreamError)
        reader = await waiting(peer)
        peer.inbox.feed(write("1"), peer.offer, len)
        assert not reader.done()
        reader.cancel()


async def test_a_reader_that_was_cancelled_waits_no_longer() -> None:
    peer = Peer()
    reader = await waiting(peer)
    reader.cancel()
    await asyncio.wait({reader})
    peer.feed(write("1"))
    assert peer.taken == []


async def test_nothing_is_left_behind_a_message_that_ended_it() -> None:
    peer = Peer()
    reader = await waiting(peer)
    peer.feed(write("1") + write("end") + GET)
    assert peer.taken == ["1", "end"]
    assert await reader is None
