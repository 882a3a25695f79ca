"""Ask a MALOS service which drivers it has, and where and how they publish."""

import asyncio
import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import zmq
import zmq.asyncio
from google.protobuf.message import DecodeError

from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.malos.ports import DriverPorts
from indi_matrix.malos.sockets import connect, family, make_socket
from indi_matrix.settings import Address
from indi_matrix.texts import printable

# A request in flight when the service dies is never answered: ask again, on a socket of its own.
_ATTEMPT: Final = 1.0
_LAST_BASE: Final = 65535 - 3
_LONGEST_NAME: Final = 40


class Obstacle(Enum):
    """What is in the way of an answer."""

    REFUSED = auto()
    """Nobody listens on the port."""
    UNKNOWN = auto()
    """The host's name has no address."""
    AWAY = auto()
    """The host does not answer, or no way leads there."""
    HUNG = auto()
    """Connections are taken, and nothing is said."""
    FOREIGN = auto()
    """What answers is not MALOS."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing of use is heard from an address, and how that is said."""

    obstacle: Obstacle
    text: str

    @property
    def certain(self) -> bool:
        """Whether to ask longer, of a service that is not just starting, is of no use."""
        return self.obstacle in {Obstacle.REFUSED, Obstacle.UNKNOWN}


_HUNG: Final = Silence(Obstacle.HUNG, "something listens there but does not answer as MALOS does")


@dataclass(frozen=True, slots=True)
class DriverInfo:
    """What the service says of one driver.

    Attributes:
        name: IMU, Humidity, Everloop, Pressure, UV, Servo or Gpio; another one as far as it can be shown.
        ports: Its four ports.
        delay: Seconds between two data updates.
        timeout: Seconds after a ping in which updates are sent.
    """

    name: str
    ports: DriverPorts
    delay: float
    timeout: float


ServiceInfo = Mapping[str, DriverInfo]


def parse_info(reply: bytes) -> ServiceInfo:
    """Return the drivers in an info reply, by name; those without usable ports are left out.

    Raises:
        LinkError: It is no info reply.
    """
    try:
        message = MalosDriverInfo.FromString(reply)
    except DecodeError as error:
        raise LinkError("the info port answers, but not as MALOS does") from error
    return {
        name: DriverInfo(
            name,
            DriverPorts(driver.base_port),
            max(driver.delay_between_updates, 0) / 1000,
            max(driver.timeout_after_last_ping, 0) / 1000,
        )
        for name, driver in ((printable(driver.driver_name, _LONGEST_NAME), driver) for driver in message.info)
        if 1 <= driver.base_port <= _LAST_BASE
    }


async def request_info(context: zmq.asyncio.Context, address: Address) -> ServiceInfo:
    """Return what the service at an address says of its drivers, as soon as there is one; the caller sets a limit.

    Raises:
        LinkError: The address cannot be used, or what answers there is not MALOS.
    """
    patience = _ATTEMPT
    while (reply := await _ask(context, address, patience)) is None:
        patience *= 3  # it may only be slow, and answer one request after another
    return parse_info(reply)


async def inquire(context: zmq.asyncio.Context, address: Address, limit: float) -> ServiceInfo | Silence:
    """Return what the service at an address says of its drivers, or why nothing is heard of it.

    A host that refuses, and a name that nobody knows, are told of at once; else the answer has some seconds.
    """
    silence = await why_silent(address)
    if silence.certain:
        return silence
    try:
        async with asyncio.timeout(limit):
            return await request_info(context, address)
    except TimeoutError:
        return silence
    except LinkError as error:
        return Silence(Obstacle.FOREIGN, str(error))


async def _ask(context: zmq.asyncio.Context, address: Address, patience: float) -> bytes | None:
    """Return the reply to one request, or None when there was none for some seconds."""
    with make_socket(context, zmq.REQ) as requests:
        try:
            connect(requests, address.host, address.port)
        except zmq.ZMQError as error:
            raise LinkError(f"the address cannot be used: {error.strerror}") from error
        try:
            async with asyncio.timeout(patience):
                await requests.send(b"")  # one frame: more would abort the service
                return bytes(await requests.recv())
        except TimeoutError:
            return None


async def why_silent(address: Address) -> Silence:
    """Return why nothing is heard from an address, as far as a plain TCP connection can tell within a second."""
    try:
        async with asyncio.timeout(_ATTEMPT):
            await _probe(address)
    except TimeoutError:
        return Silence(Obstacle.AWAY, "the host does not answer")
    except socket.gaierror as error:
        return Silence(Obstacle.UNKNOWN, (error.strerror or str(error)).lower())
    except OSError as error:
        # asyncio puts the address, not the reason, into the text.
        text = os.strerror(error.errno).lower() if error.errno else str(error)
        return Silence(Obstacle.REFUSED if error.errno == errno.ECONNREFUSED else Obstacle.AWAY, text)
    return _HUNG


async def _probe(address: Address) -> None:
    """Connect as ZeroMQ does, to the first address that a name has, and say nothing."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        address.host, address.port, family=family(address.host), type=socket.SOCK_STREAM
    )
    kind, _, _, _, place = found[0]
    with socket.socket(kind) as connection:
        connection.settimeout(0)
        await loop.sock_connect(connection, place)
