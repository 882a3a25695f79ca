"""XML elements as bytes that every INDI client can read."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree as ET

# XML 1.0 cannot carry these, not even as references; one of them makes a message unreadable.
_UNSPEAKABLE: Final = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff"
_SPECIAL: Final = re.compile(f'[&<>"\\t\\n\\r{_UNSPEAKABLE}]')
_MARKUP: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_BLANKS: Final = "\t\n\r"
_LONG: Final = 64  # characters
_PLAIN: Final = bytes(byte for byte in range(ord(" "), 0x7F) if chr(byte) not in _MARKUP)


def serialise(element: ET.Element) -> bytes:
    """Return an element as UTF-8 with a newline behind it; characters that XML cannot carry become '?'.

    Nothing leaves as a numeric character reference, because libindi shows those literally.
    """
    parts: list[str] = []
    _write(element, parts)
    parts.append("\n")
    return "".join(parts).encode()


def message(text: str) -> ET.Element:
    """Return a message that is about no device."""
    now = datetime.now(tz=UTC).replace(tzinfo=None)
    return ET.Element("message", timestamp=now.isoformat(), message=text)


def _write(element: ET.Element, parts: list[str]) -> None:
    tag, text = element.tag, element.text
    parts.append(f"<{tag}")
    for name, value in element.items():
        parts.append(_known_attribute(name, value) if len(value) < _LONG else _attribute(name, value))
    if not text and not len(element):
        parts.append("/>")
        return
    parts.append(">")
    if text:
        parts.append(_SPECIAL.sub(_text_reference, text))
    for child in element:
        _write(child, parts)
    parts.append(f"</{tag}>")


def in_attribute(value: str) -> str:
    """Return a text escaped for an attribute in double quotes."""
    return _SPECIAL.sub(_attribute_reference, value)


def in_text(value: str) -> str:
    """Return a text escaped for the place between tags; it must hold only what XML can carry."""
    if not (value.isascii() and not value.encode().translate(None, _PLAIN)):  # nearly all are plain
        for character, reference in _MARKUP.items():
            value = value.replace(character, reference)
    return value


def _attribute(name: str, value: str) -> str:
    return f' {name}="{in_attribute(value)}"'


# The same few attributes are sent again and again. Long ones, such as messages, would only fill the cache.
_known_attribute: Final = lru_cache(4096)(_attribute)


def _attribute_reference(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character in _BLANKS else _MARKUP.get(character, "?")


def _text_reference(found: re.Match[str]) -> str:
    character = found[0]
    return character if character in _BLANKS else _MARKUP.get(character, "?")
