from itertools import pairwise

import pytest

from indi_matrix.devices.everloop.observatory import Observatory
from indi_matrix.devices.everloop.picture import DARK, reddened
from indi_matrix.devices.everloop.status import ARCS, Sight, flashes, status_picture
from indi_matrix.devices.snooped import LIGHTS, WATCHED, Snooped


def arcs(leds: int) -> list[range]:
    return [range(number * leds // 3, (number + 1) * leds // 3) for number in range(3)]


@pytest.mark.parametrize("leds", [18, 35])
@pytest.mark.parametrize("sight", Sight)
def test_each_arc_is_divided_from_the_next_by_a_dark_led(leds: int, sight: Sight) -> None:
    picture = status_picture(dict.fromkeys(ARCS, sight), leds, lit=True)
    assert len(picture) == leds
    assert all(picture[arc[-1]] == DARK for arc in arcs(leds))


@pytest.mark.parametrize("leds", [18, 35])
@pytest.mark.parametrize("number", range(3))
def test_an_arc_says_nothing_of_its_neighbours(leds: int, number: int) -> None:
    picture = status_picture({ARCS[number]: Sight.ALERT}, leds, lit=True)
    lit = {index for index, color in enumerate(picture) if color != DARK}
    assert lit == set(arcs(leds)[number][:-1])


@pytest.mark.parametrize("leds", [18, 35])
def test_every_sight_can_be_told_in_red_light(leds: int) -> None:
    """In night mode there is one colour only: the pattern has to say it."""
    patterns = {
        sight: tuple(any(reddened(bytes(color))) for color in status_picture({"weather": sight}, leds, lit=True))
        for sight in Sight
    }
    assert len(set(patterns.values())) == len(Sight)


def test_an_alert_flashes_and_nothing_else_does() -> None:
    for sight in Sight:
        sights = {"weather": Sight.CALM, "mount": sight}
        moves = status_picture(sights, 35, lit=True) != status_picture(sights, 35, lit=False)
        assert flashes(sights) is moves is (sight is Sight.ALERT)
    assert status_picture({"dome": Sight.ALERT, "weather": Sight.CALM}, 35, lit=False).count(DARK) == 34


def switch(state: str = "Ok", **values: str) -> Snooped:
    return Snooped(state, values)


@pytest.mark.parametrize(
    ("state", "sight"), [("Ok", Sight.CALM), ("Busy", Sight.BUSY), ("Alert", Sight.ALERT), ("Idle", Sight.UNKNOWN)]
)
def test_weather(state: str, sight: Sight) -> None:
    for name in LIGHTS:
        observatory = Observatory()
        observatory.hear(name, Snooped(state, {}))
        assert observatory.sights() == {"weather": sight, "mount": Sight.UNKNOWN, "dome": Sight.UNKNOWN}


@pytest.mark.parametrize(
    ("one", "other", "sight"),
    [
        ("Ok", "Busy", Sight.BUSY),
        ("Busy", "Alert", Sight.ALERT),
        ("Ok", "Alert", Sight.ALERT),
        ("Ok", "Idle", Sight.CALM),
    ],
)
def test_of_weather_and_safety_the_worse_is_shown(one: str, other: str, sight: Sight) -> None:
    for states in ((one, other), (other, one)):
        observatory = Observatory()
        for name, state in zip(LIGHTS, states, strict=True):
            observatory.hear(name, Snooped(state, {}))
        assert observatory.sights()["weather"] is sight


@pytest.mark.parametrize(
    ("heard", "sight"),
    [
        ({}, Sight.UNKNOWN),
        ({"EQUATORIAL_EOD_COORD": switch("Idle")}, Sight.CALM),
        ({"EQUATORIAL_EOD_COORD": switch("Busy")}, Sight.BUSY),
        (
            {"EQUATORIAL_EOD_COORD": switch("Ok"), "TELESCOPE_TRACK_STATE": switch("Busy", TRACK_ON="On")},
            Sight.ACTIVE,
        ),
        ({"EQUATORIAL_EOD_COORD": switch("Idle"), "TELESCOPE_PARK": switch(PARK="On")}, Sight.PARKED),
        ({"EQUATORIAL_EOD_COORD": switch("Ok"), "TELESCOPE_PARK": switch("Busy", PARK="On")}, Sight.BUSY),
        ({"EQUATORIAL_EOD_COORD": switch("Busy"), "TELESCOPE_PARK": switch("Alert")}, Sight.ALERT),
    ],
)
def test_mount(heard: dict[str, Snooped], sight: Sight) -> None:
    observatory = Observatory()
    for name, one in heard.items():
        observatory.hear(name, one)
    assert observatory.sights()["mount"] is sight


@pytest.mark.parametrize(
    ("heard", "sight"),
    [
        ({"DOME_SHUTTER": switch(SHUTTER_OPEN="On")}, Sight.ACTIVE),
        ({"DOME_SHUTTER": switch("Busy", SHUTTER_OPEN="On")}, Sight.BUSY),
        ({"DOME_SHUTTER": switch(SHUTTER_CLOSE="On"), "DOME_PARK": switch(PARK="On")}, Sight.PARKED),
        ({"DOME_SHUTTER": switch(SHUTTER_CLOSE="On"), "DOME_PARK": switch(UNPARK="On")}, Sight.CALM),
        ({"DOME_PARK": switch(PARK="On")}, Sight.PARKED),
        ({"DOME_PARK": switch(UNPARK="On")}, Sight.ACTIVE),
        ({"DOME_PARK": switch("Busy", UNPARK="On")}, Sight.BUSY),
        ({"DOME_PARK": switch("Idle")}, Sight.CALM),
        ({"ABS_DOME_POSITION": switch("Alert")}, Sight.ALERT),
    ],
)
def test_dome(heard: dict[str, Snooped], sight: Sight) -> None:
    observatory = Observatory()
    for name, one in heard.items():
        observatory.hear(name, one)
    assert observatory.sights()["dome"] is sight


def test_what_is_gone_is_not_known() -> None:
    observatory = Observatory()
    for names in WATCHED.values():
        for name in names:
            observatory.hear(name, switch("Alert"))
            observatory.hear(name, None)
    assert set(observatory.sights().values()) == {Sight.UNKNOWN}


def test_arcs_are_of_nearly_the_same_length() -> None:
    starts = [arc[0] for arc in arcs(35)]
    assert {later - earlier for earlier, later in pairwise(starts)} <= {11, 12}
