"""What is heard from one other device, and when it is asked."""

from xml.etree import ElementTree as ET

import pytest

from indi_matrix.board.snooped_device import MOST_MEMBERS, SILENCE, SnoopedDevice
from indi_matrix.devices.snooped import Snooped


class Ear:
    """Listens to a device, and is the one whom it asks."""

    def __init__(self, *names: str) -> None:
        self.heard: list[tuple[str, Snooped | None]] = []
        self.asked: list[str] = []
        self.warned: list[str] = []
        listeners = {name: [self._hear] for name in names}
        self.device = SnoopedDevice(
            "Station", listeners, lambda _, name: self.asked.append(name), self.warned.append
        )

    def _hear(self, name: str, heard: Snooped | None) -> None:
        self.heard.append((name, heard))

    def known(self) -> dict[str, Snooped]:
        return {name: heard for name, heard in dict(self.heard).items() if heard is not None}

    def hear(self, tag: str, name: str, now: float = 0, **values: str) -> None:
        members = "".join(f'<one name="{member}">{value}</one>' for member, value in values.items())
        self.device.hear(ET.fromstring(f'<{tag} device="Station" name="{name}" state="Ok">{members}</{tag}>'), now)

    def look(self, now: float) -> list[str]:
        """Return what is asked at a time."""
        self.asked.clear()
        self.device.look(now)
        return self.asked

    def define(self, name: str, now: float = 0, **values: str) -> None:
        self.hear("defSwitchVector", name, now, **values)


@pytest.fixture
def dome() -> Ear:
    return Ear("DOME_PARK", "DOME_SHUTTER")


@pytest.fixture
def weather() -> Ear:
    return Ear("WEATHER_STATUS", "SAFETY_STATUS")


def test_only_lights_are_worth_asking_for_everything(dome: Ear, weather: Ear) -> None:
    for ear in (dome, weather):
        ear.device.ask(whole=True)
    assert dome.asked == ["DOME_PARK", "DOME_SHUTTER", "CONNECTION"]
    assert weather.asked == [""]
    weather.hear("defLightVector", "WEATHER_STATUS")
    weather.hear("defLightVector", "SAFETY_STATUS")
    weather.asked.clear()
    weather.device.ask(whole=True)
    assert "" not in weather.asked


def test_who_answers_without_its_lights_is_asked_for_everything_once(weather: Ear) -> None:
    weather.device.ask(whole=False)
    weather.asked.clear()
    for _ in range(3):
        weather.define("CONNECTION", CONNECT="On")
        weather.device.ask(whole=False)
    assert weather.asked.count("") == 1
    weather.define("CONNECTION", CONNECT="Off")
    assert weather.asked.count("") == 1
    weather.define("CONNECTION", CONNECT="On")
    assert weather.asked.count("") == 2


def test_what_was_asked_before_the_device_was_there_is_asked_again(weather: Ear) -> None:
    weather.device.ask(whole=True)
    weather.device.ask(whole=False)
    weather.asked.clear()
    weather.define("CONNECTION", CONNECT="On")
    assert weather.asked == [""]


def test_silence_is_broken_twice_then_nothing_is_known(dome: Ear) -> None:
    dome.define("CONNECTION", 100, CONNECT="On")
    assert dome.look(100 + SILENCE) == []
    dome.define("DOME_PARK", 100, PARK="On")
    assert dome.device.due == 100 + SILENCE
    assert dome.look(99 + SILENCE) == []
    assert dome.look(100 + SILENCE) == ["CONNECTION"]
    assert dome.look(100 + 2 * SILENCE) == ["CONNECTION"]
    assert set(dome.known()) == {"DOME_PARK"}
    assert dome.look(100 + 3 * SILENCE) == []
    assert dome.known() == {}
    assert dome.device.due is None


def test_who_says_anything_is_there(dome: Ear) -> None:
    dome.define("DOME_PARK", PARK="On")
    dome.device.look(SILENCE)
    dome.device.look(2 * SILENCE)
    dome.hear("setNumberVector", "DOME_SPEED", 3 * SILENCE - 1, RPM="1")
    assert dome.device.due == 4 * SILENCE - 1
    assert dome.look(3 * SILENCE) == []
    assert dome.known()


def test_who_is_back_is_asked_for_all_that_is_listened_to(weather: Ear) -> None:
    weather.define("CONNECTION", CONNECT="On")
    weather.hear("defLightVector", "WEATHER_STATUS")
    for number in (1, 2, 3):
        weather.device.look(number * SILENCE)
    weather.asked.clear()
    weather.define("CONNECTION", 200, CONNECT="On")
    assert weather.asked == ["WEATHER_STATUS", "SAFETY_STATUS", "CONNECTION", ""]
    weather.define("CONNECTION", 200, CONNECT="On")
    assert weather.asked[4:] == []


def test_without_a_connection_it_is_asked_for_what_it_has(dome: Ear) -> None:
    dome.define("DOME_SHUTTER", SHUTTER_OPEN="On")
    assert dome.look(SILENCE) == ["DOME_SHUTTER"]


def test_it_is_not_asked_for_what_it_deleted(dome: Ear) -> None:
    dome.define("DOME_SHUTTER", SHUTTER_OPEN="On")
    dome.define("DOME_PARK", PARK="On")
    dome.hear("delProperty", "DOME_SHUTTER")
    assert dome.look(SILENCE) == ["DOME_PARK"]


def test_nobody_waits_for_the_answer_of_one_that_never_answered(dome: Ear) -> None:
    """An indiserver passes on to one below it what changes, and no definitions."""
    dome.hear("setSwitchVector", "DOME_PARK", PARK="On")
    assert dome.known()
    assert dome.device.due is None


def test_what_is_not_listened_to_is_not_kept(dome: Ear) -> None:
    for number in range(3000):
        dome.define(f"OTHER_{number}", A="1")
        dome.hear("setSwitchVector", "DOME_PARK", 0, **{f"M_{number}": "On"})
    assert set(dome.known()) == {"DOME_PARK"}
    assert len(dome.known()["DOME_PARK"].values) == MOST_MEMBERS
    assert dome.device.due is None


def test_what_is_kept_of_a_property_is_bounded() -> None:
    wheel = Ear("FILTER_NAME")
    wheel.define("FILTER_NAME", 0, **{f"M_{number}": "x" * 90 for number in range(3000)})
    kept = wheel.known()["FILTER_NAME"].values
    assert (len(kept), set(kept.values())) == (MOST_MEMBERS, {"x" * 63})
    wheel.hear("setTextVector", "FILTER_NAME", 0, M_0="short", **{"N" * 64: "long"})
    changed = wheel.known()["FILTER_NAME"].values
    assert {**kept, "M_0": "short"} == changed


def test_ever_new_members_are_not_kept() -> None:
    wheel = Ear("FILTER_NAME")
    for number in range(3000):
        wheel.hear("setTextVector", "FILTER_NAME", 0, **{f"M_{number}": "x"})
    assert list(wheel.known()["FILTER_NAME"].values) == [f"M_{number}" for number in range(MOST_MEMBERS)]


def test_a_member_with_a_long_name_is_not_kept() -> None:
    wheel = Ear("FILTER_NAME")
    wheel.define("FILTER_NAME", 0, **{"N" * 64: "x", "N" * 63: "y"})
    assert wheel.known()["FILTER_NAME"].values == {"N" * 63: "y"}


def test_what_is_not_kept_is_said_once_for_each_property() -> None:
    station = Ear("WEATHER_STATUS", "SAFETY_STATUS")
    station.define("WEATHER_STATUS", A="x" * 63)
    assert station.warned == []
    for _ in range(3):
        station.define("WEATHER_STATUS", A="x" * 64)
        station.device.forget()
    (told,) = station.warned
    kept = "100 members, 63 characters of each name and text"
    assert told == f"WEATHER_STATUS of 'Station' is too large; of it are kept {kept}"
    station.define("SAFETY_STATUS", 0, **{f"M_{number}": "Ok" for number in range(MOST_MEMBERS + 1)})
    assert len(station.warned) == 2


def test_a_state_that_is_none_is_idle(dome: Ear) -> None:
    dome.device.hear(ET.fromstring(f'<defSwitchVector device="Station" name="DOME_PARK" state="{"x" * 999}"/>'), 0)
    assert dome.known()["DOME_PARK"].state == "Idle"
