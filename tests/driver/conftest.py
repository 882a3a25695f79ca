"""A driver on pipes with a simulated board behind it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.malos.messages import DriverConfig, GpioParams
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.programs import PATIENCE


@dataclass
class Rig:
    """A client, the driver that it talks to, and the board at the end.

    Attributes:
        configs: What the service was sent: name of the MALOS driver, and the config.
    """

    indi: IndiClient
    board: SimulatedBoard
    service: MalosService
    configs: list[tuple[str, Any]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def record(self, driver: str, frame: bytes) -> None:
        self.configs.append((driver, DriverConfig.FromString(frame)))
        self.arrived.set()

    def sent(self, driver: str) -> list[Any]:
        """Return the configs that a MALOS driver was sent so far."""
        return [config for name, config in self.configs if name == driver]

    async def all_sent(self, driver: str, count: int) -> list[Any]:
        """Return the configs that a MALOS driver was sent, once there are as many as this."""
        async with asyncio.timeout(PATIENCE):
            while len(self.sent(driver)) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.sent(driver)

    async def hang(self) -> None:
        """Have the service hang, and wait until the driver has read all updates of Gpio that were under way.

        Only then is the service quiet whenever an output that is written from now on turns to Alert.
        """
        self.service.hang()
        levels = self.board.levels ^ 1 << 15
        self.service.publish_update("Gpio", GpioParams(values=levels).SerializeToString())
        await self.indi.until(lambda: self.indi.known["GPIO_REGISTER"].values["PADS"] == str(levels))


@pytest.fixture(autouse=True)
def _no_error_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which the libraries or the driver logged an error."""
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors


@pytest.fixture(params=list(Kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of board."""
    return Kind(request.param)


async def _rig(kind: Kind) -> AsyncIterator[Rig]:
    board = SimulatedBoard(kind)
    async with MalosService(board, info_port=0) as service, piped(make_driver(address=service.address)) as indi:
        rig = Rig(await indi.get_properties(), board, service)
        service.config_seen = rig.record
        yield rig


@pytest_asyncio.fixture
async def away() -> AsyncIterator[Rig]:
    """A creator, not connected yet."""
    async for rig in _rig(Kind.CREATOR):
        yield rig


@pytest_asyncio.fixture
async def rig(away: Rig) -> Rig:
    """A creator, connected."""
    assert (await away.indi.connect()).state == "Ok"
    return away


@pytest_asyncio.fixture
async def each(kind: Kind) -> AsyncIterator[Rig]:
    """Each kind of board, connected."""
    async for rig in _rig(kind):
        assert (await rig.indi.connect()).state == "Ok"
        yield rig
