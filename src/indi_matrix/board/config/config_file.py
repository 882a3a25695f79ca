"""Config files as libindi reads and writes them: vectors to bytes and back, and onto the disk."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from indi_matrix.errors import ConfigError
from indi_matrix.indi.wire.values import speakable
from indi_matrix.system import files

# libindi writes a value on a line of its own, and strips it on reading. We strip exactly this, to keep blanks.
_FRAME: Final = ("\n      ", "\n  ")
_MARKUP: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;", "\r": "&#13;"}
)
_MOST_BYTES: Final = 1 << 20  # of a file
_VECTOR_START: Final = rb"<new(?:Number|Switch|Text)Vector\b"
_VECTOR_END: Final = rb"</new(?:Number|Switch|Text)Vector\s*>"
_TAG: Final = rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>"""


def to_bytes(vectors: Iterable[ET.Element]) -> bytes:
    """Return the text of a config file with these newXxxVectors."""
    return "".join(("<INDIDriver>\n", *map(_vector_text, vectors), "</INDIDriver>\n")).encode()


def _vector_text(vector: ET.Element) -> str:
    lines = [f"<{vector.tag} {_attributes(vector, 'device', 'name')}>"]
    for one in vector:
        value = _escaped(one.text or "").join(_FRAME)
        lines.append(f"  <{one.tag} {_attributes(one, 'name')}>{value}</{one.tag}>")
    return "\n".join((*lines, f"</{vector.tag}>\n"))


def _attributes(element: ET.Element, *names: str) -> str:
    return " ".join(f"{name}='{_escaped(element.get(name, ''))}'" for name in names)


def _escaped(text: str) -> str:
    return speakable(text).translate(_MARKUP)


class _Span:
    """The bytes of an element in a file (`end` is excluded), and the device and name of a vector as its key."""

    def __init__(self, key: tuple[str | None, str | None], start: int) -> None:
        self.key = key
        self.start = start
        self.end = 0


def with_vectors(data: bytes, vectors: Iterable[ET.Element]) -> bytes:
    """Return a config file with these vectors put into it, and everything else unchanged.

    A vector replaces the first one of its device and name; further ones of that name are removed. A vector that
    the file does not have is added at its end.

    Raises:
        ConfigError: The file is damaged; the text names the line.
    """
    texts = {(vector.get("device"), vector.get("name")): _vector_text(vector).encode() for vector in vectors}
    root, *children = _spans(data)
    pieces, end, placed = [], 0, set()
    for span in children:
        if span.key not in texts:
            continue
        pieces.append(data[end : span.start])
        end = span.end
        if span.key not in placed:
            pieces.append(texts[span.key].rstrip(b"\n"))
        elif data.startswith(b"\n", end):
            end += 1
        placed.add(span.key)
    new = b"".join(text for key, text in texts.items() if key not in placed)
    if new and data[: root.end].endswith(b"/>"):
        return data[: root.start] + b"<INDIDriver>\n" + new + b"</INDIDriver>\n" + data[root.end :]
    behind = data.rindex(b"</", root.start, root.end) if new else end
    return b"".join((*pieces, data[end:behind], new, data[behind:]))


def _spans(data: bytes) -> list[_Span]:
    """Return the span of the root, then those of its children."""
    parser = expat.ParserCreate("utf-8")
    spans: list[_Span] = []
    unfinished: list[_Span] = []

    def begin(_: str, attributes: Mapping[str, str]) -> None:
        span = _Span((attributes.get("device"), attributes.get("name")), parser.CurrentByteIndex)
        if len(unfinished) <= 1:
            spans.append(span)
        unfinished.append(span)

    def finish(_: str) -> None:
        span = unfinished.pop()
        tag = re.compile(_TAG).match(data, span.start)
        alone = tag is not None and tag[0].endswith(b"/>")
        span.end = tag.end() if tag is not None and alone else data.index(b">", parser.CurrentByteIndex) + 1

    parser.StartElementHandler, parser.EndElementHandler = begin, finish
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the last data
    except expat.ExpatError as error:
        raise ConfigError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from error
    return spans


def from_bytes(data: bytes) -> tuple[list[ET.Element], list[str]]:
    """Return the vectors of a config file that are sound, and a text with line and cause for each damage."""
    damages: list[str] = []
    try:
        vectors = list(_parsed(data))
    except ET.ParseError as error:
        vectors, damages = _salvaged(data)
        damages = damages or [_damage(error, 0)]
    for one in (one for vector in vectors for one in vector):
        one.text = _value(one.text or "")
    return vectors, damages


def _salvaged(data: bytes) -> tuple[list[ET.Element], list[str]]:
    """Return the vectors of a damaged file that can be parsed one by one, and a text for each of the others."""
    vectors, damages = [], []
    lines = counted = 0
    for start, piece in _pieces(data):
        lines += data.count(b"\n", counted, start)
        counted = start
        try:
            vectors.append(_parsed(piece))
        except ET.ParseError as error:
            damages.append(_damage(error, lines))
    return vectors, damages


def _parsed(text: bytes) -> ET.Element:
    return ET.fromstring(text, ET.XMLParser(encoding="utf-8"))  # noqa: S314 - the user's own file


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the start of each vector and its text: to its end tag, or to the next vector if it has none."""
    starts = [match.start() for match in re.finditer(_VECTOR_START, data)]
    for start, limit in pairwise([*starts, len(data)]):
        end = re.compile(_VECTOR_END).search(data, start, limit)
        yield start, data[start : end.end() if end else limit]


def _damage(error: ET.ParseError, lines_before: int) -> str:
    cause = str(error).partition(":")[0]
    return f"line {lines_before + error.position[0]}: {cause}"


def _value(text: str) -> str:
    before, after = _FRAME
    if len(text) >= len(before + after) and text.startswith(before) and text.endswith(after):
        return text[len(before) : -len(after)]
    return text.strip()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, 1 MiB at most.

    Raises:
        ConfigError: It cannot be read, or is longer; the text names path and cause.
    """
    try:
        data = files.read(path, _MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"cannot read {path}: it is longer than {_MOST_BYTES} bytes")
    return data


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically, and make its folder; refuse more than 1 MiB, which could not be read again.

    Raises:
        ConfigError: It cannot be written; the text names path and cause.
    """
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"cannot write {path}: it would be longer than {_MOST_BYTES} bytes")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {path.parent}: {error.strerror}") from error
    try:
        files.replace(path, data)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def remove(path: Path) -> None:
    """Remove a file.

    Raises:
        ConfigError: It cannot be removed; the text names path and cause.
    """
    try:
        files.remove(path)
    except OSError as error:
        raise ConfigError(f"cannot remove {path}: {error.strerror}") from error
