"""Our driver in the stock IPyServer, as the README has it: no message of a client ends that server through us."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from xml.etree import ElementTree as ET

import pytest
from indipydriver import IPyDriver
from indipyserver import IPyServer

from indi_matrix import make_driver
from tests.programs import PATIENCE, becomes, free_port, listening, running

_CODE = (
    "import asyncio, sys; from indipyserver import IPyServer; from indi_matrix import make_driver; "
    "asyncio.run(IPyServer(make_driver(simulate='creator'), port=int(sys.argv[1])).asyncrun())"
)

_ATTACKS = {
    "a definition of our device": "<defSwitchVector device='MATRIX'/>",
    "a whole definition of our device": (
        "<defSwitchVector device='MATRIX' name='CONNECTION' state='Ok' perm='rw' rule='OneOfMany'>"
        "<defSwitch name='CONNECT'>On</defSwitch></defSwitchVector>"
    ),
    "values of our device": "<setSwitchVector device='MATRIX' name='CONNECTION'/><delProperty device='MATRIX'/>",
    "a message of our device": "<message device='MATRIX' message='x'/><message/>",
    "a message of a neighbour": "<message device='Filter Simulator' message='x'/>",
    "a neighbour's member without a value": (
        "<defSwitchVector device='Dome Simulator' name='DOME_PARK' state='Ok' perm='rw' rule='OneOfMany'>"
        "<defSwitch name='PARK'/></defSwitchVector>"
    ),
    "a neighbour's vector without anything": "<setNumberVector device='Telescope Simulator'/>",
    "a write of the wrong kind": "<newNumberVector device='MATRIX' name='CONNECTION'/>",
    "a write without a name": "<newSwitchVector device='MATRIX'/><newSwitchVector/>",
    "a BLOB": "<newBLOBVector device='MATRIX' name='CONNECTION'><oneBLOB name='CONNECT'/></newBLOBVector>",
    "odd questions": "<getProperties version='x'/><getProperties version='1.7' device='*' name='N'/>",
}


async def answered(port: int, question: bytes = b"<getProperties version='1.7'/>") -> None:
    """Connect, ask, and wait for the definition of a property of ours."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    async with asyncio.timeout(PATIENCE):
        await reader.readuntil(b'name="ACTIVE_DEVICES"')
    writer.close()


@pytest.mark.parametrize("attack", _ATTACKS)
async def test_no_client_ends_the_server_through_our_driver(attack: str) -> None:
    port = free_port()
    async with running(sys.executable, "-c", _CODE, str(port)) as server:
        await listening(port)
        await answered(port)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_ATTACKS[attack].encode() * 3)
        await answered(port)
        await becomes(port, '"MATRIX.CONNECTION.DISCONNECT"==1')
        writer.close()
        assert server.returncode is None


@pytest.mark.parametrize("version", ["", "version='1.5'", "version=' '"])
async def test_questions_of_older_versions_are_answered_too(version: str) -> None:
    port = free_port()
    async with running(sys.executable, "-c", _CODE, str(port)):
        await listening(port)
        await answered(port, f"<getProperties {version}/>".encode())


class Beside(IPyDriver):
    """Another driver in the same server, which sees what it is handed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, str]] = []

    async def _readdata(self, root: ET.Element) -> None:
        self.seen.append(dict(root.attrib))


@asynccontextmanager
async def serving(server: IPyServer) -> AsyncIterator[int]:
    task = asyncio.create_task(server.asyncrun())
    try:
        await listening(server.port)
        yield server.port
    finally:
        server.shutdown()
        await asyncio.wait({task})


async def test_a_question_reaches_others_as_it_was() -> None:
    beside = Beside()
    async with serving(IPyServer(make_driver(), beside, port=free_port())) as port:
        await answered(port, b"<getProperties version='1.7' device='*'/>")
    assert {"version": "1.7", "device": "*"} in beside.seen
