"""Looks up the numeric addresses of a host.

The system's look-up cannot be cancelled, and lasts as long as name servers are silent. asyncio does it in threads
for which the program waits at its end; ZeroMQ does it in the thread that serves all its connections. So each name
has a daemon thread of its own here.
"""

import asyncio
import socket
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, Final

from indi_matrix.errors import LinkError
from indi_matrix.system.signals import leave_signals_to_main_thread

_MOST_LOOKUPS: Final = 16
"""Names that may be looked up at the same time; there is one thread for each."""
_MOST_ADDRESSES: Final = 4  # of one host

_under_way: dict[str, Future[list[str]]] = {}
_lock: Final = Lock()


async def addresses(host: str) -> list[str]:
    """Return the first four numeric addresses of a host, those of IPv4 first, as MALOS listens on IPv4.

    Raises:
        OSError: The host has none, or too many other names are being looked up.
    """
    try:
        return _look_up(host, socket.AI_NUMERICHOST)
    except socket.gaierror:
        return await asyncio.wrap_future(_begin(host))


def _begin(host: str) -> Future[list[str]]:
    """Return the future of the look-up of a name, which may be under way already."""
    with _lock:
        if host not in _under_way:
            if len(_under_way) >= _MOST_LOOKUPS:
                raise LinkError(f"{_MOST_LOOKUPS} other names are being looked up, without an answer yet")
            found: Future[list[str]] = Future()
            found.set_running_or_notify_cancel()  # a waiter that is cancelled does not cancel it for others
            try:
                Thread(target=_run, args=(host, found), name=f"look up {host}", daemon=True).start()
            except RuntimeError as error:
                raise LinkError(str(error)) from error
            _under_way[host] = found
        return _under_way[host]


def _run(host: str, found: Future[list[str]]) -> None:
    """Look up a name, in a thread of its own."""
    leave_signals_to_main_thread()
    try:
        looked_up = _look_up(host)
    except Exception as error:  # noqa: BLE001 - it is raised in the tasks that wait
        _end(host)
        found.set_exception(error)
    else:
        _end(host)
        found.set_result(looked_up)


def _end(host: str) -> None:
    with _lock:
        del _under_way[host]


def _look_up(host: str, flags: int = 0) -> list[str]:
    # As bytes, for with a text Python loads its tables of international names: 0.4 MiB, for hosts that are ASCII.
    found = socket.getaddrinfo(host.encode(), None, type=socket.SOCK_STREAM, flags=flags)
    found.sort(key=lambda one: one[0] != socket.AF_INET)
    numbers = dict.fromkeys(_written(kind, place) for kind, _, _, _, place in found)
    return list(numbers)[:_MOST_ADDRESSES]


def _written(kind: int, place: tuple[Any, ...]) -> str:
    """Return an address as text; an IPv6 address of the local link with the number of its network interface."""
    scope = place[3] if kind == socket.AF_INET6 else 0
    return f"{place[0]}%{scope}" if scope else str(place[0])
