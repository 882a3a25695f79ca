"""Bound writes: the bytes of a start tag lead straight to the property, past all that reads and looks up.

Clients write the same few properties again and again, with start tags of the same bytes. The first such tag is
read, and bound to the property that it names; from then on a look into a dictionary finds that. The members are
judged from one match. Whatever does not match, and every write that is refused before its handler runs, is left
to the general way: the stream, `DirectDriver.offer` and the board's judge. Both ways carry out a write by the same
function of the board, and answer through one outbox.

What a tag is bound to holds until a property is defined or deleted, or debug messages are switched on or off.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from indi_matrix.indi.properties.base import AnyProperty
from indi_matrix.indi.properties.bound_members import BoundMembers
from indi_matrix.indi.wire.fast_reader import start_of
from indi_matrix.indi.wire.write import Write

_MOST_TAGS: Final = 256
_LONGEST_TAG: Final = 256  # bytes


class Binding(NamedTuple):
    """What a property has for the writes that are bound to it.

    Attributes:
        prop: The property.
        carry_out: Carries out a write that was read, by the values of all members as it would have them; answers.
    """

    prop: AnyProperty
    carry_out: Callable[[Mapping[str, Any]], None]


class BoundWrite(NamedTuple):
    """What a start tag is bound to.

    Attributes:
        start: The write without its members.
        read: Reads the members in data from a place on; returns the values of all members, and where the write
            ends, or None where the general way is to read it.
        carry_out: As in Binding.
    """

    start: Write
    read: Callable[[bytes, int], tuple[Mapping[str, Any], int] | None]
    carry_out: Callable[[Mapping[str, Any]], None]


class BoundWrites:
    """The start tags that are bound; when there are too many, all are forgotten.

    Args:
        bind: Returns what a property has for bound writes, by the names of device and property; None for one that
            does not exist, and for all while each write has to be told.
    """

    def __init__(self, bind: Callable[[str, str], Binding | None]) -> None:
        self._bind = bind
        self._bound: dict[bytes, BoundWrite | None] = {}

    def forget(self) -> None:
        """Bind all anew: there are other properties, or other ways to carry out a write."""
        self._bound.clear()

    def read(self, data: bytes, begin: int) -> tuple[BoundWrite, Mapping[str, Any], int] | None:
        """Return the bound write at a place in the data, the values of all members, and where the write ends.

        Return None where the general way is to read on.
        """
        tag_end = data.find(b">", begin, begin + _LONGEST_TAG) + 1
        tag = data[begin:tag_end]
        bound = self._bound[tag] if tag in self._bound else self._bind_tag(tag)
        if bound is None:
            return None
        found = bound.read(data, tag_end)
        return None if found is None else (bound, *found)

    def _bind_tag(self, tag: bytes) -> BoundWrite | None:
        """Bind a start tag; also that it has no property is remembered."""
        if len(self._bound) >= _MOST_TAGS:
            self.forget()
        bound = self._bound[tag] = self._bound_to(tag)
        return bound

    def _bound_to(self, tag: bytes) -> BoundWrite | None:
        if (start := start_of(tag)) is None:
            return None
        kind, device, name = start
        binding = self._bind(device, name)
        if binding is None or binding.prop.kind != kind or not binding.prop.writable:
            return None
        return BoundWrite(Write(kind, device, name, ()), BoundMembers(binding.prop).read, binding.carry_out)
