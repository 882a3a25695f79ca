"""The TCP port that clients connect to."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

_BACKLOG: Final = 100  # connections that wait in the kernel to be accepted


async def bind(make_client: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> asyncio.Server:
    """Return what listens on a port, once `start_accepting` is called; warn if others than this computer reach it.

    Raises:
        OSError: The port is in use, or the host is none of this computer's addresses.
    """
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(make_client, host, port, backlog=1, start_serving=False)
    addresses = [sock.getsockname() for sock in listener.sockets]
    _log.info("Listening on %s, port %s", host, addresses[0][1])
    if not all(ipaddress.ip_address(address[0]).is_loopback for address in addresses):
        _log.warning(
            "Whoever reaches %s can control these devices, as INDI knows no passwords; "
            "listening on 127.0.0.1 only and an ssh tunnel is the usual remedy",
            host or "this computer",
        )
    return listener


async def start_accepting(listener: asyncio.Server) -> None:
    """Accept connections, one in each turn of the event loop.

    asyncio tries to accept as many in a turn as its backlog is long. Where no file descriptors are left, it would
    fail as often, and each failure begins another row of tries a second later: ever more of them. So asyncio's
    backlog is 1, and the kernel is given the true one.
    """
    await listener.start_serving()
    for sock in listener.sockets:
        with sock.dup() as same:
            same.listen(_BACKLOG)
