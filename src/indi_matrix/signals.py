"""The signals that end the program in order."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_ASKED: Final = (signal.SIGTERM, signal.SIGINT)
# The terminal went away, or somebody pressed ctrl-\. Who had these ignored, as nohup does, wants them ignored.
_UNLESS_IGNORED: Final = (signal.SIGHUP, signal.SIGQUIT)
# These come more than once: from the terminal and from its shell, or from a finger that stays on the key.
_REPEATED: Final = (signal.SIGHUP, signal.SIGINT)


@contextmanager
def ended_by_signals(stop: Callable[[], Any]) -> Iterator[None]:
    """Have each signal that is to end the program call `stop` instead, on the event loop that runs.

    Behind this the program has nothing to do but end, so signals that are repeated are ignored from then on.
    """
    loop = asyncio.get_running_loop()
    handled = [*_ASKED, *(one for one in _UNLESS_IGNORED if signal.getsignal(one) != signal.SIG_IGN)]
    for number in handled:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        # Blocked, for a signal that comes between two handlers would end the program.
        signal.pthread_sigmask(signal.SIG_BLOCK, _REPEATED)
        for number in handled:
            loop.remove_signal_handler(number)
        for number in _REPEATED:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _REPEATED)
