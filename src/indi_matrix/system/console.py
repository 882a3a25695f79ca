"""Output to people, who may read it late or never: nobody waits for them."""

import contextlib
import io
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

_MOST_UNREAD: Final = 1 << 16  # bytes
# indiserver takes a longer line for the death of the driver.
_LINE_LIMIT: Final = 1000
_PATIENCE: Final = 0.2  # seconds that a reader has at the end


class Writer:
    """Writes to a descriptor in a thread of its own, so that whoever has something to write never waits.

    A descriptor that does not block would do without, but its mode is shared by all programs that have it open, as
    with a terminal the shell.

    Args:
        descriptor: Where to write. It may be closed before the writer is.
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
        """Write, after all that was written before; drop it, and count it, if too much of that is unread.

        A picture of which nothing was written yet is dropped too.
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
        """Write a picture, in place of an earlier one that nothing was written of yet."""
        with self._changed:
            if not self._closed:
                self._newest = picture
                self._wake()

    def drain(self, limit: float = _PATIENCE) -> None:
        """Wait until all is written, but no longer than a limit in seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_idle, limit)

    def close(self) -> None:
        """Write what is left, if that is read; nobody waits for it. What comes later goes nowhere."""
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
        while data := self._next():
            with contextlib.suppress(OSError):  # nobody can read it any more
                self._write_all(data)
        os.close(self._descriptor)

    def _next(self) -> bytes:
        """Return what is to be written next, when there is something; nothing at the end."""
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
            except BlockingIOError:  # somebody else who has it open made it so
                select.select((), (self._descriptor,), ())


def _dropped(count: int) -> bytes:
    return f"indi_matrix: {count} line{'s' * (count > 1)} left out here, which nobody read in time\n".encode()


class Lines(io.RawIOBase):
    """What stands behind sys.stderr: lines that are cut, and written without waiting."""

    def __init__(self, descriptor: int) -> None:
        self._number = descriptor
        self._writer = Writer(descriptor)
        self._begun = b""
        self._taker: Callable[[str], None] | None = None

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that is written to."""
        return self._number

    def isatty(self) -> bool:
        """Tell whether that is a terminal."""
        return os.isatty(self._number)

    def write(self, data: bytes) -> int:  # type: ignore[override]  # of all buffers there are, it gets these
        """Take a piece of text; what has no end yet waits for it."""
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
        """Hand each line to somebody else, who may be called in any thread, until the end of the context."""
        self._taker = taker
        try:
            yield
        finally:
            self._taker = None

    def drain(self) -> None:
        """Give the reader a short time to read what is unread."""
        if self._begun:
            self.write(b"\n")
        self._writer.drain()


def wait_for_no_reader() -> Lines:
    """Have nobody wait for those who read standard error, whoever writes to it; return what stands behind it."""
    lines = Lines(sys.stderr.fileno())
    sys.stderr = io.TextIOWrapper(
        lines, encoding=sys.stderr.encoding, errors="backslashreplace", line_buffering=True, write_through=True
    )
    return lines
