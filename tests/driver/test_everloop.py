"""The ring, from a client's write to what the board shows."""

import asyncio
import statistics
from functools import partial

import pytest

from indi_matrix.simulator import Led, SimulatedBoard
from tests.driver.conftest import Rig
from tests.stopwatch import within

RED = Led(255, 0, 0, 0)
DARK = Led(0, 0, 0, 0)
WHITE = Led(0, 0, 0, 255)


def words(rig: Rig, *first: str) -> str:
    return " ".join([*first, *["00000000"] * (rig.board.kind.led_count - len(first))])


def has_red(red: int, board: SimulatedBoard) -> bool:
    return board.leds[0].red == red


async def test_members_and_order(each: Rig) -> None:
    known = each.indi.known
    channels = ["RED", "GREEN", "BLUE", "WHITE"]
    for name in ("EVERLOOP_COLOR", "EVERLOOP_LED_1", f"EVERLOOP_LED_{each.board.kind.led_count}"):
        prop = known[name]
        assert (prop.kind, prop.attributes["perm"], list(prop.members)) == ("Number", "rw", channels)
        assert {(one["min"], one["max"]) for one in prop.members.values()} == {("0", "255")}
    assert known["EVERLOOP_LED_1"].attributes["group"] == "Everloop LEDs"
    assert list(known["EVERLOOP_IMAGE"].members) == ["IMAGE"]
    assert known["EVERLOOP_IMAGE"].values["IMAGE"] == words(each)
    assert list(known["EVERLOOP_INFO"].members) == ["BOARD", "LEDS"]
    assert known["EVERLOOP_INFO"].attributes["perm"] == "ro"
    assert list(known["FLAT_LIGHT_CONTROL"].members) == ["FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"]
    assert known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_OFF"]
    assert known["FLAT_LIGHT_INTENSITY"].values == {"FLAT_LIGHT_INTENSITY_VALUE": "255"}


async def test_one_led(each: Rig) -> None:
    indi, count = each.indi, each.board.kind.led_count
    answer = await indi.write("EVERLOOP_LED_3", RED=255, GREEN=0, BLUE=0, WHITE=0)
    assert (answer.state, answer.values["RED"]) == ("Ok", "255")
    await each.board.wait_until(lambda board: board.leds == (DARK, DARK, RED, *[DARK] * (count - 3)))
    await indi.until(lambda: indi.known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_ON"])
    assert indi.known["EVERLOOP_IMAGE"].values["IMAGE"] == words(each, "00000000", "00000000", "FF000000")


async def test_the_whole_ring(each: Rig) -> None:
    indi, count = each.indi, each.board.kind.led_count
    assert (await indi.write("EVERLOOP_COLOR", RED=1, GREEN=2, BLUE=3, WHITE=4)).state == "Ok"
    await each.board.wait_until(lambda board: board.leds == (Led(1, 2, 3, 4),) * count)
    last = f"EVERLOOP_LED_{count}"
    await indi.until(lambda: indi.known[last].values == {"RED": "1", "GREEN": "2", "BLUE": "3", "WHITE": "4"})


async def test_an_image_is_one_frame(each: Rig) -> None:
    indi, count = each.indi, each.board.kind.led_count
    text = " ".join(f"{number:02x}0000" for number in range(count))
    answer = await indi.write("EVERLOOP_IMAGE", IMAGE=text)
    assert answer.values["IMAGE"].split()[:3] == ["00000000", "01000000", "02000000"]
    await each.board.wait_until(lambda board: board.leds == tuple(Led(n, 0, 0, 0) for n in range(count)))
    assert len(each.sent("Everloop")) == 1


async def test_every_frame_has_one_value_for_each_led(each: Rig) -> None:
    indi, count = each.indi, each.board.kind.led_count
    await indi.write("EVERLOOP_LED_1", RED=1)
    await indi.write("EVERLOOP_COLOR", BLUE=2)
    await indi.write("EVERLOOP_IMAGE", IMAGE=words(each, "00FF0000"))
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await each.board.wait_until(lambda board: board.frames and board.leds == (DARK,) * count)
    frames = [config.image.led for config in each.sent("Everloop")]
    assert {len(frame) for frame in frames} == {count}


async def test_writes_that_arrive_together_are_one_frame(rig: Rig) -> None:
    for number in range(1, 36):
        rig.indi.put(f"EVERLOOP_LED_{number}", RED=number)
    await rig.board.wait_until(lambda board: board.leds[34].red == 35)
    assert [led.red for led in rig.board.leds] == list(range(1, 36))
    assert len(rig.configs) == 1
    assert [answer.state for answer in rig.indi.answers if answer.name.startswith("EVERLOOP_LED")] == ["Ok"] * 35


async def test_a_slow_board_gets_the_last_picture_and_no_lag(rig: Rig) -> None:
    rig.board.bus_time = 0.02
    for number in range(500):
        rig.indi.put("EVERLOOP_COLOR", RED=number % 250, GREEN=number // 250)
    rig.indi.put("EVERLOOP_COLOR", RED=251, GREEN=77)
    await rig.indi.until(lambda: rig.indi.known["EVERLOOP_COLOR"].values["GREEN"] == "77")
    async with within(0.15):
        await rig.board.wait_until(lambda board: board.leds[0].green == 77)
    assert rig.board.leds[0] == Led(251, 77, 0, 0)


async def test_frames_are_no_faster_than_any_board_can_show(rig: Rig) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for red in range(1, 21):
        await rig.indi.write("EVERLOOP_COLOR", RED=red)
        await rig.board.wait_until(partial(has_red, red))
    assert loop.time() - start >= 19 * 0.025


async def test_a_frame_shortly_before_a_beat_puts_that_off(rig: Rig) -> None:
    loop, moments = asyncio.get_running_loop(), list[float]()

    def note(driver: str, frame: bytes) -> None:
        moments.append(loop.time())
        rig.record(driver, frame)

    rig.configs.clear()
    rig.service.config_seen = note
    await rig.indi.write("EVERLOOP_EFFECT", CHASE="On")
    gaps = []
    for intensity in range(1, 16):
        await rig.all_sent("Everloop", len(moments) + 1)
        await asyncio.sleep(0.03)  # the next beat is 40 ms after this one
        before = len(moments)
        rig.indi.put("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=intensity)
        await rig.all_sent("Everloop", before + 2)
        gaps.append(moments[before + 1] - moments[before])
    assert statistics.median(gaps) > 0.02


async def test_members_not_named_keep_theirs(rig: Rig) -> None:
    indi = rig.indi
    # Sent together: the LED's own values are older than the picture when it is written.
    indi.put("EVERLOOP_COLOR", GREEN=7)
    assert (await indi.write("EVERLOOP_LED_2", RED=9)).values == {
        "RED": "9", "GREEN": "7", "BLUE": "0", "WHITE": "0",
    }  # fmt: skip
    await rig.board.wait_until(lambda board: board.leds[1] == Led(9, 7, 0, 0))
    assert rig.board.leds[0] == Led(0, 7, 0, 0)


async def test_colour_rests_while_the_leds_differ(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_COLOR", RED=5)
    await indi.write("EVERLOOP_LED_1", RED=6)
    await indi.in_state("EVERLOOP_COLOR", "Idle")
    assert indi.known["EVERLOOP_COLOR"].values["RED"] == "5"
    await indi.write("EVERLOOP_IMAGE", IMAGE=" ".join(["0a000000"] * 35))
    await indi.in_state("EVERLOOP_COLOR", "Ok")
    assert indi.known["EVERLOOP_COLOR"].values["RED"] == "10"


async def test_the_flat_light_is_white_until_something_was_painted(each: Rig) -> None:
    indi, count = each.indi, each.board.kind.led_count
    assert (await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")).state == "Ok"
    await each.board.wait_until(lambda board: board.leds == (WHITE,) * count)
    await indi.until(lambda: indi.known["EVERLOOP_COLOR"].values["WHITE"] == "255")


async def test_off_keeps_the_picture_for_on(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("EVERLOOP_LED_4", RED=255)
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await rig.board.wait_until(lambda board: board.frames and not any(board.leds[3]))
    assert indi.known["EVERLOOP_LED_4"].values["RED"] == "255"
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    await rig.board.wait_until(lambda board: board.leds[3] == RED)


async def test_painting_switches_the_light_on(rig: Rig) -> None:
    indi = rig.indi
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_OFF="On")
    await indi.write("EVERLOOP_LED_1", RED=255)
    await rig.board.wait_until(lambda board: board.leds[0] == Led(255, 0, 0, 255))
    await indi.until(lambda: indi.known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_ON"])


@pytest.mark.parametrize(("intensity", "shown"), [(0, 0), (1, 1), (127, 100), (128, 100), (255, 200)])
async def test_brightness_scales_and_rounds(rig: Rig, intensity: int, shown: int) -> None:
    await rig.indi.write("EVERLOOP_COLOR", RED=200)
    await rig.indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=intensity)
    await rig.board.wait_until(lambda board: board.frames and board.leds[0].red == shown)
    assert rig.indi.known["EVERLOOP_COLOR"].values["RED"] == "200"


async def test_brightness_of_a_dark_ring_writes_nothing(rig: Rig) -> None:
    assert (await rig.indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=9)).state == "Ok"
    await rig.indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    await rig.board.wait_until(lambda board: board.leds[0] == Led(0, 0, 0, 9))
    assert len(rig.configs) == 1


async def test_mirrors_follow_an_animation_without_slowing_it(rig: Rig) -> None:
    indi = rig.indi
    for number in range(1, 101):
        await indi.write("EVERLOOP_IMAGE", IMAGE=" ".join([f"{number:02X}00{number:02X}00"] * 35))
    await indi.until(lambda: indi.known["EVERLOOP_LED_35"].values["RED"] == "100")
    mirrored = [answer for answer in indi.answers if answer.name == "EVERLOOP_LED_35"]
    assert len(mirrored) < 50
    assert all(set(answer.values) == {"RED", "BLUE"} for answer in mirrored)


async def test_a_complaint_of_the_board_turns_the_last_write_to_alert(rig: Rig) -> None:
    await rig.indi.write("EVERLOOP_COLOR", RED=1)
    for _ in range(5):
        rig.service.publish_error("Everloop", "ERROR: LED values go from 0 to 255.")
    rig.service.publish_error("Everloop", "something else")
    await rig.indi.until(lambda: "something else" in rig.indi.answers[-1].message)
    assert rig.indi.known["EVERLOOP_COLOR"].state == "Alert"
    assert [answer.message for answer in rig.indi.answers if answer.message.startswith("[ERROR]")] == [
        "[ERROR] EVERLOOP_COLOR: the Everloop driver says: ERROR: LED values go from 0 to 255.",
        "[ERROR] EVERLOOP_COLOR: the Everloop driver says: something else",
    ]
    assert (await rig.indi.write("EVERLOOP_COLOR", RED=2)).state == "Ok"


async def test_a_complaint_before_any_write_is_a_warning(rig: Rig) -> None:
    rig.service.publish_error("Everloop", "from another program")
    await rig.indi.until(lambda: rig.indi.messages)
    assert rig.indi.messages == ["[WARNING] the Everloop driver says: from another program"]


async def test_the_last_picture_is_delivered_at_disconnect(rig: Rig) -> None:
    for red in range(1, 30):
        rig.indi.put("EVERLOOP_COLOR", RED=red)
        await rig.indi.fence()
    await rig.indi.write("CONNECTION", DISCONNECT="On")
    await rig.board.wait_until(lambda board: board.leds[0].red == 29)
