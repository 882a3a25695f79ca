"""indipydriver's vectors, in which indipydriver looks up the properties to define.

They hold no values and no state. Reading a value as the library does, by
`driver["MATRIX"]["EVERLOOP_COLOR"]["RED"]`, asks the property.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

import indipydriver


class Shown(Protocol):
    """What a vector needs of its property."""

    kind: ClassVar[str]
    name: str
    label: str
    group: str

    @property
    def state_text(self) -> str:
        """State, as INDI writes it."""

    def text_of(self, member: str) -> str:
        """Return the true value of a member, as INDI writes it."""


class _ShowsProperty:
    """The base of the vectors: takes values and state from the property."""

    prop: Shown
    enable: bool

    def __getitem__(self, member: str) -> str:
        return self.prop.text_of(member)

    @property
    def state(self) -> str:
        """State of the property."""
        return self.prop.state_text

    @state.setter
    def state(self, value: str) -> None:
        """Ignore the state that the library's constructor sets."""


class _NumberVector(_ShowsProperty, indipydriver.NumberVector):
    def getfloatvalue(self, membername: str) -> float:
        return float(self[membername])

    def getformattedvalue(self, membername: str) -> str:
        return self[membername]


class _SwitchVector(_ShowsProperty, indipydriver.SwitchVector):
    pass


class _TextVector(_ShowsProperty, indipydriver.TextVector):
    pass


class _LightVector(_ShowsProperty, indipydriver.LightVector):
    pass


_KINDS = {
    "Number": (_NumberVector, indipydriver.NumberMember),
    "Switch": (_SwitchVector, indipydriver.SwitchMember),
    "Text": (_TextVector, indipydriver.TextMember),
    "Light": (_LightVector, indipydriver.LightMember),
}


def make_vector(prop: Shown, rights: Mapping[str, str], members: Iterable[tuple[str, str]]) -> Any:
    """Return an indipydriver vector, disabled until clients know the property.

    Args:
        prop: The property of the vector.
        rights: perm, and rule for a switch; nothing for a light.
        members: Name and label of each member.
    """
    vector_class, member_class = _KINDS[prop.kind]
    arguments = {**rights, f"{prop.kind.lower()}members": [member_class(*member) for member in members]}
    vector = vector_class(prop.name, prop.label, prop.group, state="Idle", **arguments)
    vector.prop = prop
    vector.enable = False
    return vector
