"""What every driver does with a config, good or bad."""

import pytest

from indi_matrix.malos.messages import DriverConfig
from indi_matrix.malos.places import BASE_OFFSETS
from tests.simulator.client import OUTPUT, Client, frame

NO_PROTOBUF = b"\xff\xff\xff"


@pytest.mark.parametrize("driver", BASE_OFFSETS)
async def test_what_is_no_protobuf_is_said_to_be_none(client: Client, driver: str) -> None:
    errors = await client.errors(driver)
    await client.send_taken(driver, NO_PROTOBUF)
    expected = f"0, Invalid configuration for {driver} driver. Could not parse protobuf."
    assert await client.texts(driver, errors) == [expected]
    await client.send_taken(driver, DriverConfig(uuid="x").SerializeToString().replace(b"x", b"\xff"))
    assert await client.texts(driver, errors) == [expected]
    assert len(await client.info()) == 7


@pytest.mark.parametrize("driver", ["IMU", "Pressure", "UV"])
async def test_sensors_take_any_config_in_silence(client: Client, driver: str) -> None:
    errors = await client.errors(driver)
    await client.send_taken(driver, b"", frame(count=3), b"\xfa\x07\x01x")
    assert await client.texts(driver, errors) == []


async def test_the_parts_of_a_message_are_configs_of_their_own(client: Client) -> None:
    parts = [DriverConfig(gpio={"pin": pin, "mode": OUTPUT, "value": 1}).SerializeToString() for pin in range(3)]
    await client.send_taken("Gpio", parts[0], NO_PROTOBUF, parts[1], parts[2])
    assert client.service.board.levels == 0x0007


async def test_unknown_fields_are_passed_over(client: Client) -> None:
    known = DriverConfig(gpio={"pin": 4, "mode": OUTPUT, "value": 1}).SerializeToString()
    await client.send_taken("Gpio", known + b"\xfa\x07\x01x")
    assert client.service.board.levels == 0x0010


async def test_a_delay_alone_makes_pin_0_an_input(client: Client) -> None:
    board = client.service.board
    await client.set_pin(0, OUTPUT, 1)
    await client.set_pin(1, OUTPUT, 1)
    await client.configure("Gpio", delay_between_updates=2)
    assert board.output_pins == {1}
    assert (await client.info())["Gpio"].delay_between_updates == 2000
    # The latch of pin 0 is as it was.
    board.write_direction(0x0003)
    assert board.level(0)


async def test_a_delay_alone_makes_pin_0_a_servo(client: Client) -> None:
    board = client.service.board
    await client.configure("Servo", delay_between_updates=2)
    assert (board.output_pins, board.servo_angle(0)) == (frozenset({0}), 0)
    assert (await client.info())["Servo"].delay_between_updates == 2000


@pytest.mark.parametrize("field", ["everloop", "gpio", "servo"])
async def test_refused_configs_do_not_set_times(client: Client, field: str) -> None:
    times = {"delay_between_updates": 2.0, "timeout_after_last_ping": 3.0}
    refused = {"everloop": ("Everloop", {}), "gpio": ("Gpio", {"gpio": {"mode": 2}})}
    driver, fields = refused.get(field, ("Servo", {"servo": {"pin": 15}}))
    await client.configure(driver, **fields, **times)
    expected = (2000, 3000) if driver == "Servo" else (1000, 5000)
    info = (await client.info())[driver]
    assert (info.delay_between_updates, info.timeout_after_last_ping) == expected
