"""Greedy clients."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.siege.callers import GET

BEGIN = b'<newTextVector device="MATRIX" name="EVERLOOP_IMAGE"><oneText name="IMAGE">'
END = b"</oneText></newTextVector>\n"
"""What begins and ends a picture."""

_CHUNK = b"F" * (1 << 16)
_DEEP_ONES = 20
_LIMIT = 1.0  # seconds in which a server may drop a client
_STUCK = 10.0  # seconds in which a server takes nothing


@dataclass
class Spoils:
    """What a greedy client got.

    Attributes:
        connections: How often it connected, having been dropped before.
        most: Bytes that it could send on one of them.
    """

    connections: int = 0
    most: int = 0


Attack = Callable[[int, Spoils], Awaitable[None]]
"""Done to a port."""


def endless(size: int, each: int | None = None) -> Attack:
    """Return the attack that sends so many bytes of an element without end.

    Where the server drops the client, or after so many bytes each, that one ends and another begins.
    """

    async def attack(port: int, spoils: Spoils) -> None:
        left = size
        while left > 0:
            # In a thread: the others are measured in this one.
            sent = await asyncio.to_thread(_pour, port, min(left, each or left))
            spoils.connections += 1
            spoils.most = max(spoils.most, sent)
            left -= max(sent, len(_CHUNK))

    return attack


def _pour(port: int, most: int) -> int:
    """Send that much, or until the server hangs up; return how many bytes that were, those in the kernel too."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=_STUCK) as greedy, suppress(OSError):
        greedy.sendall(BEGIN)
        while sent < most:
            sent += greedy.send(_CHUNK)
        _end(greedy)
    return sent


def deep(depth: int) -> Attack:
    """Return the attack that sends elements nested so deep, each of them complete."""
    data = BEGIN + b"<a>" * depth + b"</a>" * depth + END

    async def attack(port: int, spoils: Spoils) -> None:
        for _ in range(_DEEP_ONES):
            await asyncio.to_thread(_dig, port, data)
            spoils.connections += 1
            spoils.most = len(data)

    return attack


def _dig(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=_STUCK) as greedy, suppress(OSError):
        greedy.sendall(data)
        _end(greedy)


def _end(greedy: socket.socket) -> None:
    """Say that nothing more will come, and read to the end."""
    greedy.settimeout(_LIMIT)
    greedy.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + _LIMIT
    while time.monotonic() < deadline and greedy.recv(len(_CHUNK)):
        pass


def unread(seconds: float) -> Attack:
    """Return the attack that asks for everything and reads nothing for so long."""

    async def attack(port: int, spoils: Spoils) -> None:
        with socket.socket() as deaf:
            deaf.setblocking(False)
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", port))
            spoils.connections += 1
            await loop.sock_sendall(deaf, GET)
            await asyncio.sleep(seconds)

    return attack
