"""An INDI client on a pair of pipes, which remembers all that it was sent."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from xml.etree import ElementTree as ET

from indi_matrix.driver import MatrixDriver
from indi_matrix.indi.transport import library
from indi_matrix.indi.transport.stdio import StdioTransport
from tests.programs import PATIENCE


@dataclass
class Known:
    """A property as the client knows it."""

    kind: str
    attributes: Mapping[str, str]
    members: dict[str, dict[str, str]]
    state: str
    values: dict[str, str]

    @classmethod
    def of(cls, element: ET.Element) -> Self:
        """Return the property that an element defines."""
        return cls(
            element.tag[3:-6],
            dict(element.attrib),
            {one.attrib["name"]: dict(one.attrib) for one in element},
            element.attrib["state"],
            {one.attrib["name"]: one.text or "" for one in element},
        )

    @property
    def on(self) -> list[str]:
        return [name for name, value in self.values.items() if value == "On"]


@dataclass(frozen=True)
class Answer:
    """A set vector as it came."""

    name: str
    state: str
    values: Mapping[str, str]
    message: str


@dataclass
class IndiClient:
    """Sends XML, and knows what came back."""

    writer: asyncio.StreamWriter
    device: str = "MATRIX"
    known: dict[str, Known] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    heard: list[ET.Element] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    one_device: bool = False
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Take in what the driver sends, until it stops."""
        parser: Any = ET.XMLPullParser(("start", "end"))
        parser.feed(b"<stream>")
        ((_, stream),) = parser.read_events()
        depth = 1
        while data := await reader.read(65536):
            parser.feed(data)
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 1:
                    self._take(element)
                    stream.clear()  # else a client of a long trial grows with all that it heard
            async with self.arrived:
                self.arrived.notify_all()

    def _take(self, element: ET.Element) -> None:
        name = element.get("name", "")
        if self.one_device and element.tag != "getProperties" and element.get("device") != self.device:
            return
        self.heard.append(element)
        if element.tag.startswith("def"):
            self.known[name] = Known.of(element)
        elif self.one_device and name not in self.known and element.tag.startswith("set"):
            return  # it was on its way when the client began to look at this device, whose definitions follow
        elif element.tag.startswith("set"):
            values = {one.attrib["name"]: one.text or "" for one in element}
            self.known[name].state = element.attrib["state"]
            self.known[name].values.update(values)
            self.answers.append(Answer(name, element.attrib["state"], values, element.get("message", "")))
        elif element.tag == "delProperty":
            self.deleted.append(name)
            del self.known[name]
        elif element.tag == "getProperties":
            self.asked.append((element.attrib["device"], name))
        elif element.tag == "message":
            self.messages.append(element.attrib["message"])

    def send(self, text: str) -> None:
        """Send XML as it is."""
        self.writer.write(text.encode())

    def put(self, name: str, kind: str | None = None, /, **values: Any) -> None:
        """Write members of a property, with the kind that it has unless another is given."""
        kind = kind or self.known[name].kind
        members = "".join(f'<one{kind} name="{member}">{value}</one{kind}>' for member, value in values.items())
        self.send(f'<new{kind}Vector device="{self.device}" name="{name}">{members}</new{kind}Vector>')

    async def until(self, condition: Callable[[], Any], limit: float = PATIENCE) -> None:
        """Wait until something holds, for some seconds at most."""
        async with asyncio.timeout(limit), self.arrived:
            await self.arrived.wait_for(condition)

    async def next_answer(self, name: str, start: int) -> Answer:
        """Return the first answer on a property from a place in the list on."""

        def found() -> Answer | None:
            return next((answer for answer in self.answers[start:] if answer.name == name), None)

        await self.until(found)
        answer = found()
        assert answer is not None
        return answer

    async def write(self, name: str, /, **values: Any) -> Answer:
        """Write members of a property and return the answer."""
        start = len(self.answers)
        self.put(name, **values)
        return await self.next_answer(name, start)

    async def settle(self, name: str, /, **values: Any) -> Answer:
        """Write members of a property that is not Busy, and return the answer that is not Busy."""
        await self.until(lambda: name in self.known and self.known[name].state != "Busy")
        start = len(self.answers)
        self.put(name, **values)
        while (answer := await self.next_answer(name, start)).state == "Busy":
            start = self.answers.index(answer, start) + 1
        return answer

    async def in_state(self, name: str, state: str, limit: float = PATIENCE) -> None:
        """Wait until a property is in a state, for some seconds at most."""
        await self.until(lambda: name in self.known and self.known[name].state == state, limit)

    async def get_properties(self, *expected: str) -> Self:
        """Ask for all definitions and wait for some."""
        self.send('<getProperties version="1.7"/>')
        await self.until(lambda: all(name in self.known for name in expected or ("CONNECTION", "ACTIVE_DEVICES")))
        return self

    async def connect(self) -> Answer:
        """Connect the board."""
        return await self.settle("CONNECTION", CONNECT="On")

    async def fence(self) -> None:
        """Wait until all that was sent so far has been handled."""
        start = len(self.answers)
        self.put("CONNECTION_MODE", CONNECTION_TCP="On")
        await self.next_answer("CONNECTION_MODE", start)


@asynccontextmanager
async def piped(driver: MatrixDriver) -> AsyncIterator[IndiClient]:
    """Run a driver over two pipes, with a client at their other ends."""
    their_input, our_output = os.pipe()
    our_input, their_output = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    reading, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(our_input, "rb")
    )
    writing, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(our_output, "wb")
    )
    client = IndiClient(asyncio.StreamWriter(writing, protocol, reader, loop))
    library.set_transport(driver, StdioTransport(driver, their_input, their_output))
    running = asyncio.create_task(driver.asyncrun(), name="driver under test")
    listening = asyncio.create_task(client.listen(reader), name="client")
    try:
        yield client
    finally:
        writing.close()
        async with asyncio.timeout(PATIENCE):
            await running
        os.close(their_input)
        os.close(their_output)
        async with asyncio.timeout(PATIENCE):
            await listening
        reading.close()


@asynccontextmanager
async def talking_to(process: Process) -> AsyncIterator[IndiClient]:
    """Be the client of a driver that is a program, on its stdin and stdout."""
    assert process.stdin is not None
    assert process.stdout is not None
    client = IndiClient(process.stdin)
    listening = asyncio.create_task(client.listen(process.stdout), name="client of a program")
    try:
        yield client
    finally:
        listening.cancel()
        await asyncio.wait({listening})
