"""ZeroMQ sockets as this package uses them."""

import socket
import struct
from contextlib import suppress
from typing import Final

import zmq
import zmq.asyncio

from indi_matrix.malos.places import Place, Target

MOST_UNREAD: Final = 200
"""Messages that may wait to be read from one socket."""

# MALOS' messages are shorter by far: a bound on the memory that whatever answers in its place can take.
_LONGEST_MESSAGE: Final = 1 << 16

NO_DESCRIPTOR: Final = -1
_NEVER_LINGER: Final = struct.pack("ii", 1, 0)


def link_descriptors(target: Target) -> int:
    """Return how many file descriptors a link takes: four sockets, each with its connection and a monitor's two.

    Within the program there are neither connections nor monitors.
    """
    return 4 if isinstance(target, Place) and target.inside else 16


def connect(unconnected: zmq.asyncio.Socket, place: Place, port: int) -> None:
    """Connect a socket to one of a service's ports."""
    unconnected.ipv6 = place.is_ipv6
    unconnected.connect(place.endpoint(port))


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
