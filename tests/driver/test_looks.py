"""What a client's windows show of the driver: labels, tabs, their order, sliders and time limits."""

from collections.abc import Iterable

import pytest

from indi_matrix import make_driver
from tests.driver.client import IndiClient, Known, piped
from tests.driver.conftest import Rig

_LONGEST_LABEL = 11  # KStars cuts what is longer
_PIN_LABELS = [f"GPIO {pin}" for pin in range(16)]
_WHEEL = (
    '<defTextVector device="Filter Simulator" name="FILTER_NAME" state="Ok" label="Filter" group="F" perm="rw">'
    '<defText name="FILTER_SLOT_NAME_1">Red</defText></defTextVector>'
)


async def definitions(kind: str) -> list[Known]:
    """Return every definition that a driver makes, of all that there can be on a board of a kind."""
    async with piped(make_driver(simulate=kind)) as indi:
        await indi.get_properties()
        await indi.write("DEBUG", ENABLE="On")
        await indi.connect()
        indi.send(_WHEEL)
        await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
        await indi.write("GPIO_DIRECTION", **{f"PIN_{pin}": "On" for pin in range(16)})
        await indi.write("GPIO_DIRECTION", PIN_3="Off")
        await indi.fence()
        return [Known.of(element) for element in indi.heard if element.tag.startswith("def")]


def names(definitions: Iterable[Known]) -> set[str]:
    return {one.attributes["name"] for one in definitions}


def labels(prop: Known) -> list[str]:
    return [member["label"] for member in prop.members.values()]


@pytest.mark.parametrize(("kind", "leds"), [("creator", 35), ("voice", 18)])
async def test_every_label_is_shown_whole(kind: str, leds: int) -> None:
    defined = await definitions(kind)
    assert names(defined) > {
        "LOGGING_LEVEL", "FLAT_LIGHT_FILTER_INTENSITY", f"EVERLOOP_LED_{leds}", "DIGITAL_INPUT_16",
        "DIGITAL_OUTPUT_16", "DIGITAL_OUTPUT_LABELS", "DIGITAL_INPUT_LABELS", "PULSE_15", "DUTY_15",
    }  # fmt: skip
    shown = {one.attributes["name"]: one.attributes["label"] for one in defined}
    assert {name: label for name, label in shown.items() if not 1 <= len(label) <= _LONGEST_LABEL} == {}


async def test_pins_and_leds_are_called_by_their_number() -> None:
    shown = {one.attributes["name"]: one for one in await definitions("creator")}
    for pin, label in enumerate(_PIN_LABELS):
        for name in (
            f"DIGITAL_OUTPUT_{pin + 1}",
            f"DIGITAL_INPUT_{pin + 1}",
            f"PULSE_{pin}",
            f"DUTY_{pin}",
            f"ON_LINK_LOSS_{pin}",
        ):
            assert shown[name].attributes["label"] == label
    for name in ("GPIO_DIRECTION", "GPIO_ACTIVE_LOW"):
        assert labels(shown[name]) == [str(pin) for pin in range(16)]
    leds = [shown[f"EVERLOOP_LED_{led}"].attributes["label"] for led in range(1, 36)]
    assert (leds[0], leds[8], leds[34]) == ("LED 01", "LED 09", "LED 35")


async def test_the_labels_of_labels_name_the_pin(rig: Rig) -> None:
    indi = rig.indi
    assert indi.known["DIGITAL_INPUT_LABELS"].attributes["label"] == "Labels"
    assert labels(indi.known["DIGITAL_INPUT_LABELS"]) == _PIN_LABELS
    assert list(indi.known["DIGITAL_INPUT_LABELS"].values.values()) == _PIN_LABELS
    await indi.write("DIGITAL_INPUT_LABELS", DIGITAL_INPUT_3="x" * 63)
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    assert indi.known["DIGITAL_INPUT_3"].attributes["label"] == "x" * 63
    assert indi.known["DIGITAL_INPUT_LABELS"].values["DIGITAL_INPUT_3"] == "x" * 63
    assert labels(indi.known["DIGITAL_INPUT_LABELS"]) == _PIN_LABELS[1:]
    assert indi.known["DIGITAL_OUTPUT_LABELS"].attributes["label"] == "Labels"
    assert labels(indi.known["DIGITAL_OUTPUT_LABELS"]) == ["GPIO 0"]


def tabs(indi: IndiClient) -> dict[str, list[str]]:
    """Return the properties by group, each in the order in which clients come to know it."""
    grouped: dict[str, list[str]] = {}
    for name, prop in indi.known.items():
        grouped.setdefault(prop.attributes["group"], []).append(name)
    return grouped


async def test_the_light_is_in_main_control(rig: Rig) -> None:
    shown = tabs(rig.indi)
    assert shown["Main Control"] == [
        "CONNECTION", "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_INTENSITY", "EVERLOOP_INFO", "WEATHER_UPDATE",
        "WEATHER_REFRESH", "WEATHER_OVERRIDE", "SAFETY_STATUS",
    ]  # fmt: skip
    assert shown["GPIO"] == ["GPIO_DIRECTION", "GPIO_ACTIVE_LOW", "GPIO_DEBOUNCE", "GPIO_REGISTER"]
    assert shown["Servo"] == ["SERVO_PINS", "DUST_CAP"]
    assert list(shown) == [
        "Main Control", "Connection", "Options", "Everloop", "Everloop LEDs", "GPIO", "Fail-safe", "Inputs",
        "Dew heater", "Servo", "Parameters", "IMU",
    ]  # fmt: skip


async def test_a_client_that_comes_later_is_shown_the_same_tabs(rig: Rig) -> None:
    before = tabs(rig.indi)
    rig.indi.known.clear()
    await rig.indi.get_properties("DIGITAL_INPUT_LABELS")
    assert tabs(rig.indi) == before


STEPS = {
    "FLAT_LIGHT_INTENSITY": ("10", "FLAT_LIGHT_INTENSITY_VALUE"),
    "POLLING_PERIOD": ("1000", "PERIOD_MS"),
    "PULSE_0": ("100", "DURATION"),
}


@pytest.mark.parametrize("name", STEPS)
async def test_steps_are_libindis_and_any_whole_number_is_taken(rig: Rig, name: str) -> None:
    indi, (step, member) = rig.indi, STEPS[name]
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    assert indi.known[name].members[member]["step"] == step
    for written, kept in (("123", "123"), ("77.4", "77"), ("77.6", "78")):
        answer = await indi.write(name, **{member: written})
        assert (answer.state, dict(answer.values)) == ("Ok", {member: kept})


async def test_presets_have_sliders_too(rig: Rig) -> None:
    rig.indi.send(_WHEEL)
    await rig.indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in rig.indi.known)
    assert rig.indi.known["FLAT_LIGHT_FILTER_INTENSITY"].members["Red"]["step"] == "10"
    answer = await rig.indi.write("FLAT_LIGHT_FILTER_INTENSITY", Red="33.3")
    assert (answer.state, answer.values) == ("Ok", {"Red": "33"})


# What libindi's DefaultDevice, its logger, its light boxes its weather stations and its IMUs give no time limit.
_NO_LIMIT = {
    "DEBUG", "LOGGING_LEVEL", "LOG_OUTPUT", "SIMULATION", "CONFIG_PROCESS", "POLLING_PERIOD", "FLAT_LIGHT_CONTROL",
    "FLAT_LIGHT_INTENSITY", "WEATHER_REFRESH", "WEATHER_OVERRIDE",
    "ORIENTATION", "ACCELERATION", "GYROSCOPE", "MAGNETOMETER", "UPDATE_RATE", "DATA_THRESHOLD_PROPERTY",
}  # fmt: skip


async def test_time_limits_are_libindis() -> None:
    limits = {
        one.attributes["name"]: one.attributes["timeout"]
        for one in await definitions("creator")
        if one.kind != "Light"
    }
    assert set(limits.values()) == {"0", "60"}
    assert {name for name, limit in limits.items() if limit == "0"} == _NO_LIMIT


async def test_what_is_set_has_the_time_limit_too(rig: Rig) -> None:
    await rig.indi.write("EVERLOOP_COLOR", RED=9)
    await rig.indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=9)
    sets = {one.get("name"): one.get("timeout") for one in rig.indi.heard if one.tag.startswith("set")}
    assert (sets["EVERLOOP_COLOR"], sets["FLAT_LIGHT_INTENSITY"]) == ("60", "0")


async def test_the_way_of_connecting_is_called_as_in_libindi(away: Rig) -> None:
    assert labels(away.indi.known["CONNECTION_MODE"]) == ["Network"]
