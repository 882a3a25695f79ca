"""A browser without a screen: a real WebSocket, and all that came through it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.programs import PATIENCE

Message = dict[str, Any]


@dataclass
class PageClient:
    """Knows the state that the messages make, and keeps the frames.

    Attributes:
        frames: What came, a list of messages for each frame.
        properties: What each property was last said to be, by device and name.
    """

    socket: ClientConnection
    frames: list[list[Message]] = field(default_factory=list)
    properties: dict[tuple[str, str], Message] = field(default_factory=dict)
    answers: dict[int, Message] = field(default_factory=dict)
    rings: dict[str, str] = field(default_factory=dict)
    worlds: dict[str, Message] = field(default_factory=dict)
    server: Message = field(default_factory=dict)
    hellos: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        """Take what comes until the socket is closed."""
        with suppress(ConnectionClosed):
            async for text in self.socket:
                self.frames.append(json.loads(text))
                for message in self.frames[-1]:
                    self._take(message)
                async with self._arrived:
                    self._arrived.notify_all()

    def _take(self, message: Message) -> None:
        key = (message.get("device", ""), message.get("name", ""))
        match message["t"]:
            case "hello":
                self.hellos += 1
                self.properties.clear()
                self.rings.clear()
            case "server":
                self.server = message
                self.properties.clear()
            case "def":
                message["values"] = {one["name"]: one["value"] for one in message["members"]}
                self.properties[key] = message
            case "set":
                self.properties[key]["state"] = message["state"]
                self.properties[key]["values"].update(message["values"])
            case "del":
                for gone in [one for one in self.properties if one == key or (one[0] == key[0] and not key[1])]:
                    del self.properties[gone]
            case "ring":
                self.rings[message["device"]] = message["leds"]
            case "world":
                self.worlds[message["board"]] = message
            case "answer":
                self.answers[message["id"]] = message

    def said(self, kind: str, **wanted: object) -> list[Message]:
        """Return all messages of a kind that have some values."""
        all_messages = [message for frame in self.frames for message in frame]
        return [one for one in all_messages if one["t"] == kind and wanted.items() <= one.items()]

    async def until(self, condition: Callable[[], Any], limit: float = PATIENCE) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(limit), self._arrived:
            await self._arrived.wait_for(condition)

    async def ask(self, kind: str, **request: object) -> Message:
        """Send a request and return its answer."""
        number = next(self._numbers)
        await self.socket.send(json.dumps({"t": kind, "id": number, **request}))
        await self.until(lambda: number in self.answers)
        return self.answers[number]

    async def write(self, name: str, /, device: str = "MATRIX", **values: object) -> Message:
        """Write a property and return the page's answer."""
        return await self.ask("write", device=device, name=name, values=values)

    async def show(self, *, on: bool) -> None:
        """Say whether the page is seen."""
        await self.socket.send(json.dumps({"t": "visible", "on": on}))

    def value(self, name: str, member: str, device: str = "MATRIX") -> Any:
        """Return a member's value; None while it is not known."""
        return self.properties.get((device, name), {}).get("values", {}).get(member)

    def state(self, name: str, device: str = "MATRIX") -> str:
        """Return a property's state; empty while it is not known."""
        return str(self.properties.get((device, name), {}).get("state", ""))

    async def connected(self) -> None:
        """Connect the board, unless it is connected already."""
        await self.until(lambda: self.state("CONNECTION"))
        if self.state("CONNECTION") != "Ok" or not self.value("CONNECTION", "CONNECT"):
            assert (await self.write("CONNECTION", CONNECT=True))["ok"]
        await self.until(lambda: self.state("CONNECTION") == "Ok" and self.state("EVERLOOP_LED_18"))


@asynccontextmanager
async def browsing(port: int) -> AsyncIterator[PageClient]:
    """Open a page's socket as a browser does."""
    origin: Any = f"http://127.0.0.1:{port}"
    async with connect(f"ws://127.0.0.1:{port}/ws", origin=origin, max_size=None, compression=None) as socket:
        client = PageClient(socket)
        listening = asyncio.create_task(client.listen(), name="browser")
        try:
            await client.until(lambda: client.hellos)
            yield client
        finally:
            listening.cancel()
            await asyncio.wait({listening})
