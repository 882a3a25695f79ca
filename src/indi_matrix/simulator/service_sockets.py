"""The ZeroMQ sockets of a service, all bound and closed together."""

import asyncio
import errno
import itertools
import socket
from typing import Any, Final

import zmq
import zmq.asyncio

from indi_matrix.malos.places import Place

_PUBLISHER_HIGH_WATER_MARK: Final = 20  # messages, as in the real service
_CONTEXT_DESCRIPTORS: Final = 5  # of a ZeroMQ context with its threads
_names: Final = itertools.count(1)


def service_descriptors(drivers: int, *, inside: bool) -> int:
    """Return how many file descriptors a service takes before a client connects."""
    sockets = 1 + 4 * drivers
    return sockets if inside else _CONTEXT_DESCRIPTORS + 2 * sockets


def unique_name() -> str:
    """Return a name for a service inside this program. It keeps the name when it is stopped and started."""
    return f"simulated-board-{next(_names)}"


class Sockets:
    """Every socket of one run of the service.

    Args:
        host: The address to listen on.
        inside: The ZeroMQ context in which to listen, instead of on TCP ports.
        name: The name of the service in there, as `unique_name` returns it.

    Attributes:
        place: Where the sockets listen; its port means nothing.
    """

    def __init__(self, host: str, inside: zmq.asyncio.Context | None = None, name: str = "") -> None:
        self._host = host
        self._shared = inside is not None
        self._context = inside or zmq.asyncio.Context()
        self.place = _resolve(host) if inside is None else Place(name, 0, inside=True)
        self._open: list[zmq.Socket[Any]] = []

    def pull(self, port: int) -> zmq.asyncio.Socket:
        """Return a PULL socket that listens on a port."""
        puller = self._context.socket(zmq.PULL)
        self._bind(puller, port)
        return puller

    def reply(self, port: int) -> zmq.asyncio.Socket:
        """Return a REP socket that listens on a port."""
        replier = self._context.socket(zmq.REP)
        self._bind(replier, port)
        return replier

    def publisher(self, port: int) -> zmq.Socket[bytes]:
        """Return a PUB socket that listens on a port. It never blocks, so it needs no await."""
        context: Any = self._context  # its sockets are those of asyncio, unless another class is named
        publisher: zmq.Socket[bytes] = context.socket(zmq.PUB, socket_class=zmq.Socket)
        publisher.sndhwm = _PUBLISHER_HIGH_WATER_MARK
        self._bind(publisher, port)
        return publisher

    def _bind(self, unbound: zmq.Socket[Any], port: int) -> None:
        self._open.append(unbound)
        unbound.linger = 0
        unbound.ipv6 = self.place.is_ipv6
        try:
            unbound.bind(self.place.endpoint(port))
        except zmq.ZMQError as error:
            if error.errno == errno.EADDRINUSE:
                raise OSError(errno.EADDRINUSE, f"port {port} of {self._host} is taken") from error
            number = error.errno or 0  # zmq.strerror, for the text of a ZMQError names the address again
            raise OSError(number, f"port {port} of {self._host}: {zmq.strerror(number).lower()}") from error

    def close(self) -> None:
        """Close every socket, and return when the ports are free again."""
        for bound in self._open:
            if self._shared:  # close alone would free the name some time later
                bound.unbind(bound.getsockopt_string(zmq.LAST_ENDPOINT))
            bound.close()
        self._open.clear()
        if not self._shared:
            self._context.term()


class ReceivingSocket:
    """A socket that receives messages, but none while the service hangs."""

    def __init__(self, messages: zmq.asyncio.Socket, awake: asyncio.Event) -> None:
        self._messages = messages
        self._awake = awake

    async def receive(self, timeout_ms: int | None = None) -> list[bytes]:
        """Return the frames of the next message; an empty list after the timeout."""
        while True:
            if timeout_ms == 0:
                await asyncio.sleep(0)  # a poll without waiting would let no other task run
            ready = await self._messages.poll(timeout_ms)
            await self._awake.wait()
            if not ready:
                return []
            try:
                return await self._messages.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                continue

    async def reply(self, message: bytes) -> None:
        """Answer the last message of a REP socket."""
        await self._messages.send(message)


def _resolve(host: str) -> Place:
    """Return the numeric address of a host, as ZeroMQ needs it to bind.

    Raises:
        OSError: The host is not known.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = {family: str(address[0]) for family, _, _, _, address in reversed(found)}
    return Place(addresses.get(socket.AF_INET) or addresses[socket.AF_INET6], 0)
