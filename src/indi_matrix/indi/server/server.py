"""INDI over TCP: indipyserver's server, made to stand whatever its clients and drivers do."""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import socket
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from indipyserver import IPyServer

from indi_matrix.indi.server.batch import Batch
from indi_matrix.indi.server.client import Client
from indi_matrix.indi.server.peers import Peer, Program, Remote
from indi_matrix.indi.transport import library
from indi_matrix.indi.wire import writer
from indi_matrix.indi.wire.reader import FROM_DEVICES, WRITES
from indi_matrix.indi.wire.set_vector import Message
from indi_matrix.texts import printable

_log = logging.getLogger(__name__)

_PATIENCE: Final = 0.4  # seconds that clients and programs have at the end
_MOMENT: Final = 0.5  # seconds that a client waits for a place
_MUCH: Final = 1 << 16  # bytes that are sent without waiting for more
_MOST_LEAVING: Final = 20  # connections beyond those that are served
_MOST_AT_THE_DOOR: Final = 100  # connections that wait to be taken


class Server(IPyServer):
    """Serves drivers to INDI clients; used like IPyServer.

    Port 0 picks a free one: port tells which once started is set.
    """

    port: int
    server: asyncio.Server | None

    def __init__(self, *drivers: Any, host: str = "127.0.0.1", port: int = 7624, maxconnections: int = 5) -> None:
        if maxconnections < 1:
            raise ValueError(f"maxconnections is {maxconnections}, should be 1 or more")
        # The library's pool of connections is not used, and is limited to 10.
        super().__init__(*drivers, host=host, port=port, maxconnections=1)
        self.connectionpool.clear()
        self.maxconnections = maxconnections
        self.started = asyncio.Event()
        self._stopping = asyncio.Event()
        self._left = asyncio.Event()
        self._unsent = Batch()
        self._clients: dict[Client, asyncio.Task[None]] = {}
        self._peers: list[Peer] = []
        for driver in drivers:
            self._join(driver)

    def add_remote(
        self,
        host: str,
        port: int,
        blob_enable: bool = False,  # noqa: FBT001, FBT002 - the library's signature
        debug_enable: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Serve the devices of another server too; a lost connection is made again."""
        self.remotes.append(Remote(host, port, blob_enable, debug_enable))
        self._join(self.remotes[-1])

    def add_exdriver(self, program: str, *args: str, debug_enable: bool = False) -> None:
        """Run a program that is a driver, and serve its devices too."""
        self.exdrivers.append(Program(program, *args, debug_enable=debug_enable))
        self._join(self.exdrivers[-1])

    async def asyncrun(self) -> None:
        """Serve until shutdown; raise OSError for an address in use, and whatever ends a driver."""
        try:
            if self._stopping.is_set():
                return
            self.server = await self._bind()
            async with asyncio.TaskGroup() as group:
                self._tg = group
                drivers = [group.create_task(library.run(driver)) for driver in self.drivers]
                helpers = [group.create_task(peer.take_offers()) for peer in self._peers]
                helpers += [group.create_task(other.asyncrun()) for other in self.exdrivers + self.remotes]
                await _listen(self.server)
                self.started.set()
                try:
                    await self._stopping.wait()
                finally:  # a driver has failed: the group takes no more clients
                    self.shutdown()
                await asyncio.gather(self._see_off_clients(), *drivers)
                for helper in helpers:
                    helper.cancel()
        finally:
            self.shutdown()
            await asyncio.gather(*(program.end(_PATIENCE) for program in self.exdrivers))
            self.stopped.set()

    def shutdown(self, shutdownmessage: str = "") -> None:
        """Ask everything to stop; a message given is logged as an error."""
        if shutdownmessage:
            _log.error("%s", shutdownmessage)
        self._stop = True
        if self.server is not None:
            self.server.close()
        for part in (*self.drivers, *self.remotes, *self.exdrivers):
            part.shutdown()
        for client in self._clients:
            client.close()
        self._stopping.set()

    async def send_message(self, message: str, timestamp: datetime | None = None) -> None:
        """Send a message that is about no device to everybody; a timestamp has to be UTC or naive."""
        if self._stop or (timestamp and timestamp.utcoffset()):
            return
        self.publish(None, writer.message(message, timestamp))

    # What a client needs of its host.

    def welcome(self, client: Client) -> None:
        """Take a new client, and serve or refuse it."""
        if self._stop or len(self._clients) >= self.maxconnections + _MOST_LEAVING:
            client.abort()
            return
        client.admitted = self._has_place()
        serve = client.serve() if client.admitted else self._admit(client)
        task = self._tg.create_task(serve, name=f"client {client}")
        self._clients[client] = task
        task.add_done_callback(lambda _: self._clients.pop(client))

    def left(self) -> None:
        """Note that there may be a place."""
        self._left.set()

    def _has_place(self) -> bool:
        return sum(client.admitted and not client.leaving for client in self._clients) < self.maxconnections

    async def _admit(self, client: Client) -> None:
        """Serve a client if somebody leaves in time, or refuse it: of those who came before, some may be gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                while not self._has_place():
                    self._left.clear()
                    await self._left.wait()
                client.admitted = True
        if client.admitted:
            await client.serve()
        else:
            client.leaving = True
            await client.refuse(f"This server takes {self.maxconnections} clients at a time")

    @property
    def has_news(self) -> bool:
        """Whether there is something to be sent, which will be in this turn of the event loop."""
        return bool(self._unsent.size)

    def take(self, element: ET.Element) -> bool:
        """Carry out a client's write, if it is to a driver that does so without waiting."""
        if element.tag not in WRITES:
            return False  # it may be addressed to all
        return any(library.take(peer.receiver, element) for peer in self._addressed(element))

    async def request(self, element: ET.Element) -> None:
        """Carry out a client's getProperties, or its write to the one who has the device."""
        for peer in self._addressed(element):
            if isinstance(peer.receiver, Program | Remote):
                peer.offer(element)
            else:
                await library.deliver(peer.receiver, element)

    def _addressed(self, element: ET.Element) -> list[Peer]:
        if element.tag == "getProperties":
            return self._peers
        return [peer for peer in self._peers if element.get("device") in peer.receiver][:1]

    # What the peers need.

    def _join(self, receiver: Any) -> None:
        self._peers.append(Peer(receiver, self))
        library.set_transport(receiver, self._peers[-1])

    @property
    def ready(self) -> bool:
        """Whether all clients keep up."""
        return not any(client.slow for client in self._clients)

    def publish(self, source: Peer | None, message: Message) -> None:
        """Send to all clients and other peers."""
        if source and not self._may_say(source, message):
            return
        if self._clients:
            if not self._unsent.size:
                asyncio.get_running_loop().call_soon(self.send_all)
            self._unsent.add(message)
            if self._unsent.size > _MUCH:
                self.send_all()
        for peer in self._peers:
            if peer is not source:
                peer.offer(message)

    def send_all(self) -> None:
        """Send all clients what came together in this turn of the event loop."""
        batch, self._unsent = self._unsent, Batch()
        if batch.size:
            for client in self._clients:
                client.send(batch)

    def settle(self) -> None:
        """Send all clients what came together, and what drivers hold back while some client does not keep up."""
        for driver in self.drivers:
            library.send_posted(driver)
        self.send_all()

    def _may_say(self, source: Peer, message: Message) -> bool:
        """Return False for other things than devices say, and for a device that a driver here has."""
        if message.tag not in FROM_DEVICES:
            return message.tag == "getProperties"
        device = message.get("device")
        if any(device in driver for driver in self.drivers if driver is not source.receiver):
            _log.warning("Dropped <%s> of %s: it is another's device", message.tag, printable(device))
            return False
        return True

    # Beginning and end.

    async def _bind(self) -> asyncio.Server:
        server = await self._listening()
        addresses = [sock.getsockname() for sock in server.sockets]
        self.port = addresses[0][1]
        _log.info("Listening on %s, port %s", self.host, self.port)
        if not all(ipaddress.ip_address(address[0]).is_loopback for address in addresses):
            _log.warning(
                "Whoever reaches %s can control these devices, as INDI knows no passwords; "
                "listening on 127.0.0.1 only and an ssh tunnel is the usual remedy",
                self.host or "this computer",
            )
        return server

    async def _listening(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(
                lambda: Client(self), self.host, self.port, backlog=1, start_serving=False
            )
        except socket.gaierror:
            raise
        except OSError as error:  # asyncio's text has the address as a tuple, and no number where no address fits
            number = error.errno or errno.EADDRNOTAVAIL
            where = f"port {self.port} of {self.host or 'this computer'}"
            raise OSError(number, f"{where}: {os.strerror(number).lower()}") from error

    async def _see_off_clients(self) -> None:
        if self._clients:
            _, late = await asyncio.wait(self._clients.values(), timeout=_PATIENCE)
            for task in late:
                task.cancel()


async def _listen(server: asyncio.Server) -> None:
    """Take connections, each in its turn of the event loop.

    asyncio takes as many in a turn as may wait. Where there are no file descriptors for them, it would try that
    often in vain, and each time begin another row of tries, every second more of them.
    """
    await server.start_serving()
    for sock in server.sockets:
        with sock.dup() as same:
            same.listen(_MOST_AT_THE_DOOR)
