"""INDI as bytes: a sequence of XML elements without a root, cut into messages. No I/O."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.parsers.expat import ErrorString

from indi_matrix.errors import MatrixError
from indi_matrix.indi.wire.fast_reader import plain_write
from indi_matrix.indi.wire.write import WRITES, Write

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_MESSAGE: Final = 1 << 20  # bytes
MAX_TAGS: Final = 10_000  # in one message; a bound on the memory that parsing takes
MAX_DEPTH: Final = 4  # INDI needs 2

_KINDS: Final = ("Text", "Number", "Switch", "Light", "BLOB")
DEFINITIONS: Final = frozenset(f"def{kind}Vector" for kind in _KINDS)
FROM_DEVICES: Final = DEFINITIONS | {f"set{kind}Vector" for kind in _KINDS} | {"message", "delProperty"}
TAGS: Final = WRITES.keys() | FROM_DEVICES | {"getProperties", "enableBLOB", "pingRequest", "pingReply"}

_TOP_LEVEL: Final = "|".join(sorted(TAGS))
_NAME: Final = r"[A-Za-z_][\w.:-]{0,63}"
_BLANKS: Final = r"\s{0,8}"


@cache  # compiled when first needed: all of them take 10 ms
def _inside(closing: str) -> re.Pattern[bytes]:
    """Return the pattern of what matters inside a message: end tag, sections that hide tags, another message."""
    text = rf"<(?:/(?P<end>{closing}){_BLANKS}>|!(?P<hidden>--|\[CDATA\[)|(?P<other>{_TOP_LEVEL})[\s/>])"
    return re.compile(text.encode())


_CLOSING: Final = {tag.encode(): tag for tag in TAGS}
_LONGEST_MARK: Final = len("</>") + 64 + 8  # bytes that may be an incomplete match of what _inside finds
_HIDDEN_END: Final = {b"--": b"-->", b"[CDATA[": b"]]>"}
# A longer comment or section is taken to have no end, so that it cannot hide the messages behind it.
_LONGEST_HIDDEN: Final = {b"-->": 1 << 12, b"]]>": 1 << 16}

_NOT_BLANK: Final = re.compile(rb"\S")
_OPENING: Final = re.compile(rf"<(?:(?P<tag>{_NAME})(?=[\s/>])|(?P<pi>\?)|(?P<comment>!--))".encode())
_TORN_OPENING: Final = re.compile(rf"<(?:{_NAME}|!-?)?".encode())
_PI_END: Final = re.compile(rb"[<>]")
# What to look for next in a start tag, by the quote that it is in: XML allows '>' inside quotes, '<' nowhere.
_TAG_MARK: Final = {
    b"": re.compile(rb"[\"'<>]"),
    b'"': re.compile(rb"[\"<]"),
    b"'": re.compile(rb"['<]"),
}


class StreamError(MatrixError, ValueError):
    """Input that is no INDI and was dropped; the text is short and ASCII."""


Item = Write | ET.Element | StreamError
"""What is read: a client's write, any other message, or an error in place of what was dropped."""


class IndiStream:
    """Cuts bytes into messages and parses them; finds the next message after input that is no INDI.

    Top-level elements of INDI never nest, so the start of one inside another means that the outer one
    was never finished.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begin = 0  # of the message in work
        self._scan = 0  # everything before has been looked at
        self._tag = b""
        self._quote = b""
        self._hidden_end = b""
        self._hidden_begin = 0
        self._step: Callable[[IndiStream], bool] = IndiStream._between  # a bound one would keep this object alive
        self._in_step = True
        self._found: list[Item] = []

    def feed(self, data: bytes) -> list[Item]:
        """Take the next bytes and return what they complete: writes, other elements of any tag, errors, in order.

        After an error, no other one is returned before the next valid message.
        """
        self._buffer += data
        while self._step(self):
            pass
        if len(self._buffer) - self._begin > MAX_MESSAGE:
            self._drop(f"message of more than {MAX_MESSAGE} bytes", len(self._buffer))
        del self._buffer[: self._begin]
        self._scan -= self._begin
        self._hidden_begin -= self._begin
        self._begin = 0
        found, self._found = self._found, []
        return found

    @property
    def between(self) -> bool:
        """Whether no message has begun: the next byte begins one."""
        return not self._buffer

    def pass_by(self) -> None:
        """Record that sound messages were read by somebody else."""
        self._in_step = True

    # Each step returns whether there may be more to do with the bytes at hand.

    def _between(self) -> bool:
        """Find what begins next; plain writes are complete at once."""
        while plain := plain_write(self._buffer, self._begin):
            write, self._begin = plain
            self._found.append(write)
            self._in_step = True
            if self._begin == len(self._buffer):
                self._scan = self._begin
                return False
        blank_end = _NOT_BLANK.search(self._buffer, self._begin)
        if not blank_end:
            self._begin = self._scan = len(self._buffer)
            return False
        self._begin = blank_end.start()
        opening = _OPENING.match(self._buffer, self._begin)
        if not opening:
            return self._no_opening()
        self._scan = opening.end()
        if opening["tag"]:
            self._tag, self._quote, self._step = opening["tag"], b"", IndiStream._start_tag
        elif opening["pi"]:
            self._step = IndiStream._instruction
        else:
            self._tag, self._hidden_end, self._step = b"", b"-->", IndiStream._hidden
            self._hidden_begin = self._scan
        return True

    def _no_opening(self) -> bool:
        if _TORN_OPENING.fullmatch(self._buffer, self._begin):
            return False
        resume = self._buffer.find(b"<", self._begin + 1)
        self._drop("bytes that begin no message", resume if resume >= 0 else len(self._buffer))
        return True

    def _instruction(self) -> bool:
        """Skip an XML declaration, which some programs send before each message."""
        end = _PI_END.search(self._buffer, self._scan)
        if not end:
            self._scan = len(self._buffer)
            return False
        self._begin = end.end() if end[0] == b">" else end.start()
        self._step = IndiStream._between
        return True

    def _start_tag(self) -> bool:
        while mark := _TAG_MARK[self._quote].search(self._buffer, self._scan):
            self._scan = mark.end()
            if mark[0] == b"<":
                self._drop(f"unfinished tag <{self._tag.decode()}", mark.start())
                return True
            if mark[0] == b">":
                if self._buffer[self._scan - 2] == ord("/"):
                    self._complete()
                else:
                    self._step = IndiStream._content
                return True
            self._quote = b"" if self._quote else mark[0]
        self._scan = len(self._buffer)
        return False

    def _content(self) -> bool:
        inside = _inside(_CLOSING.get(self._tag, _NAME))
        while mark := inside.search(self._buffer, self._scan):
            self._scan = mark.end()
            if mark["other"]:
                self._drop(f"unfinished <{self._tag.decode()}>", mark.start())
                return True
            if mark["hidden"]:
                self._hidden_end, self._step = _HIDDEN_END[mark["hidden"]], IndiStream._hidden
                self._hidden_begin = self._scan
                return True
            if mark["end"] == self._tag:
                self._complete()
                return True
        self._scan = max(self._scan, len(self._buffer) - _LONGEST_MARK)
        return False

    def _hidden(self) -> bool:
        """Skip a comment or a CDATA section: tags in there are text."""
        limit = self._hidden_begin + _LONGEST_HIDDEN[self._hidden_end]
        end = self._buffer.find(self._hidden_end, self._scan, limit)
        if end < 0 and len(self._buffer) >= limit:
            self._drop(f"no {self._hidden_end.decode()} in sight", self._hidden_begin)
            return True
        if end < 0:
            self._scan = max(self._scan, len(self._buffer) - len(self._hidden_end) + 1)
            return False
        self._scan = end + len(self._hidden_end)
        if self._tag:
            self._step = IndiStream._content
        else:
            self._begin = self._scan
            self._step = IndiStream._between
        return True

    def _complete(self) -> None:
        raw = self._buffer[self._begin : self._scan]
        item = _parse(raw, self._tag.decode())
        if isinstance(item, StreamError):
            self._drop(str(item), self._scan)
            return
        self._found.append(item)
        self._in_step = True
        self._begin = self._scan
        self._step = IndiStream._between

    def _drop(self, reason: str, resume: int) -> None:
        if self._in_step:
            self._found.append(StreamError(reason))
        self._in_step = False
        self._begin = self._scan = resume
        self._step = IndiStream._between


def _parse(raw: bytearray, tag: str) -> Item:
    if plain := plain_write(raw, 0):
        return plain[0]
    if len(raw) > MAX_MESSAGE:
        return StreamError(f"<{tag}> of more than {MAX_MESSAGE} bytes")
    if raw.count(b"<") > MAX_TAGS:
        return StreamError(f"<{tag}> with more than {MAX_TAGS} tags")
    try:
        element = _element(raw)
    except ET.ParseError as error:
        return StreamError(f"<{tag}>: {ErrorString(error.code)}")
    if _too_deep(element):
        return StreamError(f"<{tag}> nested more than {MAX_DEPTH} deep")
    return Write.of(element) if element.tag in WRITES else element


def _element(raw: bytearray) -> ET.Element:
    """Parse a message as UTF-8, or if it is not UTF-8, as ISO-8859-1, in which KStars sends typed text."""
    # Nothing that begins with a start tag can declare entities, so nothing can expand here.
    try:
        return ET.fromstring(raw)  # noqa: S314
    except ET.ParseError:
        if raw.isascii():
            raise
    return ET.fromstring(raw.decode("latin-1"))  # noqa: S314


def _too_deep(element: ET.Element) -> bool:
    level = [element]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in parent]
        if not level:
            return False
    return True
