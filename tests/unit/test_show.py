from indi_matrix.ring.observatory import Heard
from indi_matrix.ring.picture import DARK, Color, Picture
from indi_matrix.ring.show import NO_EFFECT, Show

RED = Color(red=200)


def show(leds: int = 6) -> Show:
    made = Show()
    made.picture = Picture.of(leds)
    return made


def test_dark_at_first() -> None:
    assert show().frame(0) == (DARK,) * 6
    assert show().interval is None


def test_an_effect_is_on_top_and_leaves_the_picture() -> None:
    ring = show()
    ring.picture = ring.picture.paint([RED] * 6)
    ring.start("RAINBOW", 10)
    assert ring.interval == 0.04
    assert ring.frame(10) != (RED,) * 6
    ring.effect = NO_EFFECT
    assert ring.frame(11) == (RED,) * 6


def test_an_effect_turns_at_its_rate_also_when_that_changes() -> None:
    ring, other = show(36), show(36)
    for one in (ring, other):
        one.start("RAINBOW", 0)
    ring.rate = 60
    ring.frame(0.5)
    ring.rate = 30
    other.rate = 45
    assert ring.frame(1) == other.frame(1)


def test_an_effect_has_the_intensity_of_the_picture() -> None:
    ring = show()
    ring.picture = ring.picture.dim(51)
    ring.start("RAINBOW", 0)
    assert ring.frame(0)[0] == Color(red=51)


def test_night_is_red_and_dim_whatever_is_shown() -> None:
    ring = show()
    ring.night = True
    ring.picture = ring.picture.paint(
        [Color(255, 255, 255, 255), Color(blue=100), Color(white=4), DARK, RED, DARK]
    )
    assert [color.red for color in ring.frame(0)] == [63, 24, 0, 0, 49, 0]
    assert all(color[1:] == (0, 0, 0) for color in ring.frame(0))
    ring.start("RAINBOW", 0)
    assert all(color == Color(red=63) for color in ring.frame(0))


def test_the_status_is_shown_while_the_light_is_off() -> None:
    ring = show(18)
    ring.observatory.hear("WEATHER_STATUS", Heard("Alert", {}))
    intervals = [ring.interval]
    ring.status = True
    intervals.append(ring.interval)
    assert len({ring.frame(0), ring.frame(0.25), ring.frame(0.5)}) == 2
    ring.picture = ring.picture.paint([RED] * 18)
    intervals.append(ring.interval)
    assert ring.frame(0) == (RED,) * 18
    ring.picture = ring.picture.switch_off()
    assert ring.frame(0) != (DARK,) * 18
    assert intervals == [None, 0.25, None]
