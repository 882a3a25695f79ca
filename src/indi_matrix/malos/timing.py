"""The timing of a MALOS driver: what it is, and whether data updates come accordingly.

Delay and timeout belong to the driver, not to its clients: any program may change them for all, and nobody is
told. Only the service's info port says what they are.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple


class Timing(NamedTuple):
    """How often a driver publishes: seconds between updates, and seconds that it goes on after a ping."""

    delay: float
    timeout: float


_UPDATES: Final = 4  # from which an interval is measured
_LATE_UPDATES: Final = 16  # the same at most, where updates are read late: the more, the less that matters
_TOLERANCE: Final = 0.05
_JITTER: Final = 0.05
"""Seconds that an update may be early or late by itself."""
_PATIENCE: Final = 60.0
"""Seconds until an interval is doubted again although the service has stated the expected delay."""
_PAUSE: Final = 1.0
"""Seconds between two doubts, at least."""

# In delays, and in seconds beyond them:
_LOST_DELAYS: Final = 3
_QUIET_DELAYS: Final = 2
_QUIET_EXTRA: Final = 1.0
# Sooner than quiet, so that a longer delay of another program is known before configs are refused because of it.
_DOUBT_DELAYS: Final = 2
_DOUBT_EXTRA: Final = 0.5
_LATE_UPDATE: Final = 0.2
"""Seconds that an update may wait to be read."""


class IntervalWatch:
    """Compares the interval between updates with the delay that is expected. No I/O.

    Args:
        delay: Seconds between two updates, as expected.

    Attributes:
        late: Seconds that an update may wait to be read.
    """

    def __init__(self, delay: float) -> None:
        self.late = 0.0
        self._measured = 0.0  # seconds between two of the last few updates
        self._trusted: float | None = None  # what was measured when the service stated the expected delay
        self._trusted_until = 0.0
        self._next_doubt = 0.0
        self.expect(delay)

    def expect(self, delay: float) -> None:
        """Expect another delay, from the update after the next on: the interval under way is longer or shorter."""
        self._delay = delay
        self._trusted = None
        self._count = -2
        self._begun = 0.0

    def trust(self, now: float) -> None:
        """Do not doubt the present interval for a minute: the service states the expected delay."""
        self._trusted, self._trusted_until = self._measured, now + _PATIENCE

    def is_off(self, now: float) -> bool:
        """Record an update at a time in seconds; return whether the last few came at another interval."""
        self._count += 1
        if self._count <= 0:
            self._begun = now
            return False
        if self._count < _UPDATES:
            return False
        count = self._count
        self._measured = (now - self._begun) / count
        as_expected = self._is_like(self._delay, count)
        if not as_expected or not self.late or count >= _LATE_UPDATES:
            self._count, self._begun = 0, now
        if as_expected or now < self._next_doubt:
            return False
        if self._trusted is not None and now < self._trusted_until and self._is_like(self._trusted, count):
            return False
        self._next_doubt = now + _PAUSE
        return True

    def _is_like(self, delay: float, count: int) -> bool:
        return abs(self._measured - delay) <= _TOLERANCE * delay + (_JITTER + self.late) / count


class UpdateWatch:
    """Watches whether a driver's updates come, and come at the delay that is expected.

    If they do not, the timing is in doubt, and the service is to be asked for it. A delay under way runs to its
    end before a new one takes hold, as MALOS sleeps through it: `slowest_delay` is the longer of the two.

    Args:
        timing: The timing that the service stated.
        lost: Called with the number of seconds without an update after which the driver counts as lost.
        look: Reads an update that came and was not read yet.

    Attributes:
        timing: The timing, as we last set it or the service last stated it.
        slowest_delay: Seconds that the next update may take: the delay, or an earlier, longer one that still runs.
        last_update: Loop time of the last update, or of the beginning.
    """

    def __init__(self, timing: Timing, lost: Callable[[float], None], look: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._lost = lost
        self._look = look
        self.timing = timing
        self.slowest_delay = timing.delay
        self.last_update = self._loop.time()
        self._interval = IntervalWatch(timing.delay)
        self._doubted = asyncio.Event()
        self._expectations = 0  # how often a timing was set
        self._timer: asyncio.TimerHandle | None = None  # ends the wait for an update
        self._first = True  # whether no update has come yet
        self._stale_until = 0.0  # loop time until which an update may be older than what is expected

    @property
    def quiet(self) -> float:
        """Seconds since the last update, if they are so many that the service may hang; else 0.

        A service that hangs takes configs, and acts on all of them when it wakes up: it is to be sent no more.
        """
        seconds = self._loop.time() - self.last_update
        return seconds if seconds > _QUIET_DELAYS * self.slowest_delay + _QUIET_EXTRA else 0

    @property
    def _limit(self) -> float:
        """Seconds without an update after which the driver counts as lost."""
        return self.timing.timeout + _LOST_DELAYS * self.slowest_delay

    def expect(self, timing: Timing) -> None:
        """Expect updates by another timing, once the delay under way has run to its end."""
        self._expectations += 1
        self._interval.expect(timing.delay)
        self.slowest_delay = max(self.slowest_delay, timing.delay)
        if not self._first:
            self._stale_until = self._loop.time() + _LATE_UPDATE
        self.timing = timing
        self.restart()

    def record(self, now: float) -> None:
        """Record an update at a loop time."""
        self.last_update = now
        self._first = False
        if now > self._stale_until:  # else it may be older than the delay under way, and tells nothing of that
            self.slowest_delay = self.timing.delay
        if self._interval.is_off(now):
            self._doubted.set()

    def allow_late(self, seconds: float) -> None:
        """Expect updates to be read up to some seconds after they came."""
        if self._interval.late != seconds:
            self._interval.late = seconds
            self._interval.expect(self.timing.delay)

    def begin(self) -> None:
        """Wait for updates that did not come so far, at the timing as it is."""
        self.last_update = self._loop.time()
        self.expect(self.timing)

    def restart(self) -> None:
        """Wait for an update from now on: doubt the timing after some time without one, then call `lost`."""
        self.stop()
        doubt = min(self._limit / 2, _DOUBT_DELAYS * self.slowest_delay + _DOUBT_EXTRA)
        self._timer = self._loop.call_later(doubt, self._doubt_silence, self._limit - doubt)

    def _doubt_silence(self, rest: float) -> None:
        self._doubted.set()
        self._timer = self._loop.call_later(rest, self._give_up)
        self._look()

    def _give_up(self) -> None:
        self._lost(self._limit)

    def stop(self) -> None:
        """Stop waiting for updates."""
        if self._timer is not None:
            self._timer.cancel()

    async def doubt(self) -> int:
        """Wait until the timing is in doubt; return a number for `settle`."""
        await self._doubted.wait()
        return self._expectations

    def settle(self, doubt: int, stated: Timing | None) -> Timing | None:
        """End a doubt; return the timing that another program gave the driver, if any, for the caller to `expect`.

        Args:
            doubt: The number that `doubt` returned; after a later `expect` the statement is outdated.
            stated: What the service says now; None where it says nothing.
        """
        self._doubted.clear()
        if stated is None or doubt != self._expectations:
            return None
        if stated == self.timing:
            self._interval.trust(self._loop.time())
            return None
        return stated
