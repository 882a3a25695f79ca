"""DEBUG, LOGGING_LEVEL and LOG_OUTPUT: which messages clients are sent, and which go into a log file."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO, Final

from indi_matrix.indi.properties.base import Member, Rule, State
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.properties.kinds import SwitchProperty
from indi_matrix.indi.wire.message import Message
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write
from indi_matrix.settings import indi_folder

_OPTIONS: Final = "Options"
_EXEC: Final = "indi_matrix"
_FILE_LIMIT: Final = 16 << 20

# Member of LOGGING_LEVEL, its label, and the word in brackets with which its messages begin.
_LEVELS: Final = (
    ("LOG_ERROR", "Errors", "ERROR"),
    ("LOG_WARNING", "Warnings", "WARNING"),
    ("LOG_SESSION", "Messages", "INFO"),
    ("LOG_DEBUG", "Driver Debug", "DEBUG"),
)
_WORDS: Final = {member: word for member, _, word in _LEVELS}
_DEFAULT_LEVELS: Final = {member: word != "DEBUG" for member, word in _WORDS.items()}
_DEFAULT_OUTPUT: Final = {"CLIENT_DEBUG": True, "FILE_DEBUG": False}


class LogFile:
    """The log file of one run, created with its first line. It holds at most 16 MiB.

    Folder and line format are libindi's. The name is libindi's plus the process id, so that two processes that
    start in the same second have a file each.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        now = datetime.now(UTC)
        folder = indi_folder() / "logs" / f"{now:%Y-%m-%d}" / _EXEC
        self.path = folder / f"{_EXEC}_{now:%H:%M:%S}_{os.getpid()}.log"

    def write(self, level: str, text: str) -> None:
        """Add a line.

        Raises:
            OSError: The file cannot be written, or is full.
        """
        line = f"{level}\t{time.monotonic() - self._start:.6f} sec\t: {text}\n"
        # Opened for each line: no file is open at the end, and one that was rotated away is made anew.
        with self._opened() as file:
            if file.tell() + len(line) > _FILE_LIMIT:
                raise OSError(f"it holds {_FILE_LIMIT >> 20} MiB already")
            file.write(line.encode())

    def _opened(self) -> BinaryIO:
        try:
            return self.path.open("ab")
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("ab")


class Reporting:
    """Filters the messages of an INDI device: which clients get, and which the log file.

    Attributes:
        debugging: Whether DEBUG messages go anywhere; if not, they need not be made.
        named: Whether lines of the log file name the device, as other devices write to it too.
    """

    def __init__(self, indi: IndiDevice) -> None:
        self._indi = indi
        self._file = LogFile()
        self._failed = False
        self.named = False
        self.debugging = False
        self.debug = SwitchProperty(
            "DEBUG", "Debug", _OPTIONS,
            [Member("ENABLE", "Enable", value=False), Member("DISABLE", "Disable", value=True)],
            rule=Rule.ONE_OF_MANY, on_write=self._write_debug, saved=True, timeout=0,
        )  # fmt: skip
        self._levels = SwitchProperty(
            "LOGGING_LEVEL", "Log Levels", _OPTIONS,
            [Member(member, label, _DEFAULT_LEVELS[member]) for member, label, _ in _LEVELS],
            rule=Rule.ANY_OF_MANY, on_write=self._write_levels, saved=True, timeout=0,
        )  # fmt: skip
        self._output = SwitchProperty(
            "LOG_OUTPUT", "Log Output", _OPTIONS,
            [Member("CLIENT_DEBUG", "To Client", value=True), Member("FILE_DEBUG", "To Log File", value=False)],
            rule=Rule.ANY_OF_MANY, on_write=self._write_output, saved=True, timeout=0,
        )  # fmt: skip
        self._apply(_DEFAULT_LEVELS, _DEFAULT_OUTPUT)
        indi.sift = self.sift

    def sift(self, message: Message) -> bool:
        """Write the text of a message to the log file; remove it from the message if it is not for clients.

        Returns:
            Whether to send the message: a vector is sent even without its text.
        """
        wanted = message.level in self._wanted
        if wanted and self._to_file:
            self._write_line(message.level, message.text)
        if wanted and self._to_client:
            return True
        message.text = ""
        return message.tag != "message"

    def _apply(self, levels: Mapping[str, bool], output: Mapping[str, bool]) -> None:
        self._wanted = {_WORDS[member] for member, on in levels.items() if on}
        self._to_client, self._to_file = output["CLIENT_DEBUG"], output["FILE_DEBUG"]
        self.debugging = "DEBUG" in self._wanted and (self._to_client or self._to_file)
        self._indi.rebind()

    def _write_debug(self, values: Mapping[str, bool]) -> State:
        if values["ENABLE"] == self._levels.defined:
            return State.OK
        if values["ENABLE"]:
            self._indi.define(self._levels)
            self._indi.define(self._output)
        else:
            self._indi.delete(self._levels)
            self._indi.delete(self._output)
            self._levels.reply(_DEFAULT_LEVELS, State.IDLE)
            self._output.reply(_DEFAULT_OUTPUT, State.IDLE)
            self._apply(_DEFAULT_LEVELS, _DEFAULT_OUTPUT)
        return State.OK

    def _write_levels(self, values: Mapping[str, bool]) -> State:
        self._apply(values, self._output.values)
        return _ok_if_any(values)

    def _write_output(self, values: Mapping[str, bool]) -> State:
        self._failed = False
        self._apply(self._levels.values, values)
        if self._to_file and not self._output.values["FILE_DEBUG"]:
            self._indi.tell("INFO", f"logging to {self._file.path}")
        return _ok_if_any(values)

    def _write_line(self, level: str, text: str) -> None:
        """Write to the log file. If that fails, warn clients once, and stop until LOG_OUTPUT is written."""
        if self._failed:
            return
        try:
            self._file.write(level, f"[{self._indi.name}] {text}" if self.named else text)
        except OSError as error:
            self._failed = True
            self._indi.tell("WARNING", f"cannot write {self._file.path}: {error.strerror or error}")


def in_words(write: Write) -> str:
    """Return a client's write as one line, with long values cut."""
    values = ", ".join(f"{name}={shortened(text)}" for name, text in write.members)
    return f"{shortened(write.tag)} {write.name}: {values}"


def _ok_if_any(values: Mapping[str, bool]) -> State:
    """Return the state that libindi shows: Idle where nothing is On."""
    return State.OK if any(values.values()) else State.IDLE
