"""One finding of the doctor, and how it is written."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from indi_matrix.texts import printable

LIMIT: Final = 5.0
"""Seconds that a look at the network may take."""

_WIDTH: Final = 80
_TEXT: Final = 9
_REMEDY: Final = 11
_LONGEST: Final = 1000


class Level(StrEnum):
    """How bad it is; only what failed is in the driver's way."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and found, and what to do about it."""

    level: Level
    text: str
    remedy: str = ""

    def lines(self) -> Iterator[str]:
        """Return the check as ASCII for 80 columns; what belongs to it is indented."""
        yield from _wrapped(f"{self.level:<{_TEXT}}{printable(self.text, _LONGEST)}", "")
        if self.remedy:
            yield from _wrapped(printable(self.remedy, _LONGEST), " " * _REMEDY)


def _wrapped(text: str, indent: str) -> list[str]:
    """Return lines; a path or an address stays whole, however long."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent or " " * _TEXT,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def ok(text: str) -> Check:
    """Return a check that found all well."""
    return Check(Level.OK, text)


def warning(text: str, remedy: str) -> Check:
    """Return a check that found what may matter."""
    return Check(Level.WARNING, text, remedy)


def failed(text: str, remedy: str) -> Check:
    """Return a check that found what is in the driver's way."""
    return Check(Level.FAILED, text, remedy)
