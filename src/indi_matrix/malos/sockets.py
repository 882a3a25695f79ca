"""ZeroMQ sockets as this package uses them."""

import socket
import struct
from contextlib import suppress
from typing import Final

import zmq
import zmq.asyncio

MOST_UNREAD: Final = 200
"""Messages that may wait to be read from one socket."""

# MALOS' messages are shorter by far: a bound on the memory that whatever answers in its place can take.
_LONGEST_MESSAGE: Final = 1 << 16

NO_DESCRIPTOR: Final = -1
_NEVER_LINGER: Final = struct.pack("ii", 1, 0)


def family(host: str) -> int:
    """Return the kind of address by which a host is reached.

    Of a name that is IPv4: that is what MALOS listens on, and ZeroMQ would try a name's first address only, which
    is of IPv6 for `localhost` on many machines.
    """
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def connect(unconnected: zmq.asyncio.Socket, host: str, port: int) -> None:
    """Connect a socket to a TCP port.

    Raises:
        zmq.ZMQError: There can be no such port.
    """
    unconnected.ipv6 = family(host) == socket.AF_INET6
    unconnected.connect(f"tcp://[{host}]:{port}" if unconnected.ipv6 else f"tcp://{host}:{port}")


def make_socket(context: zmq.asyncio.Context, kind: int, linger: int = 0) -> zmq.asyncio.Socket:
    """Return a socket with bounds on what it takes.

    Args:
        context: Where it belongs.
        kind: Its type, such as zmq.SUB.
        linger: Milliseconds that it goes on sending after it was closed.
    """
    made = context.socket(kind)
    made.linger = linger
    made.maxmsgsize = _LONGEST_MESSAGE
    made.rcvhwm = MOST_UNREAD
    return made


def drop_undelivered(descriptor: int, port: int) -> None:
    """Have TCP drop what a connection has not delivered when it is closed, as ZeroMQ has no option for that.

    Args:
        descriptor: The connection, as ZeroMQ told of it; by now it may be closed, and the number another's.
        port: That of its other side.
    """
    with suppress(OSError, ValueError):
        connection = socket.socket(fileno=descriptor)
        try:
            if connection.getpeername()[1] == port:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NEVER_LINGER)
        finally:
            connection.detach()
