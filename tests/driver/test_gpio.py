"""The pins, from a client's write to the pads, and back."""

import random
import re
import time
from functools import partial

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.simulator import Kind, MalosService, SimulatedBoard
from tests.driver.client import piped
from tests.driver.conftest import Rig


@pytest_asyncio.fixture
async def fast(away: Rig) -> Rig:
    """A creator, connected, that publishes levels every 10 ms."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    assert (await away.indi.connect()).state == "Ok"
    return away


def is_on(rig: Rig, name: str, member: str) -> bool:
    return rig.indi.known[name].on == [member]


def shows(rig: Rig, register: str) -> bool:
    return rig.indi.known["GPIO_REGISTER"].values["PADS"] == register


async def test_at_first_all_pins_are_inputs(each: Rig) -> None:
    known = each.indi.known
    assert list(known["GPIO_DIRECTION"].members) == [f"PIN_{pin}" for pin in range(16)]
    assert known["GPIO_DIRECTION"].attributes["rule"] == "AnyOfMany"
    assert known["GPIO_DIRECTION"].on == []
    levels = [name for name in known if re.fullmatch("DIGITAL_.*_[0-9]+", name)]
    assert levels == [f"DIGITAL_INPUT_{number}" for number in range(1, 17)]
    one = known["DIGITAL_INPUT_1"]
    assert (one.attributes["perm"], one.attributes["rule"], one.attributes["group"]) == (
        "ro",
        "OneOfMany",
        "Inputs",
    )
    assert list(one.members) == ["OFF", "ON"]
    register = known["GPIO_REGISTER"]
    assert (register.attributes["perm"], register.members["PADS"]["max"]) == ("ro", "65535")
    assert register.members["PADS"]["format"] == "%.f"


async def test_levels_are_there_when_the_pins_are(away: Rig) -> None:
    away.board.set_inputs(0x8001)
    await away.indi.connect()
    known = away.indi.known
    assert known["GPIO_REGISTER"].values == {"PADS": str(0x8001)}
    assert [name for name, prop in known.items() if name.startswith("DIGITAL_INPUT") and prop.on == ["ON"]] == [
        "DIGITAL_INPUT_1",
        "DIGITAL_INPUT_16",
    ]


async def test_an_input_that_changes(fast: Rig) -> None:
    fast.board.set_input(3, level=True)
    await fast.indi.until(lambda: fast.indi.known["DIGITAL_INPUT_4"].on == ["ON"])
    assert fast.indi.known["GPIO_REGISTER"].values == {"PADS": "8"}


async def test_inputs_that_all_go_low(fast: Rig) -> None:
    """All low is published as an empty payload."""
    fast.board.set_inputs(0xFFFF)
    await fast.indi.until(lambda: fast.indi.known["DIGITAL_INPUT_16"].on == ["ON"])
    fast.board.set_inputs(0)
    await fast.indi.until(lambda: fast.indi.known["GPIO_REGISTER"].values == {"PADS": "0"})
    assert fast.indi.known["DIGITAL_INPUT_16"].on == ["OFF"]


async def test_only_changes_are_published(fast: Rig) -> None:
    fast.board.set_input(0, level=True)
    await fast.indi.until(lambda: fast.indi.known["DIGITAL_INPUT_1"].on == ["ON"])
    before = len(fast.indi.answers)
    fast.board.set_input(1, level=True)
    await fast.indi.until(lambda: fast.indi.known["DIGITAL_INPUT_2"].on == ["ON"])
    assert sorted(answer.name for answer in fast.indi.answers[before:]) == ["DIGITAL_INPUT_2", "GPIO_REGISTER"]


async def test_a_new_output_is_low(fast: Rig) -> None:
    indi = fast.indi
    fast.board.set_input(4, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_5"].on == ["ON"])
    assert (await indi.write("GPIO_DIRECTION", PIN_4="On")).state == "Ok"
    assert "DIGITAL_INPUT_5" in indi.deleted
    output = indi.known["DIGITAL_OUTPUT_5"]
    assert (output.attributes["perm"], output.attributes["rule"], list(output.members)) == (
        "rw", "AtMostOne", ["OFF", "ON"],
    )  # fmt: skip
    assert output.attributes["group"] == "Outputs"
    assert output.on == []  # not known yet
    await indi.in_state("DIGITAL_OUTPUT_5", "Ok")
    assert indi.known["DIGITAL_OUTPUT_5"].on == ["OFF"]
    assert fast.board.is_output(4)
    assert not fast.board.level(4)


async def test_an_output_is_busy_until_its_level_is_seen(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert (await indi.write("DIGITAL_OUTPUT_1", ON="On")).state == "Busy"
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["ON"]
    assert fast.board.level(0)
    assert (await indi.settle("DIGITAL_OUTPUT_1", OFF="On")).state == "Ok"
    assert not fast.board.level(0)


async def test_an_output_whose_level_is_not_seen_is_an_alert(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    fast.service.hang()
    answer = await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    fast.service.resume()
    assert answer.state == "Alert"
    assert answer.message == "[ERROR] DIGITAL_OUTPUT_1.ON: pin 0 is OFF; its level was not seen in time"
    assert answer.values == {"OFF": "Off", "ON": "On"}  # as it was told, for that is what it still may become
    # The service has carried it out after all.
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert indi.known["DIGITAL_OUTPUT_1"].on == ["ON"]
    assert (await indi.settle("DIGITAL_OUTPUT_1", OFF="On")).state == "Ok"


@pytest.mark.parametrize("on", [False, True])
async def test_a_failed_output_stays_an_alert_until_it_is_seen_where_it_was_told(fast: Rig, *, on: bool) -> None:
    """Until then clients are told what its latch holds, and what its pad is."""
    indi, board = fast.indi, fast.board
    told, held = ("ON", "OFF") if on else ("OFF", "ON")
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.settle("DIGITAL_OUTPUT_1", **{held: "On"})
    board.hold(0, level=not on)
    answer = await indi.settle("DIGITAL_OUTPUT_1", **{told: "On"})
    assert (answer.state, indi.known["DIGITAL_OUTPUT_1"].on) == ("Alert", [told])
    assert answer.message == f"[ERROR] DIGITAL_OUTPUT_1.{told}: pin 0 is {held}; its level was not seen in time"
    start = len(indi.answers)
    for level in (True, False, True, False):  # some updates come and go
        board.set_input(9, level=level)
        await indi.until(partial(is_on, fast, "DIGITAL_INPUT_10", "ON" if level else "OFF"))
    assert not [one for one in indi.answers[start:] if one.name == "DIGITAL_OUTPUT_1"]
    assert board.latch(0) is on
    board.hold(0, None)
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert indi.known["DIGITAL_OUTPUT_1"].on == [told]


async def test_an_output_does_not_fail_because_the_program_was_held_up(fast: Rig) -> None:
    """Board, driver and client stand still at once, for longer than a level may take."""
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    fast.service.hang()
    assert (await indi.write("DIGITAL_OUTPUT_1", ON="On")).state == "Busy"
    start = len(indi.answers)
    time.sleep(1.5)  # noqa: ASYNC251 - that is what holds up the program
    fast.service.resume()
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert [one.state for one in indi.answers[start:] if one.name == "DIGITAL_OUTPUT_1"] == ["Ok"]


async def test_a_failed_output_is_ok_again_when_it_is_written(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    fast.board.hold(0, level=False)
    assert (await indi.settle("DIGITAL_OUTPUT_1", ON="On")).state == "Alert"
    assert (await indi.settle("DIGITAL_OUTPUT_1", OFF="On")).state == "Ok"
    fast.board.hold(0, None)
    assert not fast.board.level(0)


async def test_an_output_remembers_its_level_while_it_is_an_input(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_9="On")
    await indi.settle("DIGITAL_OUTPUT_10", ON="On")
    await indi.write("GPIO_DIRECTION", PIN_9="Off")
    assert "DIGITAL_INPUT_10" in indi.known
    await fast.board.wait_until(lambda board: not board.is_output(9))
    await indi.write("GPIO_DIRECTION", PIN_9="On")
    await indi.in_state("DIGITAL_OUTPUT_10", "Ok")
    assert indi.known["DIGITAL_OUTPUT_10"].on == ["ON"]
    assert fast.board.level(9)


async def test_a_level_that_another_program_changes_is_an_alert(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_1="On")
    await indi.settle("DIGITAL_OUTPUT_2", ON="On")
    fast.board.write_latch(0)
    await indi.in_state("DIGITAL_OUTPUT_2", "Alert")
    assert indi.known["DIGITAL_OUTPUT_2"].on == ["OFF"]
    assert indi.answers[-1].message == "[WARNING] DIGITAL_OUTPUT_2: pin 1 was told ON and no longer is"
    assert (await indi.settle("DIGITAL_OUTPUT_2", ON="On")).state == "Ok"


@pytest.mark.parametrize("level", [False, True])
async def test_a_period_arrives_and_leaves_the_pins_alone(rig: Rig, *, level: bool) -> None:
    """A config without a pin would turn pin 0 into an input; it names one that is none."""
    indi = rig.indi
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    indi.put("DIGITAL_OUTPUT_1", **{"ON" if level else "OFF": "On"})
    before = len(await rig.all_sent("Gpio", 2))
    assert (await indi.write("POLLING_PERIOD", PERIOD_MS=50)).state == "Ok"
    await indi.in_state("DIGITAL_OUTPUT_1", "Ok")
    assert rig.board.is_output(0)
    assert rig.board.level(0) is level
    config = (await rig.all_sent("Gpio", before + 1))[-1]
    assert round(config.delay_between_updates * 1000) == 50
    assert int(config.delay_between_updates * 1000) == 50
    assert config.gpio.pin == 16


async def test_a_period_of_pins_that_are_all_inputs(fast: Rig) -> None:
    assert fast.board.output_pins == frozenset()
    assert [config.gpio.pin for config in await fast.all_sent("Gpio", 1)] == [16]


async def test_a_period_chosen_before_connecting_is_brought_along(away: Rig) -> None:
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=20)
    await away.indi.write("KEEP_ALIVE", TIMEOUT=2)
    await away.indi.connect()
    (config,) = await away.all_sent("Gpio", 1)
    assert round(config.delay_between_updates * 1000) == 20
    assert config.timeout_after_last_ping == 2
    assert away.indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "20"}


async def test_a_period_that_another_program_chose_is_shown_not_changed(away: Rig) -> None:
    """Connecting alone writes nothing to the board."""
    async with piped(make_driver(address=away.service.address)) as other:
        await (await other.get_properties()).connect()
        await other.write("POLLING_PERIOD", PERIOD_MS=30)
        await other.write("CONNECTION", DISCONNECT="On")
    away.configs.clear()
    await away.indi.connect()
    assert away.indi.known["POLLING_PERIOD"].values == {"PERIOD_MS": "30"}
    await away.indi.write("GPIO_DIRECTION", PIN_3="On")
    assert [config.gpio.pin for config in await away.all_sent("Gpio", 1)] == [3]


async def test_updates_go_on_when_the_timeout_grows(fast: Rig) -> None:
    """A longer timeout counts from the next ping only, which may overtake its config."""
    await fast.indi.write("KEEP_ALIVE", TIMEOUT=1)
    await fast.indi.write("KEEP_ALIVE", TIMEOUT=60)
    for turn in range(100):
        fast.board.set_input(0, level=turn % 2 == 0)
        await fast.indi.until(partial(is_on, fast, "DIGITAL_INPUT_1", "ON" if turn % 2 == 0 else "OFF"))


async def test_forty_random_mixes(fast: Rig) -> None:
    """Directions, outputs and inputs all at once, forty times over."""
    indi, board = fast.indi, fast.board
    chance = random.Random(40)
    for _ in range(40):
        outputs = {pin for pin in range(16) if chance.random() < 0.5}
        high = {pin for pin in range(16) if chance.random() < 0.5}
        board.set_inputs(sum(1 << pin for pin in high - outputs))
        await indi.write(
            "GPIO_DIRECTION", **{f"PIN_{pin}": "On" if pin in outputs else "Off" for pin in range(16)}
        )
        for pin in outputs:
            indi.put(f"DIGITAL_OUTPUT_{pin + 1}", **{"ON" if pin in high else "OFF": "On"})
        register = str(sum(1 << pin for pin in high))
        await indi.until(partial(shows, fast, register))
        for pin in range(16):
            name = f"DIGITAL_{'OUTPUT' if pin in outputs else 'INPUT'}_{pin + 1}"
            await indi.in_state(name, "Ok")
            assert indi.known[name].on == ["ON" if pin in high else "OFF"]
        assert board.output_pins == outputs
        assert board.levels == sum(1 << pin for pin in high)
    values = {config.gpio.value for config in fast.sent("Gpio")}
    assert values == {0, 1}


async def test_levels_of_an_earlier_visit_are_not_shown(away: Rig) -> None:
    """The service is in a long delay, so that no level is known when the pins are defined."""
    indi = away.indi
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.connect()
    await indi.write("GPIO_DIRECTION", PIN_3="On")
    away.board.set_input(7, level=True)
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await indi.until(lambda: indi.known["DIGITAL_INPUT_8"].on == ["ON"])
    await indi.write("POLLING_PERIOD", PERIOD_MS=4000)
    away.board.set_input(9, level=True)
    await indi.until(lambda: indi.known["DIGITAL_INPUT_10"].on == ["ON"])  # from now on there is none for 4 s
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    output, levels = indi.known["DIGITAL_OUTPUT_4"], indi.known["GPIO_REGISTER"]
    assert (output.on, output.state) == ([], "Idle")
    assert (indi.known["DIGITAL_INPUT_8"].on, indi.known["DIGITAL_INPUT_8"].state) == (["OFF"], "Idle")
    assert (levels.values["PADS"], levels.state) == ("0", "Idle")
    await indi.until(lambda: output.on == ["OFF"] and indi.known["DIGITAL_INPUT_8"].on == ["ON"])


async def test_pins_are_shown_when_the_first_update_is_slow() -> None:
    """A service that is in a long delay does not keep clients from connecting."""
    board = SimulatedBoard(Kind.VOICE)
    async with (
        MalosService(board, info_port=0) as service,
        piped(make_driver(address=service.address)) as first,
        piped(make_driver(address=service.address)) as second,
    ):
        await (await first.get_properties()).connect()
        await first.write("POLLING_PERIOD", PERIOD_MS=600000)
        # The long delay begins with the next update.
        board.set_input(0, level=True)
        await first.until(lambda: first.known["DIGITAL_INPUT_1"].on == ["ON"])
        board.set_input(1, level=True)
        assert (await (await second.get_properties()).connect()).state == "Ok"
        assert second.known["DIGITAL_INPUT_2"].state == "Idle"
        assert second.known["POLLING_PERIOD"].values == {"PERIOD_MS": "600000"}
