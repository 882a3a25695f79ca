"""Plain writes: what the quick way takes, the parser would have taken, and both give the same."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indi_matrix.indi.wire.fast_reader import _target, plain_write
from indi_matrix.indi.wire.write import Write

SWITCH = b'<newSwitchVector device="D" name="P"><oneSwitch name="A">On</oneSwitch></newSwitchVector>'
# As indiserver passes it on.
SPREAD = b"""
<newNumberVector device="D" name="P" timestamp="2026-11-20T12:00:00">
    <oneNumber name="X">
1
    </oneNumber>
    <oneNumber name='Y'>-2.5e3</oneNumber >
</newNumberVector>""".replace(b" >", b">")


@pytest.mark.parametrize("text", [SWITCH, SPREAD, SWITCH.replace(b'"', b"'")])
def test_what_clients_write_is_plain(text: bytes) -> None:
    plain = plain_write(bytearray(text + SWITCH), 0)
    assert plain is not None
    write, end = plain
    assert write == Write.of(ET.fromstring(text))
    assert end == len(text)


MANY = b" ".join(b"a%s='1'" % (b"b" * number) for number in range(9))


@pytest.mark.parametrize(
    "head", [MANY, b"name='" + b"x" * 65 + b"'", b"x" * 17 + b"='1'", b"  " * 5 + b"name='A'", b"xmlns='u'"]
)
def test_what_no_client_writes_is_not_plain_and_not_remembered(head: bytes) -> None:
    before = _target.cache_info().currsize
    text = SWITCH.replace(b' device="D" name="P"', b" " + head)
    assert plain_write(bytearray(text), 0) is None
    assert _target.cache_info().currsize <= before + (b"xmlns" in head)


LATIN = "\udce9"  # stands for a byte that is a letter in ISO-8859-1, and nothing in UTF-8
_PIECES = (
    "<newTextVector", "</newTextVector>", "<newSwitchVector", "<oneText", "</oneText>", "</oneSwitch>",
    "<oneSwitch", ' name="A"', " name='A'", ' device="D"', " device='D\"", ' name=""', ' name="A&lt;B"',
    " é='1'", ' x="é"', ' x=">"', ' xmlns="u"', ">", "/>", " ", "\n", "\r", "\t", "\f", "\0", "\x7f", "text",
    "&amp;", "&", "]]>", "<!-- -->", "<![CDATA[x]]>", "é", LATIN, f" x='{LATIN}'",
)  # fmt: skip


def vectors() -> st.SearchStrategy[str]:
    """Nearly sound writes: a sound one with some pieces put in, taken out, or in the place of others."""
    sound = ["<newTextVector", ' device="D"', " name='A'", ">"]
    sound += ["<oneText", ' name="A"', ">", "text", "</oneText>"] * 2 + ["</newTextVector>"]
    spoilt = st.tuples(
        st.integers(0, len(sound)), st.integers(0, 2), st.lists(st.sampled_from(_PIECES), max_size=2)
    )

    def spoil(changes: list[tuple[int, int, list[str]]]) -> str:
        pieces = list(sound)
        for place, taken, put in changes:
            pieces[place : place + taken] = put
        return "".join(pieces)

    return st.lists(spoilt, max_size=2).map(spoil)


@given(vectors())
@example('<newTextVector name="A" name="A"><oneText name="A">x</oneText></newTextVector>')
@example('<newTextVector name="A"><oneText name="A">x]]></oneText></newTextVector>')
@example('<newTextVector name="A"><oneText name="A">x\ry</oneText></newTextVector>')
@example('<newTextVector name="A\nB"><oneText name="A">x</oneText></newTextVector>')
@example('<newTextVector name="A"><oneSwitch name="A">x</oneSwitch></newTextVector>')
@example('<newTextVector name="A"><oneText name="A" name="B">x</oneText></newTextVector>')
@example('<newTextVector\fname="A"><oneText name="A">x</oneText></newTextVector>')
@example(f'<newTextVector name="A"><oneText name="A">{LATIN}</oneText></newTextVector>')
def test_what_is_plain_is_what_the_parser_makes_of_it(text: str) -> None:
    data = text.encode(errors="surrogateescape")
    plain = plain_write(bytearray(data), 0)
    if plain is not None:
        write, end = plain
        assert write == Write.of(parsed := ET.fromstring(data[:end]))
        assert all(one.attrib.keys() == {"name"} and not len(one) for one in parsed)


def test_the_longest_is_bounded() -> None:
    text = SWITCH.replace(b"On", b" " * (1 << 16))
    assert plain_write(bytearray(text), 0) is None
