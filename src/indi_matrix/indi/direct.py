"""Writes answered at once: what goes past indipydriver, for speed, is all in this module.

indipydriver takes a message through a waiting task, four coroutines and an event of its own. A write to one of our
vectors needs none of them: a transport offers it to `take`, which has it carried out, and sends what is to be told
of it before it returns. What has to wait for somebody, and all other messages, go indipydriver's way; both ways
lead to `carry_out`, and through one outbox. Of indipydriver's private parts, `_readdata` and `_monitorsnoop` are
replaced; a test pins both.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable
from xml.etree.ElementTree import Element

import indipydriver

from indi_matrix.indi.outbox import Outbox
from indi_matrix.indi.stream import WRITES
from indi_matrix.indi.updates import Message, as_element


@runtime_checkable
class DirectTransport(Protocol):
    """A transport that sends without waiting, as ours do."""

    @property
    def ready(self) -> bool:
        """Whether those who read keep up."""

    def send(self, messages: Iterable[Message], /) -> None:
        """Send, as soon as they read."""

    async def room(self) -> None:
        """Wait for them to keep up."""


class DirectDriver(indipydriver.IPyDriver):  # type: ignore[misc] # the library is untyped
    """An IPyDriver whose messages go out in the order in which they were posted.

    Attributes:
        direct: Its transport, if that is one of ours.
    """

    def __init__(self, *devices: indipydriver.Device) -> None:
        super().__init__(*devices)
        # Definitions go through the outbox, where they keep their place among all else.
        self.auto_send_def = False
        self.direct: DirectTransport | None = None
        self._outbox = Outbox()
        self._sending = False
        self._answering = False
        self._unsent = asyncio.Event()
        self._limited = asyncio.Event()

    @abstractmethod
    def carry_out(self, write: Element) -> bool:
        """Carry out a write and post what is to be told of it; return False if it is to none of our devices."""

    def take(self, write: Element) -> bool:
        """Carry out a write now, and send what it leads to; return False if it has to go indipydriver's way."""
        if write.tag not in WRITES or self.stop or not (self.direct and self.direct.ready):
            return False
        try:
            return self._carried_out(write)
        finally:
            # What one write leads to is little: there is room for that where there was any.
            self.direct.send(self._outbox.take_all())

    def post(self, message: Message) -> None:
        """Send clients a message, after all that was posted before; never waits."""
        self._outbox.put(message)
        if not self._answering:
            self._unsent.set()

    def send_posted(self) -> None:
        """Send what was posted, without waiting."""
        if self.direct and not self.stop:
            self.direct.send(self._outbox.take_all())

    async def send(self, xmldata: Element) -> None:
        """Send clients an element; what indipydriver itself sends takes the same way as all else."""
        self.post(xmldata)
        await self.flush()

    async def deliver(self) -> None:
        """Send what is posted, whenever something is."""
        while True:
            await self._unsent.wait()
            await self.flush()
            self._unsent.clear()

    async def flush(self) -> None:
        """Send what is in the outbox, in order; one caller at a time does it for all."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._outbox:
                if self.direct and not self.stop:
                    self.direct.send(self._outbox.take_all())
                    await self.direct.room()
                else:
                    await super().send(as_element(self._outbox.take()))
        finally:
            self._sending = False
            if self._outbox:  # cancelled while a reader stalled
                self._unsent.set()

    def _carried_out(self, element: Element) -> bool:
        """Have a write carried out, by somebody who then sends what was posted."""
        self._answering = True
        try:
            return self.carry_out(element)
        finally:
            self._answering = False

    def snoop(self, devicename: str, vectorname: str, timeout: int = 30) -> None:
        """Listen to a property of another device, and ask for it whenever nothing was heard for some seconds."""
        super().snoop(devicename, vectorname, timeout)
        self._limited.set()

    async def _monitorsnoop(self) -> None:
        """Look every second for what others should have published by now, but only once there is such a limit."""
        await self._limited.wait()
        await super()._monitorsnoop()

    async def _readdata(self, root: Any) -> None:
        """Take any message, as indipydriver's hook for transports."""
        if root.tag in WRITES and not self.stop:
            try:
                if self._carried_out(root):
                    return
            finally:
                await self.flush()
        if root.tag == "getProperties" and root.get("device") == "*":
            del root.attrib["device"]  # an indiserver asks so that serves all devices of the one below it
        await super()._readdata(root)
