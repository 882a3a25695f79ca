from itertools import pairwise

import pytest

from indi_matrix.devices.everloop.effects import EFFECTS
from indi_matrix.devices.everloop.picture import DARK, Color, Picture, reddened
from indi_matrix.devices.everloop.show import NO_EFFECT, Show
from indi_matrix.devices.snooped import Snooped
from tests.unit.colors import colors_of, frame_of

RED = Color(red=200)


def show(leds: int = 6) -> Show:
    made = Show()
    made.picture = Picture.of(leds)
    return made


def test_dark_at_first() -> None:
    assert colors_of(show().frame(0)) == (DARK,) * 6
    assert show().interval is None


def test_an_effect_is_on_top_and_leaves_the_picture() -> None:
    ring = show()
    ring.picture = ring.picture.paint_all(bytes(RED))
    ring.start("RAINBOW", 10)
    assert ring.interval == 0.04
    assert colors_of(ring.frame(10)) != (RED,) * 6
    ring.effect = NO_EFFECT
    assert colors_of(ring.frame(11)) == (RED,) * 6


def test_an_effect_turns_at_its_rate_also_when_that_changes() -> None:
    ring, other = show(36), show(36)
    for one in (ring, other):
        one.start("RAINBOW", 0)
    ring.turn_at(60, 0)
    ring.turn_at(30, 0.5)
    other.turn_at(45, 0)
    assert ring.frame(1) == other.frame(1)


def test_an_effect_has_the_intensity_of_the_picture() -> None:
    ring = show()
    ring.picture = ring.picture.dim(51)
    ring.start("RAINBOW", 0)
    assert colors_of(ring.frame(0))[0] == Color(red=51)


def test_night_is_red_and_dim_whatever_is_shown() -> None:
    ring = show()
    ring.night = True
    ring.picture = ring.picture.paint(
        frame_of(Color(255, 255, 255, 255), Color(blue=100), Color(white=4), DARK, RED, DARK)
    )
    assert [color.red for color in colors_of(ring.frame(0))] == [63, 8, 1, 0, 49, 0]
    assert all(color[1:] == (0, 0, 0) for color in colors_of(ring.frame(0)))


@pytest.mark.parametrize("leds", [18, 35])
@pytest.mark.parametrize("effect", EFFECTS)
def test_an_effect_moves_at_night_too(effect: str, leds: int) -> None:
    ring = show(leds)
    ring.night = True
    ring.start(effect, 0)
    frames = [ring.frame(number * 0.04) for number in range(51)]
    # Near darkness the pulse has fewer levels than frames.
    still = sum(before == after for before, after in pairwise(frames))
    assert still <= (5 if effect == "PULSE" else 0)
    reds = {color.red for frame in frames for color in colors_of(frame)}
    assert max(reds) == 63
    assert len(reds) > 20
    assert not any(any(color[1:]) for frame in frames for color in colors_of(frame))


@pytest.mark.parametrize("intensity", [4, 8, 20])
def test_a_rainbow_moves_at_night_however_dim_it_is(intensity: int) -> None:
    ring = show(35)
    ring.night = True
    ring.picture = ring.picture.dim(intensity)
    ring.start("RAINBOW", 0.0)
    assert len({ring.frame(step / 20) for step in range(40)}) > 5


@pytest.mark.parametrize("color", [Color(red=1), Color(green=1), Color(blue=1), Color(white=1)])
def test_nothing_that_is_lit_is_dark_at_night(color: Color) -> None:
    assert colors_of(reddened(bytes(color))) == (Color(red=1),)


def test_colours_can_be_told_at_night() -> None:
    colors = (Color(red=255), Color(green=255), Color(blue=255), Color(white=255), Color(255, 255, 255))
    assert [color.red for color in colors_of(reddened(frame_of(*colors)))] == [63, 42, 21, 63, 63]


def test_the_status_is_shown_while_the_light_is_off() -> None:
    ring = show(18)
    ring.observatory.hear("WEATHER_STATUS", Snooped("Alert", {}))
    intervals = [ring.interval]
    ring.status = True
    intervals.append(ring.interval)
    assert len({ring.frame(0), ring.frame(0.25), ring.frame(0.5)}) == 2
    ring.picture = ring.picture.paint_all(bytes(RED))
    intervals.append(ring.interval)
    assert colors_of(ring.frame(0)) == (RED,) * 18
    ring.picture = ring.picture.switch_off()
    assert colors_of(ring.frame(0)) != (DARK,) * 18
    assert intervals == [None, 0.25, None]


def test_beats_do_not_drift_and_no_frame_between_them_moves_them() -> None:
    ring = show()
    assert ring.next_beat(10) is None
    ring.start("RAINBOW", 10)
    beats = [ring.next_beat(now) for now in (10, 10.041, 10.06, 10.07, 10.0801, 10.119)]
    assert beats == pytest.approx([10.04, 10.08, 10.08, 10.08, 10.12, 10.12])


def test_a_timer_that_is_a_little_early_makes_no_frame_more() -> None:
    ring = show()
    ring.start("RAINBOW", 10)
    beats = [ring.next_beat(now) for now in (10, 10.0395, 10.0796, 10.12, 10.16 - 1e-9)]
    assert beats == pytest.approx([10.04, 10.08, 10.12, 10.16, 10.2])


def test_a_beat_that_was_missed_is_not_made_up_for() -> None:
    ring = show()
    ring.start("RAINBOW", 10)
    assert [ring.next_beat(now) for now in (10, 11, 11.04)] == pytest.approx([10.04, 11.04, 11.08])


def test_an_effect_does_not_wait_for_the_slower_beat_before_it() -> None:
    ring = show()
    ring.observatory.hear("WEATHER_STATUS", Snooped("Alert", {}))
    ring.status = True
    assert ring.next_beat(10) == pytest.approx(10.25)
    ring.start("RAINBOW", 10.1)
    assert ring.next_beat(10.1) == pytest.approx(10.14)
