"""ZeroMQ sockets as this package uses them."""

import zmq
import zmq.asyncio


def endpoint(host: str, port: int) -> str:
    """Return ZeroMQ's name for a TCP port."""
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def make_socket(context: zmq.asyncio.Context, kind: int, linger: int = 0) -> zmq.asyncio.Socket:
    """Return a socket for IPv4 and IPv6.

    Args:
        context: Where it belongs.
        kind: Its type, such as zmq.SUB.
        linger: Milliseconds that it goes on sending after it was closed.
    """
    socket = context.socket(kind)
    socket.linger = linger
    socket.ipv6 = True
    return socket
