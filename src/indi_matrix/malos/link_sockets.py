"""The ZeroMQ sockets of a link: how they are connected, and how they are closed."""

import asyncio
import itertools
from typing import Final

import zmq
import zmq.asyncio
from zmq.utils.monitor import recv_monitor_message

from indi_matrix.malos.places import DriverPorts, Place
from indi_matrix.malos.socket_reader import SocketReader
from indi_matrix.malos.sockets import NO_DESCRIPTOR, connect, drop_undelivered, make_socket

# How long a closed socket goes on sending what was handed to it. With 0, the last frames of a session were lost:
# of 50 configs that were each sent and followed by a close, 10 to 38 arrived.
_LINGER_MS: Final = 300
# Without a limit TCP would deliver what was sent into a cut network as soon as that heals, be it minutes later.
_LONGEST_RETRY_MS: Final = 3000


class LinkSockets:
    """The sockets on the four ports of one MALOS driver; on two, if it publishes nothing and so takes no pings.

    Args:
        context: Where the sockets are made.
        place: Where the service is.
        ports: The driver's ports.
        newest_only: Whether a config is refused while another one is unsent.
        publishes: Whether the driver publishes data updates.

    Attributes:
        base: Takes configs.
        errors: Reads error texts.
        keep_alive: Takes pings; only there if the driver publishes.
        updates: Reads data updates; likewise.
    """

    keep_alive: zmq.asyncio.Socket
    updates: SocketReader

    def __init__(
        self, context: zmq.asyncio.Context, place: Place, ports: DriverPorts, *, newest_only: bool, publishes: bool
    ) -> None:
        self._place = place
        self._ports = ports
        self.base = _make_push(context, _LINGER_MS)
        if newest_only:
            # Not CONFLATE, which drops the last config if the socket is closed right after.
            self.base.sndhwm = 1
        self._errors = make_socket(context, zmq.SUB)
        self.errors = SocketReader(self._errors)
        self._updates: zmq.asyncio.Socket | None = None
        self._ports_of = {self._errors: ports.errors, self.base: ports.base}  # in the order of their handshakes
        if publishes:
            self._add_published(context)
        # A connection within the program lasts exactly as long as the service, and ZeroMQ has no events for it.
        self._monitors = {} if place.inside else {socket: _monitor(socket) for socket in self._ports_of}
        self._config_connection = NO_DESCRIPTOR

    def _add_published(self, context: zmq.asyncio.Context) -> None:
        """Make the sockets of the data updates, and of the pings without which none come."""
        self.keep_alive = _make_push(context)
        self._updates = updates = make_socket(context, zmq.SUB)
        self.updates = SocketReader(updates)
        self._ports_of |= {updates: self._ports.updates, self.keep_alive: self._ports.keep_alive}

    async def connect(self) -> None:
        """Connect all; on return a config can be sent, and its errors will be heard."""
        self.errors.start()
        self._errors.subscribe(b"")
        if self._updates is not None:
            self.updates.start()
            self._updates.subscribe(b"")
        for socket, port in self._ports_of.items():
            connect(socket, self._place, port)
        if self._monitors:
            await self._wait_for_handshakes()

    async def _wait_for_handshakes(self) -> None:
        """Wait until the service has agreed to all connections.

        A PUB socket drops what it publishes for a connection that is not agreed to yet. So the error text of a
        config that is sent earlier would be lost.
        """
        _, self._config_connection, *_ = await asyncio.gather(*map(_handshake, self._monitors.values()))
        # From now on the connection of the data updates alone tells whether the service is there.
        for socket in self._ports_of:
            if socket is not self._updates:
                self._stop_monitor(socket)

    async def disconnected(self) -> None:
        """Wait until the service closes the connection of the data updates."""
        if self._place.inside or self._updates is None:
            await asyncio.get_running_loop().create_future()  # for ever: only missing updates tell that it is gone
            return
        while (await recv_monitor_message(self._monitors[self._updates]))["event"] != zmq.Event.DISCONNECTED:
            pass

    def abort(self) -> None:
        """Drop configs that the network still holds back, so that they are not delivered later."""
        self.base.linger = 0
        drop_undelivered(self._config_connection, self._ports.base)

    def close(self) -> None:
        """Close all sockets; what was sent is still delivered if the service takes it at once."""
        self.errors.stop()
        if self._updates is not None:
            self.updates.stop()
        for socket in self._ports_of:
            self._stop_monitor(socket)
            socket.close()

    def _stop_monitor(self, socket: zmq.asyncio.Socket) -> None:
        """End the monitoring of a socket, if it has not ended; pyzmq leaves the monitor itself open."""
        monitor = self._monitors.pop(socket, None)
        if monitor is not None:
            socket.disable_monitor()
            monitor.close(linger=0)


def _make_push(context: zmq.asyncio.Context, linger: int = 0) -> zmq.asyncio.Socket:
    """Return a socket that refuses messages while the service is away.

    By itself it would queue 1000 of them, and all would be carried out, stale as they are, once it is back.
    """
    made = make_socket(context, zmq.PUSH, linger)
    made.immediate = True
    made.tcp_maxrt = _LONGEST_RETRY_MS
    return made


_monitor_numbers = itertools.count()


def _monitor(socket: zmq.asyncio.Socket) -> zmq.asyncio.Socket:
    """Return a socket that reports the events of another one, under a name with a number of its own.

    pyzmq's default name contains the file descriptor, which the next socket may get while the name is in use.
    """
    return socket.get_monitor_socket(addr=f"inproc://monitor-{next(_monitor_numbers)}")


async def _handshake(monitor: zmq.asyncio.Socket) -> int:
    """Wait until the service has agreed to a socket's connection; return the connection's file descriptor."""
    descriptor = NO_DESCRIPTOR
    while (message := await recv_monitor_message(monitor))["event"] != zmq.Event.HANDSHAKE_SUCCEEDED:
        if message["event"] == zmq.Event.CONNECTED:
            descriptor = message["value"]
    return descriptor
