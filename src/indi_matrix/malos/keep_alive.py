"""The pings that keep a driver publishing."""

import asyncio
import math
from collections.abc import Callable
from typing import Final, NoReturn

# In parts of the timeout:
_AFTER_TIMER: Final = 1 / 3  # when a ping is due after one that a timer sent
_AFTER_UPDATE: Final = 1 / 2  # when after one that went along with an update, as the next is expected to
_EARLY: Final = 1 / 6  # how long before that it may go along


class Pings:
    """When to ping: along with updates as far as they come, so that nothing wakes up just for that.

    That makes two to three pings in each timeout; three where no update comes.

    Args:
        ping: Sends a ping.
        timeout: Seconds in which the driver publishes after one.
    """

    def __init__(self, ping: Callable[[], None], timeout: float) -> None:
        self._ping = ping
        self._timeout = self._before = timeout
        self._earliest = math.inf
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def retime(self, timeout: float) -> None:
        """Take note of a new timeout, and ping at once.

        A timeout counts from the next ping on, which may overtake the config that sets it; so that a longer one
        leaves no gap, two more pings keep to the shorter of old and new.
        """
        self._timeout = timeout
        self._due.set()

    def ride(self, now: float) -> None:
        """Ping along with an update that came now, if that is no longer too early."""
        # A ping that is due at once for a new timeout is one of the two that come after it, and not spared.
        if now >= self._earliest and not self._due.is_set():
            self._ping_now(_AFTER_UPDATE)

    async def run(self) -> NoReturn:
        """Ping whenever that is due, for ever."""
        try:
            while True:
                self._ping_now(_AFTER_TIMER)
                await self._due.wait()
                self._due.clear()
        finally:
            self._stop()

    def _ping_now(self, due: float) -> None:
        """Ping, and have the next ping due after a part of the timeout."""
        self._stop()
        self._ping()
        shorter = min(self._before, self._timeout)
        self._before = self._timeout
        loop = asyncio.get_running_loop()
        self._earliest = loop.time() + shorter * (due - _EARLY)
        self._timer = loop.call_later(shorter * due, self._due.set)

    def _stop(self) -> None:
        self._earliest = math.inf
        if self._timer is not None:
            self._timer.cancel()
