"""What browsers are sent, as objects that become JSON. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from indi_matrix.page.indi_side.known_devices import KnownMember, KnownProperty, Said

Message = Mapping[str, Any]
"""One message to a browser."""


def frame_text(messages: Sequence[Message]) -> str:
    """Return some messages as one text."""
    return json.dumps(messages, separators=(",", ":"))


def definition(prop: KnownProperty) -> Message:
    """Return a property as it is now."""
    return {
        "t": "def", "device": prop.device, "name": prop.name, "kind": prop.kind, "label": prop.label,
        "group": prop.group, "state": prop.state, "perm": prop.perm, "rule": prop.rule,
        "members": [_member(one) for one in prop.members.values()],
    }  # fmt: skip


def _member(one: KnownMember) -> Message:
    return {
        "name": one.name, "label": one.label, "value": one.value,
        "min": one.minimum, "max": one.maximum, "step": one.step, "format": one.format,
    }  # fmt: skip


def update(prop: KnownProperty, members: Iterable[str]) -> Message:
    """Return a property's state, and the values of some of its members."""
    values = {name: prop.value(name) for name in prop.members if name in members}
    return {"t": "set", "device": prop.device, "name": prop.name, "state": prop.state, "values": values}


def deletion(device: str, name: str) -> Message:
    """Return the deletion of a property, or of a whole device if the name is empty."""
    return {"t": "del", "device": device, "name": name} if name else {"t": "del", "device": device}


def words(said: Said) -> Message:
    """Return a text for people."""
    about = {"name": said.name} if said.name else {}
    return {
        "t": "message", "device": said.device, **about, "level": said.level, "text": said.text, "time": said.time,
    }  # fmt: skip


def ring(device: str, frame: bytes) -> Message:
    """Return what a ring shows."""
    return {"t": "ring", "device": device, "leds": frame.hex().upper()}


def answer(number: int | None, problem: str = "") -> Message:
    """Return the answer to a browser's request; a problem tells why it was not passed on."""
    return {"t": "answer", "id": number, "ok": not problem, "text": problem}
