"""ZeroMQ sockets with limits, and the reset of a connection, for which ZeroMQ has no option."""

import socket
import struct
from contextlib import suppress
from typing import Final

import zmq
import zmq.asyncio

from indi_matrix.malos.places import Place, Target

MOST_UNREAD: Final = 200
"""Messages that may wait to be read from one socket."""

# MALOS' messages are shorter by far. This bounds the memory that another program on its port can take.
_LONGEST_MESSAGE: Final = 1 << 16  # bytes

NO_DESCRIPTOR: Final = -1
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)


def link_descriptors(target: Target, *, publishes: bool = True) -> int:
    """Return how many file descriptors a link takes: for each of its sockets 1, its connection 1, its monitor 2.

    There are four sockets; two, if the driver publishes nothing. Within the program there are neither connections
    nor monitors.
    """
    sockets = 4 if publishes else 2
    return sockets if isinstance(target, Place) and target.inside else 4 * sockets


def connect(unconnected: zmq.asyncio.Socket, place: Place, port: int) -> None:
    """Connect a socket to one of a service's ports."""
    unconnected.ipv6 = place.is_ipv6
    unconnected.connect(place.endpoint(port))


def make_socket(context: zmq.asyncio.Context, kind: int, linger: int = 0) -> zmq.asyncio.Socket:
    """Return a socket with limits on the length and the number of unread messages.

    Args:
        context: Where the socket is made.
        kind: Its type, such as zmq.SUB.
        linger: Milliseconds that it goes on sending after its close.
    """
    made = context.socket(kind)
    made.linger = linger
    made.maxmsgsize = _LONGEST_MESSAGE
    made.rcvhwm = MOST_UNREAD
    return made


def drop_undelivered(descriptor: int, port: int) -> None:
    """Have the kernel drop what a connection has not delivered when it is closed; ZeroMQ has no option for that.

    Args:
        descriptor: The connection's, as ZeroMQ told it. By now it may be closed, and its number be used again.
        port: The port of the connection's other side, which tells whether the number is still the connection's.
    """
    with suppress(OSError, ValueError):
        connection = socket.socket(fileno=descriptor)
        try:
            if connection.getpeername()[1] == port:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        finally:
            connection.detach()
