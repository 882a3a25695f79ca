"""The signals that end the program in order."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_ENDING: Final = (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGINT)
# The terminal went away, or ctrl-\ was pressed. A program that is started with these ignored, as by nohup, is to
# go on ignoring them.
_LEFT_IGNORED: Final = (signal.SIGHUP, signal.SIGQUIT)


def leave_signals_to_main_thread() -> None:
    """Have the system deliver to this thread none of the signals that end the program.

    Between two handlers of a signal there is a moment with none. The main thread blocks the signals for that
    moment, and another thread that did not would be where one of them kills the program.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)


@contextmanager
def ended_by_signals(stop: Callable[[], Any]) -> Iterator[None]:
    """Call `stop` on the running event loop for each signal that would end the program.

    After the context the program has nothing to do but end, and ignores these signals: they come more than once,
    from the terminal and from its shell, from `timeout`, or from a finger that stays on the key.
    """
    loop = asyncio.get_running_loop()
    wanted = [one for one in _ENDING if one not in _LEFT_IGNORED or signal.getsignal(one) != signal.SIG_IGN]
    for number in wanted:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, wanted)  # one that comes while none is handled would kill
        for number in wanted:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)
