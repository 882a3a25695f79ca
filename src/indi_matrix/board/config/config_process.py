"""CONFIG_PROCESS: the saved properties of an INDI device, to and from its config file."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from indi_matrix.board.config.autosave import Autosave
from indi_matrix.board.config.replay import Replay
from indi_matrix.board.config.store import Store, Stored
from indi_matrix.errors import ConfigError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, Rule, State
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.properties.kinds import SwitchProperty
from indi_matrix.indi.wire.write import Write
from indi_matrix.system.job_queue import JobQueue

log = logging.getLogger(__name__)

T = TypeVar("T")

_MEMBERS: Final = {
    "CONFIG_LOAD": "Load",
    "CONFIG_SAVE": "Save",
    "CONFIG_DEFAULT": "Default",
    "CONFIG_PURGE": "Purge",
}
_MOST_WAITING: Final = 16  # requests of clients

LAST_WAIT: Final = 0.4
"""Seconds that the last saves may take when the program ends."""


class _Loading:
    """A load that was asked for.

    Attributes:
        since: Names of properties written since then, which the load leaves as they are.
    """

    def __init__(self) -> None:
        self.since: set[str] = set()


class _Saving:
    """A save that was asked for.

    Attributes:
        vectors: What is to be saved; None to take the values when its turn comes, as a load is before it.
        due: Names that were due for an autosave, which this save covers.
        begun: Whether it is under way.
    """

    def __init__(self, vectors: list[Element] | None, due: list[str]) -> None:
        self.vectors = vectors
        self.due = due
        self.begun = False


class Configuration:
    """Loads, saves and removes the config file of an INDI device: one job after another, each in a thread.

    So nobody waits for the disk. CONFIG_PROCESS is Busy until all requests of clients are done.

    Args:
        indi: The INDI device.
        path: Path of the config file.
        carry_out: Carries out a write to a property; returns why it was refused, or an empty text.

    Attributes:
        prop: CONFIG_PROCESS.
    """

    def __init__(self, indi: IndiDevice, path: Path, carry_out: Callable[[AnyProperty, Write], str]) -> None:
        self._indi = indi
        self._store = Store(indi.name, path)
        self._replay = Replay(indi, carry_out)
        self._jobs = JobQueue()
        self._autosave = Autosave(self._save_some, self._warn)
        self._asked = 0  # number of clients' requests that are not done yet
        self._loadings: list[_Loading] = []
        self._recalls: dict[str, _Loading] = {}
        self._last_saving: _Saving | None = None  # the last job, if it is a save that still waits
        self.prop = SwitchProperty(
            "CONFIG_PROCESS", "Config", "Options",
            [Member(name, label, value=False) for name, label in _MEMBERS.items()],
            rule=Rule.AT_MOST_ONE, on_write=self._write, source=lambda: dict.fromkeys(_MEMBERS, False),
            timeout=0,
        )  # fmt: skip

    @property
    def loading(self) -> bool:
        """Whether the write under way comes from the file."""
        return self._replay.active

    def start(self, given: Collection[str]) -> None:
        """Load the file, if there is one, except for the properties that arguments or the environment gave."""
        self._replay.given = given
        try:
            stored = self._store.load()
            if stored is not None:
                self._replay.all_of(stored)
        except ConfigError as error:
            # The log too, as there are no clients yet: they get the text later.
            log.warning("%s: %s", self._indi.name, error)
            self._indi.tell("ERROR", str(error))

    def written(self, prop: AnyProperty) -> None:
        """Record that a write to a saved property was carried out."""
        if self.loading:
            return
        for loading in (*self._loadings, *self._recalls.values()):
            loading.since.add(prop.name)
        if prop.saved_at_once:
            self._autosave.note(prop.name)

    def changed(self, prop: AnyProperty) -> None:
        """Record that a property changed by itself what is to be saved of it."""
        self._autosave.note(prop.name)

    async def finish(self) -> None:
        """Save what is due, and wait for all jobs, 0.4 s at most."""
        self._autosave.flush()
        try:
            async with asyncio.timeout(LAST_WAIT):
                await self._jobs.finished()
        except TimeoutError:
            log.warning("%s: gave up on %s, whose disk does not answer", self._indi.name, self._store.path)

    def recall(self, prop: AnyProperty) -> None:
        """Load one property, if the file has it; for a property that has just appeared by itself."""
        if prop.name not in self._recalls:
            self._recalls[prop.name] = _Loading()
            self._last_saving = None
            done, failed = partial(self._recalled, prop.name), partial(self._not_recalled, prop.name)
            self._jobs.put(lambda: self._store.load, done, failed)

    def _recalled(self, name: str, stored: Stored | None) -> None:
        since = self._recalls.pop(name).since
        if stored is not None:
            try:
                self._replay.all_of(stored, but=since, only=name)
            except ConfigError as error:
                self._warn(str(error))

    def _not_recalled(self, name: str, error: Exception) -> None:
        del self._recalls[name]
        self._warn(str(error))

    # What clients ask for

    def _write(self, values: Mapping[str, bool]) -> State:
        asked = [name for name, on in values.items() if on]
        joins = asked == ["CONFIG_SAVE"] and self._last_saving is not None
        if asked and self._asked >= _MOST_WAITING and not joins:
            told = f"{self._asked} requests, the most that can, wait for {self._store.path}"
            raise WriteError(f"{self.prop.name}.{asked[0]}: {told}")
        match asked:
            case ["CONFIG_LOAD"]:
                self._ask_to_load(self._store.load, self._loaded)
            case ["CONFIG_SAVE"]:
                self._ask_to_save()
            case ["CONFIG_DEFAULT"]:
                self._ask_to_load(self._store.load_default, self._loaded)
            case ["CONFIG_PURGE"]:
                self._autosave.flush()
                self._ask(lambda: self._store.remove, self._removed, lambda: None)
        return State.BUSY if self._asked else State.IDLE

    def _ask(
        self, begin: Callable[[], Callable[[], T]], done: Callable[[T], None], failed: Callable[[], None]
    ) -> None:
        """Queue a client's request; CONFIG_PROCESS shows how it ends."""

        def conclude(outcome: T) -> None:
            try:
                done(outcome)
            except ConfigError as error:
                self._fail(error)
            else:
                self._settle(State.OK)

        def fail(error: Exception) -> None:
            failed()
            self._fail(error)

        self._last_saving = None
        self._asked += 1
        self._jobs.put(begin, conclude, fail)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ConfigError):
            log.error("%s: CONFIG_PROCESS failed", self._indi.name, exc_info=error)
        cause = error if isinstance(error, ConfigError) else "internal error, see the log"
        self._settle(State.ALERT, f"{self.prop.name}: {cause}")

    def _settle(self, state: State, text: str = "") -> None:
        """Answer a request that has ended: Alert at once, but Ok only for the last, as an Ok names no request."""
        self._asked -= 1
        if state is State.ALERT or not self._asked:
            self.prop.reply(None, state, text)
        if self._asked and self.prop.state is not State.BUSY:
            self.prop.reply(None, State.BUSY)

    def _ask_to_load(self, load: Callable[[], T], done: Callable[[_Loading, T], None]) -> None:
        self._autosave.flush()
        loading = _Loading()
        self._ask(lambda: load, partial(done, loading), partial(self._loadings.remove, loading))
        self._loadings.append(loading)

    def _loaded(self, loading: _Loading, stored: Stored | None) -> None:
        self._loadings.remove(loading)
        if stored is None:  # no error: Ekos loads at every connect, the very first included
            path = self._store.path
            told = f"no configuration was saved yet: Save in Options (CONFIG_SAVE) writes {path}"
            self._indi.tell("INFO", told)
            return
        left = self._replay.all_of(stored, but=loading.since)
        rest = f", without what is not there now: {', '.join(left)}" if left else ""
        self._indi.tell("INFO", f"loaded {stored.path}{rest}")

    def _ask_to_save(self) -> None:
        """Queue a save of the present values; a save that still waits as the last job takes them over."""
        vectors = None if self._loadings else self._vectors()
        due = self._autosave.take()
        if self._last_saving is not None:
            self._last_saving.vectors = vectors
            self._last_saving.due += due
            return
        saving = _Saving(vectors, list(due))
        self._ask(partial(self._begin_to_save, saving), self._saved, lambda: self._autosave.give_back(saving.due))
        if not saving.begun:
            self._last_saving = saving

    def _begin_to_save(self, saving: _Saving) -> Callable[[], Sequence[str]]:
        saving.begun = True
        if self._last_saving is saving:
            self._last_saving = None
        vectors = self._vectors() if saving.vectors is None else saving.vectors
        return partial(self._store.save, vectors, {*self._indi.saved, *self._indi.properties}, self._varying())

    def _saved(self, warnings: Sequence[str]) -> None:
        self._autosave.forget()
        self._warn(*warnings)
        self._indi.tell("INFO", f"saved {self._store.path}")

    def _removed(self, _: None) -> None:
        self._autosave.forget()
        self._indi.tell("INFO", f"removed {self._store.path}")

    # Autosave

    def _save_some(self, names: Sequence[str]) -> None:
        """Queue an autosave of some properties."""
        vectors = [self._indi.saved[name].as_saved() for name in names]
        self._last_saving = None
        self._jobs.put(
            lambda: partial(self._store.save_some, vectors, self._vectors(), self._varying()),
            partial(self._saved_some, names),
            partial(self._not_saved, names),
        )

    def _saved_some(self, names: Sequence[str], warnings: Sequence[str]) -> None:
        self._warn(*warnings)
        self._indi.tell("DEBUG", f"saved {', '.join(names)} in {self._store.path}")
        self._autosave.saved()

    def _not_saved(self, names: Sequence[str], error: Exception) -> None:
        self._autosave.failed(names, error)

    def _vectors(self) -> list[Element]:
        return [prop.as_saved() for prop in self._indi.saved.values()]

    def _varying(self) -> Collection[str]:
        """Return the names of the saved properties whose members come and go."""
        return {name for name, prop in self._indi.saved.items() if prop.members_vary}

    def _warn(self, *texts: str) -> None:
        for text in texts:
            self._indi.tell("WARNING", text)
