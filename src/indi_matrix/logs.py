"""Logging to standard error, as indiserver can bear it."""

import logging
import sys
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")

# indiserver takes a longer line for the death of the driver.
_LINE_LIMIT: Final = 1000


class _ShortLines(logging.Formatter):
    """Cuts each line."""

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).splitlines()
        return "\n".join(line if len(line) <= _LINE_LIMIT else f"{line[: _LINE_LIMIT - 3]}..." for line in lines)


def log_to_stderr(level: str) -> None:
    """Log messages of a level and above it: debug, info, warning or error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ShortLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
