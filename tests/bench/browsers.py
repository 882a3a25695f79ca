"""Browsers that show a page: `python -m tests.bench.browsers PORT COUNT`. They read what they are sent, no more.

That all are shown the page comes on stdout as a line of JSON. A line on stdin is answered by another one at once,
and then, as soon as all have been told of a switch, by the moment of that, in ns of time.monotonic_ns().
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from tests.bench.words import SWITCH

_SWITCH: Final = f'"t":"set","device":"MATRIX","name":"{SWITCH.decode()}"'


class Browsers:
    """Some browsers, and which of them have not been told of a switch yet."""

    def __init__(self) -> None:
        self._untold: set[ClientConnection] = set()
        self._sockets: list[ClientConnection] = []

    async def open(self, port: int, count: int, stack: AsyncExitStack) -> None:
        """Open a page in so many browsers."""
        origin: Any = f"http://127.0.0.1:{port}"
        for _ in range(count):
            opening = connect(f"ws://127.0.0.1:{port}/ws", origin=origin, max_size=None, compression=None)
            socket = await stack.enter_async_context(opening)
            while _SWITCH.replace("set", "def", 1) not in await socket.recv(decode=True):
                pass
            self._sockets.append(socket)

    async def read(self, socket: ClientConnection) -> None:
        """Read what a browser is sent."""
        async for text in socket:
            if socket in self._untold and _SWITCH in str(text):
                self._untold.remove(socket)
                if not self._untold:
                    _tell(time.monotonic_ns())

    async def work(self) -> None:
        """Read until the end of stdin."""
        lines = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        reading = [asyncio.create_task(self.read(socket)) for socket in self._sockets]
        _tell("shown")
        while await lines.readline():
            self._untold.update(self._sockets)
            _tell("waiting")
        for task in reading:
            task.cancel()


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


async def main() -> None:
    browsers = Browsers()
    async with AsyncExitStack() as stack:
        await browsers.open(int(sys.argv[1]), int(sys.argv[2]), stack)
        await browsers.work()


if __name__ == "__main__":
    asyncio.run(main())
