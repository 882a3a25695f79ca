"""A running service, and a client of it, for each kind of board."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.simulator.client import Client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fail a test after a few seconds, when an event that it awaits does not come."""
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("conftest.py")):
            item.add_marker(pytest.mark.timeout(20))


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
