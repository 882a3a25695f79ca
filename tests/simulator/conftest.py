"""A running service, and a client of it, for each kind of board."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.simulator.client import Client


@pytest.fixture
def board() -> SimulatedBoard:
    return SimulatedBoard(Kind.CREATOR)


@pytest_asyncio.fixture
async def service(board: SimulatedBoard) -> AsyncIterator[MalosService]:
    async with MalosService(board, info_port=0) as running:
        yield running


@pytest_asyncio.fixture
async def client(service: MalosService) -> AsyncIterator[Client]:
    async with Client(service) as connected:
        yield connected


@pytest_asyncio.fixture
async def voice() -> AsyncIterator[Client]:
    async with (
        MalosService(SimulatedBoard(Kind.VOICE), info_port=0) as running,
        Client(running) as connected,
    ):
        yield connected
