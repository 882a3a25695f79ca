"""Messages that a driver sends: definitions, deletions and texts. Set vectors are in `set_vector`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.indi.wire.writer import serialise
from indi_matrix.texts import printable

_TEXT_LIMIT: Final = 255  # characters of a text with its level: libindi's MAXINDIMESSAGE


class Message(ABC):
    """One message on its way to clients.

    Attributes:
        tag: Tag of its XML element.
        device: Name of the device; None if the message is about none.
        name: Name of the property; None if the message is about none.
        level: INFO, WARNING, ERROR or DEBUG, where there is a text.
        text: Text for people, as `limited` returns it; sent behind the level. Empty if there is none.
    """

    __slots__ = ("device", "level", "name", "tag", "text")

    tag: str
    device: str | None
    name: str | None
    level: str
    text: str

    @abstractmethod
    def data(self) -> bytes:
        """Return the message as UTF-8 with a newline behind it."""

    @abstractmethod
    def members(self) -> Mapping[str, str]:
        """Return the text of each member, by its name."""

    @abstractmethod
    def merge(self, earlier: "Message") -> None:
        """Add what only an earlier set vector of the property has: other members, and its text."""

    def element(self) -> ET.Element:
        """Return the message as an XML element, as indipydriver wants it."""
        return ET.fromstring(self.data())  # noqa: S314 - made by our own writer

    def bracketed_text(self) -> str:
        """Return the text behind its level, as clients are sent it."""
        return f"[{self.level}] {self.text}"


class ElementMessage(Message):
    """A message made of an XML element, which the caller must not change afterwards."""

    __slots__ = ("_element",)

    def __init__(self, element: ET.Element, level: str = "", text: str = "") -> None:
        self.tag = element.tag
        self.device = element.get("device")
        self.name = element.get("name")
        self.level = level
        self.text = limited(level, text) if text else ""
        self._element = element

    def data(self) -> bytes:
        """Return the message as UTF-8 with a newline behind it."""
        if self.text:
            self._element.set("message", self.bracketed_text())
        return serialise(self._element)

    def members(self) -> Mapping[str, str]:
        """Return the text of each member, by its name."""
        return {one.get("name", ""): one.text or "" for one in self._element}

    def merge(self, earlier: Message) -> None:
        """Add what only an earlier set vector of the property has: other members, and its text."""
        own = self.members()
        tag = self.tag.removesuffix("Vector").replace("set", "one")
        for name, text in earlier.members().items():
            if name not in own:
                ET.SubElement(self._element, tag, {"name": name}).text = text
        if not self.text and "message" not in self._element.attrib:
            self.level, self.text = earlier.level, earlier.text


def deletion(device: str, name: str, timestamp: str) -> Message:
    """Return the deletion of a property."""
    return ElementMessage(ET.Element("delProperty", device=device, name=name, timestamp=timestamp))


def words(device: str, timestamp: str, level: str, text: str) -> Message:
    """Return a message that is a text alone, of the level INFO, WARNING, ERROR or DEBUG."""
    return ElementMessage(ET.Element("message", device=device, timestamp=timestamp), level, text)


def limited(level: str, text: str) -> str:
    """Return a text as printable ASCII, cut so that INDI's limit holds with the level in front of it."""
    return printable(text, _TEXT_LIMIT)[: _TEXT_LIMIT - len(f"[{level}] ")]
