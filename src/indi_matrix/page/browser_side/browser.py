"""One browser: what it is still to be sent, and when. Only the newest state waits, so a slow one costs little."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final, Protocol

from indi_matrix.page.browser_side.page_messages import Message, definition, deletion, frame_text, update, words
from indi_matrix.page.indi_side.known_devices import Change, Defined, Deleted, KnownDevices, Said, Updated

FRAME_INTERVAL: Final = 0.02
"""Least seconds between two frames, on average; half those of an effect, or its frames would come ever later."""

_HEARTBEAT: Final = 2.0  # seconds without news after which a browser hears that all is well, for link.js
_PATIENCE: Final = 20.0  # seconds that a frame may take to be read
_MOST_TEXTS: Final = 100  # of one kind that wait
_MOST_CHANGES: Final = 5000  # that wait; of more, the whole state is sent anew
_DEFINED: Final = None
_DELETED: Final[frozenset[str]] = frozenset({""})  # no member has an empty name


class Source(Protocol):
    """What a browser is shown."""

    devices: KnownDevices

    def whole_state(self) -> Iterable[Message]:
        """Return all that a browser is sent first."""

    def ring_message(self, device: str) -> Message | None:
        """Return what a ring shows; None if it is gone."""

    def world_message(self, board: str) -> Message | None:
        """Return a simulated board; None if it is gone."""

    def server_message(self) -> Message:
        """Return whether the INDI server is there."""


class Browser:
    """Collects what a browser is to be sent, and sends it, at most 50 frames a second.

    Args:
        source: What it is shown.
        send: Sends a text; returns once most of it is on its way.

    Attributes:
        visible: Whether the browser shows the page; while it does not, it is sent nothing.
    """

    def __init__(self, source: Source, send: Callable[[str], Awaitable[None]]) -> None:
        self.visible = True
        self._source = source
        self._send = send
        self._due = asyncio.Event()
        self._earliest = 0.0  # loop time from which on a frame may be sent
        self._answers: deque[Message] = deque(maxlen=_MOST_TEXTS)
        self.begin_anew()

    async def run(self) -> None:
        """Send what is due, until the browser is gone or does not read.

        Raises:
            TimeoutError: It did not read for 20 s.
        """
        clock = asyncio.get_running_loop().time
        while True:
            has_news = await self._await_news()
            await asyncio.sleep(self._earliest - clock())
            self._due.clear()
            messages = list(self._take())
            if messages or (self.visible and not has_news):
                # Two may follow each other at once: a change of the world and what INDI tells of it.
                self._earliest = max(self._earliest, clock() - FRAME_INTERVAL) + FRAME_INTERVAL
                async with asyncio.timeout(_PATIENCE):
                    await self._send(frame_text(messages))

    async def _await_news(self) -> bool:
        """Wait until something is due; return whether it is, or the browser shows the page and hears nothing.

        A tunnel stays open when the network behind it is gone, so only silence tells of that.
        """
        try:
            async with asyncio.timeout(_HEARTBEAT if self.visible else None):
                await self._due.wait()
        except TimeoutError:
            return False
        return True

    def show(self, *, on: bool) -> None:
        """Take note that the browser shows the page, which is sent anew then, or that it does not."""
        if on != self.visible:
            self.visible = on
            self.begin_anew()

    # What is to be sent

    def note(self, change: Change) -> None:
        """Note a change of a board."""
        if isinstance(change, Said):
            self._texts.append(words(change))
        elif not self._whole:
            self._note_property(change)
        self._wake()

    def _note_property(self, change: Change) -> None:
        key = (change.device, change.name)
        waiting = self._properties.get(key, frozenset())
        match change:
            case Deleted(device, ""):
                for other in [one for one in self._properties if one[0] == device]:
                    del self._properties[other]
                self._rings.pop(device, None)
                self._properties[key] = _DELETED
            case Deleted():
                self._properties.pop(key, None)
                self._properties[key] = _DELETED
            case Defined():
                self._properties.pop(key, None)  # so that it comes after what was noted meanwhile
                self._properties[key] = _DEFINED
            case Updated() if waiting is not _DEFINED:
                self._properties[key] = waiting.union(change.members)
        if len(self._properties) > _MOST_CHANGES:
            self.begin_anew()

    def note_server(self) -> None:
        """Note that the INDI server came or went, and all devices with it."""
        self._properties.clear()
        self._rings.clear()
        self._server = True
        self._wake()

    def note_ring(self, device: str) -> None:
        """Note that a ring shows something else."""
        self._rings[device] = None
        self._wake()

    def note_world(self, board: str) -> None:
        """Note that a simulated board has changed."""
        self._worlds[board] = None
        self._wake()

    def note_log(self, message: Message) -> None:
        """Note what a simulated MALOS heard or said."""
        self._log.append(message)
        self._wake()

    def note_answer(self, message: Message) -> None:
        """Note the answer to a request."""
        self._answers.append(message)
        self._wake()

    def begin_anew(self) -> None:
        """Forget what waits but for answers, which are no part of the state; send the whole state."""
        self._whole = True
        self._server = False
        self._properties: dict[tuple[str, str], frozenset[str] | None] = {}
        self._rings: dict[str, None] = {}
        self._worlds: dict[str, None] = {}
        self._texts: deque[Message] = deque(maxlen=_MOST_TEXTS)
        self._log: deque[Message] = deque(maxlen=_MOST_TEXTS)
        self._wake()

    def _wake(self) -> None:
        if self.visible:
            self._due.set()

    def _take(self) -> Iterator[Message]:
        """Return what is to be sent, and forget it."""
        if not self.visible:
            return
        if self._whole:
            yield from self._source.whole_state()
        else:
            yield from self._state()
        for texts in (self._answers, self._texts, self._log):
            yield from texts
            texts.clear()
        self._whole = self._server = False
        self._properties.clear()
        self._rings.clear()
        self._worlds.clear()

    def _state(self) -> Iterator[Message]:
        if self._server:
            yield self._source.server_message()
        for (device, name), members in self._properties.items():
            yield from self._property(device, name, members)
        for ring in map(self._source.ring_message, self._rings):
            if ring is not None:
                yield ring
        for world in map(self._source.world_message, self._worlds):
            if world is not None:
                yield world

    def _property(self, device: str, name: str, members: frozenset[str] | None) -> Iterator[Message]:
        prop = self._source.devices.get(device, name)
        if members == _DELETED:
            yield deletion(device, name)
        elif prop is not None:
            yield definition(prop) if members is _DEFINED else update(prop, members)
