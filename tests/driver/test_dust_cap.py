"""The dust cap: a flap that a servo moves, beside the ring as a flat panel."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.driver.client import Answer, IndiClient, piped
from tests.driver.conftest import Rig
from tests.programs import PATIENCE

DUSTCAP = 1 << 9
CAP = {"PIN": 3, "PARKED": 10, "UNPARKED": 60, "TRAVEL": 0.3}
SLOW = CAP | {"TRAVEL": 60}


def angles(rig: Rig) -> list[int]:
    return [config.servo.angle for config in rig.sent("Servo")]


def states(indi: IndiClient, name: str = "CAP_PARK") -> list[str]:
    return [answer.state for answer in indi.answers if answer.name == name]


@pytest_asyncio.fixture
async def cap(away: Rig) -> Rig:
    """A creator with a dust cap on pin 3, whose place is not known, and an output on pin 5 that is On."""
    indi = away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.write("KEEP_ALIVE", TIMEOUT=1)
    assert (await indi.connect()).state == "Ok"
    assert (await indi.write("GPIO_DIRECTION", PIN_5="On")).state == "Ok"
    await indi.settle("DIGITAL_OUTPUT_6", ON="On")
    await indi.write("SERVO_PINS", PIN_3="On")
    assert (await indi.write("DUST_CAP", **CAP)).state == "Ok"
    await indi.until(lambda: "CAP_ABORT" in indi.known)
    return away


async def slow(rig: Rig, member: str) -> None:
    """Begin a travel with 1.2 s between its steps, and wait for the first one."""
    await rig.indi.write("DUST_CAP", **SLOW)
    rig.configs.clear()
    assert (await rig.indi.write("CAP_PARK", **{member: "On"})).state == "Busy"
    await rig.all_sent("Servo", 1)


async def test_it_comes_and_goes_with_its_pin(cap: Rig) -> None:
    indi = cap.indi
    assert (indi.known["CAP_PARK"].on, indi.known["CAP_PARK"].state) == ([], "Idle")
    assert int(indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"]) & DUSTCAP
    names = [element.get("name") for element in indi.heard]
    assert names.index("CAP_PARK") > max(at for at, name in enumerate(names) if name == "DRIVER_INFO")
    await indi.write("DUST_CAP", PIN=-1)
    await indi.fence()
    assert not {"CAP_PARK", "CAP_ABORT"} & set(indi.known)
    assert not int(indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"]) & DUSTCAP
    assert not cap.sent("Servo")


async def test_loading_a_place_shows_none_that_the_servo_cannot_be_at(cap: Rig) -> None:
    indi = cap.indi
    await indi.write("CAP_PARK", PARK="On")
    await indi.in_state("CAP_PARK", "Ok")
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    for angle, shown in ((90, []), (10, ["PARK"])):
        await indi.write("DUST_CAP", PIN=-1)
        await indi.write("SERVO_ANGLE_3", ANGLE=angle)
        await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
        assert indi.known["CAP_PARK"].on == shown


async def test_it_moves_in_small_steps_and_the_outputs_stay(cap: Rig) -> None:
    indi, board = cap.indi, cap.board
    await indi.write("DUST_CAP", TRAVEL=1.2)
    assert (await indi.write("CAP_PARK", PARK="On")).state == "Busy"
    await indi.in_state("CAP_PARK", "Ok")
    assert indi.known["CAP_PARK"].on == ["PARK"]
    await board.wait_until(lambda board: board.servo_angle(3) == 10)
    sent = angles(cap)
    # Where the flap was is not known: the way begins at the other end.
    assert 45 < sent[0] <= 60
    assert sent[-1] == 10
    assert len(sent) > 4
    assert all(0 < before - after < 25 for before, after in pairwise(sent))
    await board.wait_until(lambda board: board.output_pins == {3, 5})
    assert indi.known["SERVO_ANGLE_3"].values["ANGLE"] == "10"
    cap.configs.clear()
    assert (await indi.settle("CAP_PARK", UNPARK="On")).state == "Ok"
    await board.wait_until(lambda board: board.servo_angle(3) == 60)
    assert angles(cap) == sorted(angles(cap))
    assert indi.known["CAP_PARK"].on == ["UNPARK"]
    assert indi.known["DIGITAL_OUTPUT_6"].state == "Ok"
    assert not indi.messages


async def test_a_second_park_is_no_new_travel_and_the_other_way_turns_round(cap: Rig) -> None:
    await slow(cap, "PARK")
    travel = cap.indi
    assert (await travel.write("CAP_PARK", PARK="On")).state == "Busy"
    await cap.all_sent("Servo", 2)
    assert angles(cap)[0] > angles(cap)[1]
    assert (await travel.write("CAP_PARK", UNPARK="On")).state == "Busy"
    assert travel.known["CAP_PARK"].on == ["UNPARK"]
    await cap.board.wait_until(lambda board: board.servo_angle(3) == 60)
    await travel.in_state("CAP_PARK", "Ok")


async def test_abort_stops_it_where_it_is(cap: Rig) -> None:
    indi = cap.indi
    await slow(cap, "PARK")
    answer = await indi.write("CAP_ABORT", ABORT="On")
    assert (answer.state, answer.values) == ("Ok", {"ABORT": "Off"})
    assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Alert", [])
    assert indi.answers[-2].message == "[WARNING] CAP_PARK: the dust cap was stopped on its way"
    (angle,) = angles(cap)
    await indi.write("DUST_CAP", **CAP)
    assert (await indi.settle("CAP_PARK", UNPARK="On")).state == "Ok"
    await cap.board.wait_until(lambda board: board.servo_angle(3) == 60)
    assert all(step > angle for step in angles(cap)[1:])  # from where it was
    assert (await indi.write("CAP_ABORT", ABORT="On")).state == "Ok"
    assert indi.known["CAP_PARK"].state == "Ok"


async def test_an_outage_on_the_way_leaves_it_where_it_is(cap: Rig) -> None:
    indi = cap.indi
    await slow(cap, "PARK")
    (angle,) = set(angles(cap))
    await cap.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    told = [answer.message for answer in indi.answers if answer.name == "CAP_PARK"]
    assert "[ERROR] CAP_PARK: the link was lost on the way of the dust cap, whose place is not known now" in told
    cap.configs.clear()
    await cap.service.start()
    await indi.in_state("CONNECTION", "Ok")
    await cap.all_sent("Servo", 1)
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert set(angles(cap)) == {angle}
    assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Alert", [])


async def test_a_parked_cap_is_parked_after_an_outage(cap: Rig) -> None:
    indi = cap.indi
    await indi.settle("CAP_PARK", PARK="On")
    await cap.board.wait_until(lambda board: board.servo_angle(3) == 10)
    cap.configs.clear()
    await cap.service.stop()
    await indi.in_state("CONNECTION", "Busy")
    await cap.service.start()
    await indi.in_state("CONNECTION", "Ok")
    await indi.in_state("CAP_PARK", "Ok")
    assert indi.known["CAP_PARK"].on == ["PARK"]
    await cap.all_sent("Servo", 1)
    assert set(angles(cap)) == {10}


async def test_disconnecting_on_the_way_stops_it(cap: Rig) -> None:
    indi = cap.indi
    await slow(cap, "PARK")
    await indi.write("CONNECTION", DISCONNECT="On")
    sent = angles(cap)
    await indi.connect()
    await indi.in_state("CAP_PARK", "Alert")
    assert indi.known["CAP_PARK"].on == []
    await indi.settle("DIGITAL_OUTPUT_6", OFF="On")
    assert angles(cap) == sent


async def test_its_place_is_known_in_the_next_connection(cap: Rig) -> None:
    indi = cap.indi
    await indi.settle("CAP_PARK", PARK="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await indi.connect()
    await indi.until(lambda: "CAP_PARK" in indi.known)
    assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Ok", ["PARK"])
    assert (await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")).state == "Ok"


async def refused(indi: IndiClient, name: str, **values: object) -> str:
    answer: Answer = await indi.write(name, **values)
    assert answer.state == "Alert"
    return answer.message.removeprefix("[ERROR] ")


async def test_what_cannot_be_is_refused_with_its_reason(cap: Rig) -> None:
    indi = cap.indi
    pin = "the dust cap has pin 3"
    dark = "FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On: the dust cap is not parked; write CAP_PARK.PARK=On first"
    cap.configs.clear()
    assert await refused(indi, "SERVO_PINS", PIN_3="Off") == (
        f"SERVO_PINS.PIN_3=Off: {pin}; write DUST_CAP.PIN=-1 first"
    )
    assert await refused(indi, "SERVO_ANGLE_3", ANGLE=9) == (
        f"SERVO_ANGLE_3.ANGLE=9: {pin}; CAP_PARK moves it, or write DUST_CAP.PIN=-1 first"
    )
    assert await refused(indi, "SERVO_LIMITS_3", MINIMUM=11) == (
        "SERVO_LIMITS_3: DUST_CAP.PARKED=10 is not within 11 to 180"
    )
    assert await refused(indi, "FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On") == dark
    await indi.write("SERVO_LIMITS_3", MINIMUM=10, MAXIMUM=60)
    assert await refused(indi, "DUST_CAP", UNPARKED=61) == (
        "DUST_CAP: DUST_CAP.UNPARKED=61 is not within SERVO_LIMITS_3, 10 to 60"
    )
    assert not cap.configs
    await slow(cap, "PARK")
    assert await refused(indi, "DUST_CAP", PIN=-1) == "DUST_CAP: the dust cap is on its way; CAP_ABORT stops it"
    assert await refused(indi, "FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On") == dark


async def test_the_light_shines_on_a_parked_cap_and_is_off_before_it_moves(cap: Rig) -> None:
    indi, board = cap.indi, cap.board
    await indi.settle("CAP_PARK", PARK="On")
    assert (await indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")).state == "Ok"
    await board.wait_until(lambda board: board.leds[0].white == 255)
    # A single step, a second after the frame: what is sent to two MALOS drivers is taken in any order.
    await indi.write("DUST_CAP", UNPARKED=CAP["PARKED"] + 1, TRAVEL=1)
    cap.configs.clear()
    assert (await indi.settle("CAP_PARK", UNPARK="On")).state == "Ok"
    assert indi.known["FLAT_LIGHT_CONTROL"].on == ["FLAT_LIGHT_OFF"]
    await cap.all_sent("Servo", 1)
    assert not any(any(led) for led in board.leds)
    drivers = [driver for driver, _ in cap.configs]
    assert drivers.index("Everloop") < drivers.index("Servo")
    await refused(indi, "FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    # A colour that is painted is a lamp, not a flat panel.
    assert (await indi.write("EVERLOOP_COLOR", RED=1)).state == "Ok"


async def test_other_angles_make_its_place_unknown(cap: Rig) -> None:
    indi = cap.indi
    await indi.settle("CAP_PARK", PARK="On")
    await indi.write("DUST_CAP", UNPARKED=70)
    await indi.fence()
    assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Ok", ["PARK"])
    await indi.write("DUST_CAP", PARKED=11)
    await indi.fence()
    assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Alert", [])


async def test_without_a_cap_the_light_is_free(cap: Rig) -> None:
    await cap.indi.write("DUST_CAP", PIN=-1)
    assert (await cap.indi.write("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")).state == "Ok"


async def restarted(service: MalosService, *, place: str | None) -> None:
    """See that a program that is started anew shows the place that is saved, and moves nothing."""
    seen: list[str] = []
    moved = asyncio.Event()

    def record(driver: str, _: bytes) -> None:
        seen.append(driver)
        if driver == "Servo":
            moved.set()

    service.config_seen = record
    async with piped(make_driver(address=service.address)) as indi:
        await (await indi.get_properties()).connect()
        await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
        await indi.fence()
        assert indi.known["CAP_PARK"].on == ([place] if place else [])
        assert indi.known["CAP_PARK"].state == ("Ok" if place else "Idle")
        assert "Servo" not in seen
        assert not [text for text in indi.messages if not text.startswith("[INFO] ")]
        if place:
            await indi.settle("CAP_PARK", **{place: "On"})
            async with asyncio.timeout(PATIENCE):
                await moved.wait()
            assert seen.count("Servo") == 1


async def test_its_place_is_shown_after_a_restart_of_the_program(home: Path) -> None:
    async with MalosService(SimulatedBoard(), info_port=0) as service:
        async with piped(make_driver(address=service.address)) as indi:
            await (await indi.get_properties()).connect()
            await indi.write("SERVO_PINS", PIN_3="On")
            await indi.write("DUST_CAP", **CAP)
            await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
            await indi.settle("CAP_PARK", PARK="On")
        assert "CAP_PARK" in (home / ".indi" / "MATRIX_config.xml").read_text()
        await restarted(service, place="PARK")
        async with piped(make_driver(address=service.address)) as indi:
            await (await indi.get_properties()).connect()
            await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
            # What is loaded is not better than what this program has done.
            assert (await indi.settle("CAP_PARK", UNPARK="On")).state == "Ok"
            await indi.write("DUST_CAP", **SLOW)
            await indi.write("CAP_PARK", PARK="On")
            await indi.write("CAP_ABORT", ABORT="On")
            await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
            assert (indi.known["CAP_PARK"].state, indi.known["CAP_PARK"].on) == ("Alert", [])
        await restarted(service, place=None)
