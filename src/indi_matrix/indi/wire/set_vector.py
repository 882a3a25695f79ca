"""Set vectors as bytes, made from pieces that a property prepares once: most of what a driver sends is these."""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement

from indi_matrix.indi.wire.writer import in_attribute, in_text, serialise


class Outline:
    """What all set vectors of a property have in common.

    Attributes:
        tag: That of the vector.
        device: Name of the device.
        name: Name of the property.
        attributes: Those that the vector has beyond device, name, state and timestamp, as plain as numbers.
        one: The tag of a member.
        begin, others, end: The text of a vector, up to its state, from its timestamp to its members, and behind.
        starts, one_end: The text of a member, before its value by its name, and behind that.
    """

    def __init__(
        self, kind: str, device: str, name: str, members: Iterable[str], attributes: Mapping[str, str]
    ) -> None:
        self.tag = f"set{kind}Vector"
        self.device = device
        self.name = name
        self.attributes = attributes
        self.one = f"one{kind}"
        self.starts = {member: f'<{self.one} name="{in_attribute(member)}">' for member in members}
        self.one_end = f"</{self.one}>"
        self.begin = f'<{self.tag} device="{in_attribute(device)}" name="{in_attribute(name)}" state="'
        self.others = "".join(f' {key}="{value}"' for key, value in attributes.items())
        self.end = f"</{self.tag}>\n"


class Update:
    """One set vector, without a message; its texts hold nothing that XML cannot carry.

    Attributes:
        tag: That of its element.
    """

    __slots__ = ("_outline", "_state", "_texts", "_timestamp", "tag")

    def __init__(self, outline: Outline, state: str, timestamp: str, texts: Mapping[str, str]) -> None:
        self.tag = outline.tag
        self._outline = outline
        self._state = state
        self._timestamp = timestamp
        self._texts = texts

    def get(self, attribute: str) -> str | None:
        """Return the name of the device or of the property; None for anything else, so for a message, too."""
        return getattr(self._outline, attribute) if attribute in {"device", "name"} else None

    def element(self) -> Element:
        """Return it as the XML element that it stands for."""
        outline = self._outline
        head = {"device": outline.device, "name": outline.name, "state": self._state, "timestamp": self._timestamp}
        element = Element(outline.tag, head | dict(outline.attributes))
        for name, text in self._texts.items():
            SubElement(element, outline.one, {"name": name}).text = text
        return element

    def data(self) -> bytes:
        """Return it as bytes, with a newline behind it."""
        outline = self._outline
        ones = [outline.starts[name] + in_text(text) + outline.one_end for name, text in self._texts.items()]
        head = f'{outline.begin}{self._state}" timestamp="{self._timestamp}"{outline.others}>'
        return f"{head}{''.join(ones)}{outline.end}".encode()


Message = Element | Update
"""What is sent: an element, or what stands for one."""


def as_element(message: Message) -> Element:
    """Return a message as an element."""
    return message.element() if isinstance(message, Update) else message


def as_bytes(message: Message) -> bytes:
    """Return a message as UTF-8 with a newline behind it."""
    return message.data() if isinstance(message, Update) else serialise(message)
