"""The log as a terminal and indiserver get it."""

import sys

from tests.programs import finished

PROGRAM = r"""
import logging

from indi_matrix.logs import log_to_stderr

log_to_stderr("debug")
log = logging.getLogger("test")
log.error("a\x1b[2J\n\rforged %s", "\x9b1m\u202e" + "x" * 2000)
try:
    raise ValueError("b\x1b[2J")
except ValueError:
    log.debug("why:", exc_info=True)
"""


async def test_no_terminal_obeys_it_and_a_message_is_one_short_line() -> None:
    status, output, errors = await finished(sys.executable, "-c", PROGRAM)
    assert (status, output) == (0, "")
    assert errors.replace("\n", "").isprintable()
    first, *traceback = errors.splitlines()
    assert r" ERROR test: a\x1b[2J forged \x9b1m\u202ex" in first
    assert len(first) == 1000
    assert traceback[0].endswith(" DEBUG test: why:")
    assert traceback[2].startswith("  File")
    assert traceback[-1] == r"ValueError: b\x1b[2J"
