"""Servos: which pins have one, their angles, and how they live together with outputs."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.driver.conftest import Rig


def angles(rig: Rig) -> list[tuple[int, int]]:
    """Return pin and angle of each servo config so far."""
    return [(config.servo.pin, config.servo.angle) for config in rig.sent("Servo")]


@pytest_asyncio.fixture
async def fast(away: Rig) -> Rig:
    """A creator with servos on pins 3 and 4 and pin 5 an output that is On; it publishes every 10 ms."""
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.write("KEEP_ALIVE", TIMEOUT=1)
    assert (await indi.connect()).state == "Ok"
    answer = await indi.write("GPIO_DIRECTION", PIN_5="On")
    assert answer.state == "Ok", answer.message
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    assert (await indi.write("SERVO_PINS", PIN_3="On", PIN_4="On")).state == "Ok"
    return away


async def test_a_pin_becomes_a_servo_and_is_nothing_else(fast: Rig) -> None:
    indi = fast.indi
    await indi.fence()
    assert {"SERVO_ANGLE_3", "SERVO_LIMITS_3", "SERVO_ANGLE_4"} < set(indi.known)
    assert not {"DIGITAL_INPUT_4", "DIGITAL_INPUT_5"} & set(indi.known)
    assert "DIGITAL_INPUT_4" not in indi.known["DIGITAL_INPUT_LABELS"].members
    assert not fast.sent("Servo")
    await indi.write("SERVO_PINS", PIN_3="Off")
    await indi.fence()
    assert "SERVO_ANGLE_3" not in indi.known
    assert "DIGITAL_INPUT_4" in indi.known


async def test_a_servo_turns_and_the_outputs_stay(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    assert (await indi.write("SERVO_ANGLE_3", ANGLE=45)).state == "Ok"
    await board.wait_until(lambda board: board.servo_angle(3) == 45 and board.output_pins == {3, 5})
    await indi.write("SERVO_ANGLE_4", ANGLE=120)
    await board.wait_until(lambda board: board.servo_angle(4) == 120 and board.output_pins == {3, 4, 5})
    assert board.servo_angle(3) == 45
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    assert board.output_pins == {3, 4, 5}
    assert board.level(5)
    assert angles(fast) == [(3, 45), (4, 120)]


async def test_outputs_come_back_though_gpio_was_faster_than_servo(fast: Rig) -> None:
    """Each driver of MALOS reads its configs in a thread of its own: the first Gpio config mends nothing."""
    board, indi = fast.board, fast.indi
    servo = fast.service._engines["Servo"]
    overtaken = asyncio.Event()
    process = servo._driver.process

    async def late(config: Any) -> None:
        await asyncio.sleep(0.02)
        await process(config)
        overtaken.set()

    servo._driver.process = late  # type: ignore[method-assign]
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    await overtaken.wait()
    assert board.output_pins == {3}
    await board.wait_until(lambda board: board.output_pins == {3, 5})
    await indi.until(lambda: indi.known["DIGITAL_OUTPUT_6"].state == "Ok")
    assert indi.known["DIGITAL_OUTPUT_6"].on == ["ON"]


async def test_an_output_that_is_let_go_of_for_an_instant_has_not_strayed(fast: Rig) -> None:
    """An update may show the instant between a servo config and Gpio's next config."""
    indi = fast.indi
    fast.service.hang()
    assert (await indi.write("SERVO_ANGLE_3", ANGLE=45)).state == "Ok"
    start = len(indi.answers)
    fast.service.publish_update("Gpio", b"")
    await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] == "0")
    fast.service.resume()
    await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] == str(1 << 5))
    assert "DIGITAL_OUTPUT_6" not in [answer.name for answer in indi.answers[start:]]


async def test_the_same_angle_is_sent_once(fast: Rig) -> None:
    for angle in (10, 10, 20, 20, 10):
        assert (await fast.indi.write("SERVO_ANGLE_3", ANGLE=angle)).state == "Ok"
    await fast.all_sent("Servo", 3)
    assert angles(fast) == [(3, 10), (3, 20), (3, 10)]


OUTPUT_FIRST = "pin 5 is an output; write GPIO_DIRECTION.PIN_5=Off first"
SERVO_FIRST = "pin 3 is a servo; take it out of SERVO_PINS first"
REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("SERVO_PINS", {"PIN_5": "On"}, f"SERVO_PINS.PIN_5=On: {OUTPUT_FIRST}"),
    ("GPIO_DIRECTION", {"PIN_3": "On"}, f"GPIO_DIRECTION.PIN_3=On: {SERVO_FIRST}"),
    ("SERVO_ANGLE_3", {"ANGLE": 181}, "SERVO_ANGLE_3.ANGLE='181' is out of range; it takes 0 to 180"),
    ("SERVO_ANGLE_3", {"ANGLE": -1}, "SERVO_ANGLE_3.ANGLE='-1' is out of range; it takes 0 to 180"),
    ("SERVO_LIMITS_3", {"MINIMUM": 90, "MAXIMUM": 80}, "SERVO_LIMITS_3.MINIMUM=90 is above MAXIMUM=80"),
    ("DUST_CAP", {"PIN": 2}, "DUST_CAP.PIN=2: pin 2 is no servo; write SERVO_PINS.PIN_2=On first"),
    ("DUST_CAP", {"PIN": 3, "PARKED": 7, "UNPARKED": 7},
     "DUST_CAP: PARKED and UNPARKED are both 7; they must differ"),
]  # fmt: skip


async def test_what_cannot_be_is_refused_with_its_reason(fast: Rig) -> None:
    fast.configs.clear()
    for name, values, reason in REFUSED:
        answer = await fast.indi.write(name, **values)
        assert (answer.state, answer.message) == ("Alert", f"[ERROR] {reason}")
    await fast.indi.fence()
    assert not fast.configs


async def test_limits_are_the_range_of_the_angle(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("SERVO_LIMITS_3", MINIMUM=20, MAXIMUM=100)
    await indi.until(lambda: indi.known["SERVO_ANGLE_3"].members["ANGLE"]["min"] == "20")
    assert indi.known["SERVO_ANGLE_3"].members["ANGLE"]["max"] == "100"
    answer = await indi.write("SERVO_ANGLE_3", ANGLE=101)
    assert answer.message == "[ERROR] SERVO_ANGLE_3.ANGLE='101' is out of range; it takes 20 to 100"
    assert (await indi.write("SERVO_ANGLE_3", ANGLE=100)).state == "Ok"
    answer = await indi.write("SERVO_LIMITS_3", MAXIMUM=99)
    assert answer.message == "[ERROR] SERVO_LIMITS_3: the servo is at 100, not 20 to 99"
    await fast.all_sent("Servo", 1)
    assert angles(fast) == [(3, 100)]
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    assert (await indi.write("SERVO_LIMITS_3", MAXIMUM=99)).state == "Ok"
    await indi.until(lambda: indi.known["SERVO_ANGLE_3"].members["ANGLE"]["max"] == "99")
    assert indi.known["SERVO_ANGLE_3"].values["ANGLE"] == "60"


async def test_a_pin_that_was_a_servo_is_an_input_until_the_board_was_without_power(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    await board.wait_until(lambda board: board.output_pins == {3, 5})
    await indi.write("SERVO_PINS", PIN_3="Off")
    await board.wait_until(lambda board: board.output_pins == {5})
    answer = await indi.write("GPIO_DIRECTION", PIN_3="On")
    assert answer.state == "Alert"
    assert "pin 3 was a servo, and an output of it would still be servo pulses" in answer.message
    assert len(answer.message) < 256
    await indi.write("CONNECTION", DISCONNECT="On")
    board.power_cycle()
    await indi.connect()
    answer = await indi.write("GPIO_DIRECTION", PIN_3="On")
    assert answer.state == "Ok", answer.message
    await board.wait_until(lambda board: 3 in board.output_pins)


async def test_a_pin_that_holds_an_angle_of_an_earlier_connection_is_let_go(fast: Rig) -> None:
    await fast.indi.write("SERVO_ANGLE_3", ANGLE=45)
    await fast.board.wait_until(lambda board: board.output_pins == {3, 5})
    await fast.indi.write("CONNECTION", DISCONNECT="On")
    await fast.indi.connect()
    await fast.indi.write("SERVO_PINS", PIN_3="Off")
    await fast.board.wait_until(lambda board: board.output_pins == {5})


async def outage(rig: Rig, *, power_cycle: bool = False) -> None:
    await rig.service.stop()
    await rig.indi.in_state("CONNECTION", "Busy")
    if power_cycle:
        rig.board.power_cycle()
    rig.configs.clear()
    await rig.service.start()
    await rig.indi.in_state("CONNECTION", "Ok")


async def test_only_angles_in_force_are_sent_after_an_outage(fast: Rig) -> None:
    await fast.indi.write("SERVO_PINS", PIN_9="On")
    await fast.indi.write("SERVO_ANGLE_3", ANGLE=45)
    await fast.indi.write("SERVO_ANGLE_4", ANGLE=90)
    await outage(fast, power_cycle=True)
    await fast.board.wait_until(lambda board: board.output_pins == {3, 4, 5} and board.servo_angle(4) == 90)
    assert set(angles(fast)) == {(3, 45), (4, 90)}
    assert fast.indi.known["SERVO_ANGLE_3"].state == "Ok"


async def test_nothing_moves_by_connecting_loading_or_a_restart(fast: Rig) -> None:
    indi = fast.indi
    await outage(fast)
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    await fast.all_sent("Servo", 1)
    await indi.write("CONNECTION", DISCONNECT="On")
    await fast.service.stop()
    await fast.service.start()
    fast.configs.clear()
    await indi.connect()
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert indi.known["SERVO_PINS"].on == ["PIN_3", "PIN_4"]
    assert not fast.sent("Servo")
    assert {config.gpio.pin for config in fast.sent("Gpio")} <= {5, 16}
    # The angle of before is sent when it is written, though it is the last one that was sent.
    assert indi.known["SERVO_ANGLE_3"].state == "Idle"
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    await fast.all_sent("Servo", 1)


async def test_a_servo_holds_when_clients_disconnect(fast: Rig) -> None:
    indi, board = fast.indi, fast.board
    await indi.write("ON_DISCONNECT", OFF="On")
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    await fast.all_sent("Servo", 1)
    await indi.write("CONNECTION", DISCONNECT="On")
    await board.wait_until(lambda board: not board.latch(5))
    assert board.servo_angle(3) == 45
    assert board.output_pins == {3, 5}


@pytest.mark.usefixtures("fast")
async def test_a_quiet_service_is_sent_no_angle(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("KEEP_ALIVE", TIMEOUT=5)
    await fast.hang()
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")  # Alert, once it is quiet
    answer = await indi.write("SERVO_ANGLE_3", ANGLE=45)
    assert answer.state == "Alert"
    assert "nothing was sent: no update from the Gpio driver" in answer.message
    fast.service.resume()
    await indi.in_state("DIGITAL_OUTPUT_6", "Ok")
    assert not fast.sent("Servo")


async def test_a_ping_of_another_program_alarms_nobody(fast: Rig) -> None:
    indi = fast.indi
    await indi.write("SERVO_ANGLE_3", ANGLE=45)
    fast.service.publish_error("Servo", "1, Could not send update for Servo driver.")
    fast.service.publish_error("Servo", "0, Invalid configuration for Servo driver. Could not parse protobuf.")
    await indi.in_state("SERVO_ANGLE_3", "Alert")
    told = [answer.message for answer in indi.answers if answer.name == "SERVO_ANGLE_3"][-1]
    assert "Could not parse protobuf" in told
    assert not indi.messages


async def test_servo_is_never_pinged(fast: Rig) -> None:
    pinged: set[str] = set()
    fast.service.ping_seen = pinged.add
    await outage(fast)
    await fast.indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert "Gpio" in pinged
    assert "Servo" not in pinged
    assert not [text for text in fast.indi.messages if "Servo driver" in text]
