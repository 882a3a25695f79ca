"""Labels, pulses, inverted pins and debouncing."""

import asyncio
from functools import partial

import pytest
import pytest_asyncio

from tests.driver.conftest import Rig
from tests.stopwatch import Stopwatch


@pytest_asyncio.fixture
async def fast(away: Rig) -> Rig:
    """A creator, connected, with pin 0 an output, that publishes levels every 10 ms."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    assert (await away.indi.connect()).state == "Ok"
    answer = await away.indi.write("GPIO_DIRECTION", PIN_0="On")
    assert answer.state == "Ok", answer.message
    await away.indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    return away


def shows(rig: Rig, register: str) -> bool:
    return rig.indi.known["GPIO_REGISTER"].values["PADS"] == register


# Labels


async def test_labels_are_live_at_once(fast: Rig) -> None:
    indi = fast.indi
    assert list(indi.known["DIGITAL_OUTPUT_LABELS"].members) == ["DIGITAL_OUTPUT_1"]
    assert list(indi.known["DIGITAL_INPUT_LABELS"].members) == [f"DIGITAL_INPUT_{n}" for n in range(2, 17)]
    names = ("DIGITAL_OUTPUT_LABELS", "DIGITAL_INPUT_LABELS")
    assert [indi.known[name].attributes["label"] for name in names] == ["Labels", "Labels"]
    answer = await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1="Roof motor")
    assert (answer.state, answer.values) == ("Ok", {"DIGITAL_OUTPUT_1": "Roof motor"})
    assert indi.known["DIGITAL_OUTPUT_1"].attributes["label"] == "Roof motor"
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"]
    await indi.write("DIGITAL_INPUT_LABELS", DIGITAL_INPUT_9="Roof open", DIGITAL_INPUT_10="Roof closed")
    assert indi.known["DIGITAL_INPUT_9"].attributes["label"] == "Roof open"
    assert indi.deleted.count("DIGITAL_INPUT_10") == 1
    assert "DIGITAL_INPUT_11" not in indi.deleted


async def test_labels_follow_the_directions(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1="Roof motor")
    await indi.write("GPIO_DIRECTION", PIN_0="Off", PIN_4="On", PIN_5="On")
    assert indi.known["DIGITAL_OUTPUT_LABELS"].values == {
        "DIGITAL_OUTPUT_5": "GPIO 4",
        "DIGITAL_OUTPUT_6": "GPIO 5",
    }
    await indi.write("GPIO_DIRECTION", PIN_0="On", PIN_4="Off", PIN_5="Off")
    assert indi.known["DIGITAL_OUTPUT_LABELS"].values == {"DIGITAL_OUTPUT_1": "Roof motor"}
    await indi.write("GPIO_DIRECTION", **{f"PIN_{pin}": "On" for pin in range(16)})
    assert "DIGITAL_INPUT_LABELS" not in indi.known


@pytest.mark.parametrize("label", ["", "x" * 64, "K\u00fcppel"])
async def test_a_bad_label_changes_nothing(fast: Rig, label: str) -> None:
    indi = fast.indi
    answer = await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1=label)
    assert answer.state == "Alert"
    assert "DIGITAL_OUTPUT_LABELS.DIGITAL_OUTPUT_1=" in answer.message
    assert "a label is 1 to 63 printable ASCII characters" in answer.message
    assert indi.known["DIGITAL_OUTPUT_1"].attributes["label"] == "GPIO 0"


# Pulses


async def test_a_pulse_ends_by_itself(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    pulse = indi.known["PULSE_0"]
    assert (pulse.kind, pulse.attributes["group"], list(pulse.members)) == ("Number", "Pulse Mode", ["DURATION"])
    assert (pulse.members["DURATION"]["min"], pulse.members["DURATION"]["max"]) == ("0", "60000")
    await indi.write("PULSE_0", DURATION=500)
    start = len(indi.answers)
    watch = Stopwatch()
    assert (await indi.write("DIGITAL_OUTPUT_1", ON="On")).state == "Busy"
    await board.wait_until(lambda board: board.level(0))
    await indi.in_state("PULSE_0", "Busy")
    await board.wait_until(lambda board: not board.level(0))
    assert watch.seconds < 0.6
    assert watch.elapsed > 0.49
    await indi.until(lambda: indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"])
    await indi.in_state("PULSE_0", "Ok")
    told = [(one.name, one.state) for one in indi.answers[start:] if one.name != "GPIO_REGISTER"]
    assert told == [
        ("DIGITAL_OUTPUT_1", "Busy"),
        ("DIGITAL_OUTPUT_1", "Ok"),  # On was seen
        ("PULSE_0", "Busy"),
        ("DIGITAL_OUTPUT_1", "Ok"),  # Off was seen
        ("PULSE_0", "Ok"),
    ]


async def test_each_pulse_is_shown(fast: Rig) -> None:
    await fast.indi.write("PULSE_0", DURATION=300)
    for _ in range(2):
        fast.indi.put("DIGITAL_OUTPUT_1", ON="On")
        await fast.indi.in_state("PULSE_0", "Busy")
        await fast.indi.in_state("PULSE_0", "Ok")


async def test_off_ends_a_pulse(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=60000)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: board.level(0))
    indi.put("DIGITAL_OUTPUT_1", OFF="On")
    await board.wait_until(lambda board: not board.level(0))
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    await indi.in_state("PULSE_0", "Ok")


async def test_a_pulse_whose_on_was_never_seen_is_an_alert(fast: Rig) -> None:
    """The Alert lasts until the output is written: an Off that is seen does not prove that On was reached."""
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=100)
    board.hold(0, level=False)
    start = len(indi.answers)
    answer = await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    assert (answer.state, answer.values) == ("Alert", {"OFF": "On", "ON": "Off"})
    assert answer.message.startswith("[ERROR] DIGITAL_OUTPUT_1.ON: On was not seen before the pulse was over")
    await board.wait_until(lambda board: not board.latch(0))  # the Alert may come before the Off is there
    board.hold(0, None)
    for level in (True, False, True):
        board.set_input(9, level=level)
        await indi.until(partial(shows, fast, "512" if level else "0"))
    assert [one.state for one in indi.answers[start:] if one.name == "DIGITAL_OUTPUT_1"] == ["Busy", "Alert"]
    assert indi.known["PULSE_0"].state == "Ok"  # as its duration was taken
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    assert indi.known["DIGITAL_OUTPUT_1"].state == "Ok"


async def test_a_long_pulse_whose_on_is_not_seen_in_time_still_ends(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=1500)
    board.hold(0, level=False)
    answer = await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    assert (answer.state, board.latch(0)) == ("Alert", True)
    await board.wait_until(lambda board: not board.latch(0))
    await indi.until(lambda: indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"])
    assert indi.known["DIGITAL_OUTPUT_1"].state == "Alert"


async def test_a_pulse_whose_off_is_not_seen_is_an_alert_on_both(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=200)
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    board.hold(0, level=True)
    await indi.in_state("DIGITAL_OUTPUT_1", "Alert")
    assert indi.known["PULSE_0"].state == "Alert"
    board.hold(0, None)
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    await indi.in_state("PULSE_0", "Ok")


async def test_another_duration_during_a_pulse_counts_from_the_next(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("PULSE_0", DURATION=400)
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    await indi.in_state("PULSE_0", "Busy")
    assert (await indi.write("PULSE_0", DURATION=60000)).state == "Busy"
    refused = await indi.write("PULSE_0", DURATION=60001)
    assert refused.state == "Alert"
    await indi.in_state("PULSE_0", "Busy")
    await indi.in_state("PULSE_0", "Ok")
    assert indi.known["PULSE_0"].values == {"DURATION": "60000"}


async def test_another_on_begins_a_pulse_anew(fast: Rig) -> None:
    indi, board, loop = fast.indi, fast.board, asyncio.get_running_loop()
    await indi.write("PULSE_0", DURATION=300)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: board.level(0))
    await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] == "1")
    again = loop.time()
    await indi.write("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: not board.level(0))
    assert loop.time() - again > 0.28


async def test_a_pulse_does_not_outlive_the_connection(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=60000)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: board.level(0))
    await indi.write("CONNECTION", DISCONNECT="On")
    await board.wait_until(lambda board: not board.level(0))


async def test_a_pulse_that_an_outage_cut_is_over_when_the_link_is_back(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=60000)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: board.level(0))
    await fast.service.stop()
    await indi.in_state("DIGITAL_OUTPUT_1", "Alert")
    await fast.service.start()
    await board.wait_until(lambda board: not board.level(0))
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")


async def test_a_pulse_ends_when_its_pin_becomes_an_input(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("PULSE_0", DURATION=60000)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await board.wait_until(lambda board: board.level(0))
    await indi.write("GPIO_DIRECTION", PIN_0="Off")
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"]
    assert indi.known["PULSE_0"].state == "Idle"
    assert not board.level(0)


async def test_a_pulse_that_a_disconnect_ended_is_over(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("PULSE_0", DURATION=60000)
    indi.put("DIGITAL_OUTPUT_1", ON="On")
    await fast.board.wait_until(lambda board: board.level(0))
    await indi.write("CONNECTION", DISCONNECT="On")
    assert not any(answer.message.startswith("[ERROR]") for answer in indi.answers)
    await indi.connect()
    assert (indi.known["PULSE_0"].state, indi.known["DIGITAL_OUTPUT_1"].on) == ("Idle", ["OFF"])


# Active low


async def test_an_inverted_input(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.until(lambda: indi.known["DIGITAL_INPUT_3"].on == ["OFF"])
    assert (await indi.write("GPIO_ACTIVE_LOW", PIN_2="On")).state == "Ok"
    assert indi.known["DIGITAL_INPUT_3"].on == ["ON"]
    board.set_input(2, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_3"].on == ["OFF"])
    assert indi.known["GPIO_REGISTER"].values == {"PADS": "4"}


async def test_an_inverted_output_is_off_at_first_and_that_is_high(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("GPIO_ACTIVE_LOW", PIN_5="On")
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await board.wait_until(lambda board: board.level(5))
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["OFF"]
    assert (await indi.settle("DIGITAL_OUTPUT_6", ON="On")).state == "Ok"
    assert not board.level(5)
    await indi.write("PULSE_5", DURATION=500)
    assert (await indi.settle("DIGITAL_OUTPUT_6", ON="On")).state == "Ok"
    assert not board.level(5)
    await indi.in_state("PULSE_5", "Ok")
    assert board.level(5)


@pytest.mark.parametrize("told", ["OFF", "ON", None])
async def test_an_inverted_output_is_on_or_off_as_it_was_before(fast: Rig, told: str | None) -> None:
    """As is done for a relay board that turns out to be active low."""
    indi, board = fast.indi, fast.board
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    if told:
        await indi.settle("DIGITAL_OUTPUT_6", **{told: "On"})
    await indi.write("GPIO_DIRECTION", PIN_5="Off")
    await indi.write("GPIO_ACTIVE_LOW", PIN_5="On")
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == [told or "OFF"]
    assert board.level(5) is (told != "ON")


async def test_inverting_while_a_level_is_due_stays_busy(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    board.hold(0, level=False)
    assert (await indi.write("DIGITAL_OUTPUT_1", ON="On")).state == "Busy"
    await indi.write("GPIO_ACTIVE_LOW", PIN_0="On")
    assert (indi.known["DIGITAL_OUTPUT_1"].state, indi.known["DIGITAL_OUTPUT_1"].on) == ("Busy", ["OFF"])
    board.hold(0, None)
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert (indi.known["DIGITAL_OUTPUT_1"].on, board.level(0)) == (["OFF"], True)


async def test_inverting_an_output_leaves_its_pad_alone(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    configs = len(fast.configs)
    await indi.write("GPIO_ACTIVE_LOW", PIN_0="On")
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["OFF"]
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    assert len(fast.configs) == configs + 1
    assert not board.level(0)


async def test_inverted_outputs_are_off_after_disconnecting(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.write("GPIO_ACTIVE_LOW", PIN_5="On")
    await indi.write("GPIO_DIRECTION", PIN_5="On")
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    assert not board.level(5)
    await indi.write("CONNECTION", DISCONNECT="On")
    await board.wait_until(lambda board: board.level(5))


# Debounce


async def test_a_short_bounce_is_not_shown(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("GPIO_DEBOUNCE", TIME=300)
    start = len(indi.answers)
    for level in (True, False, True, False):
        board.set_input(7, level=level)
        await indi.until(partial(shows, fast, "128" if level else "0"))
    board.set_input(7, level=True)
    watch = Stopwatch()
    await indi.until(lambda: indi.known["DIGITAL_INPUT_8"].on == ["ON"])
    assert watch.seconds < 0.5
    assert watch.elapsed > 0.29
    assert [answer.name for answer in indi.answers[start:]].count("DIGITAL_INPUT_8") == 1


async def test_the_way_universal_ror_uses_outputs(fast: Rig) -> None:
    """Universal ROR knows device and channel; it takes the members by their order: off, then on."""
    indi, board = fast.indi, fast.board
    off, on = indi.known["DIGITAL_OUTPUT_1"].members
    await indi.settle("DIGITAL_OUTPUT_1", **{on: "On", off: "Off"})
    assert board.level(0)
    await indi.settle("DIGITAL_OUTPUT_1", **{on: "Off", off: "On"})
    assert not board.level(0)
