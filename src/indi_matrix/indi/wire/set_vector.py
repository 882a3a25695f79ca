"""Set vectors, made of parts that a property prepares once, as most messages of a driver are set vectors."""

from collections.abc import Iterable, Mapping

from indi_matrix.indi.wire.message import Message, limited
from indi_matrix.indi.wire.writer import in_attribute, in_text


class Outline:
    """The parts that all set vectors of a property have in common.

    Args:
        kind: Number, Switch, Text or Light.
        device: Name of the device.
        name: Name of the property.
        members: Names of the members.
        attributes: Further attributes of the start tag, with values that need no escaping.

    Attributes:
        tag: Tag of the vector.
        device: Name of the device.
        name: Name of the property.
        end: XML of a vector behind its members.
        starts, one_end: XML of a member up to its value, by the member's name; XML behind the value.
    """

    def __init__(
        self, kind: str, device: str, name: str, members: Iterable[str], attributes: Mapping[str, str]
    ) -> None:
        self.tag = f"set{kind}Vector"
        self.device = device
        self.name = name
        self.starts = {member: f'<one{kind} name="{in_attribute(member)}">' for member in members}
        self.one_end = f"</one{kind}>"
        self.end = f"</{self.tag}>\n"
        self._begin = f'<{self.tag} device="{in_attribute(device)}" name="{in_attribute(name)}" state="'
        self._others = "".join(f' {key}="{value}"' for key, value in attributes.items())
        self._state = self._timestamp = ""
        self._head = ""

    def head(self, state: str, timestamp: str) -> str:
        """Return the start tag but for its end; it is made once for a state and a timestamp."""
        if state is not self._state or timestamp is not self._timestamp:
            self._state, self._timestamp = state, timestamp
            self._head = f'{self._begin}{state}" timestamp="{timestamp}"{self._others}'
        return self._head


class SetVector(Message):
    """State and members of a property. The texts of members must hold only what XML can carry."""

    __slots__ = ("_outline", "_state", "_texts", "_timestamp")

    def __init__(  # noqa: PLR0913, PLR0917 - what a set vector has; one is made for each answer
        self,
        outline: Outline,
        state: str,
        timestamp: str,
        texts: Mapping[str, str],
        level: str = "",
        text: str = "",
    ) -> None:
        self.tag = outline.tag
        self.device = outline.device
        self.name = outline.name
        self.level = level
        self.text = limited(level, text) if text else ""
        self._outline = outline
        self._state = state
        self._timestamp = timestamp
        self._texts = texts

    def data(self) -> bytes:
        """Return the vector as UTF-8 with a newline behind it."""
        outline = self._outline
        parts = [outline.head(self._state, self._timestamp)]
        if self.text:
            parts.append(f' message="{in_attribute(self.bracketed_text())}"')
        parts.append(">")
        starts, one_end = outline.starts, outline.one_end
        for name, text in self._texts.items():
            parts += starts[name], text if text.isalnum() else in_text(text), one_end
        parts.append(outline.end)
        return "".join(parts).encode()

    def members(self) -> Mapping[str, str]:
        """Return the text of each member, by its name."""
        return self._texts

    def merge(self, earlier: Message) -> None:
        """Add what only an earlier set vector of the property has: other members, and its text."""
        texts, starts = self._texts, self._outline.starts
        others = {name: text for name, text in earlier.members().items() if name in starts and name not in texts}
        self._texts = {**texts, **others}
        if not self.text:
            self.level, self.text = earlier.level, earlier.text
