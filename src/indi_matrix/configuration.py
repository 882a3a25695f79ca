"""CONFIG_PROCESS: the saved properties of an INDI device, to and from its config file."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.autosave import Autosave
from indi_matrix.errors import ConfigError
from indi_matrix.indi.config_file import from_bytes, read_bytes, remove, to_bytes, with_vectors, write_bytes
from indi_matrix.indi.device import IndiDevice
from indi_matrix.indi.kinds import SwitchProperty
from indi_matrix.indi.properties import AnyProperty, Member, Rule, State
from indi_matrix.indi.values import shortened

_MEMBERS: Final = {
    "CONFIG_LOAD": "Load",
    "CONFIG_SAVE": "Save",
    "CONFIG_DEFAULT": "Default",
    "CONFIG_PURGE": "Purge",
}


class Configuration:
    """The config file of an INDI device, and the one with the first configuration there was.

    Args:
        indi: The INDI device.
        path: The file.
        replay: Carries out a write to a property; returns why it was refused, or nothing.

    Attributes:
        prop: CONFIG_PROCESS.
        loading: Whether what is written now comes from the file.
    """

    def __init__(self, indi: IndiDevice, path: Path, replay: Callable[[AnyProperty, Element], str]) -> None:
        self._indi = indi
        self._path = path
        self._default = path.with_name(f"{path.name}.default")
        self._replay = replay
        self._given: Collection[str] = ()
        self._autosave = Autosave(self._save_some, lambda text: indi.tell("WARNING", text))
        self.loading = False
        self.prop = SwitchProperty(
            "CONFIG_PROCESS", "Config", "Options",
            [Member(name, label, value=False) for name, label in _MEMBERS.items()],
            rule=Rule.AT_MOST_ONE, on_write=self._write, source=lambda: dict.fromkeys(_MEMBERS, False),
            timeout=0,
        )  # fmt: skip

    def start(self, given: Collection[str]) -> None:
        """Load the file, if there is one, but for properties that were given by other ways."""
        self._given = given
        try:
            self._load(self._path)
        except ConfigError as error:
            if not _is_missing(error):
                self._indi.tell("ERROR", str(error))
        else:
            self._keep_default()

    def written(self, prop: AnyProperty) -> None:
        """Take note of a write that was carried out."""
        if prop.saved_at_once and not self.loading:
            self._autosave.note(prop.name)

    def flush(self) -> None:
        """Save now what is still due of what was written."""
        self._autosave.flush()

    def recall(self, prop: AnyProperty) -> None:
        """Load one property, which only now has come to be known; nothing if the file has nothing of it."""
        if not self._path.exists():
            return
        try:
            self._load(self._path, only=prop.name)
        except ConfigError as error:
            self._indi.tell("WARNING", str(error))

    def _write(self, values: Mapping[str, bool]) -> State:
        match [name for name, on in values.items() if on]:
            case ["CONFIG_LOAD"]:
                self.flush()
                self._load_saved()
            case ["CONFIG_SAVE"]:
                write_bytes(self._path, to_bytes(self._vectors()))
                self._autosave.forget()
                self._keep_default()
                self._indi.tell("INFO", f"saved {self._path}")
            case ["CONFIG_DEFAULT"]:
                self.flush()
                rest = self._load(self._default)
                self._indi.tell("INFO", f"loaded {self._default}{rest}")
            case ["CONFIG_PURGE"]:
                self.flush()
                remove(self._path)
                self._autosave.forget()
                self._indi.tell("INFO", f"removed {self._path}")
            case _:
                return State.IDLE
        return State.OK

    def _load_saved(self) -> None:
        """Load the file; none is no error, for Ekos asks for it at every connect, the very first too."""
        try:
            rest = self._load(self._path)
        except ConfigError as error:
            if not _is_missing(error):
                raise
            told = f"no configuration was saved yet: Save in Options (CONFIG_SAVE) writes {self._path}"
            self._indi.tell("INFO", told)
        else:
            self._keep_default()
            self._indi.tell("INFO", f"loaded {self._path}{rest}")

    def _load(self, path: Path, only: str | None = None) -> str:
        """Replay what a file holds of the properties that clients know now; return what it holds beyond them.

        Raises:
            ConfigError: It cannot be read, or is damaged; then what is sound was applied.
        """
        vectors, damages = from_bytes(read_bytes(path))
        ours = [vector for vector in self._ours(vectors) if only in {None, vector.get("name")}]
        self.loading = True
        try:
            left = self._replay_all(ours, path)
        finally:
            self.loading = False
        if damages:
            raise _damaged(path, "; ".join(damages))
        names = ", ".join(dict.fromkeys(vector.get("name", "") for vector in left))
        return f", without what is not there now: {names}" if names else ""

    def _replay_all(self, vectors: list[Element], path: Path) -> list[Element]:
        """Replay vectors, in passes, for one may bring forth the property of another; return those left."""
        while vectors:
            known = [vector for vector in vectors if vector.get("name", "") in self._indi.properties]
            if not known:
                break
            vectors = [vector for vector in vectors if vector not in known]
            for vector in known:
                prop = self._indi.properties.get(vector.get("name", ""))
                if prop is not None and prop.saved and prop.name not in self._given:
                    self._restore(prop, vector, path)
        return vectors

    def _restore(self, prop: AnyProperty, vector: Element, path: Path) -> None:
        """Replay one vector, without members that the property does not have; clients are told what is refused."""
        unknown = [one for one in vector if one.get("name", "") not in prop.members]
        for one in unknown:
            vector.remove(one)
            name = shortened(one.get("name", ""))
            self._indi.tell("WARNING", f"{path.name}: {prop.name} has no member {name}")
        if len(vector) and (reason := self._replay(prop, vector)):
            self._indi.tell("WARNING", f"{path.name}: {reason}")

    def _save_some(self, names: Collection[str]) -> None:
        """Save some properties into the file as it is, or begin one with them.

        Raises:
            ConfigError: It cannot be written, or is damaged; then it is left alone.
        """
        vectors = [self._indi.saved[name].as_write() for name in names]
        try:
            before = read_bytes(self._path)
        except ConfigError as error:
            if not _is_missing(error):
                raise
            self._begin(vectors)
        else:
            self._put(before, vectors)
        self._indi.tell("DEBUG", f"saved {', '.join(names)} in {self._path}")

    def _begin(self, vectors: list[Element]) -> None:
        """Write a file with some properties only; the default has all: it is to bring back what there was."""
        everything = to_bytes(self._vectors())
        write_bytes(self._path, to_bytes(vectors))
        self._keep_default(everything)

    def _put(self, before: bytes, vectors: list[Element]) -> None:
        """Write into what the file holds, unless that is there already."""
        try:
            after = with_vectors(before, vectors)
        except ConfigError as error:
            raise _damaged(self._path, str(error)) from error
        if after != before:
            write_bytes(self._path, after)

    def _vectors(self) -> list[Element]:
        """Return what is to be saved: what is known now, and of the rest what the file has of it."""
        saved, known = self._indi.saved, self._indi.properties
        try:
            before, _ = from_bytes(read_bytes(self._path))
        except ConfigError:
            before = []  # there is none, or writing will tell what is wrong
        unknown = [one for one in self._ours(before) if one.get("name") not in {*saved, *known}]
        return [*(prop.as_write() for prop in saved.values()), *unknown]

    def _ours(self, vectors: list[Element]) -> list[Element]:
        return [vector for vector in vectors if vector.get("device") == self._indi.name]

    def _keep_default(self, data: bytes | None = None) -> None:
        """Keep the first configuration there is, the file's unless another is given, for CONFIG_DEFAULT."""
        if self._default.exists():
            return
        try:
            write_bytes(self._default, data or read_bytes(self._path))
        except ConfigError as error:
            self._indi.tell("WARNING", str(error))


def _is_missing(error: ConfigError) -> bool:
    """Tell whether a file could not be read for there is none."""
    return isinstance(error.__cause__, FileNotFoundError)


def _damaged(path: Path, what: str) -> ConfigError:
    return ConfigError(f"{path} is damaged: {what}")
