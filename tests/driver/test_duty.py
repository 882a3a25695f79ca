"""DUTY_n: outputs that are On for a share of each period."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.conftest import Rig
from tests.stopwatch import Stopwatch

Edges = list[tuple[float, bool]]


@pytest_asyncio.fixture
async def fast(away: Rig) -> AsyncIterator[Rig]:
    """A creator, connected, with pins 0 and 5 as outputs, that publishes levels every 20 ms."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=20)
    assert (await away.indi.connect()).state == "Ok"
    answer = await away.indi.write("GPIO_DIRECTION", PIN_0="On", PIN_5="On")
    assert answer.state == "Ok", answer.message
    await away.indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    yield away


def edges_of(board: SimulatedBoard, pin: int) -> tuple[Edges, Callable[[], None]]:
    """Return the list that takes the edges of a pin's latch with their loop time, and what ends that."""
    loop, found = asyncio.get_running_loop(), [(0.0, board.latch(pin))]

    def note() -> None:
        if board.latch(pin) != found[-1][1]:
            found.append((loop.time(), board.latch(pin)))

    return found, board.watch(note)


async def heat(rig: Rig, **values: Any) -> None:
    """Give pin 0 a duty, and wait until the board follows it."""
    assert (await rig.indi.write("DUTY_0", **values)).state == "Ok"
    await rig.board.wait_until(lambda board: board.latch(0))


def duty(rig: Rig) -> str:
    return rig.indi.known["DUTY_0"].values["DUTY"]


async def test_a_duty_is_as_long_on_the_board_as_it_was_written(fast: Rig) -> None:
    """Its edges are no news of the output's state, and clients are told no more than updates show."""
    indi, board = fast.indi, fast.board
    prop = indi.known["DUTY_0"]
    assert (prop.attributes["group"], prop.attributes["label"], list(prop.members)) == (
        "Duty", "GPIO 0", ["DUTY", "PERIOD"],
    )  # fmt: skip
    assert prop.values == {"DUTY": "0", "PERIOD": "10"}
    found, stop = edges_of(board, 0)
    start = len(indi.answers)
    watch = Stopwatch()
    await indi.write("DUTY_0", DUTY=37, PERIOD=1)
    await board.wait_until(lambda _: len(found) > 5)
    stop()
    times = [time for time, _ in found[1:]]
    assert [on for _, on in found] == [False, True, False, True, False, True]
    lengths = [later - earlier for earlier, later in pairwise(times)]
    late = 0.2 + watch.waited
    assert lengths == pytest.approx([0.37, 0.63, 0.37, 0.63], abs=late)
    assert times[4] - times[0] == pytest.approx(2, abs=late)
    told = [answer for answer in indi.answers[start:] if answer.name == "DIGITAL_OUTPUT_1"]
    assert {answer.state for answer in told[1:]} == {"Ok"}
    assert told[0].state == "Busy"
    assert len(told) <= 7
    assert indi.known["DUTY_0"].state == "Ok"
    await indi.write("DUTY_0", DUTY=0)
    await board.wait_until(lambda board: not board.latch(0))


async def test_full_and_no_duty_are_steady(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("GPIO_ACTIVE_LOW", PIN_5="On")
    await indi.write("DUTY_5", DUTY=100, PERIOD=1)
    await board.wait_until(lambda board: not board.latch(5))
    await indi.until(lambda: indi.known["DIGITAL_OUTPUT_6"].on == ["ON"])
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    configs = len(fast.sent("Gpio"))
    await heat(fast, DUTY=30, PERIOD=1)
    await board.wait_until(lambda board: not board.latch(0))
    assert [config.gpio.pin for config in fast.sent("Gpio")[configs:]] == [0, 0]
    await indi.write("DUTY_0", DUTY=0)
    await indi.write("DUTY_5", DUTY=0)
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert board.latch(5)
    configs = len(fast.sent("Gpio"))
    await indi.write("DUTY_0", PERIOD=2)  # only the period: nothing is sent
    assert len(fast.sent("Gpio")) == configs


async def test_a_change_counts_within_the_period_that_is_under_way(fast: Rig) -> None:
    board = fast.board
    await heat(fast, DUTY=1, PERIOD=60)
    await board.wait_until(lambda board: not board.latch(0))
    await fast.indi.write("DUTY_0", DUTY=50)
    await board.wait_until(lambda board: board.latch(0))
    await fast.indi.write("DUTY_0", DUTY=1)
    await board.wait_until(lambda board: not board.latch(0))


async def test_a_hand_on_the_switch_ends_the_duty(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("GPIO_DIRECTION", PIN_3="On")
    watches = []
    for pin, member in ((0, "ON"), (3, "OFF")):
        await indi.write(f"DUTY_{pin}", DUTY=50, PERIOD=1)
        assert (await indi.settle(f"DIGITAL_OUTPUT_{pin + 1}", **{member: "On"})).state == "Ok"
        prop = indi.known[f"DUTY_{pin}"]
        assert (prop.state, prop.values) == ("Idle", {"DUTY": "0", "PERIOD": "1"})
        watches.append(edges_of(board, pin))
    others, stop = edges_of(board, 5)
    await indi.write("DUTY_5", DUTY=50, PERIOD=1)
    await board.wait_until(lambda _: len(others) > 3)
    assert [[on for _, on in found] for found, _ in watches] == [[True], [False]]
    for _, unwatch in (*watches, (others, stop)):
        unwatch()


async def test_an_off_by_a_duty_of_0_is_an_off(fast: Rig) -> None:
    """An output that is On by hand goes Off by DUTY=0, but not by what only sets the period."""
    indi, board = fast.indi, fast.board
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    await indi.write("DUTY_0", DUTY=0, PERIOD=20)
    assert board.latch(0)
    await indi.write("DUTY_0", DUTY=0)
    await board.wait_until(lambda board: not board.latch(0))
    await indi.until(lambda: indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"])


async def test_what_does_not_go_together_is_refused(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("PULSE_0", DURATION=500)
    answer = await indi.write("DUTY_0", DUTY=40, PERIOD=2)
    assert (answer.state, answer.values) == ("Alert", {"DUTY": "0", "PERIOD": "10"})
    assert answer.message == (
        "[ERROR] DUTY_0.DUTY=40 needs an output without pulses; write PULSE_0.DURATION=0 first"
    )
    await indi.write("PULSE_0", DURATION=0)
    await heat(fast, DUTY=40, PERIOD=20)
    answer = await indi.write("PULSE_0", DURATION=500)
    assert (answer.state, answer.values) == ("Alert", {"DURATION": "0"})
    assert answer.message == (
        "[ERROR] PULSE_0.DURATION=500 needs an output without a duty; write DUTY_0.DUTY=0 first"
    )
    assert (await indi.write("PULSE_0", DURATION=0)).state == "Ok"
    answer = await indi.write("GPIO_ACTIVE_LOW", PIN_0="On", PIN_3="On")
    assert (answer.state, set(answer.values.values())) == ("Alert", {"Off"})
    assert answer.message == ("[ERROR] GPIO_ACTIVE_LOW.PIN_0 is fixed during a duty; write DUTY_0.DUTY=0 first")
    assert duty(fast) == "40"
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")


async def test_an_input_has_no_duty(fast: Rig) -> None:
    await heat(fast, DUTY=90, PERIOD=60)
    await fast.indi.write("GPIO_DIRECTION", PIN_0="Off")
    assert "DUTY_0" not in fast.indi.known
    await fast.indi.write("GPIO_DIRECTION", PIN_0="On")
    await fast.indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert (duty(fast), fast.indi.known["DUTY_0"].state) == ("0", "Idle")
    await fast.board.wait_until(lambda board: not board.latch(0))  # the pad was low before, as an input


@pytest.mark.parametrize("level", [False, True])
async def test_a_pad_that_does_not_follow_ends_the_duty_with_off(fast: Rig, level: bool) -> None:
    indi, board = fast.indi, fast.board
    board.hold(0, level)
    await indi.write("DUTY_0", DUTY=50, PERIOD=1 if level else 60)
    await indi.in_state("DUTY_0", "Alert")
    assert duty(fast) == "0"
    told = [answer for answer in indi.answers if answer.state == "Alert" and answer.message]
    assert [answer.message for answer in told] == [
        "[ERROR] DIGITAL_OUTPUT_1: pin 0 does not follow DUTY_0, which ends with Off"
    ]
    await board.wait_until(lambda board: not board.latch(0))
    board.hold(0, None)
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"]


# The ends of connections


async def test_an_outage_ends_the_duty_with_off(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await heat(fast, DUTY=90, PERIOD=60)
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    await fast.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    assert duty(fast) == "0"
    (text,) = [answer.message for answer in indi.answers if "duty" in answer.message]
    assert text == ("[ERROR] DIGITAL_OUTPUT_1.ON: pin 0 is ON; the link was lost during its duty; it is to be Off")
    assert (await indi.write("DUTY_0", DUTY=50)).state == "Alert"
    fast.configs.clear()
    await fast.service.start()
    await board.wait_until(lambda board: not board.latch(0))
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert {config.gpio.value for config in fast.sent("Gpio")} == {0}
    assert (duty(fast), indi.known["DIGITAL_OUTPUT_1"].on) == ("0", ["OFF"])


async def test_what_an_outage_cut_is_off_although_clients_disconnected_meanwhile(rig: Rig) -> None:
    """The next connect sends nothing by itself, as nobody chose a polling period."""
    indi = rig.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On", PIN_5="On")
    await heat(rig, DUTY=90, PERIOD=60)
    await indi.write("PULSE_5", DURATION=60000)
    await indi.write("DIGITAL_OUTPUT_6", ON="On")
    await rig.board.wait_until(lambda board: board.latch(5))
    await rig.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await indi.write("CONNECTION", DISCONNECT="On")
    await rig.service.start()
    assert rig.board.latch(0)
    await indi.connect()
    await rig.board.wait_until(lambda board: not board.latch(0) and not board.latch(5))
    for output in ("DIGITAL_OUTPUT_1", "DIGITAL_OUTPUT_6"):
        await indi.in_state(output, "Ok")
        assert indi.known[output].on == ["OFF"]


async def test_a_duty_of_0_in_an_outage_is_an_off(fast: Rig) -> None:
    indi = fast.indi
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await fast.service.stop()
    await indi.in_state("DUTY_0", "Alert")
    await indi.write("DUTY_5", PERIOD=3)
    answer = await indi.write("DUTY_0", DUTY=0)
    assert answer.message.endswith("; Off is sent as soon as that is possible")
    await fast.service.start()
    await fast.board.wait_until(lambda board: not board.latch(0))
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert fast.board.latch(5)


async def test_a_duty_of_0_that_a_quiet_service_does_not_get_still_ends_the_duty(fast: Rig) -> None:
    indi = fast.indi
    await heat(fast, DUTY=90, PERIOD=60)
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await fast.hang()
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")  # Alert, once it is quiet
    answer = await indi.write("DUTY_0", DUTY=0)
    assert (answer.state, duty(fast)) == ("Alert", "0")
    assert answer.message.endswith("; Off is sent as soon as that is possible")
    fast.service.resume()
    await fast.board.wait_until(lambda board: not board.latch(0))


async def test_a_duty_does_not_outlive_the_connection(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    for percent in (90, 100):
        await heat(fast, DUTY=percent, PERIOD=60)
        await indi.write("CONNECTION", DISCONNECT="On")
        await board.wait_until(lambda board: not board.latch(0))
        await indi.connect()
        assert (duty(fast), indi.known["DUTY_0"].values["PERIOD"]) == ("0", "60")
        await indi.until(lambda: indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"])
    assert not any(answer.message.startswith("[ERROR]") for answer in indi.answers)


async def test_a_duty_ends_with_the_program() -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        async with piped(make_driver(address=service.address)) as indi:
            await (await indi.get_properties()).connect()
            await indi.write("GPIO_DIRECTION", PIN_0="On")
            await indi.write("DUTY_0", DUTY=90, PERIOD=60)
            await service.board.wait_until(lambda board: board.latch(0))
        await service.board.wait_until(lambda board: not board.latch(0))


# The config file


async def test_the_period_is_saved_and_loading_heats_nothing(fast: Rig, home: Path) -> None:
    indi, board = fast.indi, fast.board
    config = home / ".indi" / "MATRIX_config.xml"
    await heat(fast, DUTY=90, PERIOD=60)
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    saved = config.read_text()
    assert "<oneNumber name='PERIOD'>\n      60\n" in saved
    assert "name='DUTY'" not in saved
    configs = len(fast.sent("Gpio"))
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    await indi.write("DUTY_5", PERIOD=7)
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    assert (indi.known["DUTY_0"].values, indi.known["DUTY_5"].values) == (
        {"DUTY": "90", "PERIOD": "60"}, {"DUTY": "0", "PERIOD": "10"},
    )  # fmt: skip
    assert [config.gpio.value for config in fast.sent("Gpio")[configs:] if config.gpio.pin == 5] == []
    assert board.latch(5)
    heating = '<oneNumber name="DUTY">100</oneNumber><oneNumber name="PERIOD">10</oneNumber>'
    for name in ("DUTY_0", "DUTY_5"):
        vector = f'<newNumberVector device="MATRIX" name="{name}">{heating}</newNumberVector>'
        config.write_text(f"<INDIDriver>{vector}</INDIDriver>")
        await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
        assert indi.messages[-2] == (
            f"[WARNING] MATRIX_config.xml: {name}.DUTY=100: a config file switches no output"
        )
    assert duty(fast) == "90"
