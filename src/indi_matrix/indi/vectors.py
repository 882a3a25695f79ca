"""indipydriver's vectors, made to pass on every write, also one that they would drop or die of."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

import indipydriver


class Write(indipydriver.events.Event):
    """The event of a client's write to one of our vectors, not yet checked.

    Has indipydriver's attributes devicename, vectorname, vector and root.
    """


class _PassesOn:
    """Turns whatever is addressed to a vector that clients know into a Write."""

    enable: bool
    devicename: str
    name: str

    def create_event(self, root: Element) -> Write | None:
        """Return the event for rxevent."""
        return Write(self.devicename, self.name, self, root) if self.enable else None


class _NumberVector(_PassesOn, indipydriver.NumberVector):
    pass


class _SwitchVector(_PassesOn, indipydriver.SwitchVector):
    pass


class _TextVector(_PassesOn, indipydriver.TextVector):
    pass


class _LightVector(_PassesOn, indipydriver.LightVector):
    pass


_KINDS = {
    "Number": (_NumberVector, indipydriver.NumberMember),
    "Switch": (_SwitchVector, indipydriver.SwitchMember),
    "Text": (_TextVector, indipydriver.TextMember),
    "Light": (_LightVector, indipydriver.LightMember),
}


def make_vector(
    kind: str,
    head: tuple[str, str, str, str],
    rights: Mapping[str, str],
    members: Iterable[tuple[str, str, str]],
) -> Any:
    """Return an indipydriver vector, which takes no part before a client knows it.

    Args:
        kind: Number, Switch, Text or Light.
        head: Name, label, group and state.
        rights: perm, and rule for a switch; a light has none.
        members: Name, label and value of each member.
    """
    vector_class, member_class = _KINDS[kind]
    made = [member_class(name, label, membervalue=value) for name, label, value in members]
    arguments = {**rights, f"{kind.lower()}members": made, "state": head[3]}
    if kind == "Light":
        del arguments["perm"]
    vector = vector_class(*head[:3], **arguments)
    vector.enable = False
    return vector
