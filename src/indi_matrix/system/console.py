"""Output to people, who may read it late or never: the program does not wait for them.

A terminal that was stopped with ctrl-s, or a pipe into a pager, blocks a write for as long as it is not read.
"""

import contextlib
import io
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

from indi_matrix.system.signals import leave_signals_to_main_thread

_MOST_UNREAD: Final = 1 << 16  # bytes; lines beyond that are dropped and counted
# indiserver 1.9.9 mistakes a line of 1024 or more characters for the driver's death, and starts it again.
_LINE_LIMIT: Final = 1000
_PATIENCE: Final = 0.2  # seconds that the reader has at the end of the program


class ConsoleWriter:
    """Writes to a descriptor in a thread of its own, so that no caller ever waits.

    A descriptor that does not block would need no thread; but that mode is shared by all programs that have the
    same file open, as a terminal is with the shell.

    Args:
        descriptor: Where to write; a copy of it is kept, so it may be closed before the writer is.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)
        self._changed = threading.Condition()
        self._unread: list[bytes] = []
        self._size = 0
        self._dropped = 0
        self._newest = b""
        self._thread: threading.Thread | None = None
        self._is_writing = False
        self._closed = False

    def write(self, line: bytes) -> None:
        """Write a line after all others; drop and count it if more than 64 KiB would be unread.

        A picture that is still to be shown is dropped too.
        """
        with self._changed:
            if self._closed:
                return
            if self._dropped or self._size + len(line) > _MOST_UNREAD:
                self._dropped += 1
                return
            self._newest = b""
            self._unread.append(line)
            self._size += len(line)
            self._wake()

    def show(self, picture: bytes) -> None:
        """Write a picture; it replaces an earlier one that has not begun to be written."""
        with self._changed:
            if not self._closed:
                self._newest = picture
                self._wake()

    def drain(self, limit: float = _PATIENCE) -> None:
        """Wait until everything is written, but no longer than a limit in seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_idle, limit)

    def close(self) -> None:
        """Close without waiting; what is left is still written if it is read. Later calls write nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            if self._thread is None:
                os.close(self._descriptor)
            self._changed.notify_all()

    @property
    def _is_idle(self) -> bool:
        return not (self._is_writing or self._unread or self._dropped or self._newest)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="output", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        leave_signals_to_main_thread()
        while data := self._next():
            with contextlib.suppress(OSError):  # the reader has gone
                self._write_all(data)
        os.close(self._descriptor)

    def _next(self) -> bytes:
        """Wait for something to write and return it; return nothing at the end."""
        with self._changed:
            self._is_writing = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or not self._is_idle)
            self._is_writing = not self._is_idle
            if self._unread:  # all at once: each write may have to wait for its turn among the threads
                data = b"".join(self._unread)
                self._unread.clear()
                self._size = 0
            elif self._dropped:
                data, self._dropped = _dropped(self._dropped), 0
            else:
                data, self._newest = self._newest, b""
            return data

    def _write_all(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # another program that has the file open made it so
                select.select((), (self._descriptor,), ())


def _dropped(count: int) -> bytes:
    return f"indi_matrix: {count} line{'s' * (count > 1)} left out here, which nobody read in time\n".encode()


class LineStream(io.RawIOBase):
    """The raw stream behind sys.stderr: cuts lines to 1000 bytes, and writes them without waiting."""

    def __init__(self, descriptor: int) -> None:
        self._number = descriptor
        self._writer = ConsoleWriter(descriptor)
        self._begun = b""
        self._taker: Callable[[str], None] | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that is written to."""
        return self._number

    def isatty(self) -> bool:
        """Return whether that is a terminal."""
        return os.isatty(self._number)

    def write(self, data: bytes) -> int:  # type: ignore[override]  # TextIOWrapper passes bytes only
        """Write the lines that are complete; keep the beginning of the next one."""
        *lines, self._begun = (self._begun + bytes(data)).split(b"\n")
        for line in lines:
            self._put(line if len(line) <= _LINE_LIMIT else line[: _LINE_LIMIT - 3] + b"...")
        self._begun = self._begun[:_LINE_LIMIT]
        return len(data)

    def _put(self, line: bytes) -> None:
        if self._taker is None:
            self._writer.write(line + b"\n")
        else:
            self._taker(line.decode("utf-8", "replace"))

    @contextlib.contextmanager
    def taken_by(self, taker: Callable[[str], None]) -> Iterator[None]:
        """Call `taker` with each line instead of writing it, in the thread that writes, until the context ends."""
        self._taker = taker
        try:
            yield
        finally:
            self._taker = None

    def drain(self) -> None:
        """Write the rest; wait 0.2 s at most for the reader to read it."""
        if self._begun:
            self.write(b"\n")
        self._writer.drain()


def wait_for_no_reader() -> LineStream:
    """Make writes to sys.stderr return without waiting for a reader; return the raw stream behind sys.stderr."""
    lines = LineStream(sys.stderr.fileno())
    sys.stderr = io.TextIOWrapper(
        lines, encoding=sys.stderr.encoding, errors="backslashreplace", line_buffering=True, write_through=True
    )
    return lines
