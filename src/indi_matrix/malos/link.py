"""The link to one MALOS driver, open while an `async with` block runs.

Configs and pings go out; data updates and error texts come in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NoReturn

import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.info import DriverInfo
from indi_matrix.malos.keep_alive import KeepAlive
from indi_matrix.malos.link_sockets import LinkSockets
from indi_matrix.malos.places import Place
from indi_matrix.malos.sockets import MOST_UNREAD
from indi_matrix.malos.timing import Timing, UpdateWatch
from indi_matrix.texts import printable

_LAST_CONFIG_MS: Final = 100  # that a last config waits for an unsent one to make room
_LONGEST_ERROR: Final = 200  # characters
# Seconds. A driver may publish without a pause: its delay is cut to whole milliseconds, and 0 is a busy loop.
_SHORTEST_INTERVAL: Final = 0.005
# Seconds. Another program may have set a timeout of 0; then this one is assumed for pings and for silence.
_SHORTEST_TIMEOUT: Final = 0.3


class Link:
    """One MALOS driver, connected. Made by open_link.

    Attributes:
        place: Where the service is.
        info: What the service said of the driver before the link was opened.
        on_send: Called with each config that was handed over.
        on_update: Called when a data update has come.
        on_timing: Called when a timing is to be expected.
    """

    def __init__(
        self, context: zmq.asyncio.Context, place: Place, info: DriverInfo, *, newest_only: bool, publishes: bool
    ) -> None:
        self.place = place
        self.info = info
        self.on_send: Callable[[bytes], None] | None = None
        self.on_update: Callable[[], None] = _nothing
        self.on_timing: Callable[[], None] = _nothing
        self._witness = self  # the link whose updates show that the service lives
        self._loop = asyncio.get_running_loop()
        self._publishes = publishes
        self._sockets = LinkSockets(context, place, info.ports, newest_only=newest_only, publishes=publishes)
        timing = _usable(info)
        self._watch = UpdateWatch(timing, self._count_as_lost, self.look)
        self._keep_alive = KeepAlive(self.ping, timing.timeout)

    async def connect(self) -> None:
        """Connect all ports; on return a config can be sent, and its errors will be heard."""
        await self._sockets.connect()

    def abort(self) -> None:
        """Drop configs that the network still holds back, so that they are not delivered later."""
        self._sockets.abort()

    def close(self) -> None:
        """Close the link; what was sent is still delivered if the service takes it at once."""
        self._watch.stop()
        self._sockets.close()

    # Configs and pings

    def send(self, config: bytes, *, flags: int = zmq.NOBLOCK) -> None:
        """Hand a config to the driver, without waiting unless the flags say so.

        Raises:
            LinkError: The driver is not connected, does not take earlier configs, or has been quiet for too long.
        """
        self.check()
        self._send(self._sockets.base, config, "config", flags)
        if self.on_send is not None:
            self.on_send(config)

    def check(self) -> None:
        """Do nothing if a config may be sent now.

        Raises:
            LinkError: The driver publishes, and it or the link's witness has been quiet for too long.
        """
        if self._publishes and (silence := self._witness.silence):
            raise LinkError(f"nothing was sent: {silence}")

    @property
    def silence(self) -> str:
        """That no update has come for so long that the service may hang; empty if it has."""
        quiet = self._watch.quiet
        return f"no update from the {self.info.name} driver for {quiet:.1f} s" if quiet else ""

    def send_last(self, config: bytes) -> None:
        """Hand over the last config of a session; wait at most 0.1 s for an unsent one to make room.

        Raises:
            LinkError: The driver is not connected, does not take earlier configs, or has been quiet for too long.
        """
        self._sockets.base.sndtimeo = _LAST_CONFIG_MS
        self.send(config, flags=0)

    def ping(self) -> None:
        """Ask for updates for another timeout.

        Raises:
            LinkError: The driver is not connected.
        """
        self._send(self._sockets.keep_alive, b"", "ping")

    def _send(self, socket: zmq.asyncio.Socket, payload: bytes, what: str, flags: int = zmq.NOBLOCK) -> None:
        try:
            # Through the plain socket beneath: a send that never waits needs no future.
            zmq.Socket.send(socket, payload, flags)
        except zmq.Again as error:
            raise LinkError(f"the {self.info.name} driver takes no {what}") from error

    async def keep_alive(self) -> NoReturn:
        """Keep the driver publishing, for ever.

        Raises:
            LinkError: The driver is no longer connected.
        """
        await self._keep_alive.run()

    # Timing

    @property
    def timing(self) -> Timing:
        """Delay and timeout of the driver, as we last set them or the service last stated them."""
        return self._watch.timing

    @property
    def slowest_delay(self) -> float:
        """Seconds that the next data update may take: the delay, or an earlier, longer one that still runs."""
        return self._watch.slowest_delay

    def expect(self, timing: Timing) -> None:
        """Expect updates by a timing that the driver was given; the delay under way runs to its end first."""
        self._watch.expect(timing)
        self._keep_alive.set_timeout(timing.timeout)
        self.on_timing()

    async def doubt(self) -> int:
        """Wait until the timing of the driver is in doubt; return a number for `settle`."""
        return await self._watch.doubt()

    def settle(self, doubt: int, stated: DriverInfo | None) -> bool:
        """End a doubt; return whether another program gave the driver another timing.

        Args:
            doubt: The number that `doubt` returned.
            stated: What the service says of the driver now; None where it says nothing.
        """
        timing = self._watch.settle(doubt, None if stated is None else _usable(stated))
        if timing is not None:
            self.expect(timing)
        return timing is not None

    # What the driver publishes

    async def update(self) -> bytes:
        """Return the next data update; where they come faster than 200 a second, the newest.

        Raises:
            LinkError: No update came for the timeout plus three delays, or the ping with an update was not taken.
        """
        if self._witness is self:
            self._watch.restart()
        payload = await self._sockets.updates.receive()
        now = self._loop.time()
        if now < self._watch.last_update + _SHORTEST_INTERVAL:
            await asyncio.sleep(_SHORTEST_INTERVAL)  # else no other task would ever have a turn
            payload = self._newest(payload)
        self._watch.record(now)
        self._keep_alive.ping_with_update(now)
        self.on_update()
        return payload

    def look(self) -> None:
        """Read the next data update if it is there."""
        self._sockets.updates.look()

    def read_by_itself(self, by_itself: bool) -> None:  # noqa: FBT001 - one of two ways
        """Read each data update as it comes; or, if not by itself, only when `look` is called."""
        if by_itself:
            self._sockets.updates.start()
        else:
            self._sockets.updates.stop()

    def allow_late(self, seconds: float) -> None:
        """Expect updates to be read up to some seconds after they came."""
        self._watch.allow_late(seconds)

    def rest(self, witness: "Link") -> None:
        """Do without pings from now on, and so without updates: those of another link show that the service lives.

        Updates that another program's pings bring are read as before.
        """
        self._witness = witness
        self._watch.stop()
        self._keep_alive.rest()

    def wake(self) -> None:
        """Have updates come again, unless they do."""
        if self._witness is not self:
            self._witness = self
            self._watch.begin()
            self._keep_alive.set_timeout(self.timing.timeout)

    def _newest(self, payload: bytes) -> bytes:
        """Return the last of the updates that wait to be read, or the one that was read if there is none."""
        for _ in range(MOST_UNREAD):
            newer = self._sockets.updates.receive_now()
            if newer is None:
                break
            payload = newer
        return payload

    def _count_as_lost(self, seconds: float) -> None:
        self.look()
        error = LinkError(f"no update from the {self.info.name} driver for {seconds:g} s")
        self._sockets.updates.interrupt(error)

    async def error(self) -> str:
        """Return the next error text as one line of printable ASCII, 200 characters at most."""
        await asyncio.sleep(0)  # in a flood of errors no other task would ever have a turn
        text = await self._sockets.errors.receive()
        return printable(text[: 4 * _LONGEST_ERROR].decode("utf-8", "backslashreplace"), _LONGEST_ERROR)

    async def disconnection(self) -> None:
        """Wait until the driver closes the connection of its data updates.

        Raises:
            LinkError: That has happened.
        """
        await self._sockets.disconnected()
        raise LinkError(f"the {self.info.name} driver closed the connection")


def _nothing() -> None:
    pass


def _usable(info: DriverInfo) -> Timing:
    """Return the timing that the service states, with a timeout of 0.3 s at least."""
    return Timing(info.delay, max(info.timeout, _SHORTEST_TIMEOUT))


@asynccontextmanager
async def open_link(
    context: zmq.asyncio.Context,
    place: Place,
    info: DriverInfo,
    *,
    newest_only: bool = False,
    publishes: bool = True,
) -> AsyncIterator[Link]:
    """Connect to a driver; enter the block once all its ports are connected. The caller sets a time limit.

    Args:
        context: Where the sockets are made.
        place: Where the service is.
        info: What it said of the driver.
        newest_only: Whether a config is refused while another is unsent, so that a newer one can follow instead.
        publishes: Whether the driver publishes data updates. If not, it must not be pinged, and the two ports of
            pings and updates are left alone.
    """
    link = Link(context, place, info, newest_only=newest_only, publishes=publishes)
    try:
        await link.connect()
        yield link
    except Exception:
        # The link is lost. Clients are told that unconfirmed writes failed, so none may be carried out later.
        link.abort()
        raise
    finally:
        link.close()
