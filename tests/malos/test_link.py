"""A link, against the four plain sockets of a driver."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest
import pytest_asyncio
import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.info import DriverInfo
from indi_matrix.malos.link import Link, open_link
from indi_matrix.malos.places import DriverPorts, Place
from indi_matrix.malos.timing import Timing
from tests.ports import PORTS
from tests.programs import PATIENCE
from tests.stopwatch import Stopwatch, within

HERE = Place("127.0.0.1", 0)


@dataclass
class Peer:
    """A driver's sockets, each of which can be closed."""

    base: zmq.asyncio.Socket
    keep_alive: zmq.asyncio.Socket
    errors: zmq.asyncio.Socket
    updates: zmq.asyncio.Socket
    info: DriverInfo

    def close(self) -> None:
        for socket in (self.base, self.keep_alive, self.errors, self.updates):
            socket.close(linger=0)


@pytest_asyncio.fixture
async def context() -> AsyncIterator[zmq.asyncio.Context]:
    with zmq.asyncio.Context() as made:
        yield made


def bound(context: zmq.asyncio.Context, base: int, *, unread: int = 1000) -> Peer:
    """Return a driver that takes so many configs before somebody reads them."""
    with ExitStack() as stack:
        pull, keep_alive, errors, updates = (
            stack.enter_context(context.socket(kind)) for kind in (zmq.PULL, zmq.PULL, zmq.PUB, zmq.PUB)
        )
        pull.rcvhwm = unread
        for offset, socket in enumerate((pull, keep_alive, errors, updates)):
            socket.bind(f"tcp://127.0.0.1:{base + offset}")
        stack.pop_all()
    info = DriverInfo("Gpio", DriverPorts(base), delay=0.1, timeout=0.3)
    return Peer(pull, keep_alive, errors, updates, info)


def somewhere(context: zmq.asyncio.Context, *, unread: int = 1000) -> Peer:
    for base in PORTS.blocks():
        with suppress(zmq.ZMQError):
            return bound(context, base, unread=unread)
    raise AssertionError("there are no free ports")


@pytest_asyncio.fixture
async def peer(context: zmq.asyncio.Context) -> AsyncIterator[Peer]:
    peer = somewhere(context)
    yield peer
    peer.close()


@pytest_asyncio.fixture
async def link(context: zmq.asyncio.Context, peer: Peer) -> AsyncIterator[Link]:
    async with asyncio.timeout(PATIENCE), open_link(context, HERE, peer.info) as opened:
        yield opened


async def test_a_config_arrives_as_one_frame(peer: Peer, link: Link) -> None:
    link.send(b"config")
    assert await peer.base.recv_multipart() == [b"config"]


async def test_errors_are_heard_from_the_first_config_on(peer: Peer, link: Link) -> None:
    link.send(b"config")
    await peer.base.recv()
    await peer.errors.send(b"wrong \xff")
    assert await link.error() == r"wrong \xff"


async def test_others_have_their_turn_between_two_errors(peer: Peer, link: Link) -> None:
    for number in range(100):
        await peer.errors.send(b"%d" % number)
    await peer.updates.send(b"")
    await link.update()  # by now the errors are there as well
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    assert [await link.error() for _ in range(100)] == [str(number) for number in range(100)]
    counting.cancel()
    assert turns >= 100


async def test_an_empty_update_is_an_update(peer: Peer, link: Link) -> None:
    await peer.updates.send(b"")
    assert await link.update() == b""


async def test_without_updates_pings_come_three_times_a_timeout(peer: Peer, link: Link) -> None:
    pinging = asyncio.create_task(link.keep_alive())
    await peer.keep_alive.recv()
    begun = Stopwatch()
    for _ in range(4):
        gap = Stopwatch()
        assert await peer.keep_alive.recv_multipart() == [b""]
        assert gap.seconds < 0.2
    pinging.cancel()
    assert begun.elapsed > 0.3


async def test_a_ping_goes_along_with_an_update(context: zmq.asyncio.Context, peer: Peer) -> None:
    info = peer.info._replace(timeout=2.4)
    async with asyncio.timeout(PATIENCE), open_link(context, HERE, info) as link:
        pinging = asyncio.create_task(link.keep_alive())
        await peer.keep_alive.recv()
        first = Stopwatch()
        second = asyncio.ensure_future(peer.keep_alive.recv())
        while not second.done():
            await peer.updates.send(b"")
            await link.update()
        pinging.cancel()
        assert first.seconds < 0.7  # by itself it would come after 0.8 s
        assert first.elapsed > 0.3


async def test_a_shorter_timeout_is_followed_by_a_ping_at_once(context: zmq.asyncio.Context, peer: Peer) -> None:
    info = peer.info._replace(timeout=30)
    async with asyncio.timeout(PATIENCE), open_link(context, HERE, info) as link:
        pinging = asyncio.create_task(link.keep_alive())
        await peer.keep_alive.recv()
        link.expect(Timing(delay=0.1, timeout=0.3))
        await peer.keep_alive.recv()
        await peer.keep_alive.recv()
        pinging.cancel()


async def test_two_more_pings_keep_to_the_shorter_timeout(peer: Peer, link: Link) -> None:
    """The first may overtake the config, and then counts for the old timeout only."""
    pinging = asyncio.create_task(link.keep_alive())
    await peer.keep_alive.recv()
    link.expect(Timing(delay=0.1, timeout=30))
    async with within(1):
        await peer.keep_alive.recv()
        await peer.keep_alive.recv()
    pinging.cancel()


async def test_what_is_sent_while_the_driver_is_away_is_refused_and_never_sent(
    context: zmq.asyncio.Context, peer: Peer, link: Link
) -> None:
    link.send(b"before")
    await peer.base.recv()
    peer.close()
    with pytest.raises(LinkError, match="closed the connection"):
        await link.disconnection()
    with suppress(LinkError):
        while True:  # until ZeroMQ has noticed on this port too; what goes until then is lost with the connection
            link.send(b"lost")
            await asyncio.sleep(0)
    for _ in range(100):
        with pytest.raises(LinkError, match="takes no config"):
            link.send(b"stale")
    with pytest.raises(LinkError, match="takes no ping"):
        link.ping()
    again = bound(context, peer.info.ports.base)
    await send_when_connected(link, again, b"new")
    assert await again.base.recv() == b"new"
    again.close()


async def send_when_connected(link: Link, peer: Peer, config: bytes) -> None:
    """Send a config over a link whose driver is back, as soon as it is taken."""
    updating = asyncio.create_task(link.update())
    while not updating.done():
        await peer.updates.send(b"")  # else the driver counts as quiet
        await asyncio.sleep(0)
    while True:
        try:
            link.send(config)
        except LinkError:
            await asyncio.sleep(0)
        else:
            return


async def test_a_message_longer_than_any_of_malos_ends_the_link(peer: Peer, link: Link) -> None:
    """What answers in the place of MALOS is not to fill the memory."""
    await peer.updates.send(b"x" * 100_000)
    with pytest.raises(LinkError, match="closed the connection"):
        await link.disconnection()


async def test_silence_is_an_error(link: Link) -> None:
    with pytest.raises(LinkError, match=r"no update from the Gpio driver for 0\.6 s"):
        await link.update()


async def test_silence_begins_anew_with_each_update(peer: Peer, link: Link) -> None:
    link.expect(Timing(delay=0.1, timeout=1.2))  # it is lost after 1.5 s
    for moment in (0.8, 1.6, 2.4):
        asyncio.get_running_loop().call_later(moment, peer.updates.send, b"%.1f" % moment)
    assert [await link.update() for _ in range(3)] == [b"0.8", b"1.6", b"2.4"]


async def test_only_another_timing_that_is_stated_ends_a_doubt_by_a_change(peer: Peer, link: Link) -> None:
    doubt = 0
    assert not link.settle(doubt, None)
    assert not link.settle(doubt, peer.info)
    assert link.settle(doubt, peer.info._replace(delay=0.2))
    assert link.timing == Timing(delay=0.2, timeout=0.3)
    assert not link.settle(doubt, peer.info)  # it was stated before the link expected what it does now


async def test_a_longer_delay_is_waited_for_at_once(peer: Peer, link: Link) -> None:
    waiting = asyncio.create_task(link.update())
    await asyncio.sleep(0)
    link.expect(Timing(delay=0.5, timeout=0.3))
    done, _ = await asyncio.wait({waiting}, timeout=0.9)
    assert not done
    await peer.updates.send(b"late")
    assert await waiting == b"late"


async def test_a_shorter_delay_takes_hold_after_the_longer_one(peer: Peer, link: Link) -> None:
    link.expect(Timing(delay=30, timeout=0.3))
    link.expect(Timing(delay=0.01, timeout=0.3))
    assert link.slowest_delay == 30
    await peer.updates.send(b"")
    await link.update()
    assert link.slowest_delay == 0.01


async def test_of_a_burst_of_updates_the_newest_are_taken(peer: Peer, link: Link) -> None:
    for number in range(100):
        await peer.updates.send(b"%d" % number)
    taken = [await link.update()]
    while taken[-1] != b"99":
        taken.append(await link.update())
    assert len(taken) < 50


async def test_nothing_is_left_of_a_closed_link(context: zmq.asyncio.Context, peer: Peer) -> None:
    async with asyncio.timeout(PATIENCE), open_link(context, HERE, peer.info) as link:
        await peer.updates.send(b"")
        await link.update()
    left = weakref.ref(link)
    del link
    gc.collect()
    assert left() is None


async def test_of_whole_pictures_one_at_most_is_queued(context: zmq.asyncio.Context, peer: Peer) -> None:
    async with asyncio.timeout(PATIENCE), open_link(context, HERE, peer.info, newest_only=True) as link:
        picture = b"x" * 1_000_000  # many fill the sockets' own buffers
        taken = 0
        with suppress(LinkError):
            while taken < 200:
                link.send(picture)
                taken += 1
                await asyncio.sleep(0)
        assert taken < 200
        while await peer.base.recv() != picture:
            pass


async def test_a_config_sent_just_before_the_end_is_delivered(context: zmq.asyncio.Context, peer: Peer) -> None:
    for number in range(50):
        async with open_link(context, HERE, peer.info, newest_only=True) as link:
            link.send(b"%d" % number)
        assert await peer.base.recv() == b"%d" % number


async def test_of_what_a_lost_driver_has_not_taken_nothing_more_is_delivered(context: zmq.asyncio.Context) -> None:
    peer, sent, taken = somewhere(context, unread=1), 30, 0
    monitor = peer.base.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    async def lose() -> None:
        async with asyncio.timeout(PATIENCE), open_link(context, HERE, peer.info) as link:
            for _ in range(sent):
                link.send(b"x" * 1_000_000)
            raise LinkError("lost")

    with pytest.raises(LinkError, match="lost"):
        await lose()
    while not await monitor.poll(0):
        if await peer.base.poll(10):
            await peer.base.recv()
            taken += 1
    peer.base.disable_monitor()
    monitor.close(linger=0)
    peer.close()
    assert taken < sent / 2  # what the buffers of both sides held
