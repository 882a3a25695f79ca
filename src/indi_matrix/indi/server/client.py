"""One client of the server: its connection, its messages in order, and what it may see."""

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Final, Protocol, cast
from xml.etree import ElementTree as ET

from indi_matrix.indi.server.batch import Batch
from indi_matrix.indi.server.blobs import BlobRules
from indi_matrix.indi.transport.inbox import Inbox, request
from indi_matrix.indi.wire.reader import StreamError
from indi_matrix.indi.wire.write import Write
from indi_matrix.indi.wire.writer import message, serialise

_log = logging.getLogger(__name__)

_MOST_UNSENT: Final = 4 << 20  # bytes
_MOST_UNREAD: Final = 1 << 18  # bytes
_MOMENT: Final = 1.0  # seconds
_TIME_TO_HANG_UP: Final = 0.1  # seconds
_MOST_HELD: Final = 1 << 16  # bytes
_LONGEST_UID: Final = 1 << 10  # characters of a ping; libindi's have up to 64
# A peer that vanished is noticed after a minute, by the kernel alone.
_NEVER_LINGER: Final = struct.pack("ii", 1, 0)
_SOCKET_OPTIONS: Final = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000),  # milliseconds
)
# Unless told otherwise, the system acknowledges with an answer, or after 40 ms. Clients on libindi write a message
# in pieces, of which their system keeps back all but the first until that is acknowledged.
_ACKNOWLEDGE_NOW: Final = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


class Host(Protocol):
    """What a client needs of its server."""

    def welcome(self, client: "Client") -> None:
        """Take a new client, and serve or refuse it."""

    def left(self) -> None:
        """Note that a client is served no longer."""

    @property
    def has_news(self) -> bool:
        """Whether there is something to be sent, which will be in this turn of the event loop."""

    def send_all(self) -> None:
        """Send all clients what is to be sent."""

    def settle(self) -> None:
        """Send all clients what is to be sent, and what drivers still hold back."""

    def offer(self, write: Write) -> bool:
        """Carry out a write without waiting; return whether that could be done."""

    async def request(self, message: ET.Element | Write) -> None:
        """Carry out a getProperties or a write."""


def _unread(transport: asyncio.Transport) -> bytes:
    """Return what arrived and was not read: a send that fails, as its client hung up, closes both ways."""
    # Not by a copy of the descriptor: when there are no more of them, a client must still be able to leave.
    unread = socket.socket(fileno=transport.get_extra_info("socket").fileno())
    try:
        return unread.recv(_MOST_UNREAD)
    except OSError:
        return b""
    finally:
        unread.detach()


class Client(asyncio.BufferedProtocol):
    """A connection. What arrives before it ends is handled, as some clients write and hang up."""

    # What one client writes is read in pieces, between which it is the others' turn.
    _piece: Final = bytearray(1 << 14)

    def __init__(self, host: Host) -> None:
        self._host = host
        self._rules = BlobRules()
        self._closed = asyncio.Event()
        self._asked = False  # it reads, as it wants to know something
        self._held = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self.admitted = False  # it has a place
        self.leaving = False  # nothing more is read
        self.slow = False  # it reads slower than the devices talk

    def __str__(self) -> str:
        return self._name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        self._transport = cast("asyncio.Transport", transport)
        self._inbox = Inbox(self._transport.pause_reading, self._transport.resume_reading)
        self._name = "{}:{}".format(*transport.get_extra_info("peername"))
        self._socket: socket.socket = transport.get_extra_info("socket")
        for option in _SOCKET_OPTIONS:
            self._socket.setsockopt(*option)
        self._host.welcome(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        """Return the room for what arrives; it is taken out before another client needs it."""
        return self._piece

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived."""
        if not self.leaving:
            self._inbox.feed(bytes(self._piece[:nbytes]), self._host.offer)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Have the system acknowledge what arrived, unless something to send it along with comes at once."""
        comes = self._asked and self._rules.none and self._host.has_news
        if not comes and _ACKNOWLEDGE_NOW is not None:  # not once for all, as the system takes it back
            self._socket.setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_NOW, 1)

    def eof_received(self) -> bool:
        """Come to the end; a client that closed only its half still gets its answers."""
        self._come_to_end()
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - clean or not, it is gone
        """Come to the end, with what the client wrote before it hung up."""
        if not self.leaving:
            self._inbox.feed(_unread(self._transport), self._host.offer)
        self._come_to_end()
        self._closed.set()

    def pause_writing(self) -> None:
        """Note that the client does not keep up."""
        self.slow = True

    def resume_writing(self) -> None:
        """Note that the client has caught up."""
        self.slow = False

    def send(self, batch: Batch) -> None:
        """Send what of a batch this client may have."""
        if self.admitted and not self._transport.is_closing():
            self._tell(batch.bytes_for(self._rules))

    def _tell(self, data: bytes | bytearray) -> None:
        """Send bytes, unless the client does not read."""
        if self._transport.get_write_buffer_size() > _MOST_UNSENT:
            _log.warning("Client %s dropped: it does not read", self)
            # Else the kernel would keep what is unsent for a minute.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NEVER_LINGER)
            self.abort()
            return
        self._held += data
        if self._asked or len(self._held) > _MOST_HELD:
            self._send_held()
        elif self._timer is None:
            # It may be about to hang up, as tools do that only write. What it is told and does not read would make
            # its system drop what it wrote and could not send yet.
            self._timer = asyncio.get_running_loop().call_later(_TIME_TO_HANG_UP, self._send_held)

    def _send_held(self) -> None:
        """Send what was held back, unless the connection is at its end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held and not self._transport.is_closing():
            self._transport.write(self._held)
        self._held = bytearray()

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
        """Tell the client why, and give it a moment to read that."""
        _log.warning("Client %s refused: %s", self, reason)
        self._transport.write(serialise(message(f"[ERROR] {reason}")))
        with contextlib.suppress(OSError):  # it has hung up by now
            self._transport.write_eof()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_MOMENT):
                    await self._inbox.get()
        finally:
            self.abort()
            await self._closed.wait()

    def close(self) -> None:
        """Read no more, and close once everything is sent."""
        self._leave()
        self._inbox.discard()
        self._host.send_all()
        self._send_held()
        self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._leave()
        self._inbox.discard()
        self._transport.abort()
        self._send_held()

    def _come_to_end(self) -> None:
        self._leave()
        self._inbox.end()

    def _leave(self) -> None:
        self.leaving = True
        self._host.left()

    async def _handle(self, message: ET.Element | Write) -> None:
        """Definitions, states and messages come from devices; from a client they reach nobody."""
        if isinstance(message, Write):
            await self._host.request(message)
        elif message.tag == "enableBLOB":
            self._host.send_all()  # what was said before goes by the rules of before
            self._rules.learn(message)
        elif message.tag == "pingRequest":
            self._reply(message)
        elif (asked := request(message)) is not None:
            self._asked = True
            await self._host.request(asked)

    def _reply(self, ping: ET.Element) -> None:
        """Reply to a ping, behind all that the client was to be told of what it wrote before."""
        if len(ping.get("uid", "")) > _LONGEST_UID:
            _log.warning("Client %s: no reply to a ping whose uid has more than %s characters", self, _LONGEST_UID)
            return
        self._asked = True
        self._host.settle()
        if not self._transport.is_closing():
            uid = {name: value for name, value in ping.items() if name == "uid"}
            self._tell(serialise(ET.Element("pingReply", uid)))
