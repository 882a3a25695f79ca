"""INDI values as text: read strictly by the protocol, written in the shortest form. Pure functions."""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

NAME_LIMIT: Final = 63

_WHOLE: Final = {str(number): float(number) for number in range(256)}  # as in most writes

# A decimal, or up to three parts in base 60 separated by a colon, a semicolon or blanks. ASCII digits only.
_PART = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DECIMAL: Final = rf"[+-]?{_PART}(?:[eE][+-]?[0-9]+)?"
_SEXAGESIMAL: Final = rf"([+-]?)({_PART})(?:\s*[:;]\s*|\s+)({_PART})(?:(?:\s*[:;]\s*|\s+)({_PART}))?"

# What XML 1.0 cannot carry, not even as a reference. By what it can carry, re takes 6 ms to compile the same.
_PRINTABLE: Final = bytes(range(ord(" "), 0x7F))
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse_number(text: str) -> float:
    """Return a finite number given as INDI allows: decimal, or sexagesimal as in 12:30:45.5.

    Raises:
        ValueError: The text is no such number, or not finite.
    """
    if (whole := _WHOLE.get(text)) is not None:
        return whole
    text = text.strip()
    if re.fullmatch(_DECIMAL, text):
        number = float(text)
    elif match := re.fullmatch(_SEXAGESIMAL, text):
        sign, first, minutes, seconds = match.groups()
        number = float(first) + float(minutes) / 60 + float(seconds or 0) / 3600
        number = -number if sign == "-" else number
    else:
        raise ValueError("is not a number")
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


@lru_cache(64)
def whole_numbers(minimum: float, maximum: float) -> Mapping[bytes, float]:
    """Return the whole numbers from 0 to 255 that are within limits, by their bytes."""
    return {text.encode(): number for text, number in _WHOLE.items() if minimum <= number <= maximum}


@lru_cache(1024)
def number_text(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    number = float(number) + 0.0  # turns -0 into 0
    return f"{number:.0f}" if number.is_integer() else repr(number)


SWITCHES: Final = {"On": True, "Off": False}
SWITCH_BYTES: Final = {text.encode(): on for text, on in SWITCHES.items()}
SWITCH_TEXTS: Final = {on: text for text, on in SWITCHES.items()}


def parse_switch(text: str) -> bool:
    """Return True for On, False for Off.

    Raises:
        ValueError: The text is neither.
    """
    try:
        return SWITCHES[text.strip()]
    except KeyError:
        raise ValueError("is neither On nor Off") from None


def speakable(text: str) -> str:
    """Return the text with every character that XML cannot carry replaced by a blank."""
    # A long text, such as a picture, is told to be plain in a third of the time that `isprintable` takes.
    if text.isascii() and not text.encode().translate(None, _PRINTABLE):
        return text
    return text if text.isprintable() else _UNSPEAKABLE.sub(" ", text)


def shortened(text: str, limit: int = 40) -> str:
    """Return a text of a client in quotes and ASCII, cut so that an error message has room for more."""
    quoted = ascii(text)
    return quoted if len(quoted) <= limit else f"{quoted[:limit]}..."


def is_name(text: str) -> bool:
    """Return whether a text can name a device, property or member: printable ASCII, 1 to 63 characters."""
    return 0 < len(text) <= NAME_LIMIT and text.isascii() and text.isprintable()
