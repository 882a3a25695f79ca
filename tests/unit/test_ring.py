import pytest

from indi_matrix.devices.everloop.picture import DARK, PANEL_WHITE, Color, Picture, from_hex
from tests.unit.colors import colors_of, frame_of

RED, GREEN = Color(red=255), Color(green=255)


def test_nothing_painted_is_dark() -> None:
    picture = Picture.of(18)
    assert colors_of(picture.shown()) == (DARK,) * 18
    assert not picture.lit


def test_on_shows_white_where_nothing_was_painted() -> None:
    assert colors_of(Picture.of(3).switch_on().shown()) == (PANEL_WHITE,) * 3


def test_painting_lights() -> None:
    picture = Picture.of(3).paint_led(1, bytes(RED))
    assert colors_of(picture.shown()) == (DARK, RED, DARK)


def test_off_keeps_the_colours() -> None:
    picture = Picture.of(2).paint(frame_of(RED, GREEN)).switch_off()
    assert colors_of(picture.shown()) == (DARK, DARK)
    assert colors_of(picture.switch_on().shown()) == (RED, GREEN)


def test_black_is_a_picture_too() -> None:
    assert colors_of(Picture.of(2).paint_all(bytes(DARK)).switch_off().switch_on().shown()) == (DARK, DARK)


@pytest.mark.parametrize(("intensity", "shown"), [(0, 0), (1, 1), (64, 50), (128, 100), (254, 199), (255, 200)])
def test_intensity_scales_and_rounds(intensity: int, shown: int) -> None:
    picture = Picture.of(1).paint_all(bytes(Color(red=200))).dim(intensity)
    assert colors_of(picture.shown()) == (Color(red=shown),)


def test_resizing_cuts_or_fills_up() -> None:
    picture = Picture.of(2).paint(frame_of(RED, GREEN))
    assert colors_of(picture.resized(1).colors) == (RED,)
    assert colors_of(picture.resized(3).colors) == (RED, GREEN, DARK)
    assert colors_of(picture.resized(1).resized(3).colors) == (RED, RED, RED)
    assert colors_of(Picture.of(0).resized(2).colors) == (DARK, DARK)


def test_uniform() -> None:
    assert Picture.of(2).paint_all(bytes(RED)).uniform() == bytes(RED)
    assert Picture.of(2).paint(frame_of(RED, GREEN)).uniform() is None
    assert Picture.of(0).uniform() is None


@pytest.mark.parametrize(
    ("word", "color"),
    [("FF000080", Color(255, 0, 0, 128)), ("00ff00", Color(0, 255, 0, 0)), ("01020304", Color(1, 2, 3, 4))],
)
def test_hexadecimal_words(word: str, color: Color) -> None:
    assert from_hex(word) == bytes(color)


@pytest.mark.parametrize(
    "word", ["", "FF", "FF00000", "FF0000000", "GG0000", "0xFF00", "\uff11\uff110000", "+F0000"]
)
def test_what_is_no_colour(word: str) -> None:
    with pytest.raises(ValueError, match="RRGGBB"):
        from_hex(word)
