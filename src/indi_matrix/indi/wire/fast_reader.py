"""Plain writes, read by one match of a regular expression: several times faster than by a parser.

Nearly all writes of clients are plain: no markup but tags, no attributes of members but their names, ASCII only.
The parser accepts all that matches, and returns the same write for it; all else is left to the parser.
"""

import re
from functools import cache, lru_cache
from typing import Final

from indi_matrix.indi.wire.write import Write

LONGEST: Final = 1 << 16  # bytes
_MOST_MEMBERS: Final = 4  # of a write that is bound: of an LED

# Printable ASCII without markup and quotes; of white space only what XML parsing leaves unchanged.
_NAMES: Final = r"[ !#-%(-;=?-~]{0,64}+"
_VALUES: Final = r"[\t\n -%'-;=?-~]*+"
_BLANK: Final = r"[ \t\r\n]"
_QUOTED: Final = rf"""(?:"{_NAMES}"|'{_NAMES}')"""
_HEAD: Final = rf"(?:{_BLANK}{{1,8}}+[a-z]{{1,16}}+={_QUOTED}){{1,8}}+"
_START_TAG: Final = rf"{_BLANK}*+<new(?P<kind>Text|Number|Switch)Vector(?P<head>{_HEAD}){_BLANK}*+>"


def _one(kind: str, name: str, value: str) -> str:
    return rf"{_BLANK}*+<one{kind}{_BLANK}++name={name}{_BLANK}*+>{value}</one{kind}>"


def _end(kind: str) -> str:
    return rf"{_BLANK}*+</new{kind}Vector>{_BLANK}*+"


_ONE: Final = _one("(?P=kind)", _QUOTED, _VALUES)
_WRITE: Final = re.compile(rf"{_START_TAG}(?P<ones>(?:{_ONE})++){_end('(?P=kind)')}".encode())
_START: Final = re.compile(_START_TAG.encode())
_ATTRIBUTE: Final = re.compile(r"""([a-z]+)=["']([^"']*)""")
_MEMBER: Final = re.compile(r"""name=["']([^"']*)["']\s*>([^<]*)<""")


def plain_write(data: bytearray, begin: int) -> tuple[Write, int] | None:
    """Return the plain write that begins at a place in the data, and where it ends; None if there is none."""
    match = _WRITE.match(data, begin, begin + LONGEST)
    if match is None:
        return None
    kind, head, members = match.group("kind", "head", "ones")
    target = _target(head)
    if target is None:
        return None
    return Write(kind.decode(), *target, _MEMBER.findall(members.decode())), match.end()


def start_of(tag: bytes) -> tuple[str, str, str] | None:
    """Return the kind, the device and the property of a start tag; None if it begins no plain write."""
    match = _START.fullmatch(tag)
    target = None if match is None else _target(match["head"])
    return None if match is None or target is None else (match["kind"].decode(), *target)


@cache
def members_pattern(kind: str) -> re.Pattern[bytes]:
    """Return what matches the rest of a plain write behind its start tag, if there are no more than four members.

    Its groups are a name in quotes and a value of each; None for members that are not there.
    """
    one = _one(kind, f"({_QUOTED})", f"({_VALUES})")
    members = one
    for _ in range(_MOST_MEMBERS - 1):
        members = f"{one}(?:{members})?+"
    return re.compile(f"{members}{_end(kind)}".encode())


# Clients write the same few properties again and again. Their start tags are short, so the cache stays small.
@lru_cache(256)
def _target(head: bytes) -> tuple[str, str] | None:
    """Return the device and the property of a start tag; None if it has an attribute twice, or a namespace."""
    pairs = _ATTRIBUTE.findall(head.decode())
    attributes = dict(pairs)
    if len(attributes) < len(pairs) or "xmlns" in attributes:
        return None
    return attributes.get("device", ""), attributes.get("name", "")
