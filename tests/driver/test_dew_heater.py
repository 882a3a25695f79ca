"""DEW_HEATER: an output that heats the more, the nearer the temperature is to the dew point."""

from typing import Any

import pytest_asyncio

from tests.driver.conftest import Rig

_HEAD = 'device="Davis" name="WEATHER_PARAMETERS" label="Weather" group="Parameters" perm="ro"'
_LIMITS = 'label="" format="%.2f" min="-40" max="50" step="0"'


@pytest_asyncio.fixture
async def roof(away: Rig) -> Rig:
    """A creator with outputs on pins 3 and 4, whose weather is that of another device, which is not there yet."""
    indi = away.indi
    for name in ("Humidity", "Pressure", "UV"):
        away.service._engines[name].delay_ms = 20
    away.board.warm(20.0)
    away.board.set_humidity(50.0)
    await indi.write("POLLING_PERIOD", PERIOD_MS=20)
    await indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="Davis")
    assert (await indi.connect()).state == "Ok"
    answer = await indi.write("GPIO_DIRECTION", PIN_3="On", PIN_4="On")
    assert answer.state == "Ok", answer.message
    await indi.in_state("DIGITAL_OUTPUT_4", "Ok")
    return away


def publish(rig: Rig, celsius: float, dew: float, state: str = "Ok", tag: str = "set") -> None:
    """Let the other device tell its weather."""
    one = "defNumber" if tag == "def" else "oneNumber"
    values = {"WEATHER_TEMPERATURE": celsius, "WEATHER_DEWPOINT": dew}
    members = "".join(f'<{one} name="{name}" {_LIMITS}>{value}</{one}>' for name, value in values.items())
    rig.indi.send(f'<{tag}NumberVector {_HEAD} state="{state}">{members}</{tag}NumberVector>')


async def steer(rig: Rig, **values: Any) -> None:
    assert (await rig.indi.write("DEW_HEATER", **{"PIN": 3, **values})).state == "Ok"


async def heats(rig: Rig, percent: int, state: str = "Ok") -> None:
    """Wait until both properties show a duty."""
    known = rig.indi.known
    await rig.indi.until(
        lambda: (
            known["DUTY_3"].values["DUTY"] == known["DEW_HEATER_STATUS"].values["DUTY"] == str(percent)
            and known["DEW_HEATER_STATUS"].state == state
        )
    )


def told(rig: Rig) -> list[str]:
    return [text for text in rig.indi.messages if "DEW_HEATER" in text]


async def test_it_heats_by_the_weather_of_another_device(roof: Rig) -> None:
    indi = roof.indi
    assert ("Davis", "WEATHER_PARAMETERS") not in indi.asked
    await steer(roof, MARGIN=4, FULL=0)
    await indi.until(lambda: ("Davis", "WEATHER_PARAMETERS") in indi.asked)
    publish(roof, 10, 9, tag="def")
    await heats(roof, 75)
    await roof.board.wait_until(lambda board: board.latch(3))
    publish(roof, 10, 6)
    await heats(roof, 0)
    await roof.board.wait_until(lambda board: not board.latch(3))
    publish(roof, 10, 12)
    await heats(roof, 100)
    assert indi.known["DEW_HEATER_STATUS"].values["SPREAD"] == "-2"
    await roof.board.wait_until(lambda board: board.latch(3))
    configs = len(roof.sent("Gpio"))
    publish(roof, 0, 12, "Busy")  # the values of before hold
    publish(roof, 10, 12.5)  # as much power
    await indi.until(lambda: indi.known["DEW_HEATER_STATUS"].values["SPREAD"] == "-2.5")
    assert len(roof.sent("Gpio")) == configs
    await steer(roof, PIN=-1)
    await roof.board.wait_until(lambda board: not board.latch(3))
    assert indi.known["DUTY_3"].values["DUTY"] == "0"
    publish(roof, 10, 10)
    await indi.fence()
    assert indi.known["DUTY_3"].values["DUTY"] == "0"


async def test_without_good_weather_it_heats_with_the_fallback_and_says_so_once(roof: Rig) -> None:
    await steer(roof, FALLBACK=20)
    await heats(roof, 20, "Alert")
    publish(roof, 10, 9.4, tag="def")
    await heats(roof, 80)
    for _ in range(2):
        publish(roof, 10, 9.4, "Alert")
    await heats(roof, 20, "Alert")
    publish(roof, 10, 9.4)
    await heats(roof, 80)
    roof.indi.send('<delProperty device="Davis"/>')
    await heats(roof, 20, "Alert")
    assert len([text for text in told(roof) if "FALLBACK=20 %" in text]) == 1


async def test_the_weather_of_the_board_itself(roof: Rig) -> None:
    """It is that of ACTIVE_WEATHER where that names the board's device, or nothing."""
    await steer(roof, MARGIN=20, FULL=1)
    for name in ("", "MATRIX"):
        await roof.indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER=name)
        await heats(roof, 49)  # 10.7 degrees above the dew point
        assert roof.indi.known["DEW_HEATER_STATUS"].values["SPREAD"] == "10.7"
        await roof.indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="Davis")
        await heats(roof, 0, "Alert")
    await roof.indi.write("ACTIVE_DEVICES", ACTIVE_WEATHER="MATRIX")
    roof.board.set_humidity(99.0)
    while roof.indi.known["DUTY_3"].values["DUTY"] != "100":
        await roof.indi.write("WEATHER_REFRESH", REFRESH="On")
        await roof.indi.fence()


async def test_a_hand_on_its_output_ends_the_steering(roof: Rig) -> None:
    indi = roof.indi
    publish(roof, 10, 10, tag="def")
    for name, values in (("DIGITAL_OUTPUT_4", {"OFF": "On"}), ("DUTY_3", {"DUTY": 0}), ("DUTY_3", {"DUTY": 30})):
        await steer(roof)
        publish(roof, 10, 10)
        await heats(roof, 100)
        await indi.write(name, **values)
        assert indi.known["DEW_HEATER"].values["PIN"] == "-1"
        publish(roof, 10, 9)
        await indi.fence()
        assert indi.known["DUTY_3"].values["DUTY"] == str(values.get("DUTY", 0))
    assert told(roof)[-1] == "[INFO] DEW_HEATER steers no more: pin 3 was taken over"
    await steer(roof)
    await indi.write("GPIO_DIRECTION", PIN_3="Off")
    assert indi.known["DEW_HEATER"].values["PIN"] == "-1"


async def test_what_it_cannot_steer_by_is_refused(roof: Rig) -> None:
    indi = roof.indi
    await indi.write("PULSE_4", DURATION=100)
    first = "DEW_HEATER.PIN"
    for values, why in (
        ({"PIN": 7}, f"{first}=7: pin 7 is no output; write GPIO_DIRECTION.PIN_7=On first"),
        ({"PIN": 4}, f"{first}=4: pin 4 has pulses; write PULSE_4.DURATION=0 first"),
        ({"FULL": 3}, "DEW_HEATER.FULL=3 must be below MARGIN, which would be 3"),
        ({"PIN": 16}, f"{first}='16' is out of range; it takes -1 to 15"),
    ):
        answer = await indi.write("DEW_HEATER", **values)
        assert (answer.state, answer.message) == ("Alert", f"[ERROR] {why}")
        assert answer.values["PIN"] == "-1"


async def test_another_pin_takes_over(roof: Rig) -> None:
    await steer(roof, FALLBACK=100)
    await roof.board.wait_until(lambda board: board.latch(3))
    await steer(roof, PIN=4)
    await roof.board.wait_until(lambda board: not board.latch(3) and board.latch(4))


async def test_an_outage_interrupts_it(roof: Rig) -> None:
    indi, board = roof.indi, roof.board
    await steer(roof, FALLBACK=100)
    await board.wait_until(lambda board: board.latch(3))
    await roof.service.stop()
    await indi.in_state("DEW_HEATER", "Alert")
    assert indi.known["DUTY_3"].values["DUTY"] == "0"
    await roof.service.start()
    await indi.until(lambda: indi.known["DUTY_3"].values["DUTY"] == "100")
    await board.wait_until(lambda board: board.latch(3))
    assert indi.known["DEW_HEATER"].values["PIN"] == "3"


async def test_off_in_an_outage_ends_it(roof: Rig) -> None:
    indi, board = roof.indi, roof.board
    await steer(roof, FALLBACK=100)
    await board.wait_until(lambda board: board.latch(3))
    await roof.service.stop()
    await indi.in_state("DEW_HEATER", "Alert")
    await indi.write("DIGITAL_OUTPUT_4", OFF="On")
    assert (indi.known["DEW_HEATER"].values["PIN"], indi.known["DEW_HEATER"].state) == ("-1", "Alert")
    await roof.service.start()
    await board.wait_until(lambda board: not board.latch(3))
    await indi.in_state("DIGITAL_OUTPUT_4", "Ok")
    assert (indi.known["DUTY_3"].values["DUTY"], indi.known["DIGITAL_OUTPUT_4"].on) == ("0", ["OFF"])


async def test_the_next_connection_begins_without(roof: Rig) -> None:
    """It steers again once it is written, or a config is loaded."""
    indi, board = roof.indi, roof.board
    await steer(roof, FALLBACK=100)
    await board.wait_until(lambda board: board.latch(3))
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    await indi.write("CONNECTION", DISCONNECT="On")
    await board.wait_until(lambda board: not board.latch(3))
    await indi.connect()
    await indi.in_state("DIGITAL_OUTPUT_4", "Ok")
    publish(roof, 10, 12, tag="def")
    await indi.fence()
    assert (indi.known["DEW_HEATER"].state, indi.known["DUTY_3"].values["DUTY"]) == ("Idle", "0")
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    await heats(roof, 100)
    await board.wait_until(lambda board: board.latch(3))
