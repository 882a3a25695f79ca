"""A sensor that is a declaration, served with a board behind it."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.board import session
from indi_matrix.devices.everloop.everloop import Everloop
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.devices.registry import DEVICES
from indi_matrix.devices.sensor import Measurement, MeasuringDevice
from indi_matrix.indi.wire.values import is_name
from indi_matrix.malos.messages import Humidity
from indi_matrix.malos.places import BASE_OFFSETS
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.conftest import Rig
from tests.driver.humidity import HumiditySensor

NAME: Final = HumiditySensor.property_name
SENSORS: Final = [HumiditySensor, *(device for device in DEVICES if issubclass(device, MeasuringDevice))]
"""Every sensor that is declared."""


@pytest.mark.parametrize("sensor", SENSORS)
def test_every_field_is_read_or_unused(sensor: type[MeasuringDevice]) -> None:
    fields = {field.name for field in sensor.message.DESCRIPTOR.fields}
    read = {reading.field for reading in sensor.readings}
    assert read | sensor.unused == fields
    assert not read & sensor.unused


@pytest.mark.parametrize("sensor", SENSORS)
def test_what_is_declared_can_be_served(sensor: type[MeasuringDevice]) -> None:
    assert sensor.driver in BASE_OFFSETS
    members = [reading.member() for reading in sensor.readings]
    assert members
    assert len({member.name for member in members}) == len(members)
    for member in members:
        assert is_name(member.name)
        assert is_name(member.label)
        assert member.minimum < member.maximum


@pytest_asyncio.fixture
async def measuring(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """A board of either kind whose humidity sensor is served, not connected yet."""
    monkeypatch.setattr(session, "DEVICES", (Everloop, Gpio, HumiditySensor))
    simulated = SimulatedBoard(kind)
    simulated.set_humidity(55.5)
    simulated.warm(21.3)
    async with (
        MalosService(simulated, info_port=0) as service,
        piped(make_driver(address=service.address)) as indi,
    ):
        engine = service._engines["Humidity"]
        engine.delay_ms, engine.timeout_ms = 50, 1000
        yield Rig(await indi.get_properties(), simulated, service)


@pytest_asyncio.fixture
async def creator(measuring: Rig) -> Rig:
    """A creator whose first readings have come."""
    assert (await measuring.indi.connect()).state == "Ok"
    await measuring.indi.in_state(NAME, "Ok")
    return measuring


only_creator = pytest.mark.parametrize("kind", [Kind.CREATOR])
only_voice = pytest.mark.parametrize("kind", [Kind.VOICE])


@only_creator
async def test_clients_see_what_is_measured(creator: Rig) -> None:
    known = creator.indi.known[NAME]
    assert known.attributes["perm"] == "ro"
    assert known.members["HUMIDITY"]["label"] == "Relative humidity (%)"
    assert (known.members["TEMPERATURE"]["min"], known.members["TEMPERATURE"]["max"]) == ("-40", "120")
    assert known.values == {"HUMIDITY": "55.5", "TEMPERATURE": "21.3"}
    start = len(creator.indi.answers)
    creator.board.set_humidity(61.0)
    await creator.indi.until(lambda: known.values["HUMIDITY"] == "61")
    assert [answer.values for answer in creator.indi.answers[start:]] == [{"HUMIDITY": "61"}]


@only_creator
async def test_nothing_is_sent_to_the_driver(creator: Rig) -> None:
    creator.service.config_seen = creator.record
    await creator.indi.write("POLLING_PERIOD", PERIOD_MS=50)
    await creator.indi.write("EVERLOOP_COLOR", RED=1)
    await creator.all_sent("Everloop", 1)
    assert not creator.sent("Humidity")


@only_creator
async def test_a_write_is_refused(creator: Rig) -> None:
    answer = await creator.indi.write(NAME, HUMIDITY=1)
    assert f"[ERROR] {NAME} is read-only" in answer.message
    assert creator.indi.known[NAME].state == "Ok"


@only_voice
async def test_a_sensor_that_is_not_there_is_not_shown(measuring: Rig) -> None:
    assert (await measuring.indi.connect()).state == "Ok"
    await measuring.indi.fence()
    assert NAME not in measuring.indi.known
    assert not measuring.indi.messages


@only_creator
async def test_a_sensor_that_sends_only_zeros_is_alert_and_they_are_not_shown(creator: Rig) -> None:
    start = len(creator.indi.answers)
    creator.service.publish_update("Humidity", b"")
    answer = await creator.indi.next_answer(NAME, start)
    assert (answer.state, answer.values) == ("Alert", {})
    assert answer.message.startswith(f"[WARNING] {NAME}: the Humidity driver sends only zeros: power-cycle the")


@only_creator
async def test_what_is_out_of_range_is_alert_and_not_shown(creator: Rig) -> None:
    start = len(creator.indi.answers)
    creator.board.set_humidity(100.5)
    answer = await creator.indi.next_answer(NAME, start)
    assert (answer.state, answer.values) == ("Alert", {})
    assert answer.message.startswith(f"[WARNING] {NAME}: Relative humidity is outside 0 to 100 %: power-cycle the")
    creator.board.warm(30.0)
    assert (await creator.indi.next_answer(NAME, start + 1)).values == {"TEMPERATURE": "30"}


@only_creator
async def test_a_sensor_that_says_nothing_is_alert_until_it_does(
    creator: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    indi = creator.indi
    engine = creator.service._engines["Humidity"]
    with monkeypatch.context() as patched:
        patched.setattr(type(engine._driver), "update", lambda _: None)
        await indi.in_state(NAME, "Alert")
        assert "no update from the Humidity driver" in indi.answers[-1].message
        assert indi.known["CONNECTION"].state == "Ok"
    await indi.in_state(NAME, "Ok")
    assert indi.known[NAME].values == {"HUMIDITY": "55.5", "TEMPERATURE": "21.3"}


@only_creator
@pytest.mark.parametrize("junk", [b"\xff", Humidity(humidity=math.nan).SerializeToString()])
async def test_junk_is_alert(creator: Rig, junk: bytes) -> None:
    creator.service._engines["Humidity"].publish_update(junk)
    await creator.indi.until(lambda: any(answer.state == "Alert" for answer in creator.indi.answers))
    await creator.indi.in_state(NAME, "Ok")
    assert creator.indi.known[NAME].values == {"HUMIDITY": "55.5", "TEMPERATURE": "21.3"}


@only_creator
async def test_readings_are_alert_in_an_outage_and_come_back(creator: Rig) -> None:
    await creator.service.stop()
    await creator.indi.in_state(NAME, "Alert")
    creator.board.set_humidity(20.0)
    await creator.service.start()
    await creator.indi.in_state(NAME, "Ok")
    await creator.indi.until(lambda: creator.indi.known[NAME].values["HUMIDITY"] == "20")


async def test_a_link_that_ends_as_an_update_comes_stops_nothing_else(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, ended = MeasuringDevice._read, asyncio.Event()

    def end_and_read(self: MeasuringDevice, update: bytes) -> Measurement:
        self.end()
        ended.set()
        return read(self, update)

    monkeypatch.setattr(MeasuringDevice, "_read", end_and_read)
    await asyncio.wait_for(ended.wait(), 5)
    await rig.indi.fence()
