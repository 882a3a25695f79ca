"""Pins and servos through the service, with their shadow registers."""

import random

import pytest

from indi_matrix.malos.messages import DriverConfig
from tests.simulator.client import INPUT, OUTPUT, Client

OF_GPIO = "0, Invalid specific configuration for Gpio driver."
BAD_MODE = "invalid gpio mode. check the proto GpioParams (file driver.proto)"


async def _servo(client: Client, pin: int, angle: int) -> None:
    await client.configure("Servo", servo={"pin": pin, "angle": angle})


@pytest.mark.parametrize(("register", "payload"), [(0, b""), (0x0008, b"\x20\x08"), (0x8001, b"\x20\x81\x80\x02")])
async def test_an_update_is_the_levels_and_nothing_else(client: Client, register: int, payload: bytes) -> None:
    client.service.board.set_inputs(register)
    updates = await client.updates("Gpio")
    await client.ping("Gpio")
    assert await updates.recv() == payload


async def test_updates_show_outputs_too(client: Client) -> None:
    client.service.board.set_input(15, level=True)
    await client.set_pin(0, OUTPUT, 1)
    updates = await client.updates("Gpio")
    await client.ping("Gpio")
    assert await updates.recv() == b"\x20\x81\x80\x02"


async def test_an_output_gets_its_level_before_its_direction(client: Client) -> None:
    board = client.service.board
    board.set_input(6, level=True)
    seen: list[tuple[bool, bool]] = []
    board.watch(lambda: seen.append((board.is_output(6), board.level(6))))
    await client.set_pin(6, OUTPUT, 1)
    assert seen == [(False, True), (True, True)]


async def test_an_output_without_value_is_low(client: Client) -> None:
    await client.set_pin(2, OUTPUT, 1)
    await client.configure("Gpio", gpio={"pin": 2, "mode": OUTPUT})
    assert (client.service.board.level(2), client.service.board.output_pins) == (False, frozenset({2}))


async def test_the_value_of_an_input_is_ignored_and_its_latch_stays(client: Client) -> None:
    board = client.service.board
    await client.set_pin(2, OUTPUT, 1)
    await client.set_pin(2, INPUT, 0)
    assert (board.level(2), board.is_output(2)) == (False, False)
    board.write_direction(0x0004)
    assert board.level(2)


@pytest.mark.parametrize(
    ("before", "pin", "value", "latch"),
    [(0x0004, 2, 2, 0x0008), (0, 2, 255, 0x03FC), (0xFFFF, 3, 0, 0xFFF7), (0, 15, 3, 0x8000)],
)
async def test_a_value_is_not_masked(client: Client, before: int, pin: int, value: int, latch: int) -> None:
    for other in range(16):
        await client.set_pin(other, OUTPUT, before >> other & 1)
    await client.set_pin(pin, OUTPUT, value)
    assert client.service.board.levels == latch


@pytest.mark.parametrize("pin", [16, 20, 31])
async def test_pins_beyond_the_register_are_ignored(client: Client, pin: int) -> None:
    errors = await client.errors("Gpio")
    await client.set_pin(1, OUTPUT, 1)
    await client.set_pin(pin, OUTPUT, 1)
    assert (client.service.board.levels, client.service.board.output_pins) == (0x0002, frozenset({1}))
    assert await client.texts("Gpio", errors) == []


@pytest.mark.parametrize("pin", [32 + 5, 320 + 5, 2**32 - 32 + 5])
async def test_pins_wrap_at_32(client: Client, pin: int) -> None:
    await client.set_pin(pin, OUTPUT, 1)
    assert (client.service.board.levels, client.service.board.output_pins) == (0x0020, frozenset({5}))


@pytest.mark.parametrize("mode", [2, 3, 7])
async def test_other_modes_change_nothing(client: Client, mode: int) -> None:
    errors = await client.errors("Gpio")
    await client.set_pin(1, OUTPUT, 1)
    await client.set_pin(1, mode, 0)
    assert (client.service.board.levels, client.service.board.output_pins) == (0x0002, frozenset({1}))
    assert await client.texts("Gpio", errors) == [BAD_MODE, OF_GPIO]


@pytest.mark.parametrize(("mode", "output"), [(65536, False), (65537, True), (-65535, True)])
async def test_a_mode_is_cut_to_16_bits_first(client: Client, mode: int, output: bool) -> None:
    errors = await client.errors("Gpio")
    await client.set_pin(1, OUTPUT, 1)
    await client.set_pin(1, mode, 1)
    await client.set_pin(2, mode, 1)
    assert client.service.board.output_pins == (frozenset({1, 2}) if output else frozenset())
    assert await client.texts("Gpio", errors) == []


async def test_a_burst_from_two_clients_loses_nothing(client: Client) -> None:
    async with Client(client.service) as other:
        for turn in range(250):
            pin = {"pin": turn % 16, "mode": OUTPUT, "value": 1}
            await client.send("Gpio", _config(gpio=pin))
            await other.send("Gpio", _config(gpio=pin))
        for _ in range(500):
            await other.taken.get()
    assert client.service.board.levels == 0xFFFF


async def test_the_first_config_after_a_restart_rewrites_all_pins(client: Client) -> None:
    board = client.service.board
    for pin in (1, 2, 3):
        await client.set_pin(pin, OUTPUT, 1)
    await client.restart_service()
    assert (board.levels, board.output_pins) == (0x000E, frozenset({1, 2, 3}))
    await client.set_pin(3, OUTPUT, 1)
    assert (board.levels, board.output_pins) == (0x0008, frozenset({3}))
    await client.set_pin(2, OUTPUT, 0)
    board.write_direction(0xFFFF)
    assert board.levels == 0x0008


async def test_a_servo_turns(client: Client) -> None:
    board = client.service.board
    await _servo(client, 4, 90)
    await _servo(client, 5, 180)
    assert (board.servo_angle(4), board.servo_angle(5), board.servo_angle(6)) == (90, 180, None)
    assert (board.output_pins, board.levels) == (frozenset({4, 5}), 0)


async def test_a_servo_takes_the_outputs_away_and_gpio_the_servos(client: Client) -> None:
    board = client.service.board
    await client.set_pin(1, OUTPUT, 1)
    await _servo(client, 4, 90)
    assert board.output_pins == {4}
    await client.set_pin(2, OUTPUT, 1)
    assert (board.output_pins, board.levels) == (frozenset({1, 2}), 0x0006)
    await client.set_pin(4, OUTPUT, 1)
    # An output again, but not Gpio's to set.
    assert (board.is_output(4), board.level(4), board.servo_angle(4)) == (True, False, 90)
    board.power_cycle()
    await client.set_pin(4, OUTPUT, 1)
    assert (board.level(4), board.servo_angle(4)) == (True, None)


@pytest.mark.parametrize("pin", [16, 19, 40, 1000, 2**32 - 1])
async def test_a_servo_on_a_pin_that_is_not_there_may_kill_the_service(client: Client, pin: int) -> None:
    client.service.board.chance = lambda: 0.0
    await client.set_pin(1, OUTPUT, 1)
    await client.send("Servo", _config(servo={"pin": pin, "angle": 90}))
    await client.service.wait_stopped()
    assert client.service.stopped_by == f"a servo on pin {pin}"
    assert (client.service.running, client.service.board.levels) == (False, 0x0002)


@pytest.mark.parametrize(
    ("pin", "touched"), [(16, set()), (21, set()), (100, {4}), (1000, {8}), (2**32 - 1, set())]
)
async def test_but_mostly_it_does_not(client: Client, pin: int, touched: set[int]) -> None:
    board = client.service.board
    board.chance = lambda: 0.5
    await _servo(client, pin, 90)
    assert board.output_pins == touched
    await _servo(client, 3, 90)
    assert board.output_pins == {3} | touched


async def test_a_servo_on_a_pin_that_is_not_there_kills_seldom(client: Client) -> None:
    assert client.service.board.chance is random.random
    client.service.board.chance = random.Random(1).random  # the tenth is the first that is small
    for _ in range(9):
        await _servo(client, 20, 90)
    await client.send("Servo", _config(servo={"pin": 20, "angle": 90}))
    await client.service.wait_stopped()


async def test_pinging_servo_yields_errors_only(client: Client) -> None:
    errors, updates = await client.errors("Servo"), await client.updates("Servo")
    await client.configure("Servo", delay_between_updates=0.02, servo={"pin": 3})
    await client.ping("Servo")
    for _ in range(3):
        assert await errors.recv() == b"1, Could not send update for Servo driver."
    assert not await updates.poll(0)


def _config(**fields: object) -> bytes:
    return bytes(DriverConfig(**fields).SerializeToString())
