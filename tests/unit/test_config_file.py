"""Config files: vectors to bytes and back, damage, and writing in one piece."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import pytest

from indi_matrix.board.config.config_file import (
    from_bytes,
    read_bytes,
    remove,
    to_bytes,
    with_vectors,
    write_bytes,
)
from indi_matrix.errors import ConfigError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Rule
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty, TextProperty
from indi_matrix.indi.wire.write import Write


def vector(name: str, **members: str) -> Element:
    made = Element("newTextVector", device="D", name=name)
    for member, value in members.items():
        SubElement(made, "oneText", name=member).text = value
    return made


def names(vectors: list[Element]) -> list[str]:
    return [one.attrib["name"] for one in vectors]


def test_the_format_is_libindis() -> None:
    assert to_bytes([vector("P", A="x", B="")]) == (
        b"<INDIDriver>\n"
        b"<newTextVector device='D' name='P'>\n"
        b"  <oneText name='A'>\n      x\n  </oneText>\n"
        b"  <oneText name='B'>\n      \n  </oneText>\n"
        b"</newTextVector>\n"
        b"</INDIDriver>\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "x",
        " x ",
        "a\nb",
        "\n\n",
        "\n      x\n  ",
        "a\r\nb\tc",
        "<a href='b' c=\"d\">&amp;</a>",
        "]]>",
        "\u00e9\u20ac",
    ],
)
def test_texts_come_back_as_they_were(value: str) -> None:
    vectors, damages = from_bytes(to_bytes([vector("P", A=value, B="other")]))
    assert [one.text for one in vectors[0]] == [value, "other"]
    assert damages == []


def test_what_xml_cannot_carry_becomes_a_blank() -> None:
    vectors, _ = from_bytes(to_bytes([vector("P", A="a\x00\x1bb")]))
    assert vectors[0][0].text == "a  b"


PROPERTIES: list[AnyProperty] = [
    NumberProperty("N", "N", "G", [NumberMember("X", "X", 0.1, 0, 1, 0.1, "%.1f")]),
    SwitchProperty("S", "S", "G", [Member("A", "A", True), Member("B", "B", False)], rule=Rule.ANY_OF_MANY),
    TextProperty("T", "T", "G", [Member("A", "A", "'a' <b> &c;"), Member("B", "B", "")]),
]  # fmt: skip


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.kind)
def test_a_property_reads_what_was_written_of_it(prop: AnyProperty) -> None:
    prop.attach("D", lambda _: None)
    ((vector,), _) = from_bytes(to_bytes([prop.as_saved()]))
    assert vector.attrib == {"device": "D", "name": prop.name}
    assert prop.read(Write.of(vector)) == prop.values


@pytest.mark.parametrize("text", ["\n      x\n  ", "\nx\n        ", "x", "  x"])
def test_values_are_set_in_any_way(text: str) -> None:
    """libindi writes in one way all of a file, in another when it rewrites it for one property."""
    one = f'<oneText name="A">{text}</oneText>'
    data = f'<INDIDriver><newTextVector device="D" name="P">{one}</newTextVector></INDIDriver>'
    ((vector,), _) = from_bytes(data.encode())
    assert vector[0].text == "x"


GOOD = to_bytes([vector("P", A="1"), vector("Q", A="2"), vector("R", A="3")])


@pytest.mark.parametrize(
    ("data", "sound", "damages"),
    [
        (b"", [], ["line 1: no element found"]),
        (b"\x00\x01", [], ["line 1: not well-formed (invalid token)"]),
        (GOOD[:-5], ["P", "Q", "R"], ["line 17: unclosed token"]),
        (GOOD.replace(b"</INDIDriver>", b""), ["P", "Q", "R"], ["line 18: no element found"]),
        (GOOD[: GOOD.index(b"3")], ["P", "Q"], ["line 14: no element found"]),
        (GOOD.replace(b"2", b"<2>"), ["P", "R"], ["line 9: not well-formed (invalid token)"]),
        (GOOD.replace(b"2", b"\xff"), ["P", "R"], ["line 9: not well-formed (invalid token)"]),
        (GOOD.replace(b"2\n  </oneText>\n</newTextVector>", b""), ["P", "R"], ["line 10: no element found"]),
        (
            GOOD.replace(b"1", b"&x;").replace(b"3", b"&y;"), ["Q"],
            ["line 4: undefined entity", "line 14: undefined entity"],
        ),
        (
            GOOD.replace(b"<newTextVector device='D' name='Q'>", b"garbage <<"), ["P", "R"],
            ["line 7: not well-formed (invalid token)"],
        ),
        (b"<?xml version='1.0' encoding='klingon'?>" + GOOD, ["P", "Q", "R"], []),
    ],
)  # fmt: skip
def test_damage_is_named_by_its_line_and_the_rest_is_read(
    data: bytes, sound: list[str], damages: list[str]
) -> None:
    vectors, told = from_bytes(data)
    assert (names(vectors), told) == (sound, damages)


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b c" / "file.xml"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert read_bytes(path) == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["file.xml"]


def test_a_link_to_the_file_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("file")
    write_bytes(link, b"one")
    assert link.is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let writing beyond a size fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_written_whole_leaves_the_old(tmp_path: Path) -> None:
    path = tmp_path / "file.xml"
    write_bytes(path, b"old")
    with files_limited_to(10), pytest.raises(ConfigError, match=f"^cannot write {path}: File too large$"):
        write_bytes(path, b"n" * 1000)
    assert read_bytes(path) == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_name_path_and_cause(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match=f"^cannot make the folder {file}: File exists$"):
        write_bytes(file / "x", b"")
    with pytest.raises(ConfigError, match=f"^cannot write {tmp_path}: Is a directory$"):
        write_bytes(tmp_path, b"")
    with pytest.raises(ConfigError, match=f"^cannot read {tmp_path}: Is a directory$"):
        read_bytes(tmp_path)
    with pytest.raises(ConfigError, match=f"^cannot remove {tmp_path}/none: No such file or directory$"):
        remove(tmp_path / "none")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full"])
def test_what_never_ends_is_not_read(device: str) -> None:
    with pytest.raises(ConfigError, match="it is no regular file"):
        read_bytes(Path(device))


def test_a_file_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.xml"
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="longer than 1048576 bytes"):
        read_bytes(path)


def test_vectors_are_put_into_the_text_and_all_else_stays() -> None:
    text = to_bytes([vector("P", A="1"), vector("Q", A="2"), vector("P", A="3")])
    odd = text.replace(b"<INDIDriver>", b"<!-- <newTextVector name='P'> --><INDIDriver a='>'>", 1)
    p, r = vector("P", A="<x>"), vector("R", A="new")
    expected = to_bytes([vector("P", A="<x>"), vector("Q", A="2"), vector("R", A="new")])
    expected = expected.replace(b"<INDIDriver>", b"<!-- <newTextVector name='P'> --><INDIDriver a='>'>", 1)
    assert with_vectors(odd, [p, r]) == expected
    assert with_vectors(expected, [p, r]) == expected


@pytest.mark.parametrize(
    "before",
    [
        b"<INDIDriver/>",
        b"<INDIDriver></INDIDriver>",
        b"<INDIDriver><newTextVector a='/>' device='D' name='P'/></INDIDriver>",
    ],
)
def test_a_vector_is_put_where_there_was_none(before: bytes) -> None:
    vectors, damages = from_bytes(with_vectors(before, [vector("P", A="1")]))
    assert [(one.attrib, [member.text for member in one]) for one in vectors] == [
        ({"device": "D", "name": "P"}, ["1"])
    ]
    assert damages == []


def test_nothing_is_put_into_what_is_damaged() -> None:
    with pytest.raises(ConfigError, match=r"^line 17: unclosed token$"):
        with_vectors(GOOD[:-5], [vector("P", A="1")])
