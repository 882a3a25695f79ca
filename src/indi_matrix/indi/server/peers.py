"""What the server serves: drivers, programs that are drivers, and other servers."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterable
from typing import Any, Final, Protocol
from xml.etree import ElementTree as ET

from indipyserver.exdriver import ExDriver
from indipyserver.remote import RemoteConnection

from indi_matrix.indi.transport import library
from indi_matrix.indi.wire.reader import IndiStream, StreamError
from indi_matrix.indi.wire.set_vector import Message, as_element
from indi_matrix.indi.wire.write import Write

_log = logging.getLogger(__name__)

_CHUNK: Final = 1 << 16  # bytes
_MOST_WAITING: Final = 1000  # messages to one peer; then the oldest is lost


class Hub(Protocol):
    """What a peer needs of its server."""

    @property
    def ready(self) -> bool:
        """Whether all clients keep up."""

    def publish(self, source: "Peer | None", message: Message) -> None:
        """Send to all clients and other peers."""


class Peer:
    """The transport of one of them: what it sends goes to the server, what others send waits for it here.

    The queue lets two drivers snoop on each other without one ever waiting for the other.
    """

    def __init__(self, receiver: Any, hub: Hub) -> None:
        self.receiver: library.Receiver = receiver
        self._hub = hub
        self._waiting: deque[Message] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()

    async def run_rx(self) -> None:
        """Do nothing: a driver calls this to receive, but the server hands it everything."""

    @property
    def ready(self) -> bool:
        """Whether all clients keep up."""
        return self._hub.ready

    def send(self, messages: Iterable[Message]) -> None:
        """Send to everybody else."""
        for message in messages:
            self._hub.publish(self, message)

    async def room(self) -> None:
        """Have the event loop take a turn, to send this burst, if somebody does not keep up with it."""
        if not self._hub.ready:
            await asyncio.sleep(0)

    async def run_tx(self, element: ET.Element) -> None:
        """Send to everybody else."""
        self._hub.publish(self, element)
        await self.room()

    async def run_tx_everywhere(self, element: ET.Element) -> None:
        """Send to everybody."""
        self._hub.publish(None, element)
        await self.room()

    def shutdown(self) -> None:
        """Do nothing: the server ends its peers."""

    def offer(self, message: Message) -> None:
        """Queue a message without waiting; whether it was asked for, the receiver knows itself."""
        if len(self._waiting) == _MOST_WAITING - 1:
            _log.warning("%s is too slow for what is sent to it", type(self.receiver).__name__)
        self._waiting.append(message)
        self._news.set()

    async def take_offers(self) -> None:
        """Hand over what is queued, one after another, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await library.deliver(self.receiver, as_element(self._waiting.popleft()))


class Remote(RemoteConnection):  # type: ignore[misc] # the library is untyped
    """The library's connection to another server, which notices that the other side has closed."""

    async def _run_rx(self) -> None:
        stream = IndiStream()
        while data := await self._reader.read(_CHUNK):
            for item in stream.feed(data):
                if isinstance(item, StreamError):
                    _log.warning("Dropped from %s:%s: %s", self.indihost, self.indiport, item)
                else:
                    await self._dispatch_xml(item.element() if isinstance(item, Write) else item)
        raise ConnectionResetError("closed by the other side")


class Program(ExDriver):  # type: ignore[misc] # the library is untyped
    """The library's driver that is a program, which may end without ending more than itself."""

    _stop: bool

    async def xml_to_ext(self, root: ET.Element) -> None:
        """Send to the program, if it runs."""
        if self.proc is not None and self.proc.returncode is None:
            await super().xml_to_ext(root)

    def shutdown(self) -> None:
        """Ask the program to end."""
        with contextlib.suppress(ProcessLookupError):
            super().shutdown()

    async def end(self, patience: float) -> None:
        """Wait for the end of the program, but not for long."""
        if self.proc is None:
            return
        try:
            async with asyncio.timeout(patience):
                await self.proc.wait()
        except TimeoutError:
            self.proc.kill()
            await self.proc.wait()

    async def _run_tx(self) -> None:
        stream = IndiStream()
        while data := await self.proc.stdout.read(_CHUNK):
            for item in stream.feed(data):
                if isinstance(item, StreamError):
                    _log.warning("Dropped from %s: %s", self.program, item)
                else:
                    await self._dispatch_xml(item.element() if isinstance(item, Write) else item)
        if not self._stop:
            _log.error("%s has ended", self.program)
        self._stop = True
