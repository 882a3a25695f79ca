"""Texts of others, as people see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.texts import listed, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb \N{DEGREE SIGN}", r"a b \xb0"),
        ("\x1b[2J\x07\x7f\x9b1m", r"\x1b[2J\x07\x7f\x9b1m"),
        ('it\'s "C:\\x"', 'it\'s "C:\\x"'),
        ("\u202eevil \ud800", r"\u202eevil \ud800"),
        (" a\r\n\tb\u2028c ", "a b c"),
        (None, "None"),
    ],
)
def test_a_text_is_one_line_that_no_terminal_obeys(text: object, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(), st.integers(3, 50))
def test_any_text_is_short_and_plain_and_need_not_be_made_so_twice(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isascii()
    assert shown == "" or shown.isprintable()
    assert len(shown) <= limit
    assert printable(shown, limit) == shown


def test_a_text_without_end() -> None:
    assert len(printable("\N{DEGREE SIGN}" * 10**6)) == 200


def test_of_many_names_some_are_told_and_the_others_counted() -> None:
    assert listed(["a"]) == "a"
    assert listed([str(number) for number in range(10)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed(["\x1b"] * 602) == r"\x1b, " * 9 + r"\x1b and 592 more"
