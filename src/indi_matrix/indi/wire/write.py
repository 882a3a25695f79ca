"""A client's write: one property of a device, and a text for each written member."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self
from xml.etree.ElementTree import Element, SubElement

WRITES: Final = {f"new{kind}Vector": kind for kind in ("Text", "Number", "Switch", "BLOB")}
"""The kind of a vector, by the tag of a write to it."""


class Write(NamedTuple):
    """A client's write, unchecked.

    Attributes:
        kind: Text, Number, Switch or BLOB.
        device: Name of the device, empty if none is named.
        name: Name of the property, empty if none is named.
        members: Name and text of each member, in order, up to the first child that is no member of this kind.
        stray: Tag of that child; empty if there is none.
    """

    kind: str
    device: str
    name: str
    members: Sequence[tuple[str, str]]
    stray: str = ""

    @classmethod
    def of(cls, element: Element) -> Self:
        """Return the write that an element stands for, whose tag is one of WRITES."""
        kind = WRITES[element.tag]
        tag = f"one{kind}"
        members, stray = [], ""
        for one in element:
            if one.tag != tag:
                stray = one.tag
                break
            members.append((one.get("name", ""), one.text or ""))
        return cls(kind, element.get("device", ""), element.get("name", ""), members, stray)

    @property
    def tag(self) -> str:
        """Tag of the element that the write stands for."""
        return f"new{self.kind}Vector"

    def element(self) -> Element:
        """Return the write as the element that it stands for."""
        element = Element(self.tag, device=self.device, name=self.name)
        for name, text in self.members:
            SubElement(element, f"one{self.kind}", name=name).text = text
        if self.stray:
            SubElement(element, self.stray)
        return element
