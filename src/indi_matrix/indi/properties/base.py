"""INDI properties: their values, the check of clients' writes, and the messages to clients.

indipydriver finds a property by the property's indipydriver vector. The values are kept here, as Python values.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from xml.etree.ElementTree import Element, SubElement

from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.vectors import make_vector
from indi_matrix.indi.wire.message import ElementMessage, Message, deletion
from indi_matrix.indi.wire.set_vector import Outline, SetVector
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write


class State(StrEnum):
    """State of a property."""

    IDLE = "Idle"
    OK = "Ok"
    BUSY = "Busy"
    ALERT = "Alert"


class Perm(StrEnum):
    """What a client may do with a property."""

    READ = "ro"
    WRITE = "wo"
    READ_WRITE = "rw"


class Rule(StrEnum):
    """How many members of a switch property may be On."""

    ONE_OF_MANY = "OneOfMany"
    AT_MOST_ONE = "AtMostOne"
    ANY_OF_MANY = "AnyOfMany"


V = TypeVar("V")


class Member(Generic[V]):
    """One member of a property, with its first value."""

    __slots__ = ("label", "name", "value")

    def __init__(self, name: str, label: str, value: V) -> None:
        self.name = name
        self.label = label
        self.value = value


class NumberMember(Member[float]):
    """A number with its limits, both inclusive.

    `step` is the increment that clients offer; a written value need not be a multiple of it.
    """

    __slots__ = ("format", "maximum", "minimum", "step")

    def __init__(  # noqa: PLR0913, PLR0917 - what INDI declares of a number
        self,
        name: str,
        label: str,
        value: float,
        minimum: float,
        maximum: float,
        step: float = 1,
        format: str = "%.f",  # noqa: A002 - INDI's word
    ) -> None:
        super().__init__(name, label, value)
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.format = format

    @property
    def whole(self) -> bool:
        """Whether a written value is rounded to a whole number, because the format shows no decimals."""
        return self.format == "%.f"


def timestamp() -> str:
    """Return the time now, in UTC, as INDI writes it."""
    return _second(int(time.time()))


@lru_cache(1)
def _second(number: int) -> str:
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Property(ABC, Generic[V]):
    """The base of all kinds of properties.

    `on_write` is called with the values that all members would have after a checked write. It returns the state
    to answer with, or raises a MatrixError to refuse the write; the values then stay.

    `on_refused` is called with the same values when a write is refused because the service is lost. It returns
    what becomes of the write nevertheless; the refusal's message says so.

    `source`, if given, returns the true values: those of a property whose values follow from something else.

    `saved`: whether the property is part of the config file. `saved_at_once`: whether each write is saved there
    without being asked.

    `members_vary`: whether members come and go; the config file then keeps values of members that are gone.

    `tells_of_writes`: whether the state is the result of the last write. Otherwise it is that of something else,
    such as a connection or a measurement, and is sent again after the Alert of a refused write.

    `timeout` is the attribute of the vector: seconds that an answer to a write may take, 0 for no limit. Its
    value is libindi's for the same property, else 60, as nearly all properties of libindi have.
    """

    kind: ClassVar[str]

    def __init__(  # noqa: PLR0913 - an INDI property is declared with this many attributes
        self,
        name: str,
        label: str,
        group: str,
        members: Iterable[Member[V]],
        *,
        perm: Perm = Perm.READ_WRITE,
        state: State = State.IDLE,
        on_write: Callable[[Mapping[str, V]], State] | None = None,
        source: Callable[[], Mapping[str, V]] | None = None,
        saved: bool = False,
        saved_at_once: bool = False,
        timeout: int = 60,
    ) -> None:
        self.name = name
        self.label = label
        self.group = group
        self.perm = perm
        self.state = state
        self.on_write = on_write
        self.on_refused: Callable[[Mapping[str, V]], str] | None = None
        self.saved = saved or saved_at_once
        self.saved_at_once = saved_at_once
        self.tells_of_writes = self.writable
        self.members_vary = False
        self.timeout = timeout
        self._source = source
        self.members = {member.name: member for member in members}
        self._values = {member.name: member.value for member in self.members.values()}
        self._post: Callable[[Message], None] | None = None
        self.device = ""
        self.vector: Any = None  # indipydriver's; made when clients first know the property, as some never do

    @property
    def values(self) -> Mapping[str, V]:
        """True value of each member."""
        return self._source() if self._source is not None else self._values

    @property
    def state_text(self) -> str:
        """State, as INDI writes it."""
        return self.state.value

    def text_of(self, member: str) -> str:
        """Return the true value of a member, as INDI writes it."""
        return self._text(self.values[member])

    @property
    def writable(self) -> bool:
        """Whether clients may write it."""
        return self.perm is not Perm.READ

    @property
    def defined(self) -> bool:
        """Whether clients know the property now."""
        return self._post is not None

    def attach(self, device: str, post: Callable[[Message], None]) -> None:
        """Open the property to clients: take writes, send changes by `post`. The caller sends the definition."""
        self.device = device
        self._post = post
        # The protocol makes a timeout optional in a set vector, but indipyclient relies on it.
        self._outline = Outline(self.kind, device, self.name, self.members, self._limit())
        if self.vector is None:
            members = [(member.name, member.label) for member in self.members.values()]
            self.vector = make_vector(self, self._rights(), members)
        self.vector.enable = True

    def relabel(self, label: str) -> None:
        """Change the label; clients see it with the next definition."""
        self.label = label
        if self.vector is not None:
            self.vector.label = label

    def delete(self) -> None:
        """Take the property away from clients."""
        if self._post is not None:
            self._post(deletion(self.device, self.name, timestamp()))
            self.vector.enable = False
            self._post = None

    def publish_reading(
        self,
        values: Mapping[str, V] | None = None,
        state: State | None = None,
        text: str = "",
        level: str = "ERROR",
    ) -> None:
        """Record values and state that changed without a write; send clients the members that changed.

        Nothing is sent where nothing changed and there is no text.

        Args:
            values: New values of some or all members; a property with a source takes those of the source instead.
            state: New state. None: Ok if a value changed or these values are the first; else it stays.
            text: Text to send along, for people.
            level: Level of the text: INFO, WARNING, ERROR or DEBUG.
        """
        first = values is not None and self.state is State.IDLE
        given = self._source() if self._source is not None else values or {}
        changed: dict[str, V] = {}
        if given != self._values:  # most readings repeat the last one
            changed = {name: value for name, value in given.items() if self._values[name] != value}
        if state is None:
            state = State.OK if changed or first else self.state
        if changed or text or state is not self.state:
            self._values.update(changed)
            self.state = state
            self._send(changed, text, level)

    def reply(self, values: Mapping[str, V] | None, state: State, text: str = "", level: str = "ERROR") -> None:
        """Record values and state, and send clients all members, with a text of a level if one is given.

        A property with a source takes the values of the source instead.
        """
        self._values.update(self._source() if self._source is not None else values or {})
        self.state = state
        self._send(self._values, text, level)

    def definition(self) -> Message:
        """Return the message that defines the property as it is now."""
        self._values.update(self.values)
        attributes = {
            "device": self.device,
            "name": self.name,
            "label": self.label,
            "group": self.group,
            "state": self.state.value,
            "timestamp": timestamp(),
            **self._rights(),
            **self._limit(),
        }
        element = Element(f"def{self.kind}Vector", attributes)
        for member in self.members.values():
            one = SubElement(element, f"def{self.kind}", name=member.name, label=member.label)
            one.attrib.update(self._member_attributes(member))
            one.text = self._text(self._values[member.name])
        return ElementMessage(element)

    def as_saved(self) -> Element:
        """Return the newXxxVector of a config file that brings back the present values."""
        values = self.values
        element = Element(f"new{self.kind}Vector", device=self.device, name=self.name)
        for name in self.members:
            SubElement(element, f"one{self.kind}", name=name).text = self._text(values[name])
        return element

    def read(self, write: Write) -> Mapping[str, V]:
        """Check a client's write, and return the values that all members would have after it.

        Raises:
            WriteError: The write is refused; the text names property, member, value and limit.
        """
        if not self.writable:
            raise WriteError(f"{self.name} is read-only")
        if write.kind != self.kind:
            raise WriteError(f"{self.name} takes a new{self.kind}Vector, not a {shortened(write.tag)}")
        written: dict[str, V] = {}
        members = self.members
        for name, text in write.members:
            if name not in members:
                raise WriteError(f"{self.name} has no member {shortened(name)}; it has {self._member_list()}")
            if name in written:
                raise WriteError(f"{self.name}.{name} is written twice in one vector")
            written[name] = self.parse(members[name], text)
        if write.stray:
            raise WriteError(f"{self.name} takes one{self.kind} members, not {shortened(write.stray)}")
        if not written:
            raise WriteError(f"{self.name} was written with no member; it has {self._member_list()}")
        return self.merge_written(written)

    def _member_list(self) -> str:
        """Return the members' names; of more than five only the first and the last."""
        names = list(self.members)
        return ", ".join(names) if len(names) <= 5 else f"{names[0]} to {names[-1]}"  # noqa: PLR2004

    def merge_written(self, written: dict[str, V]) -> Mapping[str, V]:
        """Return the values of all members after a write.

        Raises:
            WriteError: They break the property's rule.
        """
        return written if len(written) == len(self.members) else {**self.values, **written}

    def _send(self, values: Mapping[str, V], text: str, level: str) -> None:
        """Send members with their values, while the property is defined."""
        if self._post is None:
            return
        text_of = self._text
        texts = {name: text_of(value) for name, value in values.items()}
        self._post(SetVector(self._outline, self.state, timestamp(), texts, level, text))

    def _rights(self) -> dict[str, str]:
        """Return the attributes that tell what a client may do: perm, and rule of a switch property."""
        return {"perm": self.perm.value}

    def _limit(self) -> dict[str, str]:
        """Return the attribute `timeout`."""
        return {"timeout": str(self.timeout)}

    def _member_attributes(self, member: Member[V]) -> dict[str, str]:  # noqa: ARG002 - numbers have some
        """Return the attributes that a member's definition has beyond name and label."""
        return {}

    @abstractmethod
    def _text(self, value: V, /) -> str:
        """Return a value as INDI writes it."""

    def usual_values(self, member: Member[V]) -> Mapping[bytes, V]:  # noqa: ARG002 - texts have none
        """Return what `parse` makes of some texts, by their bytes: of those that are written often."""
        return {}

    @abstractmethod
    def parse(self, member: Member[V], text: str) -> V:
        """Return the value that a client wrote.

        Raises:
            WriteError: The text is no such value.
        """


AnyProperty = Property[Any]
