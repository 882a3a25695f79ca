"""Members of a bound write, from bytes to the values that the property would have."""

from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from indi_matrix.indi.properties.base import Property
from indi_matrix.indi.wire.fast_reader import LONGEST, members_pattern

V = TypeVar("V")

_MOST_KEPT: Final = 32  # rests of writes
_LONGEST_KEPT: Final = 256  # bytes


class BoundMembers(Generic[V]):
    """Reads the members of writes to one property: those that it accepts, of up to four members.

    Args:
        prop: The property.
    """

    def __init__(self, prop: Property[V]) -> None:
        self._prop = prop
        self._match = members_pattern(prop.kind).match
        self._repeats = prop.kind == "Switch"  # switches have few values: the same bytes come again and again
        self._kept: dict[bytes, tuple[dict[str, V], int]] = {}
        # By the name in either quotes: the member, and the value of each text that is written often.
        self._members = {
            f"{quote}{member.name}{quote}".encode(): (member, prop.usual_values(member))
            for member in prop.members.values()
            for quote in "\"'"
        }

    def read(self, data: bytes, begin: int) -> tuple[Mapping[str, V], int] | None:
        """Return the values of all members after a write, and where the write ends.

        Return None where there is no plain write, or one that the property refuses.

        Args:
            data: Bytes that clients sent.
            begin: Place in there, behind the start tag.
        """
        try:
            found = self._written_again(data, begin) if self._repeats else self._written(data, begin)
            return None if found is None else (self._prop.merge_written(found[0]), begin + found[1])
        except Exception:  # noqa: BLE001 - nothing was done yet; the general way tells the client, whatever it is
            return None

    def _written_again(self, data: bytes, begin: int) -> tuple[dict[str, V], int] | None:
        """Return what `_written` returns, which is kept for the next time."""
        if len(data) - begin > _LONGEST_KEPT:
            return self._written(data, begin)
        rest = data[begin:]
        if (found := self._kept.get(rest)) is None and (found := self._written(data, begin)) is not None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[rest] = found
        return found

    def _written(self, data: bytes, begin: int) -> tuple[dict[str, V], int] | None:
        """Return the written values, and how many bytes the members and the end tag take; None if not plain.

        Raises:
            Exception: A member is unknown or written twice, or its value is refused.
        """
        match = self._match(data, begin, begin + LONGEST)
        if match is None:
            return None
        written: dict[str, V] = {}
        rest = iter(match.groups())
        for name in rest:
            if name is None:
                break
            member, usual = self._members[name]
            if member.name in written:
                return None
            text = next(rest)
            written[member.name] = usual[text] if text in usual else self._prop.parse(member, text.decode())
        return written, match.end() - begin
