"""When pings are sent."""

import asyncio
import math
from itertools import pairwise

import pytest

from indi_matrix.errors import LinkError
from indi_matrix.malos.keep_alive import KeepAlive
from tests.programs import PATIENCE


class Sent:
    """Takes pings, until it is told to refuse them."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.refuses = False
        self._news = asyncio.Event()

    def ping(self) -> None:
        if self.refuses:
            raise LinkError("takes no ping")
        self.moments.append(asyncio.get_running_loop().time())
        self._news.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.moments) < count:
                await self._news.wait()
                self._news.clear()


async def test_updates_take_pings_along_that_are_nearly_due() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 30)
    running = asyncio.create_task(keep_alive.run())
    await sent.until(1)
    for number, due in enumerate((10, 20, 20), 1):  # the first came by itself
        last = sent.moments[-1]
        keep_alive.ping_with_update(last + due - 5.1)
        assert len(sent.moments) == number
        keep_alive.ping_with_update(last + due - 4.9)
        assert len(sent.moments) == number + 1
    running.cancel()


async def test_the_next_ping_counts_from_the_one_that_went_along() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 0.6)
    running = asyncio.create_task(keep_alive.run())
    asyncio.get_running_loop().call_later(0.1, keep_alive.ping_with_update, math.inf)
    await sent.until(4)
    running.cancel()
    _, after_update, after_timer = (later - earlier for earlier, later in pairwise(sent.moments))
    assert after_update > 0.39
    assert after_timer > 0.19


async def test_a_new_timeout_is_followed_by_two_pings_that_suit_the_old_one_too() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 0.2)
    running = asyncio.create_task(keep_alive.run())
    await sent.until(1)
    keep_alive.set_timeout(30)
    await sent.until(3)
    keep_alive.ping_with_update(sent.moments[2] + 4.9)
    assert len(sent.moments) == 3
    keep_alive.ping_with_update(sent.moments[2] + 5.1)
    assert len(sent.moments) == 4
    running.cancel()


async def test_an_update_in_the_same_turn_spares_neither_of_the_two() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 0.2)
    running = asyncio.create_task(keep_alive.run())
    await sent.until(1)
    keep_alive.set_timeout(30)
    keep_alive.ping_with_update(math.inf)
    assert len(sent.moments) == 1
    await sent.until(3)
    running.cancel()


async def test_a_ping_that_is_not_taken_is_an_error_for_whose_turn_it_is() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 0.2)
    running = asyncio.create_task(keep_alive.run())
    await sent.until(1)
    sent.refuses = True
    with pytest.raises(LinkError):
        keep_alive.ping_with_update(math.inf)
    running.cancel()
    with pytest.raises(LinkError):
        await keep_alive.run()


async def test_no_ping_goes_along_before_the_first_and_after_the_last() -> None:
    sent = Sent()
    keep_alive = KeepAlive(sent.ping, 30)
    now = asyncio.get_running_loop().time()
    keep_alive.ping_with_update(now + 100)
    assert not sent.moments
    running = asyncio.create_task(keep_alive.run())
    await sent.until(1)
    running.cancel()
    await asyncio.wait({running})
    keep_alive.ping_with_update(now + 100)
    assert len(sent.moments) == 1
