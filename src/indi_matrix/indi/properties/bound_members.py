"""Members of a bound write, from bytes to the values that the property would have."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from indi_matrix.indi.properties.base import Property
from indi_matrix.indi.wire.fast_reader import LONGEST, members_pattern

V = TypeVar("V")


class BoundMembers(Generic[V]):
    """Reads the members of writes to one property: those that it accepts, of up to four members.

    Args:
        prop: The property.
    """

    def __init__(self, prop: Property[V]) -> None:
        self._prop = prop
        self._match = members_pattern(prop.kind).match
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
        match = self._match(data, begin, begin + LONGEST)
        if match is None:
            return None
        written: dict[str, V] = {}
        rest = iter(match.groups())
        try:
            for name in rest:
                if name is None:
                    break
                member, usual = self._members[name]
                if member.name in written:
                    return None
                text = next(rest)
                written[member.name] = usual[text] if text in usual else self._prop.parse(member, text.decode())
            return self._prop.merge_written(written), match.end()
        except Exception:  # noqa: BLE001 - nothing was done yet; the general way tells the client, whatever it is
            return None
