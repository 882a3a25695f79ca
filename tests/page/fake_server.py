"""An INDI server that says what a test has it say."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.programs import PATIENCE


class FakeServer:
    """An INDI server that says what it is told to, and keeps what it hears."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.heard = ""
        self.writers: list[asyncio.StreamWriter] = []
        self._arrived = asyncio.Condition()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while data := await reader.read(1 << 16):
            self.heard += data.decode()
            async with self._arrived:
                self._arrived.notify_all()

    async def until(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(lambda: text in self.heard)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["FakeServer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self.writers:
                writer.transport.abort()
            self.writers.clear()
            await asyncio.sleep(0)

    def say(self, text: str) -> None:
        for writer in self.writers:
            writer.write(text.encode())


def definition(name: str, label: str = "", text: str = "") -> str:
    return (
        f'<defTextVector device="MATRIX" name="{name}" label="{label}" group="G" state="Ok" perm="rw">'
        f'<defText name="DRIVER_EXEC" label="{label}">{text}</defText></defTextVector>'
    )


BOARD = definition("DRIVER_INFO", text="indi_matrix")
