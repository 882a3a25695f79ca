"""An Off that could not be sent is sent as soon as it can: a motor is not to run because the link was lost."""

import pytest
import pytest_asyncio

from tests.driver.conftest import Rig


@pytest_asyncio.fixture
async def on(away: Rig) -> Rig:
    """A creator, connected, with pin 5 an output that is On; it publishes levels every 10 ms."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await away.indi.connect()
    await away.indi.write("GPIO_DIRECTION", PIN_5="On", PIN_6="On")
    await away.indi.settle("DIGITAL_OUTPUT_6", ON="On")
    return away


async def lose(rig: Rig) -> None:
    await rig.service.stop()
    await rig.indi.in_state("CONNECTION", "Busy")
    await rig.indi.in_state("DIGITAL_OUTPUT_6", "Alert")


async def return_service(rig: Rig) -> None:
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")


async def is_off(rig: Rig) -> bool:
    await rig.indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    return rig.indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"] and not rig.board.latch(5)


async def test_an_off_during_an_outage_holds_when_the_link_is_back(on: Rig) -> None:
    await lose(on)
    answer = await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    assert (answer.state, answer.values) == ("Alert", {"OFF": "Off", "ON": "On"})
    lost = f"the link to {on.service.address} is lost"
    assert answer.message == f"[ERROR] DIGITAL_OUTPUT_6: {lost}; Off is sent as soon as that is possible"
    on.configs.clear()
    await return_service(on)
    assert await is_off(on)
    assert {config.gpio.value for config in on.sent("Gpio")} == {0}


async def test_an_off_holds_against_a_later_on(on: Rig) -> None:
    """Of what was refused, nothing is made up for but the Off."""
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    answer = await on.indi.write("DIGITAL_OUTPUT_6", ON="On")
    assert answer.message.endswith("is lost")
    await return_service(on)
    assert await is_off(on)


async def test_an_on_during_an_outage_is_not_made_up_for(on: Rig) -> None:
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_7", ON="On")
    await return_service(on)
    await on.indi.in_state("DIGITAL_OUTPUT_7", "Ok")
    assert on.indi.known["DIGITAL_OUTPUT_7"].on == ["OFF"]
    assert on.indi.known["DIGITAL_OUTPUT_6"].on == ["ON"]
    assert on.board.levels == 1 << 5


async def test_a_bad_off_during_an_outage_changes_nothing(on: Rig) -> None:
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On", ON="On")
    await return_service(on)
    await on.indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert on.indi.known["DIGITAL_OUTPUT_6"].on == ["ON"]


async def test_an_off_holds_although_clients_disconnected_meanwhile(on: Rig) -> None:
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    await on.indi.write("CONNECTION", DISCONNECT="On")
    await on.service.start()
    await on.indi.connect()
    assert await is_off(on)


async def test_an_off_that_a_quiet_service_was_not_sent_is_sent_when_it_speaks_again(on: Rig) -> None:
    """The link was not lost: nothing else would send anything again."""
    on.service.hang()
    await on.indi.settle("DIGITAL_OUTPUT_7", ON="On")  # Alert, once it is quiet
    answer = await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    assert answer.state == "Alert"
    assert answer.message.endswith("; Off is sent as soon as that is possible")
    assert on.indi.known["CONNECTION"].state == "Ok"
    on.service.resume()
    await on.board.wait_until(lambda board: not board.latch(5))
    assert await is_off(on)


async def test_an_off_that_was_not_seen_before_the_outage_holds(on: Rig) -> None:
    on.board.hold(5, level=True)
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    await lose(on)
    on.board.hold(5, None)
    await return_service(on)
    assert await is_off(on)


@pytest.mark.parametrize("seen", [False, True])
async def test_a_pulse_that_an_outage_cut_ends_off(on: Rig, *, seen: bool) -> None:
    await on.indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    await on.indi.write("PULSE_5", DURATION=60000)
    if not seen:
        on.board.hold(5, level=False)
    await on.indi.write("DIGITAL_OUTPUT_6", ON="On")
    await on.board.wait_until(lambda board: board.latch(5))
    if seen:
        await on.indi.in_state("PULSE_5", "Busy")
    await lose(on)
    on.board.hold(5, None)
    await return_service(on)
    assert await is_off(on)
    assert on.indi.known["PULSE_5"].state == "Ok"


async def test_a_pulse_ends_off_though_its_end_could_not_be_sent(on: Rig) -> None:
    """It was over while the service hung, and that is how the service is found to be lost."""
    await on.indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    await on.indi.write("PULSE_5", DURATION=1300)
    await on.indi.settle("DIGITAL_OUTPUT_6", ON="On")
    on.service.hang()
    await on.indi.in_state("CONNECTION", "Busy")
    on.configs.clear()
    on.service.resume()
    await on.indi.in_state("CONNECTION", "Ok")
    assert await is_off(on)
    assert on.indi.known["PULSE_5"].state == "Ok"
    assert {config.gpio.value for config in on.sent("Gpio") if config.gpio.pin == 5} == {0}
