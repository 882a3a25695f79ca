"""Incoming messages: kept in order until their reader takes them; a getProperties is checked for its version."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.indi.wire.reader import IndiStream, Item
from indi_matrix.indi.wire.write import Write

VERSION: Final = 1.7
# Bytes of messages that may wait before the peer is paused: enough to see the end of input behind them.
_BACKLOG: Final = 1 << 20


def _none(_: bytes) -> int:
    return 0


class Inbox:
    """Turns a peer's bytes into messages for one reader, in order; pauses a peer that is too fast."""

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._paused = False
        self._ended = False
        self._idle = False  # whether the reader waits
        self._waiting = 0
        self._stream = IndiStream()
        self._items: deque[Item] = deque()
        self._news = asyncio.Event()

    def feed(self, data: bytes, offer: Callable[[Write], bool], bound: Callable[[bytes], int] = _none) -> None:
        """Take bytes of the peer.

        While the reader waits, writes are offered, up to the first that is refused or the first other message.

        Args:
            data: The bytes; they may begin and end within a message.
            offer: Carries out a write now; returns False if it has to wait for the reader.
            bound: Carries out now the bound writes that data begins with; returns where the rest begins.
        """
        attentive = self._idle and not self._items
        if attentive and self._stream.between and (end := bound(data)):
            self._stream.pass_by()
            if end == len(data):
                return
            data = data[end:]
        found = self._stream.feed(data)
        if attentive:
            taken = 0
            for item in found:
                if not (isinstance(item, Write) and offer(item)):
                    break
                taken += 1
            del found[:taken]
        if self._ended:
            return  # one of these writes has ended the input
        self._items.extend(found)
        # Bytes that complete no message do not count: the reader would get nothing, and never resume the peer.
        self._waiting = self._waiting + len(data) if self._items else 0
        if self._waiting > _BACKLOG and not self._paused:
            self._paused = True
            self._pause()
        if self._items:
            self._news.set()

    def end(self) -> None:
        """End the input: the reader gets the messages that are here, then None."""
        self._ended = True
        self._news.set()

    def discard(self) -> None:
        """End the input, and drop the messages that are here."""
        self._items.clear()
        self.end()

    async def get(self) -> Item | None:
        """Return the next message or error, waiting only if there is none, and None at the end."""
        while not self._items:
            if self._ended:
                return None
            self._news.clear()
            self._waiting = 0
            if self._paused:
                self._paused = False
                self._resume()
            self._idle = True
            try:
                await self._news.wait()
            finally:
                self._idle = False
        return self._items.popleft()


def request(element: ET.Element) -> ET.Element | None:
    """Return a getProperties with the version that the library wants; None for a newer one or another message."""
    if element.tag == "getProperties" and _is_spoken(element.get("version", "")):
        element.set("version", str(VERSION))
        return element
    return None


def _is_spoken(version: str) -> bool:
    try:
        return not version.strip() or float(version) <= VERSION
    except ValueError:
        return False
