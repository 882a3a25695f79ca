"""Logging to standard error: short lines of printable ASCII; repeated warnings and errors are counted."""

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
DEFAULT_LEVEL: Final = "warning"

# indiserver 1.9.9 mistakes a line of 1024 or more characters on a driver's stderr for the driver's death.
_LINE_LIMIT: Final = 1000
# Messages that differ in the port of a client count as the same message.
_PORT: Final = re.compile(r":\d+\b")


class _PlainFormatter(logging.Formatter):
    """Writes a message as one line, and a traceback as several, without control characters."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return printable(super().formatMessage(record), _LINE_LIMIT)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(_indented, super().formatException(ei).splitlines()))


def _indented(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) + printable(line, _LINE_LIMIT)


class _CountingHandler(logging.StreamHandler[TextIO]):
    """Writes a repeated warning or error once a minute at most, then the number of its repetitions."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._repeats: dict[int, Repeats] = {}
        self.addFilter(self._is_written)

    def close(self) -> None:
        """Write the counts that are not written yet."""
        for repeats in self._repeats.values():
            repeats.sum_up()
        super().close()

    def _is_written(self, record: logging.LogRecord) -> bool:
        """Return whether a record is to be written; count a repetition."""
        if record.levelno < logging.WARNING or hasattr(record, "counted") or not _is_in_loop():
            return True
        repeats = self._repeats.setdefault(record.levelno, Repeats(_logger(record.levelno)))
        return repeats.is_first(_PORT.sub(":*", record.getMessage()[:_LINE_LIMIT]))


def _logger(level: int) -> Callable[[str], None]:
    """Return a function that logs a text at a level, and marks the record so that it is not counted."""
    return partial(logging.getLogger(__name__).log, level, extra={"counted": True})


def _is_in_loop() -> bool:
    """Return whether an event loop runs; repetitions cannot be counted without its timers."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def log_to_stderr(level: str) -> None:
    """Log messages of a level and above it: debug, info, warning or error."""
    handler = _CountingHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
