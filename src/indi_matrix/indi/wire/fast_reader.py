"""Plain writes, read by one match of a regular expression: several times faster than by a parser.

Nearly all writes of clients are plain: no markup but tags, no attributes of members but their names, ASCII only.
The parser accepts all that matches, and returns the same write for it; all else is left to the parser.
"""

import re
from functools import lru_cache
from typing import Final

from indi_matrix.indi.wire.write import Write

_LONGEST: Final = 1 << 16  # bytes

# Printable ASCII without markup and quotes; of white space only what XML parsing leaves unchanged.
_NAMES: Final = r"[ !#-%(-;=?-~]{0,64}+"
_VALUES: Final = r"[\t\n -%'-;=?-~]*+"
_BLANK: Final = r"[ \t\r\n]"
_QUOTED: Final = rf"""(?:"{_NAMES}"|'{_NAMES}')"""
_HEAD: Final = rf"(?:{_BLANK}{{1,8}}+[a-z]{{1,16}}+={_QUOTED}){{1,8}}+"
_ONE: Final = rf"{_BLANK}*+<one(?P=kind){_BLANK}++name={_QUOTED}{_BLANK}*+>{_VALUES}</one(?P=kind)>"
_WRITE: Final = re.compile(
    (
        rf"{_BLANK}*+<new(?P<kind>Text|Number|Switch)Vector(?P<head>{_HEAD}){_BLANK}*+>"
        rf"(?P<ones>(?:{_ONE})++){_BLANK}*+</new(?P=kind)Vector>{_BLANK}*+"
    ).encode()
)
_ATTRIBUTE: Final = re.compile(r"""([a-z]+)=["']([^"']*)""")
_MEMBER: Final = re.compile(r"""name=["']([^"']*)["']\s*>([^<]*)<""")


def plain_write(data: bytearray, begin: int) -> tuple[Write, int] | None:
    """Return the plain write that begins at a place in the data, and where it ends; None if there is none."""
    match = _WRITE.match(data, begin, begin + _LONGEST)
    if match is None:
        return None
    kind, head, members = match.group("kind", "head", "ones")
    target = _target(head)
    if target is None:
        return None
    return Write(kind.decode(), *target, _MEMBER.findall(members.decode())), match.end()


# Clients write the same few properties again and again. Their start tags are short, so the cache stays small.
@lru_cache(256)
def _target(head: bytes) -> tuple[str, str] | None:
    """Return the device and the property of a start tag; None if it has an attribute twice, or a namespace."""
    pairs = _ATTRIBUTE.findall(head.decode())
    attributes = dict(pairs)
    if len(attributes) < len(pairs) or "xmlns" in attributes:
        return None
    return attributes.get("device", ""), attributes.get("name", "")
