"""What an INDI server has told of its devices: definitions and values, bounded in number and size. Pure."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from indi_matrix.indi.wire.reader import DEFINITIONS
from indi_matrix.indi.wire.values import NAME_LIMIT, parse_number, shortened

_log = logging.getLogger(__name__)

MOST_DEVICES: Final = 100
MOST_PROPERTIES: Final = 1000  # of one device
MOST_MEMBERS: Final = 300  # of one property
MOST_MEMBERS_IN_ALL: Final = 20_000
LONGEST_TEXT: Final = 4096  # characters

_STATES: Final = frozenset({"Idle", "Ok", "Busy", "Alert"})
_PERMISSIONS: Final = frozenset({"ro", "rw", "wo"})
_RULES: Final = frozenset({"OneOfMany", "AtMostOne", "AnyOfMany"})
_KINDS: Final = frozenset({"Switch", "Number", "Text", "Light"})
_LEVELS: Final = ("INFO", "WARNING", "ERROR", "DEBUG")

Value = bool | float | str | None
"""A switch's, a number's (None: what was told is no number), a text's, or a light's state."""


@dataclass(slots=True)
class KnownMember:
    """A member of a property; minimum, maximum, step and format are those of a number."""

    name: str
    label: str
    value: Value
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 0.0
    format: str = ""


@dataclass(slots=True)
class KnownProperty:
    """A property as it was defined, with its present state and values."""

    device: str
    name: str
    kind: str
    label: str
    group: str
    state: str
    perm: str
    rule: str
    members: dict[str, KnownMember]

    def value(self, member: str) -> Value:
        """Return the value of a member; None if there is no such member."""
        known = self.members.get(member)
        return None if known is None else known.value

    def text(self, member: str) -> str:
        """Return the value of a text member; empty if there is no such member."""
        value = self.value(member)
        return value if isinstance(value, str) else ""

    def on(self, member: str) -> bool:
        """Return whether a switch member is On."""
        return self.value(member) is True


class Defined(NamedTuple):
    """A property was defined, or defined anew."""

    device: str
    name: str


class Updated(NamedTuple):
    """A property's state was told, and the values of some members."""

    device: str
    name: str
    members: Sequence[str]


class Deleted(NamedTuple):
    """A property was deleted; the whole device if the name is empty."""

    device: str
    name: str


class Said(NamedTuple):
    """A text for people; the name is that of the property in whose update it came, else empty."""

    device: str
    name: str
    level: str
    text: str
    time: str


Change = Defined | Updated | Deleted | Said


@dataclass
class KnownDevices:
    """Collects what an INDI server tells. What is beyond the bounds is left out, and logged once."""

    _devices: dict[str, dict[str, KnownProperty]] = field(default_factory=dict)
    _count: int = 0  # members in all
    _complained: bool = False

    def __iter__(self) -> Iterator[str]:
        return iter(self._devices)

    def of(self, device: str) -> Mapping[str, KnownProperty]:
        """Return the properties of a device, by name."""
        return self._devices.get(device, {})

    def get(self, device: str, name: str) -> KnownProperty | None:
        """Return a property; None if it is not known."""
        return self.of(device).get(name)

    def clear(self) -> None:
        """Forget all."""
        self._devices.clear()
        self._count = 0

    def take(self, element: Element) -> list[Change]:
        """Record a message of a server, and return what it changed, in order."""
        device, name, tag = element.get("device", ""), element.get("name", ""), element.tag
        if tag == "message":
            return _said(element, "")
        if tag == "delProperty":
            return self._delete(device, name)
        if tag in DEFINITIONS:
            return self._define(element, device, name)
        if tag.startswith("set"):
            return self._update(element, device, name)
        return []

    def _define(self, element: Element, device: str, name: str) -> list[Change]:
        prop = _property(element, device, name)
        if prop is None:
            return []
        properties = self._devices.get(device, {})
        before = properties.get(name)
        count = self._count + len(prop.members) - (0 if before is None else len(before.members))
        if not self._has_room(device, properties, name, count):
            self._complain(device, name)
            return []
        self._devices.setdefault(device, properties)[name] = prop
        self._count = count
        return [Defined(device, name), *_said(element, name)]

    def _has_room(self, device: str, properties: Mapping[str, KnownProperty], name: str, count: int) -> bool:
        return (
            (device in self._devices or len(self._devices) < MOST_DEVICES)
            and (name in properties or len(properties) < MOST_PROPERTIES)
            and count <= MOST_MEMBERS_IN_ALL
        )

    def _complain(self, device: str, name: str) -> None:
        if not self._complained:
            self._complained = True
            _log.warning(
                "The INDI server has more than is shown: %s of %s and others are left out",
                shortened(name),
                shortened(device),
            )

    def _update(self, element: Element, device: str, name: str) -> list[Change]:
        prop = self.get(device, name)
        if prop is None or element.tag != f"set{prop.kind}Vector":
            return []
        prop.state = _one_of(_STATES, element.get("state"), prop.state)
        told = []
        for one in element:
            member = prop.members.get(one.get("name", ""))
            if member is not None:
                member.value = _value(prop.kind, one.text or "")
                told.append(member.name)
        return [Updated(device, name, told), *_said(element, name)]

    def _delete(self, device: str, name: str) -> list[Change]:
        properties = self._devices.get(device)
        if properties is None or (name and name not in properties):
            return []
        gone = [properties.pop(name)] if name else list(self._devices.pop(device).values())
        self._count -= sum(len(prop.members) for prop in gone)
        if not properties:
            self._devices.pop(device, None)
        return [Deleted(device, name)]


def _property(element: Element, device: str, name: str) -> KnownProperty | None:
    """Return the property that an element defines; None for a BLOB, and for one that is out of bounds."""
    kind = element.tag.removeprefix("def").removesuffix("Vector")
    names = [one.get("name", "") for one in element]
    fits = len(element) <= MOST_MEMBERS and all(0 < len(one) <= NAME_LIMIT for one in (device, name, *names))
    if kind not in _KINDS or not fits:
        return None
    return KnownProperty(
        device,
        name,
        kind,
        label=_short(element.get("label")) or name,
        group=_short(element.get("group")),
        state=_one_of(_STATES, element.get("state"), "Idle"),
        perm="ro" if kind == "Light" else _one_of(_PERMISSIONS, element.get("perm"), "rw"),
        rule=_one_of(_RULES, element.get("rule"), "OneOfMany") if kind == "Switch" else "",
        members={one.get("name", ""): _member(kind, one) for one in element},
    )


def _member(kind: str, one: Element) -> KnownMember:
    name = one.get("name", "")
    member = KnownMember(name, _short(one.get("label")) or name, _value(kind, one.text or ""))
    if kind == "Number":
        member.minimum, member.maximum, member.step = (
            _number(one.get(attribute, "")) or 0.0 for attribute in ("min", "max", "step")
        )
        member.format = _short(one.get("format"))
    return member


def _value(kind: str, text: str) -> Value:
    match kind:
        case "Switch":
            return text.strip() == "On"
        case "Number":
            return _number(text)
        case "Light":
            return _one_of(_STATES, text.strip(), "Idle")
        case _:
            return text.strip()[:LONGEST_TEXT]  # indiserver puts line ends around it


def _number(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None


def _one_of(words: frozenset[str], word: str | None, default: str) -> str:
    return word if word in words else default


def _short(text: str | None) -> str:
    return (text or "")[:NAME_LIMIT]


def _said(element: Element, name: str) -> list[Change]:
    """Return the text for people in a message, without its level."""
    text = element.get("message", "")[:LONGEST_TEXT]
    if not text:
        return []
    level = next((level for level in _LEVELS if text.startswith(f"[{level}] ")), None)
    said = text if level is None else text.removeprefix(f"[{level}] ")
    time = _short(element.get("timestamp"))
    return [Said(element.get("device", "")[:NAME_LIMIT], name, level or "INFO", said, time)]
