"""Whatever a client writes is answered, and a bad write changes nothing."""

import pytest
import pytest_asyncio

from indi_matrix.simulator import Led
from tests.driver.client import Known
from tests.driver.conftest import Rig


@pytest_asyncio.fixture
async def used(away: Rig) -> Rig:
    """A board with a colour, and an output that is high."""
    rig, indi = away, away.indi
    await indi.write("POLLING_PERIOD", PERIOD_MS=10)
    await indi.connect()
    await indi.write("EVERLOOP_COLOR", RED=1, GREEN=2, BLUE=3, WHITE=4)
    await indi.write("GPIO_DIRECTION", PIN_0="On", PIN_1="On")
    await indi.settle("DIGITAL_OUTPUT_1", ON="On")
    await rig.board.wait_until(lambda board: board.leds[0] == Led(1, 2, 3, 4))
    await indi.until(lambda: indi.known["EVERLOOP_LED_35"].values["WHITE"] == "4")
    await indi.in_state("DIGITAL_OUTPUT_2", "Ok")
    return rig


def values(known: dict[str, Known]) -> dict[str, dict[str, str]]:
    return {name: dict(prop.values) for name, prop in known.items()}


NUMBER = '<newNumberVector device="MATRIX" name="{}">{}</newNumberVector>'
SWITCH = '<newSwitchVector device="MATRIX" name="{}">{}</newSwitchVector>'
TEXT = '<newTextVector device="MATRIX" name="{}">{}</newTextVector>'


def number(name: str, **members: str) -> str:
    return NUMBER.format(name, "".join(f'<oneNumber name="{m}">{v}</oneNumber>' for m, v in members.items()))


def switch(name: str, **members: str) -> str:
    return SWITCH.format(name, "".join(f'<oneSwitch name="{m}">{v}</oneSwitch>' for m, v in members.items()))


def text(name: str, **members: str) -> str:
    return TEXT.format(name, "".join(f'<oneText name="{m}">{v}</oneText>' for m, v in members.items()))


LED, COLOR, IMAGE = "EVERLOOP_LED_3", "EVERLOOP_COLOR", "EVERLOOP_IMAGE"

BAD = {
    "no number": (number(LED, RED="abc"), LED, "EVERLOOP_LED_3.RED='abc' is not a number; it takes 0 to 255"),
    "NaN": (number(LED, RED="nan"), LED, "EVERLOOP_LED_3.RED='nan' is not a number; it takes 0 to 255"),
    "infinite": (number(LED, RED="-inf"), LED, "RED='-inf' is not a number; it takes 0 to 255"),
    "too large to be finite": (number(LED, RED="1e999"), LED, "RED='1e999' is not a finite number; it takes"),
    "empty number": (number(LED, RED=""), LED, "RED='' is not a number; it takes 0 to 255"),
    "underscore": (number(LED, RED="1_0"), LED, "RED='1_0' is not a number"),
    "full-width digits": (number(LED, RED="\uff11\uff12"), LED, r"RED='\uff11\uff12' is not a number"),
    "two signs": (number(LED, RED="--5"), LED, "RED='--5' is not a number"),
    "hexadecimal": (number(LED, RED="0x10"), LED, "RED='0x10' is not a number"),
    "above": (number(COLOR, WHITE="255.5"), COLOR, "EVERLOOP_COLOR.WHITE='255.5' is out of range; it takes 0 to 255"),
    "below": (number(COLOR, WHITE="-1"), COLOR, "EVERLOOP_COLOR.WHITE='-1' is out of range; it takes 0 to 255"),
    "one bad of four": (number(COLOR, RED="9", GREEN="9", BLUE="256", WHITE="9"), COLOR, "COLOR.BLUE='256'"),
    "period": (number("POLLING_PERIOD", PERIOD_MS="9"), "POLLING_PERIOD", "PERIOD_MS='9' is out of range; it takes 10 to"),
    "keep-alive": (number("KEEP_ALIVE", TIMEOUT="61"), "KEEP_ALIVE", "TIMEOUT='61' is out of range; it takes 1 to 60"),
    "brightness": (
        number("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE="256"), "FLAT_LIGHT_INTENSITY",
        "FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE='256' is out of range; it takes 0 to 255",
    ),
    "unknown member": (number(COLOR, VIOLET="1"), COLOR, "EVERLOOP_COLOR has no member 'VIOLET'; it has RED, GREEN"),
    "unknown pin": (
        switch("GPIO_DIRECTION", PIN_16="On"), "GPIO_DIRECTION", "no member 'PIN_16'; it has PIN_0 to PIN_15",
    ),
    "known and unknown member": (number(COLOR, RED="7", VIOLET="1"), COLOR, "has no member 'VIOLET'"),
    "member without a name": (NUMBER.format(COLOR, "<oneNumber>1</oneNumber>"), COLOR, "has no member ''"),
    "member twice": (
        NUMBER.format(COLOR, '<oneNumber name="RED">1</oneNumber><oneNumber name="RED">2</oneNumber>'), COLOR,
        "EVERLOOP_COLOR.RED is written twice",
    ),
    "empty vector": (NUMBER.format(COLOR, ""), COLOR, "EVERLOOP_COLOR was written with no member"),
    "vector of the wrong kind": (
        switch(COLOR, RED="On"), COLOR, "EVERLOOP_COLOR takes a newNumberVector, not a 'newSwitchVector'",
    ),
    "BLOB": ('<newBLOBVector device="MATRIX" name="EVERLOOP_COLOR"/>', COLOR, "not a 'newBLOBVector'"),
    "members of the wrong kind": (
        NUMBER.format(COLOR, '<oneText name="RED">1</oneText>'), COLOR, "takes oneNumber members, not 'oneText'",
    ),
    "read-only number": (number("GPIO_REGISTER", PADS="1"), "GPIO_REGISTER", "GPIO_REGISTER is read-only"),
    "read-only text": (text("DRIVER_INFO", DRIVER_NAME="x"), "DRIVER_INFO", "DRIVER_INFO is read-only"),
    "read-only switch": (switch("DIGITAL_INPUT_3", ON="On"), "DIGITAL_INPUT_3", "DIGITAL_INPUT_3 is read-only"),
    "no switch": (switch("DIGITAL_OUTPUT_1", OFF="Maybe"), "DIGITAL_OUTPUT_1", "OFF='Maybe' is neither On nor Off"),
    "two of one": (
        switch("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On", FLAT_LIGHT_OFF="On"), "FLAT_LIGHT_CONTROL",
        "FLAT_LIGHT_CONTROL takes one member On at a time, not 'FLAT_LIGHT_ON, FLAT_LIGHT_OFF'",
    ),
    "none of one": (
        switch("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="Off"), "FLAT_LIGHT_CONTROL",
        "FLAT_LIGHT_CONTROL takes just one member On; 'FLAT_LIGHT_ON=Off' would leave none",
    ),
    "two of at most one": (switch("DIGITAL_OUTPUT_1", OFF="On", ON="On"), "DIGITAL_OUTPUT_1", "one member On at a time"),
    "no level": (switch("DIGITAL_OUTPUT_1", ON="Off"), "DIGITAL_OUTPUT_1", "takes OFF=On or ON=On; this write has neither"),
    "connect and disconnect": (switch("CONNECTION", CONNECT="On", DISCONNECT="On"), "CONNECTION", "one member On"),
    "image too short": (
        text(IMAGE, IMAGE=" ".join(["FF0000"] * 34)), IMAGE,
        "EVERLOOP_IMAGE.IMAGE has 34 words; it takes 35, one for each LED",
    ),
    "image too long": (text(IMAGE, IMAGE=" ".join(["FF0000"] * 36)), IMAGE, "has 36 words; it takes 35"),
    "image with a bad word": (
        text(IMAGE, IMAGE=" ".join(["FF0000"] * 34 + ["FF00G0"])), IMAGE,
        "EVERLOOP_IMAGE.IMAGE: word 35, 'FF00G0', is not RRGGBB or RRGGBBWW in hexadecimal digits",
    ),
    "image with a long word": (text(IMAGE, IMAGE=" ".join(["FF0000000"] * 35)), IMAGE, "word 1, 'FF0000000'"),
    "port": (
        text("DEVICE_ADDRESS", PORT="65536"), "DEVICE_ADDRESS",
        "DEVICE_ADDRESS.PORT='65536': port 65536 is out of range; a port is a whole number from 1 to 65535",
    ),
    "port that is no number": (text("DEVICE_ADDRESS", PORT="x"), "DEVICE_ADDRESS", "DEVICE_ADDRESS.PORT='x'"),
    "host": (text("DEVICE_ADDRESS", ADDRESS="a b"), "DEVICE_ADDRESS", "DEVICE_ADDRESS.ADDRESS='a b'"),
    "empty host": (text("DEVICE_ADDRESS", ADDRESS=""), "DEVICE_ADDRESS", "DEVICE_ADDRESS.ADDRESS=''"),
}  # fmt: skip


FACTS = {"CONNECTION", "DRIVER_INFO", "EVERLOOP_INFO", "GPIO_REGISTER", "DIGITAL_INPUT_3"}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_write_is_an_alert_and_changes_nothing(used: Rig, case: str) -> None:
    xml, name, told = BAD[case]
    indi = used.indi
    before, configs, start = values(indi.known), len(used.configs), len(indi.answers)
    state = indi.known[name].state
    indi.send(xml)
    answer = await indi.next_answer(name, start)
    await indi.fence()
    assert answer.state == "Alert"
    assert answer.message.startswith("[ERROR] ")
    assert told in answer.message
    assert len(answer.message) <= 255
    assert answer.message.isascii()
    assert answer.values == before[name]
    states = [one.state for one in indi.answers[start:] if one.name == name]
    # Where the state tells of something else than writes, the true state follows.
    assert states == (["Alert", state] if name in FACTS else ["Alert"])
    assert values(indi.known) == before
    assert len(used.configs) == configs
    assert used.board.leds == (Led(1, 2, 3, 4),) * 35
    assert used.board.level(0)


async def test_a_long_value_leaves_room_for_the_limit(used: Rig) -> None:
    answer = await used.indi.write(COLOR, RED="9" * 5000)
    assert answer.message.endswith("it takes 0 to 255")
    assert len(answer.message) <= 255


@pytest.mark.parametrize(
    ("written", "shown"),
    [("1e2", "100"), (" 12 ", "12"), ("+7", "7"), ("254.6", "255"), ("1:30", "2"), ("2 0 0", "2"), (".5", "0")],
)
async def test_numbers_in_all_of_indis_ways(used: Rig, written: str, shown: str) -> None:
    answer = await used.indi.write(COLOR, RED=written)
    assert (answer.state, answer.values["RED"]) == ("Ok", shown)


async def test_whole_numbers_stay_whole(used: Rig) -> None:
    assert (await used.indi.write("POLLING_PERIOD", PERIOD_MS="50.4")).values == {"PERIOD_MS": "50"}
    assert (await used.indi.write("KEEP_ALIVE", TIMEOUT="2.6")).values == {"TIMEOUT": "3"}


async def test_a_good_write_after_a_bad_one_is_ok(used: Rig) -> None:
    assert (await used.indi.write(LED, RED=300)).state == "Alert"
    answer = await used.indi.write(LED, RED=30)
    assert (answer.state, answer.message) == ("Ok", "")


@pytest.mark.parametrize(
    "xml",
    [
        number("NO_SUCH_PROPERTY", RED="1"),
        '<newNumberVector device="NOBODY" name="EVERLOOP_COLOR"><oneNumber name="RED">1</oneNumber></newNumberVector>',
        '<newNumberVector name="EVERLOOP_COLOR"><oneNumber name="RED">1</oneNumber></newNumberVector>',
        '<newNumberVector device="MATRIX"><oneNumber name="RED">1</oneNumber></newNumberVector>',
        switch("DIGITAL_OUTPUT_16", ON="On"),  # an input now
        '<defNumberVector device="MATRIX" name="EVERLOOP_COLOR" state="Ok" perm="rw"/>',
        '<setNumberVector device="MATRIX" name="EVERLOOP_COLOR" state="Ok"/>',
        '<delProperty device="MATRIX"/>',
        "<nonsense/>",
        "<newNumberVector <<",
    ],
)
async def test_what_is_addressed_to_nothing_of_ours_changes_nothing(used: Rig, xml: str) -> None:
    before = values(used.indi.known)
    used.indi.send(xml)
    await used.indi.fence()
    assert values(used.indi.known) == before
    assert (await used.indi.write(COLOR, RED=77)).state == "Ok"


async def test_board_properties_are_unknown_while_disconnected(away: Rig) -> None:
    away.indi.put(COLOR, "Number", RED=1)
    await away.indi.fence()
    assert [answer.name for answer in away.indi.answers] == ["CONNECTION_MODE"]
    assert away.indi.messages == ["[WARNING] there is no property 'EVERLOOP_COLOR' now; nothing was written"]
    assert away.configs == []
