"""The signals that end the program in order."""

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

# These come more than once: from the terminal and from its shell, or from a finger that stays on the key.
_REPEATED: Final = (signal.SIGHUP, signal.SIGINT)
_ONCE: Final = (signal.SIGTERM, signal.SIGQUIT)
# The terminal went away, or somebody pressed ctrl-\. Who had these ignored, as nohup does, wants them ignored.
_LEFT_IGNORED: Final = (signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def ended_by_signals(stop: Callable[[], Any]) -> Iterator[None]:
    """Have each signal that is to end the program call `stop` instead, on the event loop that runs.

    Behind this the program has nothing to do but end, so signals that are repeated are ignored from then on.
    """
    loop = asyncio.get_running_loop()
    once, repeated = _wanted(_ONCE), _wanted(_REPEATED)
    for number in once:
        loop.add_signal_handler(number, stop)  # which wakes the loop up for all signals
    for number in repeated:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number in once:
            loop.remove_signal_handler(number)
        for number in repeated:  # the loop would let one through that comes between two handlers
            signal.signal(number, signal.SIG_IGN)


def _wanted(numbers: Iterable[signal.Signals]) -> list[signal.Signals]:
    return [one for one in numbers if one not in _LEFT_IGNORED or signal.getsignal(one) != signal.SIG_IGN]
