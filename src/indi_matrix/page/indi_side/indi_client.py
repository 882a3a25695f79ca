"""A client of an INDI server that connects again whenever the connection is lost."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, Protocol
from xml.etree.ElementTree import Element

from indi_matrix.errors import WriteError
from indi_matrix.indi.wire.reader import IndiStream, StreamError
from indi_matrix.indi.wire.write import Write
from indi_matrix.indi.wire.writer import serialise
from indi_matrix.settings import Address
from indi_matrix.texts import printable

_log = logging.getLogger(__name__)

_SHORTEST_PAUSE: Final = 0.25  # seconds before the connection is tried again; twice as long each time
_LONGEST_PAUSE: Final = 5.0
_CONNECT_LIMIT: Final = 10.0  # seconds
_CHUNK: Final = 1 << 16  # bytes that are read at once
_MOST_UNSENT: Final = 1 << 16  # bytes of writes that wait for a server that does not read
# The kernel alone notices a server whose host vanished: within a minute.
_SOCKET_OPTIONS: Final = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


class IndiListener(Protocol):
    """Is told what an INDI client hears."""

    def server_came(self) -> None:
        """Take note that the server is connected; all of its definitions follow."""

    def server_went(self, reason: str) -> None:
        """Take note that the server is not connected."""

    def hear(self, element: Element) -> None:
        """Take a message of the server."""

    def heard_all(self) -> None:
        """Take note that for now there are no more messages."""


class IndiClient:
    """A client of one INDI server, for all of its devices. `run` keeps it connected.

    Args:
        address: Where the server is.
        listener: Is told all that is heard.
    """

    def __init__(self, address: Address, listener: IndiListener) -> None:
        self._address = address
        self._listener = listener
        self._writer: asyncio.StreamWriter | None = None
        self._last_words = ""  # of the server, about no device: such as why it refuses a client

    async def run(self) -> NoReturn:
        """Connect, listen, and connect again after a pause, until cancelled."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                heard = await self._visit()
            except OSError as error:
                heard = False
                self._tell(_reason(error))
            pause = _SHORTEST_PAUSE if heard else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def write(self, write: Write) -> None:
        """Send a write.

        Raises:
            WriteError: No server is connected, or it does not read.
        """
        if self._writer is None:
            raise WriteError(f"the INDI server {self._address} is not connected")
        if self._writer.transport.get_write_buffer_size() > _MOST_UNSENT:
            raise WriteError(f"the INDI server {self._address} does not read what it is sent")
        self._writer.write(serialise(write.element()))

    async def _visit(self) -> bool:
        """Connect once and listen to the end; return whether anything was heard of a device."""
        try:
            async with asyncio.timeout(_CONNECT_LIMIT):
                reader, writer = await asyncio.open_connection(self._address.host, self._address.port)
        except TimeoutError:
            raise OSError(f"no answer within {_CONNECT_LIMIT:g} s") from None
        with self._connected(writer):
            self._listener.server_came()
            writer.write(serialise(Element("getProperties", version="1.7")))
            return await self._listen(reader)

    @contextmanager
    def _connected(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        for option in _SOCKET_OPTIONS:
            writer.get_extra_info("socket").setsockopt(*option)
        self._writer, self._last_words = writer, ""
        try:
            yield
        finally:
            self._writer = None
            writer.transport.abort()

    async def _listen(self, reader: asyncio.StreamReader) -> bool:
        stream, heard = IndiStream(), False
        while data := await reader.read(_CHUNK):
            for item in stream.feed(data):
                heard = self._take(item) or heard
            self._listener.heard_all()
        self._tell(self._last_words or "it has closed the connection")
        return heard

    def _take(self, item: Write | Element | StreamError) -> bool:
        """Take an item that was read; return whether it was about a device."""
        if isinstance(item, StreamError):
            _log.warning("The INDI server %s sent what is no INDI: %s", self._address, item)
            return False
        if isinstance(item, Write):
            return False
        if item.tag == "pingRequest" and self._writer is not None:
            self._writer.write(serialise(Element("pingReply", uid=item.get("uid", "")[:1024])))
        if item.tag == "message" and not item.get("device"):
            self._last_words = printable(item.get("message", ""))
        self._listener.hear(item)
        return bool(item.get("device"))

    def _tell(self, reason: str) -> None:
        self._listener.server_went(f"no INDI server at {self._address}: {reason}; trying again")
        self._listener.heard_all()


def _reason(error: OSError) -> str:
    """Return what went wrong, in words."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return printable(error.strerror or error).lower()
    return os.strerror(error.errno).lower()
