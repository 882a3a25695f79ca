"""Texts of other programs, made safe to show in a terminal, a log or a client."""

import re
from collections.abc import Sequence
from typing import Final

# Control characters, which a terminal would obey. Tabs and newlines have become blanks before.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_MOST_NAMES: Final = 10


def printable(text: object, limit: int = 200) -> str:
    r"""Return a text as one line of printable ASCII, cut after a limit; other characters are written like \x1b.

    A line that this function has returned stays the same.
    """
    line = " ".join(str(text)[: 4 * limit].split())
    if not (line.isascii() and line.isprintable()):
        line = _CONTROL.sub(_escape, line).encode("ascii", "backslashreplace").decode()
    return line if len(line) <= limit else line[: limit - 3] + "..."


def _escape(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def listed(names: Sequence[str]) -> str:
    """Return names in one line: at most ten, and the number of the others."""
    shown = ", ".join(printable(name, 63) for name in names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown
