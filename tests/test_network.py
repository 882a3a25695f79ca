"""A network that is cut and healed between the driver and MALOS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.driver.client import IndiClient, talking_to
from tests.network import FAR, Networks, NoNetworksError, two_networks
from tests.programs import PROGRAM, running
from tests.siege.service import Service, malos

ON, OFF = [3, 1, 1], [3, 1, 0]  # configs of pin 3: pin, mode, value


@dataclass
class Far:
    """A driver here, and a service there; pin 3 is an output that is Off."""

    indi: IndiClient
    service: Service
    networks: Networks


@asynccontextmanager
async def _far() -> AsyncIterator[Far]:
    async with two_networks() as networks, malos("creator", FAR, networks.far) as service:
        command = (*networks.near, str(PROGRAM), "--address", service.address)
        async with running(*command) as process, talking_to(process) as indi:
            await indi.get_properties()
            await indi.settle("POLLING_PERIOD", PERIOD_MS=100)
            await indi.settle("KEEP_ALIVE", TIMEOUT=1)
            await indi.connect()
            await indi.write("GPIO_DIRECTION", PIN_3="On")
            await indi.in_state("DIGITAL_OUTPUT_4", "Ok")
            await indi.write("EVERLOOP_COLOR", GREEN=50)
            await service.until(lambda: service.colors)
            yield Far(indi, service, networks)


@pytest_asyncio.fixture
async def far() -> AsyncIterator[Far]:
    """The rig, where this machine lets its user make networks."""
    try:
        async with _far() as rig:
            yield rig
    except NoNetworksError as error:
        pytest.skip(str(error))


async def _is_back(far: Far, configs: int) -> None:
    """Wait until the link is back, and until all was sent the second time, which is some seconds later."""
    await far.indi.in_state("CONNECTION", "Ok")
    await far.service.until(lambda: far.service.pins[configs:].count(OFF) >= 2)


async def test_what_was_sent_into_a_cut_network_never_arrives(far: Far) -> None:
    """TCP by itself would deliver it seconds after the network is back, behind what the driver sends then."""
    indi, service = far.indi, far.service
    configs = len(service.pins)
    await far.networks.cut()
    assert (await indi.write("DIGITAL_OUTPUT_4", ON="On")).state == "Busy"
    await indi.in_state("CONNECTION", "Busy")
    assert "no update from the Gpio driver for 1.3 s" in indi.answers[-1].message
    assert indi.known["DIGITAL_OUTPUT_4"].state == "Alert"
    refused = await indi.write("DIGITAL_OUTPUT_4", ON="On")
    assert (refused.state, refused.values) == ("Alert", {"OFF": "On", "ON": "Off"})
    await far.networks.heal()
    await _is_back(far, configs)
    await indi.in_state("DIGITAL_OUTPUT_4", "Ok")
    assert ON not in service.pins[configs:]
    assert service.colors[-1] == [0, 50, 0, 0]
    assert indi.known["DIGITAL_OUTPUT_4"].on == ["OFF"]
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    assert service.pins[-1] == ON


async def test_a_cut_that_is_not_noticed_yet_delivers_nothing_late(far: Far) -> None:
    """The driver waits long for an update here; TCP gives up before that."""
    indi, service = far.indi, far.service
    await indi.write("KEEP_ALIVE", TIMEOUT=6)
    configs = len(service.pins)
    await far.networks.cut()
    await indi.write("DIGITAL_OUTPUT_4", ON="On")
    await indi.in_state("DIGITAL_OUTPUT_4", "Alert")
    while (quiet := await indi.write("DIGITAL_OUTPUT_4", ON="On")).state == "Busy":
        await indi.in_state("DIGITAL_OUTPUT_4", "Alert")  # the last update was read after the first write
    assert quiet.state == "Alert"
    assert "DIGITAL_OUTPUT_4: nothing was sent: no update from the Gpio driver for " in quiet.message
    await indi.in_state("CONNECTION", "Busy")
    assert "takes no ping" in indi.answers[-1].message
    await far.networks.heal()
    await _is_back(far, configs)
    assert ON not in service.pins[configs:]


async def test_a_cut_that_nobody_noticed_costs_nothing(far: Far) -> None:
    indi = far.indi
    await far.networks.cut()
    indi.put("EVERLOOP_COLOR", RED=9)
    await indi.fence()
    await far.networks.heal()
    await far.service.until(lambda: far.service.colors[-1] == [9, 50, 0, 0])
    assert indi.known["CONNECTION"].state == "Ok"
