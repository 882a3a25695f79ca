import asyncio
from xml.etree import ElementTree as ET

import pytest

from indi_matrix.board import active_devices
from indi_matrix.board.active_devices import ActiveDevices
from indi_matrix.devices.snooped import Snooped
from indi_matrix.indi.properties.device import IndiDevice


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def listening(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> ActiveDevices:
    monkeypatch.setattr(active_devices, "_PAUSE", 0.05)
    made = ActiveDevices(IndiDevice("MATRIX"), lambda _: None)
    made.attach(lambda device, _: asked.append(device), lambda _: None)
    return made


async def test_many_occasions_in_a_row_are_two(listening: ActiveDevices, asked: list[str]) -> None:
    """One at once, and one for all that came within the pause after it; then there is nothing to be done."""
    listening.start()
    for _ in range(20):
        listening.ask_again(whole=False)
    assert len(asked) == 4
    await asyncio.sleep(0.3)
    assert len(asked) == 8


async def test_our_own_device_is_overheard_only_in_a_role() -> None:
    own = IndiDevice("MATRIX")
    made = ActiveDevices(own, lambda _: None)
    made.listen("ACTIVE_WEATHER", ["WEATHER_STATUS"], lambda *_: None)
    made.attach(lambda *_: None, lambda _: None)
    made.start()
    assert not own.overheard
    assert made.property.on_write is not None
    made.property.on_write({**made.property.values, "ACTIVE_WEATHER": "MATRIX"})
    assert set(own.overheard) == {"WEATHER_STATUS", "CONNECTION"}
    made.property.on_write(made.property.values)
    assert not own.overheard


async def test_nothing_is_asked_before_there_is_a_way(listening: ActiveDevices, asked: list[str]) -> None:
    listening.ask_again(whole=True)
    assert asked == []


async def test_a_pause_makes_no_occasion_one_to_ask_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active_devices, "_PAUSE", 0.05)
    made = ActiveDevices(IndiDevice("MATRIX"), lambda _: None)
    asked: list[tuple[str, str]] = []
    made.listen("ACTIVE_WEATHER", ["WEATHER_STATUS"], lambda *_: None)
    made.attach(lambda device, name: asked.append((device, name)), lambda _: None)
    made.start()
    assert ("Weather Simulator", "") in asked
    asked.clear()
    made.ask_again(whole=False)
    await asyncio.sleep(0.2)
    assert ("Weather Simulator", "WEATHER_STATUS") in asked
    assert ("Weather Simulator", "") not in asked


async def test_what_is_watched_from_the_start_is_asked_for_once_and_told_to_whom_listens_later() -> None:
    made = ActiveDevices(IndiDevice("MATRIX"), lambda _: None)
    asked: list[str] = []
    heard: list[tuple[str, Snooped | None]] = []
    made.watch({"ACTIVE_DOME": ["DOME_PARK", "DOME_SHUTTER"]})
    made.attach(lambda _, name: asked.append(name), lambda _: None)
    made.start()
    for name in ("DOME_PARK", "DOME_MOTION"):
        member = '<defSwitch name="PARK">On</defSwitch>'
        made.hear(
            ET.fromstring(
                f'<defSwitchVector device="Dome Simulator" name="{name}" state="Ok">{member}</defSwitchVector>'
            )
        )
    assert {"DOME_PARK", "DOME_SHUTTER"} <= set(asked)
    asked.clear()
    made.listen("ACTIVE_DOME", ["DOME_PARK", "DOME_SHUTTER"], lambda *told: heard.append(told))
    assert (asked, heard) == ([], [])
    made.tell_known()
    assert heard == [("DOME_PARK", Snooped("Ok", {"PARK": "On"}))]
    made.listen("ACTIVE_DOME", ["DOME_MOTION"], lambda *_: None)
    assert asked == ["DOME_MOTION"]
