"""The INDI server of `indi_matrix serve`: no client can end it, but a driver that fails does."""

import asyncio
import contextlib
import logging
from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.indi.server.client import Client
from indi_matrix.indi.server.listener import bind, start_accepting
from indi_matrix.indi.server.served_driver import ServedDriver
from indi_matrix.indi.transport import library
from indi_matrix.indi.wire.message import Message
from indi_matrix.indi.wire.reader import FROM_DEVICES
from indi_matrix.indi.wire.write import Write
from indi_matrix.texts import printable

_log = logging.getLogger(__name__)

_TIME_TO_LEAVE: Final = 0.4  # seconds that clients have at the end of the server to read the last data
_TIME_TO_ADMIT: Final = 0.5  # seconds that a client waits for a place
_MOST_UNSENT: Final = 1 << 16  # bytes; more are sent at once, and not at the end of the event loop's turn
_MOST_WAITING: Final = 20  # connections beyond those that are served


class Server:
    """Serves drivers that have no BLOBs to INDI clients; used like indipyserver's IPyServer.

    Args:
        drivers: The drivers to serve.
        host: Address to listen on; all of this computer's addresses if empty.
        port: TCP port; 0 picks a free one.
        maxconnections: Number of clients at a time, 1 or more.

    Attributes:
        port: The TCP port that the server listens on, once `started` is set.
        started: Set once clients are served.
        stopped: Set at the end of asyncrun.
    """

    def __init__(
        self, *drivers: library.Driver, host: str = "127.0.0.1", port: int = 7624, maxconnections: int = 5
    ) -> None:
        if maxconnections < 1:
            raise ValueError(f"maxconnections is {maxconnections}, should be 1 or more")
        self.drivers = drivers
        self.host = host
        self.port = port
        self.maxconnections = maxconnections
        self.started = asyncio.Event()
        self.stopped = asyncio.Event()
        self._stopping = asyncio.Event()
        self._place_may_be_free = asyncio.Event()
        self._unsent = bytearray()
        self._clients: dict[Client, asyncio.Task[None]] = {}
        self._listener: asyncio.Server | None = None
        self._served = [ServedDriver(driver, self) for driver in drivers]
        for served in self._served:
            library.set_transport(served.driver, served)

    async def asyncrun(self) -> None:
        """Serve until shutdown; raise OSError for an address in use, and any error that ends a driver."""
        try:
            if self._stopping.is_set():
                return
            self._listener = await bind(lambda: Client(self), self.host, self.port)
            self.port = self._listener.sockets[0].getsockname()[1]
            async with asyncio.TaskGroup() as group:
                self._group = group
                drivers = [group.create_task(library.run(driver)) for driver in self.drivers]
                deliveries = [group.create_task(served.deliver_queued()) for served in self._served]
                await start_accepting(self._listener)
                self.started.set()
                try:
                    await self._stopping.wait()
                finally:  # a driver has failed: the group takes no more clients
                    self.shutdown()
                await asyncio.gather(self._end_clients(), *drivers)
                for delivery in deliveries:
                    delivery.cancel()
        finally:
            self.shutdown()
            self.stopped.set()

    def shutdown(self) -> None:
        """Ask the drivers to stop, and close all connections once everything is sent."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
        for driver in self.drivers:
            driver.shutdown()
        for client in self._clients:
            client.close()

    async def _end_clients(self) -> None:
        """Wait until all clients are gone; cancel the tasks of those that are too slow."""
        if self._clients:
            _, late = await asyncio.wait(self._clients.values(), timeout=_TIME_TO_LEAVE)
            for task in late:
                task.cancel()

    # Places for clients

    def add_client(self, client: Client) -> None:
        """Serve or refuse a new client; close its connection at once if too many wait for a place already."""
        if self._stopping.is_set() or len(self._clients) >= self.maxconnections + _MOST_WAITING:
            client.abort()
            return
        client.admitted = self._has_place()
        serve = client.serve() if client.admitted else self._admit(client)
        task = self._group.create_task(serve, name=f"client {client}")
        self._clients[client] = task
        task.add_done_callback(lambda _: self._clients.pop(client))

    def client_leaves(self) -> None:
        """Note that a client leaves, so that one that waits may get the place."""
        self._place_may_be_free.set()

    def _has_place(self) -> bool:
        return sum(client.admitted and not client.leaving for client in self._clients) < self.maxconnections

    async def _admit(self, client: Client) -> None:
        """Serve a client if a place becomes free in time, else refuse it.

        Earlier clients may have hung up already, which the server learns a little later.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TIME_TO_ADMIT):
                while not self._has_place():
                    self._place_may_be_free.clear()
                    await self._place_may_be_free.wait()
                client.admitted = True
        if client.admitted:
            await client.serve()
        else:
            client.leaving = True
            await client.refuse(f"This server takes {self.maxconnections} clients at a time")

    # From clients to drivers

    def offer(self, write: Write) -> bool:
        """Carry out a client's write without waiting; return False if it has to go through `handle`."""
        return any(library.direct_way(driver)(write) for driver in self._addressed(write))

    def carry_out_bound(self, data: bytes) -> int:
        """Carry out the bound writes that data begins with; return where the rest begins.

        Behind several drivers a write has to be read before it is known whose it is.
        """
        return library.bound_way(self.drivers[0])(data) if len(self.drivers) == 1 else 0

    async def handle(self, message: ET.Element | Write) -> None:
        """Handle a client's getProperties or write."""
        for driver in self._addressed(message):
            await library.deliver(driver, message)

    def _addressed(self, message: ET.Element | Write) -> tuple[library.Driver, ...]:
        """Return all drivers for a getProperties; for a write the one that has the device, if any."""
        if not isinstance(message, Write):
            return self.drivers
        return tuple(driver for driver in self.drivers if message.device in driver)[:1]

    # From drivers to clients, and to other drivers

    @property
    def ready(self) -> bool:
        """Whether the send buffers of all clients have room."""
        return not any(client.slow for client in self._clients)

    @property
    def has_unsent(self) -> bool:
        """Whether data waits to be sent to clients at the end of this turn of the event loop."""
        return bool(self._unsent)

    def publish(self, source: ServedDriver, message: Message) -> None:
        """Send a driver's message to all clients, and to the other drivers."""
        if not self._may_send(source, message):
            return
        if self._clients:
            self._add_unsent(message.data())
        for served in self._served:
            if served is not source:
                served.queue(message)

    def _add_unsent(self, data: bytes) -> None:
        """Send bytes with all others of this turn of the event loop: each send is a system call per client."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self.flush)
        self._unsent += data
        if len(self._unsent) > _MOST_UNSENT:
            self.flush()

    def flush(self) -> None:
        """Send all clients the unsent data."""
        data, self._unsent = self._unsent, bytearray()
        if data:
            for client in self._clients:
                client.send(data)

    def flush_drivers(self) -> None:
        """Send all clients the unsent data, and what drivers hold back while a send buffer is full."""
        for driver in self.drivers:
            library.send_posted(driver)
        self.flush()

    def _may_send(self, source: ServedDriver, message: Message) -> bool:
        """Return False for a message that only clients send, and for one about another driver's device."""
        if message.tag not in FROM_DEVICES:
            return message.tag == "getProperties"
        device = message.device
        if any(device in driver for driver in self.drivers if driver is not source.driver):
            _log.warning("Dropped <%s> of %s: it is another's device", message.tag, printable(device))
            return False
        return True
