"""What browsers send: checked, and made a write of INDI. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from indi_matrix.errors import WriteError
from indi_matrix.indi.wire.values import SWITCH_TEXTS, number_text, shortened, speakable
from indi_matrix.indi.wire.write import Write
from indi_matrix.page.indi_side.known_devices import LONGEST_TEXT, KnownProperty

LONGEST_REQUEST: Final = 1 << 16  # bytes

_LARGEST_ID: Final = 1 << 53  # that JavaScript counts to

Request = Mapping[str, Any]
"""An object that a browser sent."""


def request_of(text: str | bytes) -> Request:
    """Return the object that a browser sent.

    Raises:
        WriteError: It sent no JSON object.
    """
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise WriteError("the request is no JSON") from None
    if not isinstance(request, dict):
        raise WriteError("the request is no JSON object")
    return request


def number_of(request: Request) -> int | None:
    """Return the number by which a request is answered; None if it has none."""
    number = request.get("id")
    return number if type(number) is int and 0 <= number <= _LARGEST_ID else None


def text_of(request: Request, key: str) -> str:
    """Return a text of a request.

    Raises:
        WriteError: The request has no such text.
    """
    text = request.get(key)
    if not isinstance(text, str):
        raise WriteError(f"the request names no {key}")
    return text


def write_of(request: Request, prop: KnownProperty) -> Write:
    """Return the write of a property that a request asks for. Limits of values are the driver's to judge.

    Raises:
        WriteError: The property cannot be written so; the text names property and member.
    """
    if prop.perm == "ro":
        raise WriteError(f"{prop.name} cannot be written: it is read-only")
    values = request.get("values")
    if not isinstance(values, dict) or not values:
        raise WriteError(f"{prop.name}: the request has no values")
    return Write(prop.kind, prop.device, prop.name, [(name, _text(prop, name, values[name])) for name in values])


def _text(prop: KnownProperty, name: str, value: Any) -> str:
    """Return the value of a member as INDI writes it."""
    if name not in prop.members:
        raise WriteError(f"{prop.name} has no member {shortened(name)}")
    match prop.kind, value:
        case "Switch", bool():
            return SWITCH_TEXTS[value]
        case "Number", int() | float() if not isinstance(value, bool) and _is_finite(value):
            return number_text(value)
        case "Text", str() if len(value) <= LONGEST_TEXT:
            return speakable(value)
        case "Text", str():
            raise WriteError(f"{prop.name}.{name} has {len(value)} characters; it takes {LONGEST_TEXT} at most")
    raise WriteError(f"{prop.name}.{name} takes a {prop.kind.lower()}, not {shortened(repr(value))}")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False
