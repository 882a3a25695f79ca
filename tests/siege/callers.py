"""Clients of a server under siege, in plain bytes: one that asks and waits, and the ways to hang up."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.siege.targets import SWITCH

GET = b'<getProperties version="1.7"/>\n'
DEFINITION = b"<def"
CONNECT = (
    b'<newSwitchVector device="MATRIX" name="CONNECTION">'
    b'<oneSwitch name="CONNECT">On</oneSwitch></newSwitchVector>\n'
)
CONNECTED = b'name="CONNECTION" state="Ok"'
LIGHT = (
    f'<newSwitchVector device="MATRIX" name="{SWITCH}">'
    '<oneSwitch name="FLAT_LIGHT_ON">On</oneSwitch></newSwitchVector>\n'
).encode()
# Found in the answer to LIGHT only: a definition says defSwitch, and a picture turns the light off.
LIT = b'<oneSwitch name="FLAT_LIGHT_ON">On'

LOST = (OSError, EOFError)
"""What a client meets whose server does not answer any more, a time limit among it."""

_MOST_UNREAD = 1 << 24  # bytes that may come between two round trips


class Caller:
    """A connection to a server.

    Attributes:
        connected: How many answers to writes of CONNECT came, anybody's.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected = 0
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send something, as fast as the server takes it."""
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(data)
        await self._writer.drain()

    async def until(self, answer: bytes) -> None:
        """Read until an answer."""
        self.connected += (await self._reader.readuntil(answer)).count(CONNECTED)

    async def ask(self, data: bytes, answer: bytes) -> float:
        """Send something, and return the seconds until its answer."""
        start = time.perf_counter()
        await self.send(data)
        await self.until(answer)
        return time.perf_counter() - start

    async def close(self) -> None:
        """Hang up as clients do."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def close_half(self) -> None:
        """Say that nothing more will come, and read to the end."""
        self._writer.write_eof()
        while await self._reader.read(1 << 16):
            pass

    async def reset(self) -> None:
        """Hang up in the rudest way."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.drop()
        await self.close()

    def drop(self) -> None:
        """Hang up without waiting for anything."""
        self._writer.transport.abort()


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[Caller]:
    """Connect; the connection is closed at the end, however that comes."""
    caller = Caller(*await asyncio.open_connection("127.0.0.1", port, limit=_MOST_UNREAD))
    try:
        yield caller
    finally:
        caller.drop()
        await caller.close()
