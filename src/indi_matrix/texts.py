"""What others said, as it may be shown to people."""

import re
from collections.abc import Sequence
from typing import Final

# Of what is left when blanks are: a terminal would obey these.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_MOST_NAMES: Final = 10


def printable(text: object, limit: int = 200) -> str:
    r"""Return a text as one short line of printable ASCII; what that lacks is written like \x1b.

    A line that was made so stays as it is.
    """
    line = " ".join(str(text)[: 4 * limit].split())
    if not (line.isascii() and line.isprintable()):
        line = _CONTROL.sub(_escape, line).encode("ascii", "backslashreplace").decode()
    return line if len(line) <= limit else line[: limit - 3] + "..."


def _escape(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def listed(names: Sequence[str]) -> str:
    """Return names in one line, the first few of many and the number of the others."""
    shown = ", ".join(printable(name, 63) for name in names[:_MOST_NAMES])
    return f"{shown} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else shown
