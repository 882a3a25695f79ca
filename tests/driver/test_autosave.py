"""What is saved as soon as it is written: into the file as it is, a moment later, and once a second at most."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from indi_matrix import make_driver
from indi_matrix.board.config.config_file import from_bytes
from tests.driver.client import IndiClient, piped, talking_to
from tests.driver.conftest import Rig
from tests.programs import PROGRAM, running
from tests.stopwatch import Stopwatch, stopped

_WHEEL = (
    '<defTextVector device="Filter Simulator" name="FILTER_NAME" state="Ok" label="Filter" group="F" perm="rw">'
    '<defText name="A">Red</defText></defTextVector>'
)
_BEFORE = b"""\
<INDIDriver note="mine">
<!-- <newNumberVector device='MATRIX' name='FLAT_LIGHT_INTENSITY'> is my slider -->
<newNumberVector device="Another" name="FLAT_LIGHT_INTENSITY"><oneNumber name="X">1</oneNumber></newNumberVector>
<newNumberVector device='MATRIX'   name='KEEP_ALIVE'><oneNumber name='TIMEOUT'>9</oneNumber></newNumberVector>
  <newNumberVector name='FLAT_LIGHT_INTENSITY' device='MATRIX'>
<oneNumber name='FLAT_LIGHT_INTENSITY_VALUE'>7</oneNumber>
</newNumberVector>
<newSwitchVector device='MATRIX' name='CONNECTION'><oneSwitch name='CONNECT'>On</oneSwitch></newSwitchVector>
</INDIDriver>
<!-- the end -->
"""


@pytest.fixture
def config(home: Path) -> Path:
    """Where the config file belongs."""
    path = home / ".indi" / "MATRIX_config.xml"
    path.parent.mkdir()
    return path


def saved(config: Path) -> Mapping[str, Mapping[str, str | None]]:
    """Return what the file holds of our device."""
    vectors, damages = from_bytes(config.read_bytes())
    assert damages == []
    return {
        vector.attrib["name"]: {one.attrib["name"]: one.text for one in vector}
        for vector in vectors
        if vector.get("device") == "MATRIX"
    }


def saves(indi: IndiClient) -> list[str]:
    return [text for text in indi.messages if text.startswith("[DEBUG] saved ")]


@asynccontextmanager
async def connected() -> AsyncIterator[IndiClient]:
    """Run a driver with a simulated board, connected, until the block ends."""
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).connect()
        yield indi


async def watch(indi: IndiClient) -> None:
    """Have the driver tell what it saves."""
    await indi.write("DEBUG", ENABLE="On")
    await indi.write("LOGGING_LEVEL", LOG_DEBUG="On")


async def dim(indi: IndiClient, intensity: Any) -> str:
    answer = await indi.write("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=intensity)
    return answer.state


def dimmed(intensity: int) -> Mapping[str, str]:
    return {"FLAT_LIGHT_INTENSITY_VALUE": str(intensity)}


WRITES: Mapping[str, Mapping[str, object]] = {
    "DEVICE_ADDRESS": {"ADDRESS": "raspberry.local"},
    "ACTIVE_DEVICES": {"ACTIVE_DOME": "My Dome"},
    "DIGITAL_OUTPUT_LABELS": {"DIGITAL_OUTPUT_1": "Roof motor"},
    "DIGITAL_INPUT_LABELS": {"DIGITAL_INPUT_16": "Rain"},
    "PULSE_0": {"DURATION": "250"},
    "FLAT_LIGHT_INTENSITY": {"FLAT_LIGHT_INTENSITY_VALUE": "77"},
    "FLAT_LIGHT_FILTER_INTENSITY": {"Red": "99"},
}


@pytest.mark.parametrize("name", WRITES)
async def test_some_settings_are_saved_as_soon_as_written(rig: Rig, config: Path, name: str) -> None:
    indi = rig.indi
    await watch(indi)
    await indi.write("GPIO_DIRECTION", PIN_0="On")
    await indi.write("KEEP_ALIVE", TIMEOUT=8)
    indi.send(_WHEEL)
    await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
    assert (await indi.write(name, **WRITES[name])).state == "Ok"
    await indi.until(lambda: saves(indi))
    assert saves(indi) == [f"[DEBUG] saved {name} in {config}"]
    assert saved(config) == {name: indi.known[name].values}
    assert WRITES[name].items() <= saved(config)[name].items()


async def test_the_next_start_knows_it() -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await indi.write("DEVICE_ADDRESS", ADDRESS="raspberry.local", PORT="30000")
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert indi.known["DEVICE_ADDRESS"].values == {"ADDRESS": "raspberry.local", "PORT": "30000"}


async def test_the_first_leaves_a_default_of_all_there_was(away: Rig, config: Path) -> None:
    """As in libindi; else CONFIG_DEFAULT would only ever bring back the one setting that was saved first."""
    indi = away.indi
    await watch(indi)
    await indi.write("ACTIVE_DEVICES", ACTIVE_DOME="My Dome")
    await indi.until(lambda: saves(indi))
    await indi.write("KEEP_ALIVE", TIMEOUT=8)
    assert set(saved(config)) == {"ACTIVE_DEVICES"}
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_DEFAULT="On")).state == "Ok"
    assert indi.known["KEEP_ALIVE"].values == {"TIMEOUT": "5"}
    assert indi.known["ACTIVE_DEVICES"].values["ACTIVE_DOME"] == "My Dome"


async def test_the_rest_of_the_file_stays(rig: Rig, config: Path) -> None:
    config.write_bytes(_BEFORE)
    indi = rig.indi
    await watch(indi)
    assert await dim(indi, 80) == "Ok"
    await indi.until(lambda: saves(indi))
    before, rest = _BEFORE.split(b"<newNumberVector name='FLAT_LIGHT_INTENSITY' device='MATRIX'>", 1)
    after = rest.split(b"</newNumberVector>", 1)[1]
    data = config.read_bytes()
    assert (data[: len(before)], data[-len(after) :]) == (before, after)
    assert saved(config)["FLAT_LIGHT_INTENSITY"] == dimmed(80)
    await indi.write("ACTIVE_DEVICES", ACTIVE_DOME="My Dome")
    await indi.until(lambda: len(saves(indi)) == 2)
    assert saved(config)["ACTIVE_DEVICES"]["ACTIVE_DOME"] == "My Dome"
    assert saved(config)["KEEP_ALIVE"] == {"TIMEOUT": "9"}
    assert not config.with_name(f"{config.name}.default").exists()


async def test_a_burst_is_saved_once_a_second_at_most(rig: Rig, config: Path) -> None:
    indi = rig.indi
    await watch(indi)
    stopwatch = Stopwatch()
    moments = []
    for count in range(1, 3):
        for intensity in range(200):
            indi.put("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=intensity)
        await dim(indi, 200 + count)
        await indi.until(lambda: len(saves(indi)) == count)  # noqa: B023 - awaited at once
        moments.append(config.stat().st_mtime)
        assert saved(config)["FLAT_LIGHT_INTENSITY"] == dimmed(200 + count)
    # A second from the beginning of a save, of which the end is seen: a busy machine may delay the first one's.
    assert moments[1] - moments[0] > 0.9 - stopwatch.waited


async def test_what_is_saved_already_is_not_written_again(rig: Rig, config: Path) -> None:
    indi = rig.indi
    await watch(indi)
    await dim(indi, 80)
    await indi.until(lambda: saves(indi))
    before = config.stat().st_mtime_ns
    await dim(indi, 80)
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    assert config.stat().st_mtime_ns == before


async def test_loading_saves_nothing(config: Path) -> None:
    config.write_bytes(_BEFORE)
    async with connected() as indi:
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
        assert indi.known["FLAT_LIGHT_INTENSITY"].values == dimmed(7)
    assert config.read_bytes() == _BEFORE


async def test_a_refused_write_is_not_saved(config: Path) -> None:
    async with connected() as indi:
        assert await dim(indi, 256) == "Alert"
        assert (await indi.write("DEVICE_ADDRESS", ADDRESS="a b")).state == "Alert"
    assert not config.exists()


async def test_what_is_not_among_them_waits_to_be_saved(config: Path) -> None:
    async with piped(make_driver()) as indi:
        await (await indi.get_properties()).write("KEEP_ALIVE", TIMEOUT=9)
    assert not config.exists()


async def test_a_damaged_file_is_left_alone_with_one_warning(rig: Rig, config: Path) -> None:
    indi = rig.indi
    config.write_bytes(b"<INDIDriver>\n<newNumber")
    for intensity in (70, 80):
        assert await dim(indi, intensity) == "Ok"
        # It would be tried again now.
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_DEFAULT="On")).state == "Alert"
    told = f"{config} is damaged: line 2: unclosed token"
    warnings = [text for text in indi.messages if text.startswith("[WARNING]")]
    assert warnings == [f"[WARNING] {told}; not saved: FLAT_LIGHT_INTENSITY"]
    assert config.read_bytes() == b"<INDIDriver>\n<newNumber"
    config.unlink()
    await watch(indi)
    await indi.write("ACTIVE_DEVICES", ACTIVE_DOME="My Dome")
    await indi.until(lambda: saves(indi))
    assert saved(config)["FLAT_LIGHT_INTENSITY"] == dimmed(80)
    assert "ACTIVE_DEVICES" in saved(config)


async def test_a_write_is_not_refused_where_nothing_can_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDICONFIG", "/proc/indi/config.xml")
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        assert (await indi.write("DEVICE_ADDRESS", ADDRESS="raspberry.local")).state == "Ok"
        await indi.until(lambda: indi.messages)
        assert indi.messages[0].startswith("[WARNING] cannot make the folder /proc/indi: ")
        assert indi.messages[0].endswith("; not saved: DEVICE_ADDRESS")


@pytest.mark.parametrize("how", ["end of file", "SIGTERM"])
async def test_nothing_is_lost_at_the_end(config: Path, how: str) -> None:
    async with running(PROGRAM) as driver, talking_to(driver) as indi:
        await indi.get_properties()
        for number in range(3):
            await indi.write("DEVICE_ADDRESS", PORT=str(2000 + number))
        if how == "SIGTERM":
            driver.terminate()
        else:
            indi.writer.close()
        assert await stopped(driver, 1) == 0
    assert saved(config)["DEVICE_ADDRESS"]["PORT"] == "2002"


async def test_nothing_is_lost_at_disconnect(config: Path) -> None:
    async with connected() as indi:
        await indi.write("GPIO_DIRECTION", PIN_0="On")
        await indi.write("PULSE_0", DURATION=250)
        await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_1="Roof motor")
        await indi.write("GPIO_DIRECTION", PIN_0="Off")
        await indi.write("CONNECTION", DISCONNECT="On")
    assert saved(config)["PULSE_0"] == {"DURATION": "250"}
    assert saved(config)["DIGITAL_OUTPUT_LABELS"] == {"DIGITAL_OUTPUT_1": "Roof motor"}


async def test_what_is_removed_does_not_come_back(config: Path) -> None:
    async with piped(make_driver()) as indi:
        await indi.get_properties()
        await indi.write("DEVICE_ADDRESS", ADDRESS="raspberry.local")
        assert (await indi.settle("CONFIG_PROCESS", CONFIG_PURGE="On")).state == "Ok"
    assert not config.exists()


async def test_what_was_just_written_is_loaded(away: Rig, config: Path) -> None:
    config.write_bytes(_BEFORE)
    indi = away.indi
    await indi.connect()
    await dim(indi, 80)
    assert (await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")).state == "Ok"
    assert indi.known["FLAT_LIGHT_INTENSITY"].values == dimmed(80)


@pytest.mark.parametrize("whole", [False, True])
async def test_labels_of_pins_that_are_no_outputs_now_stay_in_the_file(config: Path, *, whole: bool) -> None:
    config.write_text(
        "<INDIDriver><newTextVector device='MATRIX' name='DIGITAL_OUTPUT_LABELS'>"
        "<oneText name='DIGITAL_OUTPUT_3'>Roof</oneText><oneText name='DIGITAL_OUTPUT_6'>Lamp</oneText>"
        "</newTextVector></INDIDriver>"
    )
    async with connected() as indi:
        await indi.write("GPIO_DIRECTION", PIN_5="On")
        await indi.write("DIGITAL_OUTPUT_LABELS", DIGITAL_OUTPUT_6="Flat lamp")
        if whole:
            assert (await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")).state == "Ok"
    assert saved(config)["DIGITAL_OUTPUT_LABELS"] == {"DIGITAL_OUTPUT_6": "Flat lamp", "DIGITAL_OUTPUT_3": "Roof"}
