"""One client of the server: its TCP connection, its messages in order, and what it is sent."""

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Final, Protocol, cast
from xml.etree import ElementTree as ET

from indi_matrix.indi.transport.inbox import Inbox, request
from indi_matrix.indi.wire.reader import StreamError
from indi_matrix.indi.wire.write import Write
from indi_matrix.indi.wire.writer import message, serialise

_log = logging.getLogger(__name__)

_MOST_UNSENT: Final = 4 << 20  # bytes in a client's send buffer; a client with more is dropped
_MOST_UNREAD: Final = 1 << 18  # bytes that are read from a broken connection
_TIME_TO_READ_REFUSAL: Final = 1.0  # seconds
_LONGEST_DELAY: Final = 0.1  # seconds that output waits for a client that has asked for nothing yet
_MOST_DELAYED: Final = 1 << 16  # bytes that may wait so
_LONGEST_UID: Final = 1 << 10  # characters of a ping; libindi's have up to 64
# SO_LINGER by which a close resets the connection and drops unsent data, which the kernel else keeps for a minute.
_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
# INDI has no heartbeat that clients must answer, so the kernel alone notices a client whose host or network
# vanished: within a minute, by three probes without an answer while the connection is idle, else by data that is
# not acknowledged.
_SOCKET_OPTIONS: Final = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000),  # milliseconds
)
# Linux delays an acknowledgement for up to 40 ms, for an answer to carry it. Clients on libindi write a message in
# pieces and leave Nagle's algorithm on: it keeps back all but the first piece until that is acknowledged. Measured
# with PyIndi, a write took 44 ms to be answered, and 0.4 ms with this option.
_ACKNOWLEDGE_NOW: Final = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


class ClientHost(Protocol):
    """What a client needs of its server."""

    def add_client(self, client: "Client") -> None:
        """Serve or refuse a new client."""

    def client_leaves(self) -> None:
        """Note that a client leaves, so that one that waits may get the place."""

    @property
    def has_unsent(self) -> bool:
        """Whether data waits to be sent to clients at the end of this turn of the event loop."""

    def flush(self) -> None:
        """Send all clients the unsent data."""

    def flush_drivers(self) -> None:
        """Send all clients the unsent data, and what drivers hold back while a send buffer is full."""

    def offer(self, write: Write) -> bool:
        """Carry out a write without waiting; return False if it has to go through `handle`."""

    def carry_out_bound(self, data: bytes) -> int:
        """Carry out the bound writes that data begins with; return where the rest begins."""

    async def handle(self, message: ET.Element | Write) -> None:
        """Handle a getProperties or a write."""


def _read_rest(transport: asyncio.Transport) -> bytes:
    """Return the unread bytes of a broken connection.

    A client may write and hang up while the server sends to it. The send then fails, and asyncio closes the
    connection without reading the write, which has already arrived.
    """
    # Not on a duplicate of the descriptor: this has to work also when no file descriptor is free.
    connection = socket.socket(fileno=transport.get_extra_info("socket").fileno())
    try:
        return connection.recv(_MOST_UNREAD)
    except OSError:
        return b""
    finally:
        connection.detach()


class Client(asyncio.BufferedProtocol):
    """A client's connection. All that arrives before its end is handled, as some clients write and hang up.

    Attributes:
        admitted: Whether the client has one of the places.
        leaving: Whether nothing more is read from the client.
        slow: Whether the send buffer is full: the client reads slower than the devices send.
    """

    # All clients are read into one buffer: asyncio fills it, and calls buffer_updated before it reads another
    # client. It is small, so that a long input is read in pieces, between which other clients have their turn.
    _buffer: Final = bytearray(1 << 14)

    def __init__(self, host: ClientHost) -> None:
        self._host = host
        self._closed = asyncio.Event()
        self._reads = False  # whether the client has asked for something, and so will read
        self._delayed = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self.admitted = False
        self.leaving = False
        self.slow = False

    def __str__(self) -> str:
        return self._name

    # asyncio's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set the options of the connection, and have the server serve or refuse the client."""
        self._transport = cast("asyncio.Transport", transport)
        self._inbox = Inbox(self._transport.pause_reading, self._transport.resume_reading)
        peer = transport.get_extra_info("peername")  # uvloop asks now, and the kernel no longer knows who has gone
        self._name = "{}:{}".format(*peer) if peer else "of an unknown address"
        self._socket: socket.socket = transport.get_extra_info("socket")
        for option in _SOCKET_OPTIONS:
            self._socket.setsockopt(*option)
        self._host.add_client(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        """Return the buffer that is read into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Handle the bytes that arrived."""
        if not self.leaving:
            self._inbox.feed(bytes(self._buffer[:nbytes]), self._host.offer, self._host.carry_out_bound)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Have the kernel acknowledge input now, unless output of this turn carries the acknowledgement."""
        carried = self._reads and self._host.has_unsent
        if not carried and _ACKNOWLEDGE_NOW is not None:  # each time anew, as the kernel resets the option
            self._socket.setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_NOW, 1)

    def eof_received(self) -> bool:
        """Handle the remaining messages; a client that closed only its half of the connection gets answers."""
        self._end_input()
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - clean or not, it is gone
        """Handle the remaining messages, and the unread bytes that the client wrote before it hung up."""
        if not self.leaving:
            self._inbox.feed(_read_rest(self._transport), self._host.offer, self._host.carry_out_bound)
        self._end_input()
        self._closed.set()

    def pause_writing(self) -> None:
        """Record that the send buffer is full."""
        self.slow = True

    def resume_writing(self) -> None:
        """Record that the send buffer has room."""
        self.slow = False

    # The client's life

    async def serve(self) -> None:
        """Handle this client's messages, one after another, until it is gone."""
        _log.info("Client %s connected", self)
        try:
            while (item := await self._inbox.get()) is not None:
                if isinstance(item, StreamError):
                    _log.warning("Client %s dropped: %s", self, item)
                    self.abort()
                else:
                    await self._handle(item)
            self.close()
            await self._closed.wait()
        finally:
            self.abort()
            await self._closed.wait()
        _log.info("Client %s gone", self)

    async def refuse(self, reason: str) -> None:
        """Send the client the reason, and close once it has read that, or after a second."""
        _log.warning("Client %s refused: %s", self, reason)
        if not self._transport.is_closing():  # uvloop takes no write any more then
            self._transport.write(serialise(message(f"[ERROR] {reason}")))
            with contextlib.suppress(OSError):  # it has hung up by now
                self._transport.write_eof()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TIME_TO_READ_REFUSAL):
                    await self._inbox.get()
        finally:
            self.abort()
            await self._closed.wait()

    def close(self) -> None:
        """Read no more, and close once everything is sent."""
        self._stop_reading()
        self._inbox.discard()
        self._host.flush()
        self._send_delayed()
        self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._stop_reading()
        self._inbox.discard()
        self._transport.abort()
        self._send_delayed()

    def _end_input(self) -> None:
        self._stop_reading()
        self._inbox.end()

    def _stop_reading(self) -> None:
        self.leaving = True
        self._host.client_leaves()

    async def _handle(self, message: ET.Element | Write) -> None:
        """Handle one message; drop definitions, values and texts, which only devices may send.

        Ignore enableBLOB, as no device here has BLOBs. Its value `Only` asks for BLOBs alone. But an indiserver in
        front of this one passes on the enableBLOB of one of its clients (q2RDrivers in its DvrInfo.cpp), on the
        connection that all of its clients share: to obey would silence our devices for all of them.
        """
        if isinstance(message, Write):
            await self._host.handle(message)
        elif message.tag == "pingRequest":
            self._reply_to_ping(message)
        elif (wanted := request(message)) is not None:
            self._reads = True
            await self._host.handle(wanted)

    def _reply_to_ping(self, ping: ET.Element) -> None:
        """Reply to a ping, after the answers to all earlier writes of the client."""
        if len(ping.get("uid", "")) > _LONGEST_UID:
            _log.warning("Client %s: no reply to a ping whose uid has more than %s characters", self, _LONGEST_UID)
            return
        self._reads = True
        self._host.flush_drivers()
        uid = {name: value for name, value in ping.items() if name == "uid"}
        self.send(serialise(ET.Element("pingReply", uid)))

    # What the client is sent

    def send(self, data: bytes | bytearray) -> None:
        """Send bytes, if the client has a place; drop a client that does not read."""
        if not self.admitted or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MOST_UNSENT:
            _log.warning("Client %s dropped: it does not read", self)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            self.abort()
            return
        self._delayed += data
        if self._reads or len(self._delayed) > _MOST_DELAYED:
            self._send_delayed()
        elif self._timer is None:
            # A client that has asked for nothing may be about to hang up, as tools do that only write. Unread data
            # would then make its kernel reset the connection, and drop what the client wrote but has not sent yet.
            self._timer = asyncio.get_running_loop().call_later(_LONGEST_DELAY, self._send_delayed)

    def _send_delayed(self) -> None:
        """Send the delayed data, unless the connection is closing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._delayed and not self._transport.is_closing():
            self._transport.write(self._delayed)
        self._delayed = bytearray()
