"""indipydriver's vectors, by which it finds what there is to be defined, made to show what properties hold."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import indipydriver


class _Shows:
    """Shows what a property holds, where indipydriver would have values of its own."""

    enable: bool
    text_of: Callable[[str], str]

    def __getitem__(self, member: str) -> str:
        return self.text_of(member)


class _NumberVector(_Shows, indipydriver.NumberVector):
    pass


class _SwitchVector(_Shows, indipydriver.SwitchVector):
    pass


class _TextVector(_Shows, indipydriver.TextVector):
    pass


class _LightVector(_Shows, indipydriver.LightVector):
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
    text_of: Callable[[str], str],
) -> Any:
    """Return an indipydriver vector, which takes no part before a client knows it.

    Args:
        kind: Number, Switch, Text or Light.
        head: Name, label, group and state.
        rights: perm, and rule for a switch; a light has none.
        members: Name, label and first value of each member.
        text_of: Returns the value of a member as it is now, as INDI writes it.
    """
    vector_class, member_class = _KINDS[kind]
    made = [member_class(name, label, membervalue=value) for name, label, value in members]
    arguments = {**rights, f"{kind.lower()}members": made, "state": head[3]}
    if kind == "Light":
        del arguments["perm"]
    vector = vector_class(*head[:3], **arguments)
    vector.text_of = text_of
    vector.enable = False
    return vector
