"""ON_LINK_LOSS_n: what outputs are when the service is back after a long outage."""

from re import sub

import pytest_asyncio

from tests.driver.conftest import Rig


@pytest_asyncio.fixture
async def on(away: Rig) -> Rig:
    """A creator with pins 2, 3 and 4 On; 2 and 4 are to be Off after an outage, and 4 is active low."""
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=20)
    assert (await indi.connect()).state == "Ok"
    await indi.write("GPIO_ACTIVE_LOW", PIN_4="On")
    answer = await indi.write("GPIO_DIRECTION", PIN_2="On", PIN_3="On", PIN_4="On", PIN_5="On")
    assert answer.state == "Ok", answer.message
    assert indi.known["ON_LINK_LOSS_2"].on == ["KEEP"]
    for pin in (2, 3, 4):
        assert (await indi.settle(f"DIGITAL_OUTPUT_{pin + 1}", ON="On")).state == "Ok"
    for pin in (2, 4, 5):
        assert (await indi.write(f"ON_LINK_LOSS_{pin}", OFF="On")).state == "Ok"
    return away


async def lose(rig: Rig) -> None:
    await rig.service.stop()
    await rig.indi.in_state("LINK_LOSS", "Alert")


async def shown(rig: Rig) -> list[str]:
    """Return what outputs are once all is settled."""
    outputs = [f"DIGITAL_OUTPUT_{pin + 1}" for pin in (2, 3, 4, 5)]
    for output in outputs:
        await rig.indi.in_state(output, "Ok")
    return [*(on for output in outputs for on in rig.indi.known[output].on), f"{rig.board.levels:b}"]


def told(rig: Rig) -> list[str]:
    """Return what clients were told, whether an outage lasted for 0 s or, on a busy machine, for 2 s at most."""
    return [sub(r"lasted [0-2] s", "lasted N s", text) for text in rig.indi.messages if "ON_LINK_LOSS" in text]


async def test_a_long_outage_switches_off_what_is_to_be_off(on: Rig) -> None:
    await on.indi.write("LINK_LOSS", TIME=0)
    await lose(on)
    on.configs.clear()
    await on.service.start()
    await on.indi.in_state("CONNECTION", "Ok")
    assert await shown(on) == ["OFF", "ON", "OFF", "OFF", "11000"]
    assert told(on) == [
        "[WARNING] the outage lasted N s; Off because of ON_LINK_LOSS: DIGITAL_OUTPUT_3, DIGITAL_OUTPUT_5"
    ]
    assert {config.gpio.value for config in on.sent("Gpio") if config.gpio.pin == 2} == {
        0
    }  # On not for an instant
    # The outage is over: what is sent again some seconds later are the new levels.
    await on.indi.settle("DIGITAL_OUTPUT_3", ON="On")
    await on.all_sent("Gpio", len(on.sent("Gpio")) + 4)
    assert await shown(on) == ["ON", "ON", "OFF", "OFF", "11100"]


async def test_a_short_outage_switches_nothing_off(on: Rig) -> None:
    await lose(on)
    await on.service.start()
    await on.indi.in_state("CONNECTION", "Ok")
    assert await shown(on) == ["ON", "ON", "ON", "OFF", "1100"]
    assert told(on) == []


async def test_off_wins_in_any_outage(on: Rig) -> None:
    await lose(on)
    await on.indi.write("DIGITAL_OUTPUT_4", OFF="On")
    await on.service.start()
    await on.indi.in_state("CONNECTION", "Ok")
    assert await shown(on) == ["ON", "OFF", "ON", "OFF", "100"]


async def test_an_outage_that_clients_end_by_disconnecting_counts_as_well(on: Rig) -> None:
    await on.indi.write("LINK_LOSS", TIME=0)
    await lose(on)
    await on.indi.write("CONNECTION", DISCONNECT="On")
    assert len(told(on)) == 1
    await on.service.start()
    assert on.board.latch(2)
    await on.indi.connect()
    assert await shown(on) == ["OFF", "ON", "OFF", "OFF", "11000"]


async def test_a_disconnect_without_an_outage_is_none(on: Rig) -> None:
    await on.indi.write("LINK_LOSS", TIME=0)
    await on.indi.write("CONNECTION", DISCONNECT="On")
    await on.indi.connect()
    assert await shown(on) == ["ON", "ON", "ON", "OFF", "1100"]
