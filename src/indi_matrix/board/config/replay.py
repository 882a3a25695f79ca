"""What a config file holds, written to the properties of an INDI device as if a client did."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from indi_matrix.board.config.store import Stored, damaged
from indi_matrix.indi.properties.base import AnyProperty
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write


class Replay:
    """Brings saved properties back.

    Args:
        indi: The INDI device.
        carry_out: Carries out a write to a property; returns why it was refused, or nothing.

    Attributes:
        given: Names of properties that were given by other ways, and are not brought back.
        active: Whether what is written now comes from a file.
    """

    def __init__(self, indi: IndiDevice, carry_out: Callable[[AnyProperty, Write], str]) -> None:
        self._indi = indi
        self._carry_out = carry_out
        self.given: Collection[str] = ()
        self.active = False

    def all_of(self, stored: Stored, but: Collection[str] = (), only: str = "") -> Sequence[str]:
        """Write what is stored of the properties that clients know now; return names of those they do not know.

        Args:
            stored: What a file holds.
            but: Names of properties that are to stay as they are.
            only: Name of the one property to be written; all if none is named.

        Raises:
            ConfigError: The file is damaged; what is sound was written.
        """
        for text in () if only else stored.warnings:
            self._indi.tell("WARNING", text)
        vectors = [vector for vector in stored.vectors if only in {"", vector.get("name")}]
        self.active = True
        try:
            left = self._in_passes(vectors, but, stored.path)
        finally:
            self.active = False
        if stored.damages:
            raise damaged(stored.path, "; ".join(stored.damages))
        return list(dict.fromkeys(vector.get("name", "") for vector in left))

    def _in_passes(self, vectors: Sequence[Element], but: Collection[str], path: Path) -> Sequence[Element]:
        """Write vectors, in passes, for one may bring forth the property of another; return those left."""
        while vectors:
            names = set(self._indi.properties)
            known = [vector for vector in vectors if vector.get("name", "") in names]
            if not known:
                break
            vectors = [vector for vector in vectors if vector.get("name", "") not in names]
            for vector in known:
                prop = self._indi.properties.get(vector.get("name", ""))
                if prop is not None and prop.saved and prop.name not in {*self.given, *but}:
                    self._restore(prop, vector, path)
        return vectors

    def _restore(self, prop: AnyProperty, vector: Element, path: Path) -> None:
        """Write one vector, without members that the property does not have; clients are told what is refused."""
        unknown = [name for one in vector if (name := one.get("name", "")) not in prop.members]
        if unknown:
            self._leave_out(prop, vector, unknown, path)
        if len(vector) and (reason := self._carry_out(prop, Write.of(vector))):
            self._indi.tell("WARNING", f"{path.name}: {reason}")

    def _leave_out(self, prop: AnyProperty, vector: Element, unknown: Sequence[str], path: Path) -> None:
        """Take members out of a vector that the property does not have; of some properties they come and go."""
        vector[:] = [one for one in vector if one.get("name", "") in prop.members]
        if not prop.members_vary:
            more = f" and {len(unknown) - 1} others" if len(unknown) > 1 else ""
            self._indi.tell("WARNING", f"{path.name}: {prop.name} has no member {shortened(unknown[0])}{more}")
