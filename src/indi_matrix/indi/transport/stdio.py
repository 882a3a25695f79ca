"""INDI over stdin and stdout, as indiserver starts a driver."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.indi.transport import library
from indi_matrix.indi.transport.descriptors import Sink, Source
from indi_matrix.indi.transport.inbox import Inbox, request
from indi_matrix.indi.wire.message import ElementMessage, Message
from indi_matrix.indi.wire.reader import FROM_DEVICES, Item, StreamError
from indi_matrix.indi.wire.write import Write
from indi_matrix.system.signals import ended_by_signals
from indi_matrix.texts import printable

_log = logging.getLogger(__name__)

_FLUSH: Final = 0.8  # seconds from being asked to stop until unsent output is given up
_STALLED: Final = 0.2  # seconds in which a reader has to take something, once there is no more input
_LAST_WAIT: Final = 0.1  # seconds that a stalled reader has for the last messages


class StdioTransport:
    """A driver's transport over two descriptors, which may be one socket, or pipes, terminals and files."""

    def __init__(self, driver: library.Driver, stdin: int = 0, stdout: int = 1) -> None:
        self._driver = driver
        self._carry_out = library.direct_way(driver)
        self._bound = library.bound_way(driver)
        self._source = Source(stdin, self._received)
        self._sink = Sink(stdout, self._broken)
        self._inbox = Inbox(self._source.pause, self._source.resume)
        self._loop = asyncio.get_running_loop()
        self._is_open = False
        self._give_up = 0.0  # loop time

    async def run_rx(self) -> None:
        """Hand the driver each message that arrives, until the end of input or of the driver."""
        if not self._is_open:
            self._open()
        self._source.open()
        try:
            while (item := await self._inbox.get()) is not None:
                await self._handle(item)
        finally:
            self._driver.shutdown()
            await self._close()

    async def run_tx(self, element: ET.Element) -> None:
        """Send an element, and wait while the other side is slow to read."""
        self.send([ElementMessage(element)])
        await self.room()

    @property
    def ready(self) -> bool:
        """Whether the send buffer has room for more."""
        return self._sink.room.is_set()

    def send(self, messages: Iterable[Message]) -> None:
        """Send messages, as soon as the other side reads."""
        if not self._is_open:
            self._open()
        self._sink.write(b"".join([message.data() for message in messages]))

    async def room(self) -> None:
        """Wait while the other side is slow to read."""
        await self._sink.room.wait()

    def shutdown(self) -> None:
        """Read no more, and let run_rx end."""
        if not self._give_up:
            self._give_up = self._loop.time() + _FLUSH
        self._sink.hurry()
        self._inbox.discard()

    def _open(self) -> None:
        # Called by run_rx, or earlier by a task of the driver that sends something before run_rx has its turn.
        self._is_open = True
        self._sink.open()

    async def _close(self) -> None:
        self._source.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._give_up):
                    await self._sink.flush()
        finally:
            self._sink.close()

    def _received(self, data: bytes) -> None:
        if data:
            try:
                self._inbox.feed(data, self._offer, self._bound)
            finally:
                self._sink.release()
        else:
            # The answers to come are bounded from now on, so they need not wait for a reader that stalls.
            self._sink.hurry()
            self._inbox.end()
            self._watch_reader()

    def _offer(self, write: Write) -> bool:
        """Carry out a write if it need not wait; its answer waits for those of all that arrived with it."""
        self._sink.hold()
        return self._carry_out(write)

    def _watch_reader(self) -> None:
        self._loop.call_later(_STALLED, self._give_up_on_stalled, self._sink.written)

    def _give_up_on_stalled(self, written: int) -> None:
        """Drop the remaining messages, if answers are unsent and none was read since the last look."""
        if not self._sink.unsent or self._sink.written != written:
            self._watch_reader()
        else:
            self._give_up = self._loop.time() + _LAST_WAIT
            self._inbox.discard()

    def _broken(self, error: OSError) -> None:
        _log.info("Stdout is closed: %s", printable(error))
        self._driver.shutdown()

    async def _handle(self, item: Item) -> None:
        if isinstance(item, StreamError):
            _log.warning("Dropped from stdin: %s", item)
        elif isinstance(item, Write):
            await library.deliver(self._driver, item)
        elif (element := self._wanted(item)) is not None:
            await library.deliver(self._driver, element)

    def _wanted(self, element: ET.Element) -> ET.Element | None:
        """Return the element for the driver to handle, or None.

        A definition of a device of its own, which any client can send through indiserver, would stop the driver.
        """
        if element.tag in FROM_DEVICES:
            return element if element.get("device") not in self._driver else None
        return request(element)


async def run_on_stdio(driver: library.Driver) -> None:
    """Run a driver over stdin and stdout until end of input, or a signal that ends programs."""
    library.set_transport(driver, StdioTransport(driver))
    with ended_by_signals(driver.shutdown):
        await library.run(driver)
