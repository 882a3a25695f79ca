"""A board is shared: what other programs use stays theirs, whatever happens to the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from indi_matrix import make_driver
from tests.driver.client import IndiClient, piped
from tests.driver.conftest import Rig
from tests.simulator.client import OUTPUT, Client


@pytest_asyncio.fixture
async def fast(away: Rig) -> Rig:
    """A creator, connected, that publishes levels every 10 ms, and is lost after a second without one."""
    await away.indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await away.indi.write("KEEP_ALIVE", TIMEOUT=1)
    assert (await away.indi.connect()).state == "Ok"
    return away


async def another_program_drives(rig: Rig, *pins: int) -> None:
    async with Client(rig.service) as program:
        for pin in pins:
            await program.set_pin(pin, OUTPUT, 1)
    rig.service.config_seen = rig.record
    rig.configs.clear()


@asynccontextmanager
async def another_driver(rig: Rig) -> AsyncIterator[IndiClient]:
    async with piped(make_driver("ANOTHER", rig.service.address)) as indi:
        indi.device = "ANOTHER"
        await (await indi.get_properties()).connect()
        yield indi


def pins_sent(rig: Rig) -> set[int]:
    return {config.gpio.pin for config in rig.sent("Gpio")}


async def hang(rig: Rig) -> None:
    """Let the service hang until it is lost, and wake it up."""
    rig.service.hang()
    await rig.indi.in_state("CONNECTION", "Busy")
    rig.service.resume()
    await rig.indi.in_state("CONNECTION", "Ok")


async def test_a_hang_leaves_the_pins_of_others_alone(fast: Rig) -> None:
    """The late resend, 3 s after the return, leaves them alone, too."""
    await fast.indi.write("GPIO_DIRECTION", PIN_3="On")
    await fast.indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await another_program_drives(fast, 0, 9)
    await hang(fast)
    assert [config.gpio.pin for config in await fast.all_sent("Gpio", 2)] == [3, 3]
    assert fast.board.output_pins == {0, 3, 9}
    assert fast.board.levels == 1 << 0 | 1 << 3 | 1 << 9


async def test_the_first_command_of_a_visit_leaves_the_pins_of_others_alone(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_4="On")
    await fast.board.wait_until(lambda board: board.output_pins == {3, 4})
    await indi.write("CONNECTION", DISCONNECT="On")
    await another_program_drives(fast, 0, 9)
    await indi.connect()
    await indi.settle("DIGITAL_OUTPUT_4", ON="On")
    assert pins_sent(fast) == {3, 4}
    assert fast.board.output_pins == {0, 3, 4, 9}


async def test_a_pin_that_was_given_back_is_sent_as_an_input(fast: Rig) -> None:
    """The config that was lost in an outage may have been the one that made it an input."""
    await fast.indi.write("GPIO_DIRECTION", PIN_3="On")
    await fast.indi.write("GPIO_DIRECTION", PIN_3="Off")
    await fast.board.wait_until(lambda board: not board.is_output(3))
    await hang(fast)
    assert not (await fast.all_sent("Gpio", 4))[-1].gpio.mode
    assert pins_sent(fast) == {3, 16}


async def test_two_drivers_keep_their_pins_through_restarts(fast: Rig) -> None:
    mine, board = fast.indi, fast.board
    async with another_driver(fast) as theirs:
        await mine.write("GPIO_DIRECTION", PIN_3="On", PIN_4="On")
        await mine.settle("DIGITAL_OUTPUT_4", ON="On")
        await theirs.write("GPIO_DIRECTION", PIN_0="On", PIN_9="On")
        await theirs.settle("DIGITAL_OUTPUT_10", ON="On")
        for _ in range(5):
            await fast.service.stop()
            await mine.in_state("CONNECTION", "Busy")
            await theirs.in_state("CONNECTION", "Busy")
            await fast.service.start()
            for indi in (mine, theirs):
                await indi.in_state("CONNECTION", "Ok")
            await board.wait_until(lambda board: board.output_pins == {0, 3, 4, 9})
            await board.wait_until(lambda board: board.levels == 1 << 3 | 1 << 9)
            for indi, names in ((mine, (4, 5)), (theirs, (1, 10))):
                for number in names:
                    await indi.in_state(f"DIGITAL_OUTPUT_{number}", "Ok")
                    assert indi.known[f"DIGITAL_OUTPUT_{number}"].on == ["ON" if number in {4, 10} else "OFF"]


async def test_a_new_timing_switches_nothing(rig: Rig) -> None:
    await another_program_drives(rig, 0, 9)
    await rig.indi.write("POLLING_PERIOD", PERIOD_MS=50)
    await rig.indi.write("KEEP_ALIVE", TIMEOUT=2)
    assert len(await rig.all_sent("Gpio", 2)) == 2
    assert pins_sent(rig) == {16}
    assert rig.board.output_pins == {0, 9}
    assert rig.board.levels == 1 << 0 | 1 << 9


async def test_a_timing_waits_for_our_pins(fast: Rig) -> None:
    """The first config after a restart resets all directions: outputs are sent before the timing."""
    await fast.indi.write("GPIO_DIRECTION", PIN_3="On")
    await fast.indi.settle("DIGITAL_OUTPUT_4", ON="On")
    await fast.service.stop()
    await fast.indi.in_state("CONNECTION", "Busy")
    fast.configs.clear()
    await fast.service.start()
    assert [config.gpio.pin for config in await fast.all_sent("Gpio", 2)][:2] == [3, 16]


async def test_nothing_is_sent_where_nothing_is_ours(rig: Rig) -> None:
    """Not after a restart, not after a hang: what others have left on the board stays as it is."""
    await another_program_drives(rig, 9)
    await rig.service.stop()
    await rig.indi.in_state("CONNECTION", "Busy")
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")
    await rig.indi.write("EVERLOOP_COLOR", RED=1)
    await rig.all_sent("Everloop", 1)
    assert rig.sent("Gpio") == []
    assert rig.board.output_pins == {9}
