"""The pings on a driver's keep-alive port, without which it stops publishing."""

import asyncio
import math
from collections.abc import Callable
from typing import Final, NoReturn

# In parts of the timeout:
_AFTER_TIMER: Final = 1 / 3  # when a ping is due after one that a timer sent
_AFTER_UPDATE: Final = 2 / 3  # the same after one that was sent with an update: a later update should carry it
_EARLY: Final = 1 / 6  # how long before it is due a ping may be sent with an update


class KeepAlive:
    """Pings a driver three times in each timeout while no updates come.

    While updates come, a ping is sent with the first after half of the timeout, so that the program need not wake
    up for pings alone; if there is none by two thirds of it, without one.

    Args:
        ping: Sends a ping.
        timeout: Seconds in which the driver publishes after a ping.
    """

    def __init__(self, ping: Callable[[], None], timeout: float) -> None:
        self._ping = ping
        self._timeout = self._previous_timeout = timeout
        self._earliest = math.inf
        self._due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._resting = False

    def rest(self) -> None:
        """Ping no more, until a timeout is set."""
        self._resting = True
        self._due.clear()
        self._stop()

    def set_timeout(self, timeout: float) -> None:
        """Ping at once, and then as often as a new timeout demands.

        MALOS counts a new timeout from the next ping on, and reads pings and configs in two threads: a ping may
        overtake the config that sets the timeout. So the ping after this one still keeps to the shorter of the
        old and the new timeout, and a longer timeout leaves no gap in the updates.
        """
        self._timeout = timeout
        self._resting = False
        self._due.set()

    def ping_with_update(self, now: float) -> None:
        """Ping if it is not too early; to be called when an update has come."""
        # If a ping is due at once for a new timeout, `run` sends it.
        if now >= self._earliest and not self._due.is_set():
            self._ping_now(_AFTER_UPDATE)

    async def run(self) -> NoReturn:
        """Ping whenever that is due, for ever."""
        try:
            while True:
                if not self._resting:
                    self._ping_now(_AFTER_TIMER)
                await self._due.wait()
                self._due.clear()
        finally:
            self._stop()

    def _ping_now(self, due: float) -> None:
        """Ping, and have the next ping due after a part of the timeout."""
        self._stop()
        self._ping()
        shorter = min(self._previous_timeout, self._timeout)
        self._previous_timeout = self._timeout
        loop = asyncio.get_running_loop()
        self._earliest = loop.time() + shorter * (due - _EARLY)
        self._timer = loop.call_later(shorter * due, self._due.set)

    def _stop(self) -> None:
        self._earliest = math.inf
        if self._timer is not None:
            self._timer.cancel()
