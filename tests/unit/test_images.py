"""EVERLOOP_IMAGE: pictures as text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.devices.everloop.image_text import image_text, parse_image
from indi_matrix.devices.everloop.picture import Color
from indi_matrix.errors import WriteError
from tests.unit.colors import frame_of

WORD = re.compile("[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")


def test_images_as_text() -> None:
    assert parse_image("FF0000 00ff0080", 2) == frame_of(Color(red=255), Color(green=255, white=128))
    assert parse_image("\n FF0000\t00FF00 ", 2) == frame_of(Color(red=255), Color(green=255))
    assert image_text(frame_of(Color(red=255), Color(1, 2, 3, 0xAB))) == "FF000000 010203AB"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FF0000", "EVERLOOP_IMAGE.IMAGE has 1 word; it takes 2, one for each LED"),
        ("FF000000FF000000", "EVERLOOP_IMAGE.IMAGE has 1 word; it takes 2, one for each LED"),
        ("FF0000 X", "EVERLOOP_IMAGE.IMAGE: word 2, 'X', is not RRGGBB or RRGGBBWW in hexadecimal digits"),
        ("FF00000 0FF000000", "EVERLOOP_IMAGE.IMAGE: word 1, 'FF00000', is not RRGGBB or RRGGBBWW in hexadecimal"),
    ],
)
def test_no_images(text: str, told: str) -> None:
    with pytest.raises(WriteError, match=re.escape(told)):
        parse_image(text, 2)


def by_word(text: str, leds: int) -> bytes | None:
    """Return what a text says by the rule alone, however slowly; None if it is no picture."""
    words = text.split()
    if len(words) != leds or not all(map(WORD.fullmatch, words)):
        return None
    return b"".join(bytes.fromhex(word.ljust(8, "0")) for word in words)


printed = st.binary(max_size=16).map(lambda colors: colors.hex(" ", 4))
blanks = st.sampled_from([" ", " ", " ", "  ", "\t", "\n", "\u00a0", "\v", ""])
word = st.one_of(
    st.binary(min_size=4, max_size=4).map(bytes.hex),
    st.binary(min_size=3, max_size=3).map(bytes.hex),
    st.text("0123456789abcdefABCDEF", max_size=9),
    st.text("0aF gx\uff11\ufb00\u0131\0", max_size=9),
)
worded = st.lists(st.tuples(word, blanks)).map(lambda pairs: "".join(one for pair in pairs for one in pair))


@given(text=st.one_of(printed, printed.map(str.upper), worded, st.text()), leds=st.integers(0, 4))
def test_any_text_is_read_word_by_word_as_it_seems(text: str, leds: int) -> None:
    expected = by_word(text, leds)
    if expected is None:
        with pytest.raises(WriteError):
            parse_image(text, leds)
    else:
        assert parse_image(text, leds) == expected
        assert parse_image(image_text(expected), leds) == expected
