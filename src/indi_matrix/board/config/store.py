"""The config file of an INDI device on its disk, which may be slow: nothing here is for the event loop."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.board.config.config_file import (
    from_bytes,
    read_bytes,
    remove,
    to_bytes,
    with_vectors,
    write_bytes,
)
from indi_matrix.errors import ConfigError
from indi_matrix.indi.wire.values import shortened
from indi_matrix.system import files

_MOST_GONE: Final = 100
"""Members that a vector in the file has beyond those there are now: anybody can name filters, again and again."""


@dataclass(frozen=True)
class Stored:
    """What a file holds of a device.

    Attributes:
        path: The file.
        vectors: A newXxxVector for each property that can be read.
        damages: What cannot be read.
        warnings: What is to be said besides.
    """

    path: Path
    vectors: Sequence[Element]
    damages: Sequence[str]
    warnings: Sequence[str]


class Store:
    """The config file of an INDI device, and the one with the first configuration there was.

    Args:
        device: The device's name.
        path: The file.

    Attributes:
        path: The file.
        default: The other.
    """

    def __init__(self, device: str, path: Path) -> None:
        self._device = device
        self.path = path
        self.default = Path(f"{path}.default")

    def load(self) -> Stored | None:
        """Return what the file holds; None if there is none. A sound one becomes the default, if that is missing.

        Raises:
            ConfigError: It cannot be read.
        """
        try:
            data = read_bytes(self.path)
        except ConfigError as error:
            if is_missing(error):
                return None
            raise
        stored = self._stored(self.path, data)
        if stored.damages:
            return stored
        return Stored(stored.path, stored.vectors, (), (*stored.warnings, *self._keep_default(data)))

    def load_default(self) -> Stored:
        """Return what the default holds.

        Raises:
            ConfigError: It cannot be read, or there is none.
        """
        return self._stored(self.default, read_bytes(self.default))

    def save(self, vectors: Sequence[Element], known: Collection[str], varying: Collection[str]) -> Sequence[str]:
        """Write these vectors, and what the file has of properties and members that are not known now.

        Args:
            vectors: What is to be saved.
            known: Names of the properties of which the file need not keep anything else.
            varying: Names of those whose members come and go.

        Returns:
            Warnings.

        Raises:
            ConfigError: It cannot be read or written.
        """
        before = self._before()
        rest = [vector for vector in before if vector.get("name") not in known]
        data = to_bytes([*_with_members(vectors, before, varying), *rest])
        write_bytes(self.path, data)
        return self._keep_default(data)

    def save_some(
        self, vectors: Sequence[Element], everything: Sequence[Element], varying: Collection[str]
    ) -> Sequence[str]:
        """Put some vectors into the file as it is, or begin one with them; return warnings.

        Members that a property of `varying` does not have now stay in the file.

        The default that goes with a file that begins has everything: it is to bring back what there was.

        Raises:
            ConfigError: It cannot be written, or is damaged; then it is left alone.
        """
        try:
            before = read_bytes(self.path)
        except ConfigError as error:
            if not is_missing(error):
                raise
            write_bytes(self.path, to_bytes(vectors))
            return self._keep_default(to_bytes(everything))
        try:
            after = with_vectors(before, _with_members(vectors, self._ours(from_bytes(before)[0]), varying))
        except ConfigError as error:
            raise damaged(self.path, str(error)) from error
        if after != before:
            write_bytes(self.path, after)
        return ()

    def remove(self) -> None:
        """Remove the file.

        Raises:
            ConfigError: It cannot be removed, or there is none.
        """
        remove(self.path)

    def _stored(self, path: Path, data: bytes) -> Stored:
        vectors, damages = from_bytes(data)
        last: dict[tuple[str, str], Element] = {}
        again: dict[str, None] = {}
        for vector in self._ours(vectors):
            name = vector.get("name", "")
            if last.pop((vector.tag, name), None) is not None:
                again[name] = None
            last[vector.tag, name] = vector
        told = [f"{path.name}: only the last counts of each {shortened(', '.join(again))}"] if again else []
        return Stored(path, list(last.values()), damages, told)

    def _before(self) -> list[Element]:
        """Return what the file holds of the device, as far as that is sound; nothing if there is no file.

        Raises:
            ConfigError: There is one that cannot be read. What it holds is not to be lost.
        """
        try:
            return self._ours(from_bytes(read_bytes(self.path))[0])
        except ConfigError:
            if os.path.isfile(self.path):  # noqa: PTH113 - pathlib's own fails in a folder that cannot be entered
                raise
            return []  # and where there is anything else, writing will tell

    def _ours(self, vectors: Sequence[Element]) -> list[Element]:
        return [vector for vector in vectors if vector.get("device") == self._device]

    def _keep_default(self, data: bytes) -> Sequence[str]:
        """Keep the first configuration there is; return why that is not possible, if it is not."""
        if files.exists(self.default):
            return ()
        try:
            write_bytes(self.default, data)
        except ConfigError as error:
            return (str(error),)
        return ()


def _with_members(
    vectors: Sequence[Element], before: Sequence[Element], varying: Collection[str]
) -> Sequence[Element]:
    """Give vectors whose members come and go those that the file has besides, of which the latest come first."""
    kept = {(vector.tag, vector.get("name")): vector for vector in before if vector.get("name") in varying}
    for vector in vectors:
        names = {one.get("name") for one in vector}
        old = kept.get((vector.tag, vector.get("name")), ())
        vector.extend(islice((one for one in old if one.get("name") not in names), _MOST_GONE))
    return vectors


def is_missing(error: ConfigError) -> bool:
    """Tell whether a file could not be read for there is none."""
    return isinstance(error.__cause__, FileNotFoundError)


def damaged(path: Path, what: str) -> ConfigError:
    """Return the error of a file that is damaged."""
    return ConfigError(f"{path} is damaged: {what}")
