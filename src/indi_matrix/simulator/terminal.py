"""The picture of a board in a terminal, kept up to date, and the keys that press on its pins."""

import asyncio
import contextlib
import os
import signal
import termios
import tty
from collections.abc import Iterator
from typing import Final, Self, TextIO

from indi_matrix.simulator.board import SimulatedBoard
from indi_matrix.simulator.picture import draw

_FRAME_TIME: Final = 0.05

# The other screen, so that what was there comes back; no cursor, and no line wraps while it is narrow.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_END_LINE: Final = "\x1b[K"
_CLEAR_BELOW: Final = "\x1b[J"

_PLAIN_SIGNS: Final = str.maketrans({"█": "#", "·": ".", "●": "*", "○": "o", "°": " "})

_KEYS: Final = "0123456789abcdef"
_KEYS_CAPTION: Final = "keys 0-9, a-f: flip what is on input pins 0-15   ctrl-c: end"
_CAPTION: Final = "ctrl-c: end"


class TerminalPicture:
    """A board's picture in a terminal: drawn when something changes, gone when the context ends.

    Draws nothing, and touches nothing, when the stream is no terminal.

    Args:
        board: The board.
        stream: Where to draw.
        address: What to show as the address of the service.
        keys: Where keys come from, if they shall flip the levels on input pins; ignored unless a terminal.
    """

    def __init__(
        self, board: SimulatedBoard, stream: TextIO, *, address: str = "", keys: TextIO | None = None
    ) -> None:
        self._board = board
        self._stream = stream
        self._address = address
        self._keys = keys
        self._caption = _CAPTION
        self._next: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._cleanup = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        if self._stream.isatty():
            with contextlib.ExitStack() as stack:
                self._open(stack)
                self._cleanup = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cleanup.close()

    def _open(self, stack: contextlib.ExitStack) -> None:
        loop = asyncio.get_running_loop()
        if self._keys is not None and _is_ours(self._keys):
            self._caption = _KEYS_CAPTION
            stack.enter_context(_cbreak(self._keys.fileno()))
            loop.add_reader(self._keys.fileno(), self._read_keys, self._keys.fileno())
            stack.callback(loop.remove_reader, self._keys.fileno())
        self._write(_ENTER)
        stack.callback(self._write, _LEAVE)
        with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: no signals, no resizing
            loop.add_signal_handler(signal.SIGWINCH, self._schedule)
            stack.callback(loop.remove_signal_handler, signal.SIGWINCH)
        stack.callback(self._cancel)
        stack.callback(self._board.watch(self._schedule))
        self._redraw()

    # Drawing.

    def _schedule(self) -> None:
        """Draw soon, but not sooner than a person sees."""
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = loop.call_at(max(loop.time(), self._last + _FRAME_TIME), self._redraw)

    def _cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _redraw(self) -> None:
        self._next = None
        self._last = asyncio.get_running_loop().time()
        width, height = _size(self._stream)
        picture = draw(self._board, width, address=self._address, caption=self._caption)
        lines = picture.split("\n")[:height]
        self._write(_HOME + "\r\n".join(line + _END_LINE for line in lines) + _CLEAR_BELOW)

    def _write(self, text: str) -> None:
        # A terminal that went away takes nothing more, and that is no reason to stop the service.
        with contextlib.suppress(OSError):
            self._stream.write(_writable(text, self._stream.encoding))
            self._stream.flush()

    # Keys.

    def _read_keys(self, descriptor: int) -> None:
        try:
            pressed = os.read(descriptor, 64)
        except OSError:
            pressed = b""
        if not pressed:
            asyncio.get_running_loop().remove_reader(descriptor)
        if pressed.startswith(b"\x1b"):
            return  # an arrow or function key, which comes as several letters
        for key in pressed.decode("ascii", "ignore").lower():
            if key in _KEYS:
                self._flip(_KEYS.index(key))

    def _flip(self, pin: int) -> None:
        if not self._board.is_output(pin):
            self._board.set_input(pin, not self._board.level(pin))


def _is_ours(keys: TextIO) -> bool:
    """Tell whether keys come from a terminal, and one that does not stop this process for reading them."""
    if not keys.isatty():
        return False
    try:
        return os.tcgetpgrp(keys.fileno()) == os.getpgrp()
    except OSError:
        return True  # it controls other processes


@contextlib.contextmanager
def _cbreak(descriptor: int) -> Iterator[None]:
    """Get each key as it is pressed and show none, until the end."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal went away
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _size(stream: TextIO) -> tuple[int, int]:
    """Return the columns and rows of a terminal; one that does not tell gets the classic ones."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except OSError:
        return 80, 24
    return size.columns or 80, size.lines or 24


def _writable(text: str, encoding: str) -> str:
    """Return a text in which signs that an encoding lacks are replaced by plain ones."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN_SIGNS).encode(encoding, "replace").decode(encoding)
    return text
