"""Why nothing is heard from a service, as far as a plain TCP connection can tell; ZeroMQ reports no failure."""

import asyncio
import errno
import os
import socket
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final, NamedTuple

from indi_matrix.malos.places import Place, Target, places_of

_ATTEMPT: Final = 1.0  # seconds


class Obstacle(Enum):
    """What is in the way of an answer."""

    REFUSED = auto()
    """No program listens on the port."""
    UNKNOWN = auto()
    """The host's name has no address."""
    UNTOLD = auto()
    """No name server says whether the host's name has an address."""
    AWAY = auto()
    """The host does not answer, or there is no route to it."""
    HUNG = auto()
    """Connections are accepted, but nothing is sent."""
    FOREIGN = auto()
    """What answers is not MALOS."""
    SHORTAGE = auto()
    """This program may open too few file descriptors to ask."""


class Silence(NamedTuple):
    """Why no MALOS service answers at an address, as a value and as text."""

    obstacle: Obstacle
    text: str

    @property
    def certain(self) -> bool:
        """Whether waiting longer is of no use, unless the service is just starting."""
        return self.obstacle in {Obstacle.REFUSED, Obstacle.UNKNOWN}


_UNTOLD: Final = Silence(Obstacle.UNTOLD, "no answer to the question for its address")
_UNANSWERED: Final = Silence(Obstacle.AWAY, "the host does not answer")
_HUNG: Final = Silence(Obstacle.HUNG, "something listens there but does not answer as MALOS does")


async def why_silent(target: Target) -> Silence:
    """Return why nothing is heard from a service; take 1 s at most for its host's name, and 1 s to connect."""
    try:
        async with asyncio.timeout(_ATTEMPT):
            places = await places_of(target)
    except TimeoutError:
        return _UNTOLD
    except socket.gaierror as error:
        return Silence(Obstacle.UNKNOWN, (error.strerror or str(error)).lower())
    except OSError as error:
        return Silence(Obstacle.UNTOLD, str(error))
    return _weightiest(await asyncio.gather(*map(why_place_silent, places)))


async def why_place_silent(place: Place) -> Silence:
    """Return why nothing is heard from a service at one of its host's addresses."""
    if place.inside:
        return _HUNG
    try:
        async with asyncio.timeout(_ATTEMPT):
            await _probe(place)
    except TimeoutError:
        return _UNANSWERED
    except OSError as error:
        # asyncio's text has the address and not the reason.
        text = os.strerror(error.errno).lower() if error.errno else str(error)
        return Silence(Obstacle.REFUSED if error.errno == errno.ECONNREFUSED else Obstacle.AWAY, text)
    return _HUNG


def _weightiest(silences: Iterable[Silence]) -> Silence:
    """Return the most telling silence of a host: of an address that accepts connections, else of one that may."""
    return max(silences, key=lambda silence: (silence == _HUNG, silence == _UNANSWERED, silence.certain))


async def _probe(place: Place) -> None:
    """Connect, and send nothing."""
    (found,) = socket.getaddrinfo(
        place.host.encode(),  # as bytes, see name_lookup
        place.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
    with socket.socket(found[0]) as connection:
        connection.settimeout(0)
        error = connection.connect_ex(found[4])
        if error == errno.EINPROGRESS:
            await _writable(connection)
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


async def _writable(connection: socket.socket) -> None:
    """Wait until a socket can be written to: uvloop's sock_connect loads what name_lookup does without."""
    loop, writable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(connection, writable.set)
    try:
        await writable.wait()
    finally:
        loop.remove_writer(connection)
