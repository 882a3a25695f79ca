"""The event loop of the commands that talk INDI: uvloop where that is installed, as by `pip install .[fast]`.

A driver that other programs make runs in the loop that they have.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, as asyncio.run does."""
    name, factory = chosen()
    log.debug("the event loop is that of %s", name)
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def chosen() -> tuple[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Return the name of the library whose loop is used, and what makes one."""
    try:
        import uvloop  # noqa: PLC0415 - an extra, that only these commands use
    except ImportError:
        return "asyncio", asyncio.new_event_loop
    return "uvloop", uvloop.new_event_loop
