"""Delay and timeout are shared by all programs that use a driver: what another one changes is shown."""

import asyncio
from itertools import pairwise
from math import ceil
from typing import Any

import pytest

from indi_matrix.malos.timing import IntervalWatch
from tests.driver.conftest import Rig
from tests.simulator.client import Client


async def retime(rig: Rig, driver: str, delay: float, keep_alive: float) -> None:
    """Be another program that sets delay and timeout; its own config touches no pin."""
    async with Client(rig.service) as program:
        fields: dict[str, Any] = {"gpio": {"pin": 16}} if driver == "Gpio" else {"image": {"led": [{}] * 35}}
        await program.configure(driver, delay_between_updates=delay, timeout_after_last_ping=keep_alive, **fields)
    rig.service.config_seen = rig.record
    rig.configs.clear()


@pytest.mark.parametrize("period", [20, 300])
async def test_a_pace_that_another_program_chose_is_shown(away: Rig, period: int) -> None:
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=100)
    await indi.connect()
    await retime(away, "Gpio", period / 1000, 3)
    await indi.until(lambda: indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": str(period)})
    assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "3"}
    assert away.sent("Gpio") == []


async def test_a_timeout_that_another_program_chose_is_pinged_for(away: Rig) -> None:
    """Updates pause where pings are too rare, which is another pace."""
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=50)
    await indi.write("KEEP_ALIVE", TIMEOUT=10)
    await indi.connect()
    await retime(away, "Gpio", 0.05, 1)
    await indi.until(lambda: indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "1"})


async def test_what_a_client_chose_is_brought_along_to_the_next_service(away: Rig) -> None:
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=100)
    await indi.connect()
    await retime(away, "Gpio", 0.02, 5)
    await indi.until(lambda: indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "20"})
    await away.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await away.service.start()
    await indi.until(lambda: indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "100"})


async def test_a_period_that_is_written_while_connecting_is_brought(rig: Rig) -> None:
    """The ring may take a second to tell its LEDs; the pins have agreed on a timing by then."""
    indi = rig.indi
    await indi.write("CONNECTION", DISCONNECT="On")
    assert (await indi.write("CONNECTION", CONNECT="On")).state == "Busy"
    async with Client(rig.service) as program:
        while await program.pings.get() != "Gpio":
            pass
    rig.service.config_seen = rig.record
    await indi.write("POLLING_PERIOD", PERIOD_MS=100)
    await indi.in_state("CONNECTION", "Ok")
    config = (await rig.all_sent("Gpio", 1))[-1]
    assert round(config.delay_between_updates * 1000) == 100


async def test_an_off_is_taken_in_a_long_delay_of_another_program(away: Rig) -> None:
    """The driver learns of the delay before it would refuse a config for the lack of updates."""
    indi = away.indi
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_3="On")
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await retime(away, "Gpio", 600, 5)
    await indi.until(lambda: indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "600000"})
    assert (await indi.write("DIGITAL_OUTPUT_4", OFF="On")).state == "Busy"
    await away.board.wait_until(lambda board: not board.latch(3))


@pytest.mark.parametrize("driver", ["Gpio", "Everloop"])
async def test_a_long_delay_of_another_program_is_no_lost_link(away: Rig, driver: str) -> None:
    """By its earlier timing the MALOS driver would count as lost after 1.06 s."""
    indi, start = away.indi, asyncio.get_running_loop().time()
    await retime(away, driver, 0.02, 1)
    await indi.connect()
    await retime(away, driver, 2.5, 1)
    away.board.set_input(3, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_4"].on == ["ON"])
    if driver == "Gpio":
        away.board.set_input(3, level=False)
        await indi.until(lambda: indi.known["DIGITAL_INPUT_4"].on == ["OFF"])
        assert asyncio.get_running_loop().time() - start > 2.5
        assert indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "2500"}
    else:
        while asyncio.get_running_loop().time() - start < 2.5:
            await indi.fence()
    assert indi.known["CONNECTION"].state == "Ok"
    assert not any("lost" in answer.message for answer in indi.answers)


def test_a_pace_as_expected_is_not_doubted() -> None:
    watch = IntervalWatch(1.0)
    assert not any(watch.is_off(second + (second % 2) * 0.03) for second in range(100))


@pytest.mark.parametrize("beat", [0.6, 0.95, 1.08, 1.11, 1.5])
def test_updates_that_are_read_late_are_not_doubted(beat: float) -> None:
    """Each is read with the next beat of another driver."""
    watch = IntervalWatch(1.0)
    watch.late = beat
    read = [ceil(second / beat) * beat for second in range(1000)]
    assert not any(watch.is_off(moment) for moment in read)


@pytest.mark.parametrize("actual", [0.25, 0.5, 0.75, 1.5])
def test_another_pace_is_doubted_although_updates_are_read_late(actual: float) -> None:
    watch = IntervalWatch(1.0)
    watch.late = 1.0
    assert any(watch.is_off(ceil(number * actual)) for number in range(40))


@pytest.mark.parametrize("actual", [0.01, 0.5, 0.9, 1.1, 2.0, 12.0])
def test_another_pace_is_doubted_within_seven_updates(actual: float) -> None:
    watch = IntervalWatch(1.0)
    assert any(watch.is_off(number * actual) for number in range(7))


def test_a_pace_that_the_service_states_is_believed_for_a_minute() -> None:
    watch = IntervalWatch(1.0)
    doubted = []
    for number in range(300):
        if watch.is_off(number * 0.5):
            doubted.append(number * 0.5)
            watch.trust(number * 0.5)
    assert doubted[0] < 5
    assert 60 <= doubted[1] - doubted[0] < 65


def test_a_pace_that_is_believed_hides_no_other() -> None:
    watch = IntervalWatch(1.0)
    now, doubted = 0.0, 0
    for pace in (0.5, 0.2):
        for _ in range(20):
            now += pace
            if watch.is_off(now):
                doubted += 1
                watch.trust(now)
    assert 2 <= doubted <= 3  # four updates may fall into both


def test_a_pace_that_keeps_changing_is_doubted_once_a_second_at_most() -> None:
    watch = IntervalWatch(0.01)
    now, doubts = 0.0, []
    for number in range(1000):
        now += 0.02 + number * 0.0005
        if watch.is_off(now):
            doubts.append(now)
            watch.trust(now)
    assert min(later - earlier for earlier, later in pairwise(doubts)) >= 1


def test_an_expected_delay_counts_from_the_update_after_next() -> None:
    """The delay under way runs to its end first."""
    watch = IntervalWatch(1.0)
    for second in range(4):
        watch.is_off(second)
    watch.expect(0.1)
    assert not any(watch.is_off(4 + number / 10) for number in range(50))
