"""Loading: what a config file holds is written to the properties of an INDI device, as by a client."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from indi_matrix.board.config.store import Stored, damaged
from indi_matrix.indi.properties.base import AnyProperty
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write


class Replay:
    """Writes the vectors of a config file to the properties of an INDI device.

    Args:
        indi: The INDI device.
        carry_out: Carries out a write to a property; returns why it was refused, or an empty text.

    Attributes:
        given: Names of properties that arguments or the environment gave; they are not loaded.
        active: Whether the write under way comes from a file.
    """

    def __init__(self, indi: IndiDevice, carry_out: Callable[[AnyProperty, Write], str]) -> None:
        self._indi = indi
        self._carry_out = carry_out
        self.given: Collection[str] = ()
        self.active = False

    def all_of(self, stored: Stored, but: Collection[str] = (), only: str = "") -> Sequence[str]:
        """Write what is stored to the properties that exist now; return the names of those that do not exist.

        Args:
            stored: What a file holds.
            but: Names of properties that stay as they are.
            only: Name of the one property to write; all if empty.

        Raises:
            ConfigError: The file is damaged; its sound vectors were written.
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
        """Write vectors, in passes, as a write may define the property of another vector; return those left."""
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
        """Write one vector, without members that the property does not have; warn clients if it is refused."""
        unknown = [name for one in vector if (name := one.get("name", "")) not in prop.members]
        if unknown:
            self._leave_out(prop, vector, unknown, path)
        if len(vector) and (reason := self._carry_out(prop, Write.of(vector))):
            self._indi.tell("WARNING", f"{path.name}: {reason}")

    def _leave_out(self, prop: AnyProperty, vector: Element, unknown: Sequence[str], path: Path) -> None:
        """Remove unknown members from a vector; warn of them, unless the property's members come and go."""
        vector[:] = [one for one in vector if one.get("name", "") in prop.members]
        if not prop.members_vary:
            more = f" and {len(unknown) - 1} others" if len(unknown) > 1 else ""
            self._indi.tell("WARNING", f"{path.name}: {prop.name} has no member {shortened(unknown[0])}{more}")
