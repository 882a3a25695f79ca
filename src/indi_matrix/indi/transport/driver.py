"""A driver that answers writes at once: all that bypasses indipydriver, for speed, is in this module.

indipydriver passes a message through a waiting task, four coroutines and an event of its own. A write to one of
our devices needs none of them: a transport calls `offer`, the device's judge carries the write out or refuses it,
and the resulting messages are sent before `offer` returns. If there is no room for the answer, `offer` returns
False, and the transport calls `accept`, which waits. Both call the same judge, and send through one outbox. All
other messages take indipydriver's way. Of indipydriver's private parts, `_readdata` and `_monitorsnoop` are
replaced, and assignments to `_commsobj` are intercepted; tests pin them.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, runtime_checkable
from xml.etree.ElementTree import Element

import indipydriver

from indi_matrix.indi.transport.bound_writes import Binding, BoundWrites
from indi_matrix.indi.transport.inbox import request
from indi_matrix.indi.transport.outbox import Outbox
from indi_matrix.indi.wire.message import ElementMessage, Message
from indi_matrix.indi.wire.reader import FROM_DEVICES
from indi_matrix.indi.wire.write import WRITES, Write
from indi_matrix.texts import printable

_log = logging.getLogger(__name__)

_MOST_AT_ONCE: Final = 16  # messages that are sent together, for which there is room where there is any


@runtime_checkable
class DirectTransport(Protocol):
    """A transport that sends without waiting, as ours do."""

    @property
    def ready(self) -> bool:
        """Whether the send buffers have room."""

    def send(self, messages: Iterable[Message], /) -> None:
        """Send messages, now or as soon as the other side reads."""

    async def room(self) -> None:
        """Wait until the send buffers have room; in a server, wait for one turn of the event loop instead."""


class _SafeServerTransport:
    """The transport that indipyserver gives its drivers, made safe.

    Without this, a definition of the driver's own device, which any client can send, would shut the server down,
    and so would any exception of the driver.
    """

    def __init__(self, driver: "DirectDriver", transport: Any) -> None:
        self._driver = driver
        self._transport = transport
        self.run_rx = transport.run_rx
        self.run_tx = transport.run_tx
        self.shutdown = transport.shutdown

    async def driver_rx(self, source: int, element: Element) -> None:
        """Take a message of a client or of any driver: the server's hook."""
        if source != self._transport.con_id:  # else it is the driver's own
            await self._driver._readdata(element)  # noqa: SLF001 - as the library's does


def _bind_none(_device: str, _name: str) -> Binding | None:
    return None


class DirectDriver(indipydriver.IPyDriver):  # type: ignore[misc] # the library is untyped
    """An IPyDriver whose messages go out in the order in which they were posted.

    Args:
        devices: The indipydriver devices.
        judges: By the name of a device, the function that carries out or refuses a write and posts the answer.
        bind: Returns what a property has for bound writes, given the names of device and property.

    Attributes:
        bound: The writes that are bound.
        direct: The transport of the driver, if it is one of ours.
        post: Queues a message to clients, behind all earlier ones; never waits.
    """

    def __init__(
        self,
        *devices: indipydriver.Device,
        judges: Mapping[str, Callable[[Write], None]],
        bind: Callable[[str, str], Binding | None] = _bind_none,
    ) -> None:
        super().__init__(*devices)
        self._judges = judges
        self.bound = BoundWrites(bind)
        # Definitions go through the outbox, where they keep their place among all else.
        self.auto_send_def = False
        self.direct: DirectTransport | None = None
        self._outbox = Outbox()
        self.post = self._outbox.put
        self._sending = False
        self._limited = asyncio.Event()

    def offer(self, write: Write) -> bool:
        """Carry out or refuse a write, and send the resulting messages, without waiting.

        Errors are logged, and do not end the driver.

        Returns:
            False if the write cannot be handled now, and has to go through `accept`.
        """
        judge = self._judges.get(write.device)
        if judge is None or self.stop or self.direct is None or not self.direct.ready:
            return False
        self._outbox.attended = True
        try:
            try:
                judge(write)
            finally:
                self._outbox.attended = False
                # One write leads to few messages: there is room for them where there is any.
                self.direct.send(self._outbox.take_all())
        except Exception as error:  # noqa: BLE001 - code of others too, as anybody may derive from this class
            log_failure(write, error)
        return True

    def carry_out_bound(self, data: bytes) -> int:
        """Carry out the bound writes that data begins with, and send what they lead to, as `offer` does.

        Returns:
            Where the first write begins that is not bound or has to wait; the length of the data if none does.
        """
        direct, outbox, end = self.direct, self._outbox, 0
        if direct is None:
            return 0
        outbox.attended = True
        try:
            while not self.stop and direct.ready and (found := self.bound.read(data, end)) is not None:
                write, values, end = found
                try:
                    write.carry_out(values)
                    if len(outbox) >= _MOST_AT_ONCE:
                        direct.send(outbox.take_all())
                except Exception as error:  # noqa: BLE001 - as in `offer`
                    log_failure(write.start, error)
                if end == len(data):
                    break
        finally:
            outbox.attended = False
            if end and (messages := outbox.take_all()):
                direct.send(messages)
        return end

    async def accept(self, write: Write) -> None:
        """Carry out or refuse a write, and send the resulting messages; wait while the other side reads slowly."""
        judge = self._judges.get(write.device)
        if judge is None or self.stop:
            return
        self._outbox.attended = True
        try:
            judge(write)
        finally:
            self._outbox.attended = False
            await self.flush()

    def send_posted(self) -> None:
        """Send the posted messages, without waiting."""
        if self.direct and not self.stop:
            self.direct.send(self._outbox.take_all())

    async def send(self, xmldata: Element) -> None:
        """Send clients an element of indipydriver, through the outbox like all other messages."""
        self.post(ElementMessage(xmldata))
        await self.flush()

    async def deliver(self) -> None:
        """Send posted messages as they come, for ever."""
        while True:
            await self._outbox.news.wait()
            await self.flush()
            self._outbox.news.clear()

    async def flush(self) -> None:
        """Send the messages in the outbox, in order; return at once while another caller does so."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._outbox:
                if self.direct and not self.stop:
                    self.direct.send(self._outbox.take_all())
                    await self.direct.room()
                else:
                    await super().send(self._outbox.take().element())
        finally:
            self._sending = False
            if self._outbox:  # cancelled while a reader stalled
                self._outbox.news.set()

    def snoop(self, devicename: str, vectorname: str, timeout: int = 30) -> None:
        """Listen to a property of another device; ask for it again after `timeout` seconds without news."""
        super().snoop(devicename, vectorname, timeout)
        self._limited.set()

    async def _monitorsnoop(self) -> None:
        """Check the timeouts of snooped properties every second, but only once something is snooped on."""
        await self._limited.wait()
        await super()._monitorsnoop()

    @property
    def _commsobj(self) -> Any:
        """The transport, as indipydriver knows it."""
        return self._transport

    @_commsobj.setter
    def _commsobj(self, transport: Any) -> None:
        self._transport = _SafeServerTransport(self, transport) if hasattr(transport, "driver_rx") else transport

    async def _readdata(self, root: Element) -> None:
        """Take any message: indipydriver's hook for transports. Errors are logged, and do not end the driver."""
        try:
            await self._read(root)
        except Exception as error:  # noqa: BLE001 - code of others too, as anybody may derive from this class
            log_failure(root, error)

    async def _read(self, root: Element) -> None:
        if root.tag in WRITES:
            await self.accept(Write.of(root))
        elif (wanted := self._wanted(root)) is not None:
            await super()._readdata(wanted)

    def _wanted(self, root: Element) -> Element | None:
        """Return the element for indipydriver to handle, or None.

        A definition of a device of its own would stop indipydriver, and it has no event for `message` elements.
        """
        if root.tag in FROM_DEVICES:
            return None if root.tag == "message" or root.get("device") in self else root
        if root.tag != "getProperties":
            return request(root)
        asked = Element(root.tag, root.attrib)  # a copy, as others may hold the same element
        if asked.get("device") == "*":
            del asked.attrib["device"]  # from an indiserver that passes on all devices of another one
        return request(asked)


def log_failure(message: Element | Write, error: Exception) -> None:
    """Log that a driver failed at a message."""
    device = message.device if isinstance(message, Write) else message.get("device")
    what = f"<{printable(message.tag, 40)}> of {printable(device, 80)}"
    _log.error("%s failed: %s: %s", what, type(error).__name__, printable(error))
    _log.debug("Where %s failed:", what, exc_info=True)
