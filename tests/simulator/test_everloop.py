"""The ring of LEDs through the service."""

import asyncio

import pytest

from indi_matrix.malos.messages import DriverConfig, EverloopImage
from indi_matrix.simulator import Kind, Led
from tests.simulator.client import Client, LedValue, frame

OF_EVERLOOP = "0, Invalid specific configuration for Everloop driver."
OUT_OF_RANGE = "ERROR: LED values go from 0 to 255."


async def test_its_update_is_the_number_of_leds(client: Client, voice: Client) -> None:
    for one, payload in ((client, b"\x10\x23"), (voice, b"\x10\x12")):
        updates = await one.updates("Everloop")
        await one.ping("Everloop")
        assert await updates.recv() == payload
        assert EverloopImage.FromString(payload).everloop_length == one.service.board.kind.led_count
        assert LedValue.FromString(payload).green == one.service.board.kind.led_count


async def test_a_frame_is_shown_and_not_acknowledged(client: Client) -> None:
    errors = await client.errors("Everloop")
    board = client.service.board
    await client.send_taken("Everloop", frame((255, 0, 1, 2), (3, 4, 5, 255)))
    assert board.leds[:3] == (Led(255, 0, 1, 2), Led(3, 4, 5, 255), Led(0, 0, 0, 0))
    assert board.frames == 1
    assert await client.texts("Everloop", errors) == []


async def test_empty_leds_are_dark(client: Client) -> None:
    await client.send_taken("Everloop", frame((9, 9, 9, 9)))
    await client.send_taken("Everloop", frame())
    assert client.service.board.leds == (Led(0, 0, 0, 0),) * 35


@pytest.mark.parametrize("count", [0, 1, 18, 34, 36])
async def test_a_frame_of_another_size_leaves_the_picture(client: Client, count: int) -> None:
    errors = await client.errors("Everloop")
    await client.send_taken("Everloop", frame((7, 7, 7, 7)))
    await client.send_taken("Everloop", frame((8, 8, 8, 8), count=count))
    wrong = "WARNING: Invalid number of Leds it must be =35"
    assert await client.texts("Everloop", errors) == [wrong, OF_EVERLOOP]
    assert client.service.board.leds[0] == Led(7, 7, 7, 7)


async def test_a_voice_takes_18(voice: Client) -> None:
    assert voice.service.board.kind is Kind.VOICE
    errors = await voice.errors("Everloop")
    await voice.send_taken("Everloop", frame((1, 2, 3, 4)), frame((5, 6, 7, 8), count=18))
    wrong = "WARNING: Invalid number of Leds it must be =18"
    assert await voice.texts("Everloop", errors) == [wrong, OF_EVERLOOP]
    assert voice.service.board.leds[0] == Led(5, 6, 7, 8)


@pytest.mark.parametrize("channel", range(4))
async def test_one_value_above_255_refuses_the_whole_frame(client: Client, channel: int) -> None:
    errors = await client.errors("Everloop")
    values = [10, 10, 10, 10]
    values[channel] = 256
    await client.send_taken("Everloop", frame((1, 1, 1, 1), (values[0], values[1], values[2], values[3])))
    assert await client.texts("Everloop", errors) == [OUT_OF_RANGE, OF_EVERLOOP]
    assert client.service.board.leds[0] == Led(0, 0, 0, 0)


async def test_times_come_with_a_full_frame_only(client: Client) -> None:
    times = bytes(DriverConfig(delay_between_updates=0.5).SerializeToString())
    errors = await client.errors("Everloop")
    await client.send_taken("Everloop", times)
    assert len(await client.texts("Everloop", errors)) == 2
    assert (await client.info())["Everloop"].delay_between_updates == 1000
    await client.send_taken("Everloop", times + frame())
    assert (await client.info())["Everloop"].delay_between_updates == 500


async def test_a_slow_bus_delays_frames_and_loses_none(client: Client) -> None:
    board = client.service.board
    board.bus_time = 0.005
    shown: list[int] = []
    board.watch(lambda: shown.append(board.leds[0].red))
    clock = asyncio.get_running_loop().time
    before = clock()
    for red in range(1, 31):
        await client.send("Everloop", frame((red, 0, 0, 0)))
    await board.wait_until(lambda b: b.frames == 30)
    assert shown == list(range(1, 31))
    assert clock() - before > 30 * board.bus_time


async def test_a_flood_is_taken_whole(client: Client) -> None:
    for red in range(900):
        await client.send("Everloop", frame((red % 256, 0, 0, 0)))
    await client.service.board.wait_until(lambda b: b.frames == 900)
