"""Ask a MALOS service which drivers it has, and where and how they publish."""

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import zmq
import zmq.asyncio
from google.protobuf.message import DecodeError

from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.malos.ports import DriverPorts
from indi_matrix.malos.sockets import connect, family, make_socket
from indi_matrix.settings import Address

# A request in flight when the service dies is never answered: ask again, on a socket of its own.
_ATTEMPT: Final = 1.0
_LAST_BASE: Final = 65535 - 3

NOT_MALOS: Final = "something listens there but does not answer as MALOS does"
"""Why nothing was heard from an address that takes connections."""


@dataclass(frozen=True, slots=True)
class DriverInfo:
    """What the service says of one driver.

    Attributes:
        name: IMU, Humidity, Everloop, Pressure, UV, Servo or Gpio.
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
        driver.driver_name: DriverInfo(
            driver.driver_name,
            DriverPorts(driver.base_port),
            max(driver.delay_between_updates, 0) / 1000,
            max(driver.timeout_after_last_ping, 0) / 1000,
        )
        for driver in message.info
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


async def _ask(context: zmq.asyncio.Context, address: Address, patience: float) -> bytes | None:
    """Return the reply to one request, or None when there was none for some seconds."""
    with make_socket(context, zmq.REQ) as requests:
        try:
            connect(requests, address.host, address.port)
        except zmq.ZMQError as error:
            raise LinkError(f"{address} cannot be connected to: {error.strerror}") from error
        try:
            async with asyncio.timeout(patience):
                await requests.send(b"")  # one frame: more would abort the service
                return bytes(await requests.recv())
        except TimeoutError:
            return None


async def why_silent(address: Address) -> str:
    """Return why nothing was heard from an address, as far as a plain TCP connection can tell."""
    try:
        async with asyncio.timeout(_ATTEMPT):
            _, writer = await asyncio.open_connection(address.host, address.port, family=family(address.host))
    except TimeoutError:
        return "the host does not answer"
    except socket.gaierror as error:
        return error.strerror or str(error)
    except OSError as error:
        # asyncio puts the address, not the reason, into the text.
        return os.strerror(error.errno).lower() if error.errno else str(error)
    writer.close()
    return NOT_MALOS
