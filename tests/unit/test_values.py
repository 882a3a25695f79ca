import pytest

from indi_matrix.indi.wire.values import number_text, parse_number, shortened, speakable


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("-0", 0), ("12", 12), ("+12", 12), ("-12.5", -12.5), (".5", 0.5), ("5.", 5), ("1e3", 1000),
        ("1E-2", 0.01), (" 7\n", 7), ("12:30", 12.5), ("12:30:36", 12.51), ("-12:30", -12.5), ("-0:30", -0.5),
        ("12 30 36", 12.51), ("12;30;36", 12.51), ("12:30:36.0", 12.51), ("12: 30", 12.5),
    ],
)  # fmt: skip
def test_numbers(text: str, number: float) -> None:
    assert parse_number(text) == pytest.approx(number)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "1_000", "--5", "+-5", "0x10", "nan", "inf", "-Infinity", "1e999", "1,5", "1:2:3:4", "1:",
     ":1", "\uff15", "\u0665", "5 V", "1e", "1:-2", "12:30:36e2"],
)  # fmt: skip
def test_no_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_number(text)


@pytest.mark.parametrize("number", [0.0, 1, -3, 0.1, 1e-9, 1e20, 123456.789, -0.5, 2**53])
def test_a_number_reads_back_as_it_was(number: float) -> None:
    assert parse_number(number_text(number)) == number


@pytest.mark.parametrize(
    ("number", "text"), [(0.0, "0"), (255.0, "255"), (7, "7"), (0.5, "0.5"), (1e22, "1" + "0" * 22)]
)
def test_whole_numbers_have_no_point(number: float, text: str) -> None:
    assert number_text(number) == text


def test_what_xml_cannot_carry_becomes_blank() -> None:
    assert speakable("a\x00b\x1bc\ud800d\ufffee\tf\ng\u00e9") == "a b c d e\tf\ng\u00e9"


def test_a_long_value_is_cut() -> None:
    assert len(shortened("x" * 1000)) < 50
    assert shortened("caf\u00e9") == r"'caf\xe9'"
