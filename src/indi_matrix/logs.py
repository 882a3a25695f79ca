"""Logging to standard error, as indiserver can bear it."""

import asyncio
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TextIO

from indi_matrix.repeats import Repeats
from indi_matrix.texts import printable

LEVELS: Final = ("debug", "info", "warning", "error")

# indiserver takes a line of 1024 characters for the death of the driver.
_LINE_LIMIT: Final = 1000
# The port that a client happens to have makes no other message.
_PORT: Final = re.compile(r":\d+\b")


class _PlainLines(logging.Formatter):
    """Makes a message one line, and a traceback behind it some, of what no terminal obeys."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return printable(super().formatMessage(record), _LINE_LIMIT)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(_indented, super().formatException(ei).splitlines()))


def _indented(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) + printable(line, _LINE_LIMIT)


class _Counting(logging.StreamHandler[TextIO]):
    """Writes a warning or an error once a minute; its repetitions are counted, and told as a number."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._repeats: dict[int, Repeats] = {}
        self.addFilter(self._is_to_be_told)

    def close(self) -> None:
        """Tell what was counted."""
        for repeats in self._repeats.values():
            repeats.sum_up()
        super().close()

    def _is_to_be_told(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or hasattr(record, "counted") or not _is_in_loop():
            return True
        repeats = self._repeats.setdefault(record.levelno, Repeats(_logger(record.levelno)))
        return repeats.is_first(_PORT.sub(":*", record.getMessage()[:_LINE_LIMIT]))


def _logger(level: int) -> Callable[[str], None]:
    """Return what logs the number of repetitions, which itself is not counted."""
    return partial(logging.getLogger(__name__).log, level, extra={"counted": True})


def _is_in_loop() -> bool:
    """Tell whether the minutes can be counted: before the program runs, there is too little to count."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def log_to_stderr(level: str) -> None:
    """Log messages of a level and above it: debug, info, warning or error."""
    handler = _Counting(sys.stderr)
    handler.setFormatter(_PlainLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
