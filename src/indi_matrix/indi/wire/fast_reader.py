"""Writes as nearly every client has them: taken apart by one match, several times faster than by a parser.

A plain write has no markup but its tags, no attributes of members but their names, and nothing beyond ASCII. The
parser accepts all that matches, and makes the same write of it; it is left whatever does not match.
"""

import re
from functools import lru_cache
from typing import Final

from indi_matrix.indi.wire.write import Write

_LONGEST: Final = 1 << 16  # bytes

# Printable ASCII but for markup and quotes; of blanks, those that parsing leaves as they are.
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


# Clients write the same few properties again and again. Their start tags are short, so that this stays small.
@lru_cache(256)
def _target(head: bytes) -> tuple[str, str] | None:
    """Return the device and the property of a start tag; None if it has an attribute twice, or a namespace."""
    pairs = _ATTRIBUTE.findall(head.decode())
    attributes = dict(pairs)
    if len(attributes) < len(pairs) or "xmlns" in attributes:
        return None
    return attributes.get("device", ""), attributes.get("name", "")
