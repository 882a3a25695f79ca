"""An Off that could not be sent is sent as soon as it can: a motor is not to run because the link was lost."""

import pytest
import pytest_asyncio

from tests.driver.conftest import Rig


@pytest_asyncio.fixture
async def on(away: Rig) -> Rig:
    """A creator, connected, with pin 5 an output that is On; it publishes levels every 10 ms."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    assert (await away.indi.connect()).state == "Ok"
    answer = await away.indi.write("GPIO_DIRECTION", PIN_5="On", PIN_6="On")
    assert answer.state == "Ok", answer.message
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
    """Of all refused writes only the Off is carried out later."""
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
    """The link was not lost, so no reconnect sends the pins again."""
    await on.hang()
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
    """The pulse ends while the service hangs: sending its Off fails, which shows that the service is lost."""
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


async def test_an_off_that_is_made_up_for_leaves_the_other_outputs_as_they_are(on: Rig) -> None:
    """The Off is the first config of a restarted service, which turns all other pins into inputs."""
    await on.indi.write("POLLING_PERIOD", PERIOD_MS=1000)
    await on.indi.settle("DIGITAL_OUTPUT_7", ON="On")
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    await on.indi.write("CONNECTION", DISCONNECT="On")
    await on.service.start()
    await on.indi.connect()
    assert await is_off(on)
    await on.indi.in_state("DIGITAL_OUTPUT_7", "Ok")
    assert on.indi.known["DIGITAL_OUTPUT_7"].on == ["ON"]
    assert on.board.output_pins == {5, 6}


async def test_an_off_at_the_end_that_a_hung_service_never_took_is_sent_again(on: Rig) -> None:
    """ZeroMQ took the Off, and no data update showed that it was not carried out."""
    await on.indi.write("ON_DISCONNECT", OFF="On")
    on.service.hang()
    await on.indi.write("CONNECTION", DISCONNECT="On")
    await on.service.stop()
    await on.service.start()
    assert on.board.latch(5)
    await on.indi.connect()
    await on.board.wait_until(lambda board: not board.latch(5))
    assert await is_off(on)


async def test_an_output_that_is_inverted_while_it_owes_off_is_off(on: Rig) -> None:
    await on.hang()
    await on.indi.settle("DIGITAL_OUTPUT_7", ON="On")  # Alert, once it is quiet
    await on.indi.write("DIGITAL_OUTPUT_6", OFF="On")
    await on.indi.write("GPIO_ACTIVE_LOW", PIN_5="On")
    on.service.resume()
    await on.indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert on.indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert on.board.latch(5)


async def test_an_on_that_a_disconnect_left_unseen_is_kept(on: Rig) -> None:
    """The service took the On; the next connection does not revoke it."""
    await on.indi.write("POLLING_PERIOD", PERIOD_MS=1000)
    await on.indi.write("DIGITAL_OUTPUT_7", ON="On")
    await on.indi.write("CONNECTION", DISCONNECT="On")
    await on.board.wait_until(lambda board: board.latch(6))
    await on.indi.connect()
    await on.indi.in_state("DIGITAL_OUTPUT_7", "Ok")
    await on.indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert on.indi.known["DIGITAL_OUTPUT_7"].on == ["ON"]
    assert on.board.latch(6)


async def test_a_failed_output_is_not_forgotten_by_a_new_connection(on: Rig) -> None:
    indi = on.indi
    on.board.hold(6, level=False)
    assert (await indi.settle("DIGITAL_OUTPUT_7", ON="On")).state == "Alert"
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.in_state("DIGITAL_OUTPUT_7", "Alert")
    assert "[WARNING] DIGITAL_OUTPUT_7: pin 6 was told ON and no longer is" in indi.messages
    assert on.board.latch(6)
    on.board.hold(6, None)
    await indi.in_state("DIGITAL_OUTPUT_7", "Ok")
    assert indi.known["DIGITAL_OUTPUT_7"].on == ["ON"]
