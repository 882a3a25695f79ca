"""A terminal's alternate screen and its keys, and the lines that are logged meanwhile."""

import asyncio
import contextlib
import os
import signal
import sys
import termios
import threading
import tty
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from indi_matrix.system.console import ConsoleWriter, LineStream

# The alternate screen, so that the terminal's text comes back later; no cursor, and no wrapping of long lines.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_CLEAR_LINE: Final = "\x1b[K"  # before a line: after a line of full width it would delete the last sign
_CLEAR_BELOW: Final = "\x1b[J"

_UNABLE: Final = ("", "dumb", "unknown")
_PLAIN_SIGNS: Final = str.maketrans({"█": "#", "·": ".", "●": "*", "○": "o", "°": " "})
_MOST_TOLD: Final = 20  # lines that are kept for the normal screen


class Screen:
    """A terminal's alternate screen. It is left at the end, and while the shell has the terminal.

    Lines that the program writes meanwhile to standard error, if that is the same terminal, are kept. They are
    written when the normal screen is back.

    Attributes:
        newest_line: The last line that was kept.
        has_keys: Whether keys are read.

    Args:
        stream: The terminal to draw on.
        keys: Where keys come from, if that is a terminal too.
        redraw: Called when the size changes, a line was kept, or the program goes on after a stop.
        pressed: Called with the characters of the keys that were pressed.
    """

    def __init__(
        self, stream: TextIO, keys: TextIO | None, redraw: Callable[[], None], pressed: Callable[[str], None]
    ) -> None:
        self._stream = stream
        self._keys = keys.fileno() if keys is not None and keys.isatty() else None
        self._redraw = redraw
        self._pressed = pressed
        self._loop = asyncio.get_running_loop()
        self._writer = ConsoleWriter(stream.fileno())
        self._kept: deque[str] = deque(maxlen=_MOST_TOLD)
        self.newest_line = ""
        self._entered: contextlib.ExitStack | None = None
        self._closed = False
        self._signals = contextlib.ExitStack()
        self.has_keys = False
        with contextlib.suppress(ValueError, RuntimeError):  # outside the main thread no signal can be handled
            self._handle(signal.SIGWINCH, redraw)
            self._handle(signal.SIGCONT, self._begin_anew)
            self._handle(signal.SIGTSTP, self._suspend)

    @property
    def is_entered(self) -> bool:
        """Whether the screen can be drawn on."""
        return self._entered is not None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; 80 and 24 for a terminal that does not say."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24

    def enter(self) -> bool:
        """Enter the screen, unless the shell has the terminal; return whether the screen can be drawn on."""
        if self._closed:  # a line that was kept just before the end has asked for a redraw
            return False
        if not _is_ours(self._stream.fileno()):
            self.leave()
        elif self._entered is None:
            with contextlib.ExitStack() as stack:
                self._enter(stack)
                self._entered = stack.pop_all()
        return self.is_entered

    def show(self, picture: str) -> None:
        """Draw lines in place of the last picture. A terminal that reads slowly gets the newest picture only."""
        lines = (_CLEAR_LINE + line for line in picture.split("\n"))
        self._writer.show(self._encoded(_HOME + "\r\n".join(lines) + _CLEAR_BELOW))

    def leave(self) -> None:
        """Leave the screen, and give the terminal back."""
        entered, self._entered = self._entered, None
        if entered is not None:
            entered.close()

    async def close(self, last: str) -> None:
        """Give the terminal back for good, with a last line if there is one."""
        if last and self._entered:
            self._kept.append(last)
        self._closed = True
        self._signals.close()
        self.leave()
        self._writer.close()
        await asyncio.to_thread(self._writer.drain)

    def _enter(self, stack: contextlib.ExitStack) -> None:
        self.has_keys = self._keys is not None and _is_ours(self._keys)
        if self._keys is not None and self.has_keys:
            stack.enter_context(_cbreak(self._keys))
            self._loop.add_reader(self._keys, self._read_keys, self._keys)
            stack.callback(self._loop.remove_reader, self._keys)
        self._writer.write(self._encoded(_ENTER))
        stack.callback(self._write_last)
        if lines := _lines_into(self._stream):
            stack.enter_context(lines.taken_by(self._keep))

    def _write_last(self) -> None:
        if _is_ours(self._stream.fileno()):
            self._writer.write(self._encoded(_LEAVE + "".join(f"{line}\n" for line in self._kept)))
            self._kept.clear()

    def _keep(self, line: str) -> None:
        """Keep a line; called in any thread."""
        self._kept.append(line)
        self.newest_line = line
        self._loop.call_soon_threadsafe(self._redraw)

    # Signals.

    def _handle(self, number: signal.Signals, handle: Callable[[], None]) -> None:
        if signal.getsignal(number) != signal.SIG_IGN:
            self._loop.add_signal_handler(number, handle)
            self._signals.callback(self._loop.remove_signal_handler, number)

    def _suspend(self) -> None:
        """Give the terminal back, and stop, as ctrl-z asks for."""
        self.leave()
        self._writer.drain()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._redraw()

    def _begin_anew(self) -> None:
        """Enter the screen anew after a stop, during which the shell may have used the terminal."""
        self.leave()
        self._redraw()

    # Keys.

    def _read_keys(self, descriptor: int) -> None:
        try:
            pressed = os.read(descriptor, 64)
        except OSError:
            pressed = b""
        if not pressed:
            self._loop.remove_reader(descriptor)
        if not pressed.startswith(b"\x1b"):  # an arrow or function key, which comes as several letters
            self._pressed(pressed.decode("ascii", "ignore"))

    def _encoded(self, text: str) -> bytes:
        """Return a text in the terminal's encoding, with plain signs for those that the encoding lacks."""
        encoding = self._stream.encoding
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            return text.translate(_PLAIN_SIGNS).encode(encoding, "replace")


def is_screen(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in _UNABLE


def _is_ours(descriptor: int) -> bool:
    """Return whether this process is in the terminal's foreground; in the background it would be stopped."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True  # the terminal controls other processes, or is gone


def _lines_into(stream: TextIO) -> LineStream | None:
    """Return standard error, if it goes to the same terminal and writes from a thread of its own."""
    lines = getattr(sys.stderr, "buffer", None)
    if not isinstance(lines, LineStream) or not lines.isatty():
        return None
    same = os.fstat(lines.fileno()).st_rdev == os.fstat(stream.fileno()).st_rdev
    return lines if same else None


@contextlib.contextmanager
def _cbreak(descriptor: int) -> Iterator[None]:
    """Read each key as it is pressed, without echo, until the context ends."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSANOW)  # TCSADRAIN would wait until the terminal has read all output
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal is gone
            if _is_ours(descriptor):
                termios.tcsetattr(descriptor, termios.TCSANOW, before)
