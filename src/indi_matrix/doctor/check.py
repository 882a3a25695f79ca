"""One finding of the doctor, and how it is written."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from indi_matrix.texts import printable

LIMIT: Final = 5.0
"""Seconds that a check may wait for the network or for a program."""

_WIDTH: Final = 80  # columns
_TEXT_COLUMN: Final = 9
_REMEDY_COLUMN: Final = 11
_LONGEST: Final = 1000  # characters of a text


class Level(StrEnum):
    """How bad a finding is. Only a failed check keeps the driver from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding, and what to do about it."""

    level: Level
    text: str
    remedy: str = ""

    def lines(self) -> Iterator[str]:
        """Return the check as ASCII lines of at most 80 columns; lines after the first are indented."""
        yield from _wrapped(f"{self.level:<{_TEXT_COLUMN}}{printable(self.text, _LONGEST)}", "")
        if self.remedy:
            yield from _wrapped(printable(self.remedy, _LONGEST), " " * _REMEDY_COLUMN)


def _wrapped(text: str, indent: str) -> list[str]:
    """Return the lines of a text. A word longer than a line, such as a path, is not divided."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent or " " * _TEXT_COLUMN,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def ok(text: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(Level.OK, text)


def warning(text: str, remedy: str) -> Check:
    """Return a check that found what may cause trouble."""
    return Check(Level.WARNING, text, remedy)


def failed(text: str, remedy: str) -> Check:
    """Return a check that found what keeps the driver from working."""
    return Check(Level.FAILED, text, remedy)
