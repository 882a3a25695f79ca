"""Bytes into messages: the same for every way of splitting, and nothing that a peer sends does harm."""

import itertools
import random
import time
import tracemalloc
from xml.etree import ElementTree as ET

import pytest

from indi_matrix.errors import MatrixError
from indi_matrix.indi.wire.reader import MAX_MESSAGE, IndiStream, StreamError
from indi_matrix.indi.wire.write import WRITES, Write
from indi_matrix.indi.wire.writer import message, serialise

WRITE = (
    b"<newNumberVector device='A' name='B'>\n <oneNumber name='X'>1</oneNumber>\n"
    b'<oneNumber name="Y">2</oneNumber></newNumberVector>'
)
GET = b'<getProperties version="1.7"/>'


def read(*chunks: bytes) -> list[str]:
    """Return what comes out, sound messages as canonical XML and errors as text."""
    stream = IndiStream()
    items = [item for chunk in chunks for item in stream.feed(chunk)]
    return [str(item) if isinstance(item, StreamError) else in_order(item) for item in items]


def in_order(message: ET.Element | Write) -> str:
    """Return canonical XML: of a write what is kept of it, of the rest all but blanks between its children."""
    write = Write.of(message) if isinstance(message, ET.Element) and message.tag in WRITES else message
    element = write.element() if isinstance(write, Write) else write
    for parent in element.iter():
        if len(parent) and not (parent.text or "").strip():
            parent.text = None
        for child in parent:
            child.tail = (child.tail or "").strip() or None
    return ET.canonicalize(ET.tostring(element))


def sound(*chunks: bytes) -> list[str]:
    return [text for text in read(*chunks) if text.startswith("<") and text.endswith(">")]


def canonical(*messages: bytes) -> list[str]:
    return [in_order(ET.fromstring(text)) for text in messages]


ODD_BUT_SOUND = [
    GET,
    WRITE,
    b"<message message='a > b /> c'/>",
    b'<message message="it\'s > />" device="D"/>',
    b"<message message='say \"x\">' />",
    b"<newTextVector ><oneText ><![CDATA[</newTextVector><getProperties/>]]></oneText ></newTextVector >",
    b"<newTextVector><!-- </newTextVector> <message/> --><oneText/></newTextVector\n>",
    b"<enableBLOB device='D'>Also</enableBLOB>",
    b"<pingRequest uid='1' />",
    b"<pingReply uid='1'/>",
    b"<unheardOf><getProp/></unheardOf>",
    b"<getPropertiesToo/>",
    "<message message='21 \N{DEGREE SIGN}C &amp; more'/>".encode(),
    b"<a><b><c><d/></c></b></a>",
]


@pytest.mark.parametrize("text", ODD_BUT_SOUND)
def test_a_message_is_read_wherever_it_is_split(text: bytes) -> None:
    expected = canonical(text, GET)
    assert read(text + GET) == expected
    assert read(*(bytes([byte]) for byte in text + GET)) == expected
    for cut in range(len(text)):
        assert read(text[:cut], text[cut:] + GET) == expected


LATIN = bytes(range(0xA0, 0x100))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (b"D\xf4me", "D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me"),
        (b"D\xc3\xb4me", "D\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}me"),
        (b"D\xc3\xb4me \xe9", b"D\xc3\xb4me \xe9".decode("latin-1")),  # one byte decides for the message
        (LATIN, LATIN.decode("latin-1")),
        (b"\x80\x9f\xc2", "\x80\x9f\xc2"),
        (b"\xed\xa0\x80", "\xed\xa0\x80"),  # half a character in UTF-8
        (b"\xef\xbf\xbe", "\xef\xbf\xbe"),  # no character in UTF-8, three letters and signs as KStars sends them
        ("\U0001f600".encode(), "\U0001f600"),
    ],
)
@pytest.mark.parametrize("declaration", [b"", b"<?xml version='1.0'?>\n"])
def test_what_is_no_utf_8_is_iso_8859_1(typed: bytes, meant: str, declaration: bytes) -> None:
    text = declaration + b"<newTextVector name='%s'><oneText><![CDATA[%s]]></oneText><!-- %s --></newTextVector>"
    data = text.replace(b"%s", typed)
    for size in (1, 2, len(data)):
        stream = IndiStream()
        (only,) = [item for at in range(0, len(data), size) for item in stream.feed(data[at : at + size])]
        assert only == Write("Text", "", meant, [("", meant)])


def test_each_message_has_an_encoding_of_its_own() -> None:
    letter, plain = "\N{LATIN SMALL LETTER E WITH ACUTE}", b"<message message='x'/>"
    typed = [f"<message message='{letter}'/>".encode(encoding) for encoding in ("latin-1", "utf-8", "latin-1")]
    assert read(plain.join(typed)) == canonical(*[typed[1], plain] * 2, typed[1])


def test_declarations_comments_and_blanks_between_messages_are_skipped() -> None:
    text = b'\n<?xml version="1.0" encoding="UTF-8"?>\n' + GET + b"\r\n<!-- <message/> -->\t" + WRITE + b"\n"
    assert read(text) == read(*(bytes([byte]) for byte in text)) == canonical(GET, WRITE)


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "bytes that begin no message"),
        (b"\x00\xff\xfe<<<>>>", "bytes that begin no message"),
        (b"</newTextVector>", "bytes that begin no message"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>", "bytes that begin no message"),
        (b"<1/>", "bytes that begin no message"),
        (b"<" + b"n" * 65 + b"/>", "bytes that begin no message"),
        (b"<newTextVector device='A", "unfinished tag <newTextVector"),
        (b"<newTextVector device='A'><oneText>", "unfinished <newTextVector>"),
        (b"<newTextVector><oneText>a</newTextVector>", "<newTextVector>: mismatched tag"),
        (b"<newTextVector a='1' a='2'/>", "<newTextVector>: duplicate attribute"),
        (b"<newTextVector a=1/>", "<newTextVector>: not well-formed (invalid token)"),
        (b"<message message='&deg;'/>", "<message>: undefined entity"),
        (b"<message>&#0;</message>", "<message>: reference to invalid character number"),
        (b"<message message='D\xf4me\x01'/>", "<message>: not well-formed (invalid token)"),
        (b"<newTextVector name=D\xf4me/>", "<newTextVector>: not well-formed (invalid token)"),
        (b"<message message='\x01'/>", "<message>: not well-formed (invalid token)"),
        (b"<newTextVector><a><b><c><d/></c></b></a></newTextVector>", "<newTextVector> nested more than 4 deep"),
        (b"<a>" + b"<b>" * 5000 + b"</b>" * 5000 + b"</a>", "<a> with more than 10000 tags"),
        (b"<?xml version=", None),  # torn, but no loss worth a word
    ],
)
def test_garbage_is_reported_once_and_the_next_message_is_read(garbage: bytes, reason: str | None) -> None:
    expected = [*([reason] if reason else []), *canonical(GET, WRITE)]
    assert read(garbage + GET + WRITE) == expected
    assert read(*(bytes([byte]) for byte in garbage + GET + WRITE)) == expected


@pytest.mark.parametrize("ping", [b"<pingRequest uid='1' />", b"<pingReply uid='1'/>"])
def test_a_ping_is_no_part_of_the_message_before_it(ping: bytes) -> None:
    assert read(b"<newTextVector device='A'><oneText>" + ping) == ["unfinished <newTextVector>", *canonical(ping)]


def test_garbage_again_and_again_is_reported_once_until_something_sound_comes() -> None:
    lines = read(b"x <y" * 50, b"</a>", GET, b"z", b"<a></b></a>")
    assert lines == ["bytes that begin no message", *canonical(GET), "bytes that begin no message"]


@pytest.mark.parametrize(
    "endless",
    [
        b"<newTextVector a='" + b">" * 5000,
        b"<newTextVector>" + b"text " * 1000,
        b"<newTextVector>" + b"<a>" * 1000,
        b"<?" + b"x" * 5000,
        b"<unknown>" + b"</unknow>" * 500,
    ],
)
def test_a_message_without_end_is_dropped_at_the_bound(endless: bytes) -> None:
    stream, more, fed = IndiStream(), endless[-10:-1] * 400, len(endless)
    stream.feed(endless)
    tracemalloc.start()
    while not (items := stream.feed(more)):
        fed += len(more)
        assert fed <= MAX_MESSAGE + len(more)
    assert tracemalloc.get_traced_memory()[1] < 3 * MAX_MESSAGE
    tracemalloc.stop()
    assert [str(item) for item in items] == [f"message of more than {MAX_MESSAGE} bytes"]
    assert sound_after(stream)


def sound_after(stream: IndiStream) -> bool:
    return any(not isinstance(item, StreamError) for item in stream.feed(b"-->]]>" + GET))


def test_a_message_over_the_bound_in_one_piece_is_dropped() -> None:
    text = b"<message message='" + b"x" * MAX_MESSAGE + b"'/>"
    assert read(text + GET) == [f"<message> of more than {MAX_MESSAGE} bytes", *canonical(GET)]


@pytest.mark.parametrize("unit", [b'"a>" b=', b"</a>", b"<!----", b"a<b"])
def test_time_grows_with_the_bytes_and_not_with_their_square(unit: bytes) -> None:
    def cost(length: int) -> float:
        stream = IndiStream()
        stream.feed(b"<newTextVector a=" if unit[:1] == b'"' else b"<newTextVector>")
        data = itertools.cycle(bytes([byte]) for byte in unit)
        begin = time.process_time()
        for chunk in itertools.islice(data, length):
            stream.feed(chunk)
        return time.process_time() - begin

    assert cost(200_000) < 30 * cost(20_000)


def test_whatever_arrives_nothing_is_raised_but_typed_values_come_out() -> None:
    dice = random.Random(7)
    pieces = [
        GET,
        WRITE,
        b"<",
        b">",
        b"/>",
        b"'",
        b'"',
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"&x;",
        b"\xff",
        b"\0",
    ]
    for _ in range(3000):
        text = b"".join(dice.choices(pieces, k=dice.randrange(1, 12)))
        stream = IndiStream()
        for begin in range(0, len(text), 5):
            for item in stream.feed(text[begin : begin + 5]):
                assert isinstance(item, Write | ET.Element | MatrixError)
                assert str(item).isascii()


def test_splitting_does_not_change_what_is_read_from_a_mixture() -> None:
    dice = random.Random(11)
    pieces = [GET, WRITE, b" ", b"</a>", b"<message>", b"<!--x-->", b"<a/>", b"x", b"<?xml?>", b"<message a='"]
    for _ in range(500):
        text = b"".join(dice.choices(pieces, k=10)) + GET
        cuts = sorted(dice.choices(range(len(text)), k=8))
        parts = [text[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(text)])]
        assert read(*parts) == read(text)


# The way out


def test_what_is_serialised_can_be_parsed_whatever_the_text_holds() -> None:
    every = "".join(map(chr, [*range(0x300), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600]))
    vector = ET.Element("setTextVector", device="D", message=every)
    ET.SubElement(vector, "oneText", name="A").text = every
    data = serialise(vector)
    assert data.endswith(b"</setTextVector>\n")
    assert b"&#" not in data
    (again,) = IndiStream().feed(data)
    assert isinstance(again, ET.Element)
    assert again.get("message", "").startswith("?????????  ?? ?????")
    assert "\N{DEGREE SIGN}" in again.get("message", "")
    assert "\U0001f600" in (again[0].text or "")
    assert '"&<>' in "".join(sorted(set(again[0].text or "") & set('"&<>')))


def test_an_ordinary_element_is_serialised_as_the_standard_library_would() -> None:
    vector = ET.Element("setNumberVector", device="D", name="V", state="Ok")
    ET.SubElement(vector, "oneNumber", name="X").text = "1.5"
    ET.SubElement(vector, "oneNumber", name="Y")
    assert ET.canonicalize(serialise(vector)) == ET.canonicalize(ET.tostring(vector))
    assert serialise(message("hi")).startswith(b"<message timestamp=")


@pytest.mark.parametrize("size", [1, 100, 1 << 16])
@pytest.mark.parametrize(
    "begin",
    ["<!-- ", "<newTextVector><!-- ", "<newTextVector><oneText><![CDATA["],
    ids=["comment", "inside", "CDATA"],
)
def test_what_is_hidden_without_end_hides_no_messages(begin: str, size: int) -> None:
    """However the bytes come, what follows is found once it is clear that there is no end."""
    message = "<getProperties version='1.7'/>"
    data = (begin + message * 3000).encode()
    stream = IndiStream()
    found = [item for at in range(0, len(data), size) for item in stream.feed(data[at : at + size])]
    assert isinstance(found[0], StreamError)
    assert [item.tag for item in found[1:] if isinstance(item, ET.Element)] == ["getProperties"] * 3000


def test_a_comment_of_some_length_is_a_comment() -> None:
    text = "<newSwitchVector/>" * 200
    (only,) = IndiStream().feed(f"<!--{text}--><message/>".encode())
    assert isinstance(only, ET.Element)
    assert only.tag == "message"


@pytest.mark.parametrize(("tags", "parsed"), [(10_000, True), (10_001, False)])
def test_a_message_has_so_many_tags_at_most(tags: int, *, parsed: bool) -> None:
    (found,) = IndiStream().feed(b"<message>" + b"<a/>" * (tags - 2) + b"</message>")
    assert isinstance(found, StreamError) is not parsed
