"""The messages that come in on a socket."""

import asyncio

import zmq
import zmq.asyncio


class Inbox:
    """Reads a socket through the plain one beneath, without the futures and the polls of an asynchronous read.

    A socket's descriptor does not tell that a message waits, only that something has happened since the socket was
    last looked at. So each wait begins with an attempt to read, and whatever happens is looked at, wanted or not.
    Nothing else may read the socket.
    """

    def __init__(self, socket: zmq.asyncio.Socket) -> None:
        self._socket = socket
        self._reader: asyncio.Future[bytes] | None = None
        self._loop = asyncio.get_running_loop()

    def open(self) -> None:
        """Look at the socket whenever something happens to it, from now on."""
        self._loop.add_reader(self._socket.fileno(), self._look)

    def close(self) -> None:
        """Look no more; to be done before the socket is closed."""
        self._loop.remove_reader(self._socket.fileno())

    def take(self) -> bytes | None:
        """Return the next message, or None while there is none."""
        try:
            return zmq.Socket.recv(self._socket, zmq.NOBLOCK)
        except zmq.Again:
            return None

    async def receive(self) -> bytes:
        """Return the next message; there may be one reader at a time."""
        message = self.take()
        if message is None:
            self._reader = self._loop.create_future()
            message = await self._reader
        return message

    def interrupt(self, error: Exception) -> None:
        """Raise an error where a message is waited for, unless one has just come."""
        if self._reader is not None and not self._reader.done():
            self._reader.set_exception(error)

    def _look(self) -> None:
        """Give the reader what has come; without one, leave it where it is, and the descriptor quiet."""
        if self._reader is None or self._reader.done():
            zmq.Socket.get(self._socket, zmq.EVENTS)
        elif (message := self.take()) is not None:
            self._reader.set_result(message)
