"""A line to a program under siege: all that it says is read and counted, and a fence proves that it listens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

from indi_matrix.indi.wire.reader import MAX_MESSAGE
from tests.siege.seeds import picture, switches, texts
from tests.siege.targets import Target

_CHUNK: Final = 1 << 18  # bytes
# Enough for the program to give up what began before, and what of them came in one piece with that.
_BLANKS: Final = b"\n" * (MAX_MESSAGE + (1 << 17))
_MOMENT: Final = 0.5  # seconds until an answer is taken for lost
_ATTEMPTS: Final = 4  # until the board is taken for lost
_CONNECTING: Final = 8.0  # seconds; the program itself gives up after 5

ANSWER: Final = b"<set"
ALERT: Final = b'state="Alert"'
WARNING: Final = b'message="[WARNING]'
_COUNTED: Final = (ANSWER, ALERT, WARNING)

_HUNG_UP: Final = b""
_NO_PICTURE: Final = b"no property 'EVERLOOP_IMAGE' now"
_CONNECTED: Final = b'<defTextVector device="MATRIX" name="EVERLOOP_IMAGE"'
_NOT_CONNECTED: Final = b'name="CONNECTION" state="Alert"'
# Longer than all that is looked for: what a chunk ends with may be the torn beginning of it.
_OVERLAP: Final = 64


class SilenceError(AssertionError):
    """The program does not answer any more."""


class Line:
    """What goes to the program and comes from it.

    Attributes:
        counts: How often it said what is counted.
        fences: How many fences were answered.
        repeats: How many had to be sent again.
        reconnects: How often the board had to be connected.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Sequence[bytes]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._tail = b""
        self._wanted: Sequence[bytes] = ()
        self._heard: asyncio.Future[bytes] | None = None
        self._closed = asyncio.Event()
        self.counts = dict.fromkeys(counted, 0)
        self.fences = self.repeats = self.reconnects = 0

    async def listen(self) -> None:
        """Read until the program hangs up."""
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(_CHUNK):
                self._take(self._tail + data)
        self._closed.set()
        if self._heard and not self._heard.done():
            self._heard.set_result(_HUNG_UP)

    def _take(self, text: bytes) -> None:
        # What was told of the tail is not told again.
        for word in self.counts:
            self.counts[word] += text.count(word) - self._tail.count(word)
        if self._heard and not self._heard.done():
            for word in self._wanted:
                if word in text:
                    self._heard.set_result(word)
                    break
        self._tail = text[-_OVERLAP:]

    @property
    def closed(self) -> bool:
        """Whether the program has hung up."""
        return self._closed.is_set()

    async def wait_closed(self, within: float) -> None:
        """Wait until the program hangs up."""
        async with asyncio.timeout(within):
            await self._closed.wait()

    async def send(self, data: bytes) -> None:
        """Send, and wait while the program is slow to take it."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(_CONNECTING):
                await self._writer.drain()
        except ConnectionError as error:
            raise SilenceError("the program has hung up") from error
        except TimeoutError as error:
            raise SilenceError("the program takes nothing") from error

    async def say(self, data: bytes, *wanted: bytes, within: float) -> bytes | None:
        """Send, and return the first of some words that comes back, None where none does in so many seconds."""
        if self._closed.is_set():
            raise SilenceError("the program has hung up")
        self._wanted, self._heard = wanted, asyncio.get_running_loop().create_future()
        try:
            await self.send(data)
            async with asyncio.timeout(within):
                said = await self._heard
        except TimeoutError:
            return None
        finally:
            self._heard = None
        if said == _HUNG_UP:
            raise SilenceError("the program has hung up")
        return said

    async def fence(self, restore: bytes = b"", patience: float = 30.0) -> None:
        """Write a picture that nobody wrote before, again and again until it is answered.

        The beginning of a comment may swallow it, and all that follows up to the bound on a message: the
        repeats come behind so many blanks.

        Args:
            restore: What names the board, so that it can be connected again; nothing where there is none.
            patience: Seconds.

        Raises:
            SilenceError: It is not answered.
        """
        self.fences += 1
        mark = f"F00D{self.fences & 0xFFFF:04X}"
        write, loop = texts("EVERLOOP_IMAGE", IMAGE=picture(mark)), asyncio.get_running_loop()
        answer, give_up = f">{mark}".encode(), loop.time() + patience
        for attempt in count(1):
            said = await self.say(write, answer, _NO_PICTURE, within=_MOMENT)
            if said == answer:
                return
            if loop.time() > give_up:
                raise SilenceError(f"the program has not answered for {patience:g} s")
            if said is None:
                self.repeats += 1
                await self.send(_BLANKS)
            # A board that is not there is no silence; but the fuzz can have switched off the message about it.
            if restore and (said or not attempt % _ATTEMPTS):
                await self.connect(restore)

    async def connect(self, how: bytes) -> None:
        """Have the board connected, also where another connection is under way or lost."""
        self.reconnects += 1
        write = switches("CONNECTION", DISCONNECT=True) + how + switches("CONNECTION", CONNECT=True)
        await self.say(write, _CONNECTED, _NOT_CONNECTED, within=_CONNECTING)


@asynccontextmanager
async def heard(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Sequence[bytes] = _COUNTED
) -> AsyncIterator[Line]:
    """Listen to a program."""
    line = Line(reader, writer, counted)
    listening = asyncio.create_task(line.listen(), name="line")
    try:
        yield line
    finally:
        listening.cancel()
        await asyncio.wait({listening})


@asynccontextmanager
async def piped(target: Target) -> AsyncIterator[Line]:
    """Listen to a program on pipes."""
    assert target.process.stdout is not None
    assert target.process.stdin is not None
    async with heard(target.process.stdout, target.process.stdin) as line:
        yield line


@asynccontextmanager
async def dialled(port: int, counted: Sequence[bytes] = _COUNTED) -> AsyncIterator[Line]:
    """Connect to a program that serves, and listen to it; at the end hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with heard(reader, writer, counted) as line:
            yield line
    finally:
        # Closing would wait for a program that takes nothing any more.
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
