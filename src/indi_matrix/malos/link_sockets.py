"""The four ZeroMQ sockets of a link: how they are connected, and how they are closed."""

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
    """The sockets on the four ports of one MALOS driver.

    Args:
        context: Where the sockets are made.
        place: Where the service is.
        ports: The driver's ports.
        newest_only: Whether a config is refused while another one is unsent.

    Attributes:
        base: Takes configs.
        keep_alive: Takes pings.
        errors: Reads error texts.
        updates: Reads data updates.
    """

    def __init__(
        self, context: zmq.asyncio.Context, place: Place, ports: DriverPorts, *, newest_only: bool
    ) -> None:
        self._place = place
        self._ports = ports
        self.base = make_socket(context, zmq.PUSH, _LINGER_MS)
        self.keep_alive = make_socket(context, zmq.PUSH)
        # A PUSH socket queues 1000 messages while the service is away, and all of them are carried out when it is
        # back, stale as they are. With IMMEDIATE it refuses them.
        self.base.immediate = self.keep_alive.immediate = True
        self.base.tcp_maxrt = self.keep_alive.tcp_maxrt = _LONGEST_RETRY_MS
        if newest_only:
            # Not CONFLATE, which drops the last config if the socket is closed right after.
            self.base.sndhwm = 1
        self._errors = make_socket(context, zmq.SUB)
        self._updates = make_socket(context, zmq.SUB)
        self.errors = SocketReader(self._errors)
        self.updates = SocketReader(self._updates)
        self._sockets = (self._errors, self._updates, self.base, self.keep_alive)
        # A connection within the program lasts exactly as long as the service, and ZeroMQ has no events for it.
        self._monitors = {} if place.inside else {socket: _monitor(socket) for socket in self._sockets}
        self._config_connection = NO_DESCRIPTOR

    async def connect(self) -> None:
        """Connect all four; on return a config can be sent, and its errors will be heard."""
        self.errors.start()
        self.updates.start()
        self._errors.subscribe(b"")
        self._updates.subscribe(b"")
        ports = self._ports
        numbers = (ports.errors, ports.updates, ports.base, ports.keep_alive)
        for socket, port in zip(self._sockets, numbers, strict=True):
            connect(socket, self._place, port)
        if self._monitors:
            await self._wait_for_handshakes()

    async def _wait_for_handshakes(self) -> None:
        """Wait until the service has agreed to all connections.

        A PUB socket drops what it publishes for a connection that is not agreed to yet. So the error text of a
        config that is sent earlier would be lost.
        """
        _, _, self._config_connection, _ = await asyncio.gather(*map(_handshake, self._monitors.values()))
        # From now on the connection of the data updates alone tells whether the service is there.
        for socket in self._sockets:
            if socket is not self._updates:
                self._stop_monitor(socket)

    async def disconnected(self) -> None:
        """Wait until the service closes the connection of the data updates."""
        if self._place.inside:
            await asyncio.get_running_loop().create_future()  # for ever: only missing updates tell that it is gone
        while (await recv_monitor_message(self._monitors[self._updates]))["event"] != zmq.Event.DISCONNECTED:
            pass

    def abort(self) -> None:
        """Drop configs that the network still holds back, so that they are not delivered later."""
        self.base.linger = 0
        drop_undelivered(self._config_connection, self._ports.base)

    def close(self) -> None:
        """Close all sockets; what was sent is still delivered if the service takes it at once."""
        self.errors.stop()
        self.updates.stop()
        for socket in self._sockets:
            self._stop_monitor(socket)
            socket.close()

    def _stop_monitor(self, socket: zmq.asyncio.Socket) -> None:
        """End the monitoring of a socket, if it has not ended; pyzmq leaves the monitor itself open."""
        monitor = self._monitors.pop(socket, None)
        if monitor is not None:
            socket.disable_monitor()
            monitor.close(linger=0)


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
