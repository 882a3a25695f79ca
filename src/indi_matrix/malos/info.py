"""Asks a MALOS service on its info port which drivers it has, on which ports, and with which timing."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import zmq
import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.malos.places import DriverPorts, Place, Target, places_of
from indi_matrix.malos.silence import Obstacle, Silence, why_silent
from indi_matrix.malos.sockets import connect, link_descriptors, make_socket
from indi_matrix.settings import HIGHEST_PORT, Address
from indi_matrix.system.descriptor_limit import check
from indi_matrix.texts import printable

# A request in flight when the service dies is never answered, and a REQ socket then takes no other one: so each
# attempt has a socket of its own.
_ATTEMPT: Final = 1.0
"""Seconds that the first attempt waits for an answer; each later one waits three times as long."""
_PAUSE: Final = 0.5
"""Seconds until a name that could not be looked up is looked up again."""
_LAST_BASE: Final = HIGHEST_PORT - 3  # as a driver has three ports behind its base port
_LONGEST_NAME: Final = 40  # characters


class DriverInfo(NamedTuple):
    """What the service says of one driver.

    Attributes:
        name: IMU, Humidity, Everloop, Pressure, UV, Servo or Gpio; any other is cut to 40 printable characters.
        ports: Its four ports.
        delay: Seconds between two data updates.
        timeout: Seconds for which updates are sent after a ping.
    """

    name: str
    ports: DriverPorts
    delay: float
    timeout: float


ServiceInfo = Mapping[str, DriverInfo]


def parse_info(reply: bytes) -> ServiceInfo:
    """Return the drivers in an info reply, by name; those without usable ports are left out.

    Raises:
        LinkError: The bytes are no info reply.
    """
    message = MalosDriverInfo.read(reply)
    if message is None:
        raise LinkError("the info port answers, but not as MALOS does")
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


class Found(NamedTuple):
    """A service that answers: the address of its host that it answers at, and its drivers."""

    place: Place
    drivers: ServiceInfo


async def find_service(context: zmq.asyncio.Context, target: Target) -> Found:
    """Wait until a service answers, and return it; the caller sets a time limit.

    Raises:
        LinkError: What answers there is not MALOS.
    """
    while True:
        try:
            places = await places_of(target)
        except OSError:
            await asyncio.sleep(_PAUSE)
        else:
            return await _first_of(context, places)


async def _first_of(context: zmq.asyncio.Context, places: Sequence[Place]) -> Found:
    """Ask on all addresses of a host at the same time; return the first MALOS service that answers."""
    asking = [asyncio.ensure_future(_find(context, place)) for place in places]
    try:
        for earliest in asyncio.as_completed(asking):
            with suppress(LinkError):
                return await earliest
        return asking[0].result()  # raises its LinkError, as none has returned a service
    finally:
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)


async def _find(context: zmq.asyncio.Context, place: Place) -> Found:
    return Found(place, await request_info(context, place))


async def request_info(context: zmq.asyncio.Context, place: Place) -> ServiceInfo:
    """Wait until the service at a place answers, and return what it says of its drivers. The caller sets a limit.

    Raises:
        LinkError: What answers there is not MALOS.
    """
    patience = _ATTEMPT
    while (reply := await _ask(context, place, patience)) is None:
        patience *= 3  # it may only be slow, and answer one request after another
    return parse_info(reply)


async def inquire(context: zmq.asyncio.Context, address: Address, limit: float, *, links: int) -> Found | Silence:
    """Return the service at an address, or why nothing is heard from it.

    A connection that is refused and an unknown host name are reported at once.

    Args:
        context: Where sockets are made.
        address: Where the service should be.
        limit: Seconds that it has to answer.
        links: How many links are going to be open at the same time; file descriptors must be free for them.
    """
    try:
        check(links * link_descriptors(address))
    except LinkError as error:
        return Silence(Obstacle.SHORTAGE, str(error))
    silence = await why_silent(address)
    if silence.certain:
        return silence
    try:
        async with asyncio.timeout(limit):
            return await find_service(context, address)
    except TimeoutError:
        return silence
    except LinkError as error:
        return Silence(Obstacle.FOREIGN, str(error))


async def _ask(context: zmq.asyncio.Context, place: Place, patience: float) -> bytes | None:
    """Return the reply to one request, or None if there is none within some seconds."""
    with make_socket(context, zmq.REQ) as requests:
        connect(requests, place, place.port)
        try:
            async with asyncio.timeout(patience):
                await requests.send(b"")  # one frame: a request of several aborts the service
                return bytes(await requests.recv())
        except TimeoutError:
            return None
