"""Links whose data updates are read together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.beat import Beat
from indi_matrix.malos.link import Link, open_link
from indi_matrix.malos.timing import Timing
from tests.malos.test_link import HERE, Peer, somewhere

SECOND = Timing(1.0, 5.0)


@dataclass
class Driver:
    """A driver, the link to it, and another program that hears its updates, too."""

    peer: Peer
    link: Link
    witness: zmq.asyncio.Socket

    async def publish(self, payload: bytes) -> None:
        """Publish an update; on return it has arrived at the link's socket, too, or is about to."""
        await self.peer.updates.send(payload)
        assert await self.witness.recv() == payload


@pytest_asyncio.fixture
async def context() -> AsyncIterator[zmq.asyncio.Context]:
    with zmq.asyncio.Context() as made:
        yield made


@asynccontextmanager
async def driver(context: zmq.asyncio.Context, timing: Timing) -> AsyncIterator[Driver]:
    peer = somewhere(context)
    peer.info = peer.info._replace(delay=timing.delay, timeout=timing.timeout)
    with context.socket(zmq.SUB) as witness:
        witness.subscribe(b"")
        witness.connect(f"tcp://127.0.0.1:{peer.info.ports.updates}")
        async with asyncio.timeout(5), open_link(context, HERE, peer.info) as link:
            while not await witness.poll(20):
                await peer.updates.send(b"greeting")
            while await link.update() != b"last greeting":
                await peer.updates.send(b"last greeting")
            while await witness.recv() != b"last greeting":
                pass
            yield Driver(peer, link, witness)
    peer.close()


@pytest_asyncio.fixture
async def leader(context: zmq.asyncio.Context) -> AsyncIterator[Driver]:
    async with driver(context, SECOND) as made:
        yield made


@pytest_asyncio.fixture
async def follower(context: zmq.asyncio.Context) -> AsyncIterator[Driver]:
    async with driver(context, SECOND) as made:
        yield made


async def _waiting(link: Link) -> asyncio.Task[bytes]:
    """Return a task that waits for an update by now."""
    reading = asyncio.create_task(link.update())
    await asyncio.sleep(0)
    assert not reading.done()
    return reading


async def _at_once(reading: Awaitable[bytes]) -> bytes:
    """Return an update that is read as it comes, and not after the 2.5 s in which silence is doubted."""
    async with asyncio.timeout(2):
        return await reading


async def test_a_follower_is_read_with_the_leader(leader: Driver, follower: Driver) -> None:
    Beat(leader.link, [follower.link])
    for number in range(3):
        reading = await _waiting(follower.link)
        await follower.publish(b"%d" % number)
        assert not reading.done()
        await leader.publish(b"now")
        assert await leader.link.update() == b"now"
        assert await reading == b"%d" % number


async def test_a_follower_is_read_by_itself_while_the_leader_publishes_seldom(
    leader: Driver, follower: Driver
) -> None:
    Beat(leader.link, [follower.link])
    for delay in (600.0, 1.0):  # the longer one runs to its end, so the shorter one holds only after an update
        leader.link.expect(SECOND._replace(delay=delay))
        await follower.publish(b"update")
        assert await _at_once(follower.link.update()) == b"update"
    while leader.link.slowest_delay > 1:
        await leader.publish(b"now")
        await leader.link.update()
    reading = await _waiting(follower.link)
    await follower.publish(b"update")
    assert not reading.done()
    await leader.publish(b"now")
    await leader.link.update()
    await reading


@pytest.mark.parametrize("delay", [0.02, 0.8])
async def test_a_driver_that_publishes_more_often_does_not_follow(
    leader: Driver, follower: Driver, delay: float
) -> None:
    Beat(leader.link, [follower.link])
    reading = await _waiting(follower.link)
    await follower.publish(b"slow")
    assert not reading.done()
    follower.link.expect(SECOND._replace(delay=delay))  # what waits is read as well
    assert await _at_once(reading) == b"slow"
    reading = await _waiting(follower.link)
    await follower.publish(b"fast")
    assert await _at_once(reading) == b"fast"


async def test_nobody_follows_a_leader_that_publishes_very_often(
    context: zmq.asyncio.Context, follower: Driver
) -> None:
    async with driver(context, Timing(0.1, 5.0)) as leader:
        Beat(leader.link, [follower.link])
        reading = await _waiting(follower.link)
        await follower.publish(b"update")
        assert await _at_once(reading) == b"update"


async def test_updates_that_tell_nothing_are_not_asked_for_while_the_leader_publishes(
    context: zmq.asyncio.Context, leader: Driver
) -> None:
    async with driver(context, Timing(1.0, 0.3)) as resting:
        pinging = asyncio.create_task(resting.link.keep_alive())
        reading = await _waiting(resting.link)
        await resting.peer.keep_alive.recv()
        Beat(leader.link, [resting.link], [resting.link])
        await resting.publish(b"by another program's ping")
        await leader.publish(b"now")
        await leader.link.update()
        assert await reading == b"by another program's ping"
        reading = await _waiting(resting.link)
        while not leader.link.silence:
            assert not await leader.witness.poll(100)
        assert not reading.done()
        assert not await resting.peer.keep_alive.poll(0)
        with pytest.raises(LinkError, match="nothing was sent: no update from the Gpio driver for 3"):
            resting.link.send(b"config")
        leader.link.expect(SECOND._replace(delay=600.0))
        assert await resting.peer.keep_alive.recv() == b""
        await resting.publish(b"heard")
        assert await reading == b"heard"
        resting.link.send(b"config")
        pinging.cancel()


async def test_a_leader_that_counts_as_lost_late_lets_nobody_rest(
    context: zmq.asyncio.Context, leader: Driver
) -> None:
    async with driver(context, SECOND) as other:
        pinging = asyncio.create_task(other.link.keep_alive())
        await other.peer.keep_alive.recv()
        Beat(leader.link, [other.link], [other.link])
        leader.link.expect(SECOND._replace(timeout=60.0))
        assert await other.peer.keep_alive.recv() == b""
        pinging.cancel()


async def test_a_follower_does_not_count_as_quiet_while_an_update_is_unread(context: zmq.asyncio.Context) -> None:
    timing = Timing(0.2, 0.9)
    async with driver(context, timing) as leader, driver(context, timing) as follower:
        Beat(leader.link, [follower.link])
        reading = await _waiting(follower.link)
        await follower.publish(b"there")
        while not reading.done():
            assert not follower.link.silence
            await follower.witness.poll(20)


async def test_a_follower_is_not_lost_while_an_update_is_unread(context: zmq.asyncio.Context) -> None:
    timing = Timing(0.2, 0.9)
    async with driver(context, timing) as leader, driver(context, timing) as follower:
        Beat(leader.link, [follower.link])
        reading = await _waiting(follower.link)
        await follower.publish(b"there")
        assert await reading == b"there"
        with pytest.raises(LinkError, match=r"no update from the Gpio driver for 1\.5 s"):
            await follower.link.update()
