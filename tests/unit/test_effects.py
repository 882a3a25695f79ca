import pytest

from indi_matrix.devices.everloop.effects import EFFECTS, chase, pulse, rainbow
from indi_matrix.devices.everloop.picture import DARK, PANEL_WHITE, Color
from tests.unit.colors import colors_of, frame_of

RED = Color(red=200)


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("leds", [1, 18, 35])
@pytest.mark.parametrize("turns", [0, 0.3, 1, 1234.5])
def test_every_frame_has_a_colour_for_each_led(name: str, leds: int, turns: float) -> None:
    assert len(colors_of(EFFECTS[name](frame_of(DARK) * leds, turns))) == leds


@pytest.mark.parametrize("name", EFFECTS)
def test_a_turn_later_it_is_the_same(name: str) -> None:
    beneath = frame_of(RED) * 35
    for channel, again in zip(EFFECTS[name](beneath, 0.25), EFFECTS[name](beneath, 4.25), strict=True):
        assert channel == pytest.approx(again, abs=1)
    assert EFFECTS[name](beneath, 0.25) != EFFECTS[name](beneath, 0.5)


def test_the_rainbow_has_all_hues_and_turns_clockwise() -> None:
    now, later = (colors_of(rainbow(frame_of(DARK) * 32, turns)) for turns in (0, 1 / 32))
    assert now[0] == Color(red=255)
    assert {color.index(max(color)) for color in now} == {0, 1, 2}
    assert later[1:] == now[:-1]


def test_the_pulse_is_dark_then_the_picture() -> None:
    assert colors_of(pulse(frame_of(RED, DARK), 0)) == (DARK, DARK)
    assert colors_of(pulse(frame_of(RED, DARK), 0.5)) == (RED, DARK)


def test_the_chase_runs_clockwise_with_a_tail_behind() -> None:
    frame = colors_of(chase(frame_of(RED) * 10, 0.5))
    assert frame[5] == RED
    assert frame[5].red > frame[4].red > frame[3].red > frame[6].red == 0


@pytest.mark.parametrize("name", ["PULSE", "CHASE"])
def test_a_dark_ring_is_shown_as_white(name: str) -> None:
    assert PANEL_WHITE in colors_of(EFFECTS[name](frame_of(DARK) * 10, 0.5))
