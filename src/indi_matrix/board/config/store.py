"""The config file of an INDI device on disk. As disks can hang, a running event loop calls this in a thread."""

import os
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
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
"""Most members kept in the file that a property no longer has; else ever new filter names would fill it."""


class Stored(NamedTuple):
    """What a file holds of a device.

    Attributes:
        path: The file.
        vectors: A newXxxVector for each property that can be read.
        damages: Line and cause of each part that cannot be read.
        warnings: Other texts for clients.
    """

    path: Path
    vectors: Sequence[Element]
    damages: Sequence[str]
    warnings: Sequence[str]


class Store:
    """The config file of an INDI device, and the default file: a copy of the first configuration.

    Args:
        device: Name of the device.
        path: Path of the config file.

    Attributes:
        path: Path of the config file.
        default: Path of the default file.
    """

    def __init__(self, device: str, path: Path) -> None:
        self._device = device
        self.path = path
        self.default = Path(f"{path}.default")

    def load(self) -> Stored | None:
        """Return what the file holds; None if it is missing. A sound file is copied to a missing default file.

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
        """Return what the default file holds.

        Raises:
            ConfigError: It cannot be read, or is missing.
        """
        return self._stored(self.default, read_bytes(self.default))

    def save(self, vectors: Sequence[Element], known: Collection[str], varying: Collection[str]) -> Sequence[str]:
        """Write these vectors; keep the vectors and members in the file that do not exist in the device now.

        Args:
            vectors: What is to be saved.
            known: Names of the properties that exist now, whose old vectors are dropped.
            varying: Names of the properties whose members come and go; their old members are kept.

        Returns:
            Warnings.

        Raises:
            ConfigError: It cannot be read or written.
        """
        before = self._read_ours()
        rest = [vector for vector in before if vector.get("name") not in known]
        data = to_bytes([*_with_members(vectors, before, varying), *rest])
        write_bytes(self.path, data)
        return self._keep_default(data)

    def save_some(
        self, vectors: Sequence[Element], everything: Sequence[Element], varying: Collection[str]
    ) -> Sequence[str]:
        """Replace some vectors in the file, or create it with them; return warnings.

        Members that a property of `varying` does not have now stay in the file.

        A default file created with it gets `everything`, so that CONFIG_DEFAULT brings back all values.

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

    def _read_ours(self) -> list[Element]:
        """Return the sound vectors of the device in the file; none if there is no file.

        Raises:
            ConfigError: The file cannot be read. It must not be overwritten, or its content would be lost.
        """
        try:
            return self._ours(from_bytes(read_bytes(self.path))[0])
        except ConfigError:
            if os.path.isfile(self.path):  # noqa: PTH113 - pathlib's own fails in a folder that cannot be entered
                raise
            return []  # if there is something else, as a folder, writing fails

    def _ours(self, vectors: Sequence[Element]) -> list[Element]:
        return [vector for vector in vectors if vector.get("device") == self._device]

    def _keep_default(self, data: bytes) -> Sequence[str]:
        """Write the default file if it is missing; return a warning if that fails."""
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
    """Add to the vectors of `varying` the 100 latest members that only the file has; it has the latest first."""
    kept = {(vector.tag, vector.get("name")): vector for vector in before if vector.get("name") in varying}
    for vector in vectors:
        names = {one.get("name") for one in vector}
        old = kept.get((vector.tag, vector.get("name")), ())
        vector.extend(islice((one for one in old if one.get("name") not in names), _MOST_GONE))
    return vectors


def is_missing(error: ConfigError) -> bool:
    """Return whether the cause of an error is that the file is missing."""
    return isinstance(error.__cause__, FileNotFoundError)


def damaged(path: Path, what: str) -> ConfigError:
    """Return the error for a damaged file."""
    return ConfigError(f"{path} is damaged: {what}")
