"""A connect that meets nobody: what clients are told, and when."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.driver.conftest import Rig
from tests.stopwatch import within

WARNED = 2.0  # seconds, of the five that a connect takes; alone on a machine it is 0.01
HINT = "SIMULATION in Options does without a board"


@pytest_asyncio.fixture
async def nowhere() -> AsyncIterator[tuple[IndiClient, MalosService]]:
    """A driver whose service does not run, and that service, to be started."""
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        await service.stop()
        async with piped(make_driver(address=service.address)) as indi:
            yield await indi.get_properties(), service


def warnings(indi: IndiClient) -> list[str]:
    return [text for text in indi.messages if text.startswith("[WARNING] ")]


async def warned(indi: IndiClient) -> str:
    """Return the warning of a connect, which is to come soon."""
    async with within(WARNED):
        await indi.until(lambda: warnings(indi))
    (warning,) = warnings(indi)
    return warning


async def test_a_refusal_is_told_at_once_and_the_connect_goes_on(nowhere: tuple[IndiClient, MalosService]) -> None:
    indi, service = nowhere
    indi.put("CONNECTION", CONNECT="On")
    assert await warned(indi) == f"[WARNING] {service.address}: connection refused; trying for 5 s"
    assert indi.known["CONNECTION"].state == "Busy"
    await indi.in_state("CONNECTION", "Alert")
    assert indi.answers[-1].message == f"[ERROR] cannot connect to {service.address}: connection refused; {HINT}"
    assert len(warnings(indi)) == 1


async def test_each_connect_tells_of_it_anew(nowhere: tuple[IndiClient, MalosService]) -> None:
    indi, service = nowhere
    for _ in range(2):
        indi.messages.clear()
        indi.put("CONNECTION", CONNECT="On")
        assert f"{service.address}: connection refused" in await warned(indi)
        assert (await indi.write("CONNECTION", DISCONNECT="On")).state == "Idle"


async def test_a_service_that_appears_meanwhile_is_connected(nowhere: tuple[IndiClient, MalosService]) -> None:
    indi, service = nowhere
    indi.put("CONNECTION", CONNECT="On")
    await warned(indi)
    await service.start()
    await indi.in_state("CONNECTION", "Ok")
    assert indi.known["CONNECTION"].on == ["CONNECT"]
    assert len(warnings(indi)) == 1


async def test_a_service_that_is_there_is_not_warned_of(rig: Rig) -> None:
    assert not warnings(rig.indi)


@pytest.mark.parametrize("name", ["no-such-host.invalid", ".".join(["x" * 60] * 4) + ".invalid"])
async def test_a_name_that_nobody_knows_however_long(away: Rig, name: str) -> None:
    """A long name is shortened, so that cause and hint still fit into the message."""
    indi = away.indi
    assert (await indi.write("DEVICE_ADDRESS", ADDRESS=name)).state == "Ok"
    indi.put("CONNECTION", CONNECT="On")
    await indi.until(lambda: warnings(indi))
    (warning,) = warnings(indi)
    assert warning.endswith("; trying for 5 s")
    await indi.in_state("CONNECTION", "Alert")
    error = indi.answers[-1].message
    cause = warning.removeprefix("[WARNING] ").removesuffix("; trying for 5 s")
    assert error == f"[ERROR] cannot connect to {cause}; {HINT}"
    assert name[:20] in error
    assert "name" in cause.rpartition(": ")[2]  # not known, or resolution failed
    assert len(error) <= 255


async def test_reconnecting_says_nothing_of_it(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("DEBUG", ENABLE="On")
    await indi.write("LOGGING_LEVEL", LOG_DEBUG="On")
    await rig.service.stop()
    await indi.until(lambda: any("no way back yet" in text for text in indi.messages))
    await rig.service.start()
    await indi.in_state("CONNECTION", "Ok")
    assert not warnings(indi)
    assert not any(HINT in answer.message for answer in indi.answers)
    assert not any(HINT in text for text in indi.messages)
