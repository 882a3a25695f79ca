"""The board alone, without a service."""

import asyncio

import pytest

from indi_matrix.simulator import Kind, Led, SimulatedBoard
from indi_matrix.simulator.sensors.readings import NO_SENSORS
from tests.programs import PATIENCE


def test_each_kind_has_its_ring() -> None:
    assert (Kind.CREATOR.led_count, Kind.VOICE.led_count) == (35, 18)
    assert SimulatedBoard(Kind.VOICE).leds == (Led(0, 0, 0, 0),) * 18


def test_a_frame_holds_the_whole_ring(board: SimulatedBoard) -> None:
    with pytest.raises(ValueError, match="35 LEDs, not 34"):
        board.show([Led()] * 34)
    assert board.frames == 0


def test_an_input_shows_the_level_outside_and_an_output_its_latch(board: SimulatedBoard) -> None:
    board.set_input(3, level=True)
    assert (board.level(3), board.levels, board.is_output(3)) == (True, 0x0008, False)
    board.write_direction(0x0008)
    assert (board.level(3), board.output_pins) == (False, frozenset({3}))
    board.write_latch(0x0018)
    assert board.levels == 0x0008
    board.write_direction(0)
    board.set_inputs(0x8001)
    assert board.levels == 0x8001


def test_a_power_cycle_forgets_all_but_the_world_outside(board: SimulatedBoard) -> None:
    board.set_inputs(0xFF00)
    board.show([Led(1, 2, 3, 4)] * 35)
    board.write_direction(0xFFFF)
    board.write_latch(0x00FF)
    board.write_pwm(0x0001)
    board.power_cycle()
    assert board.leds == (Led(),) * 35
    assert (board.frames, board.output_pins, board.servo_angle(0)) == (0, frozenset(), None)
    assert board.levels == 0xFF00
    board.write_direction(0xFFFF)
    assert board.levels == 0


@pytest.mark.parametrize("pin", [-1, 16])
def test_other_pins_do_not_exist(board: SimulatedBoard, pin: int) -> None:
    with pytest.raises(ValueError, match="pins go from 0 to 15"):
        board.set_input(pin, level=True)
    with pytest.raises(ValueError, match="0 to 65535"):
        board.set_inputs(0x10000)


def test_watchers_hear_of_changes_only_and_not_after_the_end(board: SimulatedBoard) -> None:
    heard: list[int] = []
    unwatch = board.watch(lambda: heard.append(board.levels))
    board.set_input(1, level=True)
    board.set_input(1, level=True)
    board.warm(30.0)
    board.warm(30.0)
    unwatch()
    unwatch()
    board.set_input(1, level=False)
    assert heard == [2, 2]


async def test_a_waiter_sees_even_the_shortest_moment(board: SimulatedBoard) -> None:
    waiter = asyncio.create_task(board.wait_until(lambda b: b.level(5)))
    await asyncio.sleep(0)
    board.set_input(5, level=True)
    board.set_input(5, level=False)
    async with asyncio.timeout(PATIENCE):
        await waiter
        await board.wait_until(lambda b: not b.level(5))


async def test_a_predicate_that_fails_does_so_to_its_waiter(board: SimulatedBoard) -> None:
    waiter = asyncio.create_task(board.wait_until(lambda b: b.levels and 1 // (b.levels - 3)))
    await asyncio.sleep(0)
    board.set_inputs(3)
    with pytest.raises(ZeroDivisionError):
        await waiter


def test_the_air_gets_thinner_with_height(board: SimulatedBoard) -> None:
    board.set_pressure(89874.6)
    assert board.readings.altitude == pytest.approx(1000, abs=1)
    board.set_pressure(101325.0, altitude=7.5)
    assert board.readings.altitude == 7.5


def test_a_move_changes_what_it_names(board: SimulatedBoard) -> None:
    board.move(yaw=90.0)
    board.move(roll=-5.0)
    motion = board.readings.motion
    assert (motion.yaw, motion.roll, motion.accel_z) == (90.0, -5.0, 1.0)
    with pytest.raises(TypeError):
        board.move(jaw=1.0)


def test_a_voice_has_no_sensors() -> None:
    voice = SimulatedBoard(Kind.VOICE)
    voice.warm(30.0)
    assert voice.readings == NO_SENSORS
