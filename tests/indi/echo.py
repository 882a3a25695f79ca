"""A small driver in the library's own style, for the transports to carry; also a program on stdio."""

import asyncio
import logging
import os
import sys
from typing import Any

from indipydriver import Device, IPyDriver, NumberMember, NumberVector, TextMember, TextVector

from indi_matrix.indi.transport.stdio import run_on_stdio


class Echo(IPyDriver):
    """Answers what is written to TEXT with the same text; some texts make it do something else."""

    def __init__(self, name: str = "Echo") -> None:
        text = TextVector("TEXT", "Text", "Main", "rw", "Ok", [TextMember("A", "A", "nothing \N{DEGREE SIGN}")])
        number = NumberVector("NUMBER", "Number", "Main", "rw", "Ok", [NumberMember("X")])
        super().__init__(Device(name, [text, number]))
        self.seen: list[str] = []
        self.snooped: list[tuple[str, str]] = []
        self.held = asyncio.Event()
        self.release = asyncio.Event()
        self.snooped_something = asyncio.Event()

    @property
    def text(self) -> Any:
        return next(iter(self.values()))["TEXT"]

    async def hardware(self) -> None:
        await self.shutdownrequested.wait()
        sys.stderr.write("cleaned up\n")

    async def rxevent(self, event: Any) -> None:
        text = event.get("A", "")
        self.seen.append(text)
        if text == "boom":
            raise RuntimeError("boom\nboom")
        if text == "hold":
            self.held.set()
            await self.release.wait()
        if text.startswith("flood"):
            self.held.set()
            await self.flood(int(text.split()[1]))
        if text.startswith("snoop"):
            await self.send_getProperties(*text.split()[1:])
        event.vector["A"] = text
        await event.vector.send_setVector(state="Ok")

    async def snoopevent(self, event: Any) -> None:
        self.snooped.append((event.devicename, event.get("A", "")))
        self.snooped_something.set()

    async def flood(self, count: int) -> None:
        """Send so many messages of somewhat more than 1 kB."""
        for number in range(count):
            self.text["A"] = f"{number:09} " + "x" * 1000
            await self.text.send_setVector()


def write(text: str, device: str = "Echo") -> bytes:
    """Return a client's write to TEXT."""
    inside = f"<oneText name='A'>{text}</oneText>"
    return f"<newTextVector device='{device}' name='TEXT'>{inside}</newTextVector>\n".encode()


def answer(line: bytes) -> str:
    """Return the text in one line from the driver, which must be a setTextVector."""
    assert line.startswith(b"<setTextVector "), line
    return line.partition(b'<oneText name="A">')[2].partition(b"</oneText>")[0].decode()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(run_on_stdio(Echo(os.environ.get("INDIDEV", "Echo"))))
