"""A driver in the server: its messages go to clients, and other drivers' messages are queued for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol
from xml.etree import ElementTree as ET

from indi_matrix.indi.transport import library
from indi_matrix.indi.wire.message import ElementMessage, Message

_log = logging.getLogger(__name__)

_LONGEST_QUEUE: Final = 1000  # messages of other drivers to one driver; then the oldest is lost


class DriverHost(Protocol):
    """What a driver needs of its server."""

    @property
    def ready(self) -> bool:
        """Whether the send buffers of all clients have room."""

    def publish(self, source: "ServedDriver", message: Message) -> None:
        """Send a driver's message to all clients, and to the other drivers."""


class ServedDriver:
    """The transport of one driver in the server.

    Messages of other drivers, on which a driver may snoop, are queued: so two drivers can snoop on each other
    without one ever waiting for the other.

    Attributes:
        driver: The driver.
    """

    def __init__(self, driver: library.Driver, host: DriverHost) -> None:
        self.driver = driver
        self._host = host
        self._queue: deque[Message] = deque(maxlen=_LONGEST_QUEUE)
        self._queued = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the send buffers of all clients have room."""
        return self._host.ready

    def send(self, messages: Iterable[Message]) -> None:
        """Send messages to all clients, and to the other drivers."""
        for message in messages:
            self._host.publish(self, message)

    async def room(self) -> None:
        """Let the event loop send buffered data, if a client's send buffer is full.

        This takes one turn of the loop. It does not wait for the client: one that never reads must not stop the
        driver.
        """
        if not self._host.ready:
            await asyncio.sleep(0)

    async def run_tx(self, element: ET.Element) -> None:
        """Send a message: indipydriver's hook."""
        self._host.publish(self, ElementMessage(element))
        await self.room()

    async def run_rx(self) -> None:
        """Do nothing: indipydriver calls this to receive, but the server hands it each message."""

    def shutdown(self) -> None:
        """Do nothing: indipydriver calls this when a driver ends, and there is no connection to close."""

    def queue(self, message: Message) -> None:
        """Queue another driver's message; indipydriver decides whether this driver snoops on it."""
        if len(self._queue) == _LONGEST_QUEUE - 1:
            _log.warning("%s is too slow for what other drivers send", type(self.driver).__name__)
        self._queue.append(message)
        self._queued.set()

    async def deliver_queued(self) -> None:
        """Hand the driver the queued messages, one after another, for ever."""
        while True:
            await self._queued.wait()
            self._queued.clear()
            while self._queue:
                await library.deliver(self.driver, self._queue.popleft().element())
