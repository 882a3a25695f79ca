"""File descriptors without blocking: pipes, sockets and terminals on the event loop, files directly.

asyncio's own pipes do not work here. indiserver 1.9.8 and later give a driver one socket as stdin and stdout, on
which connect_read_pipe and connect_write_pipe break; neither takes a regular file.
"""

import asyncio
import contextlib
import os
import select
import stat
from collections.abc import Callable
from typing import Final

_CHUNK: Final = 1 << 16  # bytes that are read at a time
_HIGH_WATER: Final = 1 << 18  # unsent bytes from which on the driver has to wait
_MOST_HELD: Final = 6000  # bytes collected for one write; the other side works on them while more are made


class Descriptor(contextlib.ExitStack):
    """A descriptor that does not block while this context is open.

    The mode belongs to the open file, which other programs may share. A terminal is shared with the shell, so it
    is opened anew.

    Attributes:
        number: The descriptor.
        watched: Whether the event loop can wait for it. Regular files and /dev/null are always ready, and epoll
            refuses them.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.watched = stat.S_ISFIFO(_mode(number)) or stat.S_ISSOCK(_mode(number)) or os.isatty(number)

    def open(self) -> None:
        """Keep the descriptor from blocking, until this context is closed."""
        if not self.watched:
            return
        if os.isatty(self.number):
            with contextlib.suppress(OSError):  # without a name, as in some containers, the shared one is used
                self.number = os.open(os.ttyname(self.number), os.O_RDWR | os.O_NOCTTY)
                self.callback(os.close, self.number)
        self.callback(os.set_blocking, self.number, os.get_blocking(self.number))
        os.set_blocking(self.number, False)


def _mode(number: int) -> int:
    try:
        return os.fstat(number).st_mode
    except OSError:  # closed: reading and writing will say so
        return 0


class HangUp:
    """Calls back when the other side of a pipe or socket hangs up, while nothing is read from it."""

    def __init__(self, number: int, callback: Callable[[], None]) -> None:
        # The event loop waits for something to read, and unread data would always be that. An epoll of its own
        # waits for the hang-up alone, and is itself a descriptor, which becomes readable at the hang-up.
        self._events = select.epoll()
        self._events.register(number, select.EPOLLRDHUP)  # EPOLLHUP is always waited for
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._events.fileno(), callback)

    def close(self) -> None:
        """Stop watching."""
        self._loop.remove_reader(self._events.fileno())
        self._events.close()


class Source:
    """Calls back with the bytes that arrive, and with b"" once at their end."""

    def __init__(self, number: int, received: Callable[[bytes], None]) -> None:
        self._descriptor = Descriptor(number)
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.Handle | None = None
        self._reading = False
        self._hang_up: HangUp | None = None
        self._ended = False

    def open(self) -> None:
        """Begin to read."""
        self._descriptor.open()
        self.resume()

    def close(self) -> None:
        """Stop reading, and leave the descriptor as it was."""
        self._stop()
        self._descriptor.close()

    def pause(self) -> None:
        """Stop reading for now; read on if the other side hangs up, as the rest of the input is bounded then."""
        self._stop()
        if self._descriptor.watched:
            self._hang_up = HangUp(self._descriptor.number, self.resume)

    def resume(self) -> None:
        """Read again, until the end of input."""
        if self._ended:
            return
        self._stop()
        self._reading = True
        if self._descriptor.watched:
            self._loop.add_reader(self._descriptor.number, self._read)
        else:
            self._next = self._loop.call_soon(self._read)

    def _stop(self) -> None:
        if self._descriptor.watched:
            self._loop.remove_reader(self._descriptor.number)
        elif self._next:
            self._next.cancel()
        if self._hang_up is not None:
            self._hang_up.close()
            self._hang_up = None
        self._reading = False

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor.number, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # reset, hung up (EIO of a terminal) or never open: nothing more will come
            data = b""
        if not data:
            self._ended = True
            self._stop()
        self._received(data)
        if self._reading and not self._descriptor.watched:
            self.resume()


class Sink:
    """Writes at once what the other side takes, and buffers the rest until it takes more.

    Attributes:
        written: How many bytes the other side has taken.
        room: Set while the send buffer has room for more.
    """

    def __init__(self, number: int, broken: Callable[[OSError], None]) -> None:
        self._descriptor = Descriptor(number)
        self._broken = broken
        self._loop = asyncio.get_running_loop()
        self.written = 0
        self._held: bytearray | None = None
        self._rest = bytearray()
        self._is_broken = False
        self._hurried = False
        self.room = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.room.set()

    @property
    def unsent(self) -> int:
        """Number of bytes in the send buffer."""
        return len(self._rest)

    def open(self) -> None:
        """Make the descriptor ready to be written to."""
        self._descriptor.open()

    def hurry(self) -> None:
        """Keep `room` set, however full the buffer is: after the end of input, the output to come is bounded."""
        self._hurried = True
        self.room.set()

    async def flush(self) -> None:
        """Wait until everything is written, or the descriptor is broken."""
        await self._empty.wait()

    def close(self) -> None:
        """Drop what is unsent, and leave the descriptor as it was."""
        if self._rest:
            self._rest.clear()
            self._loop.remove_writer(self._descriptor.number)
        self._is_broken = True
        self._descriptor.close()

    def hold(self) -> None:
        """Collect writes until `release`, at most 6000 bytes at a time: each write is a system call."""
        if self._held is None:
            self._held = bytearray()

    def release(self) -> None:
        """Write the collected bytes, if there are any."""
        held, self._held = self._held, None
        if held:
            self.write(held)

    def write(self, data: bytes | bytearray) -> None:
        """Write now what the other side takes, and the rest as soon as it takes more."""
        if self._held is not None:
            self._held += data
            if len(self._held) > _MOST_HELD:
                self.release()
                self.hold()
            return
        if self._is_broken:
            return
        if not self._rest:
            data = data[self._write(data) :]
            if not data or self._is_broken:
                return
            self._empty.clear()
            self._loop.add_writer(self._descriptor.number, self._write_rest)
        self._rest += data
        if len(self._rest) > _HIGH_WATER and not self._hurried:
            self.room.clear()

    def _write_rest(self) -> None:
        del self._rest[: self._write(self._rest)]
        if self._is_broken:
            self._rest.clear()
        if not self._rest:
            self._loop.remove_writer(self._descriptor.number)
            self._empty.set()
            self.room.set()

    def _write(self, data: bytes | bytearray) -> int:
        """Write bytes, and return how many were written: to a file all of them, unless it is broken."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor.number, data[written:] if written else data)
                if self._descriptor.watched:
                    break
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._is_broken = True
            self._broken(error)
        self.written += written
        return written
