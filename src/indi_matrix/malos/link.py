"""The link to one MALOS driver: its four sockets, open while an `async with` block runs."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NoReturn

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from indi_matrix.errors import LinkError
from indi_matrix.malos.info import DriverInfo
from indi_matrix.malos.keep_alive import Pings
from indi_matrix.malos.places import Place
from indi_matrix.malos.socket_reader import Inbox
from indi_matrix.malos.sockets import MOST_UNREAD, NO_DESCRIPTOR, connect, drop_undelivered, make_socket
from indi_matrix.malos.timing import PaceWatch
from indi_matrix.texts import printable

# How long a closed socket may go on sending what was handed to it. Less would lose the last frames of a session.
_LINGER_MS: Final = 300
# TCP by itself would deliver what was sent into a cut network as soon as that heals, be it minutes later.
_GIVE_UP_MS: Final = 3000
_LAST_MS: Final = 100
_LONGEST_ERROR: Final = 200
_SILENT_PERIODS: Final = 3
# After this long without an update a config is refused: a service that hangs would act on it whenever it wakes up.
_QUIET_PERIODS: Final = 2
_QUIET_EXTRA: Final = 1.0
_DOUBT_PERIODS: Final = 2
_DOUBT_EXTRA: Final = 0.5
# An update may wait this long to be read.
_LATE_UPDATE: Final = 0.2
_SHORTEST_INTERVAL: Final = 0.005
# Another program may have set less, or nothing at all: then this sets the pace of pings and of our patience.
_SHORTEST_TIMEOUT: Final = 0.3


class Link:
    """One MALOS driver, connected. Made by open_link.

    Attributes:
        info: What the service said of the driver.
        delay: Seconds between two data updates, as last set or reported.
        timeout: Seconds after a ping in which the driver publishes.
        on_send: Called with each config that the driver took.
    """

    def __init__(self, context: zmq.asyncio.Context, place: Place, info: DriverInfo, *, newest_only: bool) -> None:
        self.info = info
        self.delay = info.delay
        self.timeout = max(info.timeout, _SHORTEST_TIMEOUT)
        # IMMEDIATE refuses a config while the service is away, where it would else be queued and sent stale.
        self._base = make_socket(context, zmq.PUSH, _LINGER_MS)
        self._keep_alive = make_socket(context, zmq.PUSH)
        self._base.immediate = self._keep_alive.immediate = True
        self._base.tcp_maxrt = self._keep_alive.tcp_maxrt = _GIVE_UP_MS
        if newest_only:
            # Not CONFLATE: it drops the last config when the socket is closed right after.
            self._base.sndhwm = 1
        self._errors = make_socket(context, zmq.SUB)
        self._updates = make_socket(context, zmq.SUB)
        self._sockets = (self._errors, self._updates, self._base, self._keep_alive)
        self._error_texts = Inbox(self._errors)
        self._payloads = Inbox(self._updates)
        self._inboxes = (self._error_texts, self._payloads)
        self.on_send: Callable[[bytes], None] | None = None
        self._place = place
        # Nothing is told of connections within the program: they are there at once, and as long as the service.
        self._monitors = {} if place.inside else {socket: _monitor(socket) for socket in self._sockets}
        self._slowest_delay = info.delay
        self._pace = PaceWatch(info.delay)
        self._doubted = asyncio.Event()  # whether the driver may have another delay or timeout now
        self._expectations = 0  # how often delay and timeout were set
        self._pings = Pings(self.ping, self.timeout)
        self._watch: asyncio.TimerHandle | None = None  # ends the wait for an update
        self._descriptor = NO_DESCRIPTOR
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._first = True  # whether no update has come yet
        self._stale_until = 0.0  # loop time until which an update may be older than what is expected

    async def connect(self) -> None:
        """Connect all four ports; on return a config can be sent and its errors will be heard."""
        ports = self.info.ports
        numbers = (ports.errors, ports.updates, ports.base, ports.keep_alive)
        for inbox in self._inboxes:
            inbox.open()
        self._errors.subscribe(b"")
        self._updates.subscribe(b"")
        for socket, port in zip(self._sockets, numbers, strict=True):
            connect(socket, self._place, port)
        if self._monitors:
            await self._shake_hands()

    async def _shake_hands(self) -> None:
        """Wait until the other side has agreed to all connections."""
        _, _, self._descriptor, _ = await asyncio.gather(*map(_handshake, self._monitors.values()))
        # From now on the data updates alone tell whether the service is there.
        for socket in self._sockets:
            if socket is not self._updates:
                self._stop_monitor(socket)

    def abort(self) -> None:
        """Have nothing delivered any more of what was sent, if the network still holds it back."""
        self._base.linger = 0
        drop_undelivered(self._descriptor, self.info.ports.base)

    def close(self) -> None:
        """Close all sockets; what was sent is still delivered if the service takes it at once."""
        if self._watch is not None:
            self._watch.cancel()
        for inbox in self._inboxes:
            inbox.close()
        for socket in self._sockets:
            self._stop_monitor(socket)
            socket.close()

    def _stop_monitor(self, socket: zmq.asyncio.Socket) -> None:
        """End the monitoring of a socket, if it has not ended; pyzmq leaves the monitor itself open."""
        monitor = self._monitors.pop(socket, None)
        if monitor is not None:
            socket.disable_monitor()
            monitor.close(linger=0)

    def send(self, config: bytes, *, flags: int = zmq.NOBLOCK) -> None:
        """Hand a config to the driver, without waiting unless the flags say so.

        Raises:
            LinkError: The driver is not connected, does not take what was sent before, or is quiet.
        """
        quiet = self._loop.time() - self._heard
        if quiet > _QUIET_PERIODS * self._slowest_delay + _QUIET_EXTRA:
            raise LinkError(f"nothing was sent: no update from the {self.info.name} driver for {quiet:.1f} s")
        self._send(self._base, config, "config", flags)
        if self.on_send is not None:
            self.on_send(config)

    def send_last(self, config: bytes) -> None:
        """Hand over a config that nothing follows; one that is unsent has 0.1 s to make room for it.

        Raises:
            LinkError: The driver is not connected, does not take what was sent before, or is quiet.
        """
        self._base.sndtimeo = _LAST_MS
        self.send(config, flags=0)

    def ping(self) -> None:
        """Ask for updates for another timeout.

        Raises:
            LinkError: The driver is not connected.
        """
        self._send(self._keep_alive, b"", "ping")

    def _send(self, socket: zmq.asyncio.Socket, payload: bytes, what: str, flags: int = zmq.NOBLOCK) -> None:
        try:
            # Through the plain socket beneath: a send that never waits needs no future.
            zmq.Socket.send(socket, payload, flags)
        except zmq.Again as error:
            raise LinkError(f"the {self.info.name} driver takes no {what}") from error

    def expect(self, delay: float, timeout: float) -> None:
        """Expect updates by a delay and a timeout that the driver was given, both in seconds.

        The delay under way runs to its end first.
        """
        self._expectations += 1
        self._pace.expect(delay)
        self._slowest_delay = max(self._slowest_delay, delay)
        if not self._first:
            self._stale_until = self._loop.time() + _LATE_UPDATE
        self.delay = delay
        self.timeout = timeout
        self._pings.retime(timeout)
        self._watch_for_silence()

    @property
    def slowest_delay(self) -> float:
        """Seconds that the next data update may take: the delay, or a longer one before it while that runs."""
        return self._slowest_delay

    @property
    def _silence(self) -> float:
        """Seconds without an update after which the link counts as lost."""
        return self.timeout + _SILENT_PERIODS * self._slowest_delay

    async def doubt(self) -> int:
        """Wait until updates come at another pace than expected, or not; return a number for `settle`."""
        await self._doubted.wait()
        return self._expectations

    def settle(self, doubt: int, stated: DriverInfo | None) -> bool:
        """End a doubt; return whether another program gave the driver another delay or timeout.

        Args:
            doubt: The number that `doubt` returned; what was stated before a later `expect` is of no use.
            stated: What the service says of the driver now; None where it says nothing.
        """
        self._doubted.clear()
        if stated is None or doubt != self._expectations:
            return False
        timeout = max(stated.timeout, _SHORTEST_TIMEOUT)
        if (stated.delay, timeout) == (self.delay, max(self.timeout, _SHORTEST_TIMEOUT)):
            self._pace.trust(self._loop.time())
            return False
        self.expect(stated.delay, timeout)
        return True

    def _watch_for_silence(self) -> None:
        """Let whoever waits for an update wait no longer than the silence that is allowed from now on."""
        if self._watch is not None:
            self._watch.cancel()
        # In time for a long delay of another program to be known before a config is refused for it.
        doubt = min(self._silence / 2, _DOUBT_PERIODS * self._slowest_delay + _DOUBT_EXTRA)
        self._watch = self._loop.call_later(doubt, self._doubt_silence, self._silence - doubt)

    def _doubt_silence(self, rest: float) -> None:
        """Doubt that the delay is what it was; the link is not lost yet."""
        self._doubted.set()
        self._watch = self._loop.call_later(rest, self._complain_of_silence)

    def _complain_of_silence(self) -> None:
        text = f"no update from the {self.info.name} driver for {self._silence:g} s"
        self._payloads.interrupt(LinkError(text))

    async def keep_alive(self) -> NoReturn:
        """Keep the driver publishing, for ever.

        Raises:
            LinkError: The driver is no longer connected.
        """
        await self._pings.run()

    async def update(self) -> bytes:
        """Return the next data update; where they come faster than 200 a second, the newest.

        Raises:
            LinkError: None came for the timeout plus three delays, or a ping that was due with it was not taken.
        """
        self._watch_for_silence()
        payload = await self._payloads.receive()
        now = self._loop.time()
        if now < self._heard + _SHORTEST_INTERVAL:
            # Another program has the driver publish without a pause: nobody else would ever have a turn.
            await asyncio.sleep(_SHORTEST_INTERVAL)
            payload = self._newest(payload)
        self._heard = now
        self._first = False
        # One that was sent before the delay under way began tells nothing of that.
        if self._heard > self._stale_until:
            self._slowest_delay = self.delay
        if self._pace.is_off(now):
            self._doubted.set()
        self._pings.ride(now)
        return payload

    def _newest(self, payload: bytes) -> bytes:
        """Return the last of the updates that wait to be read, or the one that was read if there is none."""
        for _ in range(MOST_UNREAD):
            newer = self._payloads.take()
            if newer is None:
                break
            payload = newer
        return payload

    async def error(self) -> str:
        """Return the next error text as one line of printable ASCII, 200 characters at most."""
        await asyncio.sleep(0)  # in a flood of errors nobody else would have a turn
        text = await self._error_texts.receive()
        return printable(text[: 4 * _LONGEST_ERROR].decode("utf-8", "backslashreplace"), _LONGEST_ERROR)

    async def disconnection(self) -> None:
        """Wait until the driver closes the connection of its data updates, and say so.

        Raises:
            LinkError: That has happened.
        """
        if self._place.inside:
            await self._loop.create_future()  # for ever; a service that fails is noticed by its silence
        while (await recv_monitor_message(self._monitors[self._updates]))["event"] != zmq.Event.DISCONNECTED:
            pass
        raise LinkError(f"the {self.info.name} driver closed the connection")


_monitor_numbers = itertools.count()


def _monitor(socket: zmq.asyncio.Socket) -> zmq.asyncio.Socket:
    """Return a socket that tells what happens to another one.

    pyzmq's own name for it comes from a file descriptor, which the next socket may get while the name is in use.
    """
    return socket.get_monitor_socket(addr=f"inproc://monitor-{next(_monitor_numbers)}")


async def _handshake(monitor: zmq.asyncio.Socket) -> int:
    """Wait until the other side has agreed to a socket's connection; return its file descriptor."""
    descriptor = NO_DESCRIPTOR
    while (message := await recv_monitor_message(monitor))["event"] != zmq.Event.HANDSHAKE_SUCCEEDED:
        if message["event"] == zmq.Event.CONNECTED:
            descriptor = message["value"]
    return descriptor


@asynccontextmanager
async def open_link(
    context: zmq.asyncio.Context, place: Place, info: DriverInfo, *, newest_only: bool = False
) -> AsyncIterator[Link]:
    """Connect to a driver; the block is entered once all four ports are, and the caller sets a limit.

    Args:
        context: Where the sockets are made.
        place: Where the service is.
        info: What it said of the driver.
        newest_only: A config is refused while another one is unsent, for the sender to send a newer one instead.
    """
    link = Link(context, place, info, newest_only=newest_only)
    try:
        await link.connect()
        yield link
    except Exception:
        # Lost. Clients are told that what was not seen to be done is not done, so that must not be done later.
        link.abort()
        raise
    finally:
        link.close()
