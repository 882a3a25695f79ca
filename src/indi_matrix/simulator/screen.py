"""The whole of a terminal, while it may be had: its screen, its keys, and what is said meanwhile."""

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

from indi_matrix.system.console import Lines, Writer

# The other screen, so that what was there comes back; no cursor, and no line wraps while it is narrow.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_CLEAR_LINE: Final = "\x1b[K"  # before a line: behind one of full width it takes the last sign away
_CLEAR_BELOW: Final = "\x1b[J"

_UNABLE: Final = ("", "dumb", "unknown")
_PLAIN_SIGNS: Final = str.maketrans({"█": "#", "·": ".", "●": "*", "○": "o", "°": " "})
_MOST_TOLD: Final = 20  # lines


class Screen:
    """A terminal's other screen, entered to draw, left at the end and while the shell has the terminal.

    What the program writes to standard error meanwhile, if that is the same terminal, is taken and written to the
    first screen when that comes back.

    Attributes:
        newest_line: The last line that was taken.
        has_keys: Whether keys are read.

    Args:
        stream: The terminal to draw on.
        keys: Where keys come from, if that is a terminal too.
        redraw: Called when there is something to be drawn: another size, a line that was taken, an end of a stop.
        pressed: Called with the keys that were pressed.
    """

    def __init__(
        self, stream: TextIO, keys: TextIO | None, redraw: Callable[[], None], pressed: Callable[[str], None]
    ) -> None:
        self._stream = stream
        self._keys = keys.fileno() if keys is not None and keys.isatty() else None
        self._redraw = redraw
        self._pressed = pressed
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(stream.fileno())
        self._taken: deque[str] = deque(maxlen=_MOST_TOLD)
        self.newest_line = ""
        self._entered: contextlib.ExitStack | None = None
        self._closed = False
        self._signals = contextlib.ExitStack()
        self.has_keys = False
        with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: no signals, no resizing
            self._handle(signal.SIGWINCH, redraw)
            self._handle(signal.SIGCONT, self._begin_anew)
            self._handle(signal.SIGTSTP, self._suspend)

    @property
    def is_entered(self) -> bool:
        """Whether it is there to be drawn on."""
        return self._entered is not None

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; a terminal that does not tell gets the classic ones."""
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:
            return 80, 24
        return size.columns or 80, size.lines or 24

    def enter(self) -> bool:
        """Return whether it may be drawn on now, which begins where the shell has left it."""
        if self._closed:  # a line that was taken just before has asked for it
            return False
        if not _is_ours(self._stream.fileno()):
            self.leave()
        elif self._entered is None:
            with contextlib.ExitStack() as stack:
                self._enter(stack)
                self._entered = stack.pop_all()
        return self.is_entered

    def show(self, picture: str) -> None:
        """Draw lines, in place of all that was drawn; of what comes too fast for the reader only the newest."""
        lines = (_CLEAR_LINE + line for line in picture.split("\n"))
        self._writer.show(self._encoded(_HOME + "\r\n".join(lines) + _CLEAR_BELOW))

    def leave(self) -> None:
        """Give the terminal back."""
        entered, self._entered = self._entered, None
        if entered is not None:
            entered.close()

    async def close(self, last: str) -> None:
        """Give the terminal back for good, with a last line if there is one."""
        if last and self._entered:
            self._taken.append(last)
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
            stack.enter_context(lines.taken_by(self._take))

    def _write_last(self) -> None:
        if _is_ours(self._stream.fileno()):
            self._writer.write(self._encoded(_LEAVE + "".join(f"{line}\n" for line in self._taken)))
            self._taken.clear()

    def _take(self, line: str) -> None:
        """Take a line, in any thread."""
        self._taken.append(line)
        self.newest_line = line
        self._loop.call_soon_threadsafe(self._redraw)

    # Signals.

    def _handle(self, number: signal.Signals, handle: Callable[[], None]) -> None:
        if signal.getsignal(number) != signal.SIG_IGN:
            self._loop.add_signal_handler(number, handle)
            self._signals.callback(self._loop.remove_signal_handler, number)

    def _suspend(self) -> None:
        """Stop, as ctrl-z asks for, with the terminal given back."""
        self.leave()
        self._writer.drain()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._redraw()

    def _begin_anew(self) -> None:
        """Take the terminal again after a stop, in which the shell may have had it."""
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
        """Return a text in the terminal's encoding; signs that it lacks are replaced by plain ones."""
        encoding = self._stream.encoding
        try:
            return text.encode(encoding)
        except UnicodeEncodeError:
            return text.translate(_PLAIN_SIGNS).encode(encoding, "replace")


def is_screen(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in _UNABLE


def _is_ours(descriptor: int) -> bool:
    """Tell whether this process may use a terminal now; one in the background would be stopped for it."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True  # it controls other processes, or it went away


def _lines_into(stream: TextIO) -> Lines | None:
    """Return standard error, if it goes to the same terminal and nobody waits for it."""
    lines = getattr(sys.stderr, "buffer", None)
    if not isinstance(lines, Lines) or not lines.isatty():
        return None
    same = os.fstat(lines.fileno()).st_rdev == os.fstat(stream.fileno()).st_rdev
    return lines if same else None


@contextlib.contextmanager
def _cbreak(descriptor: int) -> Iterator[None]:
    """Get each key as it is pressed and show none, until the end."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSANOW)  # others would wait until all that was written is read
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal went away
            if _is_ours(descriptor):
                termios.tcsetattr(descriptor, termios.TCSANOW, before)
