"""Letters as they come over the wire: raw bytes through the real indiserver, and to the driver's own server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.programs import PATIENCE, PROGRAM, indiserver, served


class Client:
    """A connection that is spoken in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def write(self, name: str, member: str, text: bytes) -> None:
        """Write a text as libindi's client does."""
        head = f"<newTextVector device='MATRIX' name='{name}'>\n  <oneText name='{member}'>\n      ".encode()
        self.writer.write(head + text + b"\n  </oneText>\n</newTextVector>\n")

    async def until(self, end: bytes) -> bytes:
        """Return what comes, up to these bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(end)

    async def answer(self, name: str) -> bytes:
        """Return the next that is told of a text property."""
        while f'name="{name}"'.encode() not in (heard := await self.until(b"</setTextVector>")):
            pass
        return heard.rpartition(b"<setTextVector")[2]


@pytest_asyncio.fixture(params=["indiserver", "serve"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A client that knows the device, under indiserver and in the driver's own server."""
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "serve":
            port = await stack.enter_async_context(served())
        else:
            _, port = await stack.enter_async_context(indiserver(PROGRAM))
        one = Client(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))
        one.writer.write(b"<getProperties version='1.7'/>\n")
        await one.until(b'name="ACTIVE_DEVICES"')
        yield one
        one.writer.close()


@pytest.mark.parametrize("sent", [b"D\xf4me", "D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me".encode()])
async def test_a_text_with_a_letter_is_kept_and_told_in_utf_8(client: Client, sent: bytes) -> None:
    client.write("ACTIVE_DEVICES", "ACTIVE_DOME", sent)
    answer = await client.answer("ACTIVE_DEVICES")
    assert b'state="Ok"' in answer
    assert b"D\xc3\xb4me" in answer
    assert b"&#" not in answer


async def test_a_letter_that_a_property_cannot_take_is_refused_and_nobody_is_cut_off(client: Client) -> None:
    client.write("DEVICE_ADDRESS", "ADDRESS", b"D\xf4me")
    answer = await client.answer("DEVICE_ADDRESS")
    assert b'state="Alert"' in answer
    assert b"DEVICE_ADDRESS.ADDRESS=" in answer
    assert b">127.0.0.1<" in answer.replace(b"\n", b"").replace(b" ", b"")
    client.write("ACTIVE_DEVICES", "ACTIVE_DOME", b"Next")
    assert b"Next" in await client.answer("ACTIVE_DEVICES")
