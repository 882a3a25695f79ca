"""The TCP port that clients connect to."""

import asyncio
import errno
import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

_BACKLOG: Final = 100  # connections that wait in the kernel to be accepted


async def bind(make_client: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> asyncio.Server:
    """Return a listener on a port, for `start_accepting`; warn if other computers can reach the port.

    Raises:
        OSError: The port is in use, or the host is none of this computer's addresses.
    """
    listener = await _bound(make_client, host, port)
    addresses = [sock.getsockname() for sock in listener.sockets]
    _log.info("Listening on %s, port %s", host, addresses[0][1])
    if not all(ipaddress.ip_address(address[0]).is_loopback for address in addresses):
        _log.warning(
            "Whoever reaches %s can control these devices, as INDI knows no passwords; "
            "listening on 127.0.0.1 only and an ssh tunnel is the usual remedy",
            host or "this computer",
        )
    return listener


async def _bound(make_client: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(make_client, host, port, backlog=1, start_serving=False)
    except socket.gaierror:
        raise
    except OSError as error:  # asyncio's text shows a tuple; its error has no number if no address fits
        number = error.errno or errno.EADDRNOTAVAIL
        where = f"port {port} of {host or 'this computer'}"
        raise OSError(number, f"{where}: {os.strerror(number).lower()}") from error


async def start_accepting(listener: asyncio.Server) -> None:
    """Accept connections, one in each turn of the event loop.

    In each turn asyncio tries to accept as many connections as its backlog. Without free file descriptors all of
    these tries fail, and each failure starts as many new tries a second later, ever more of them. So asyncio's
    backlog is 1, and the kernel is given the true one.
    """
    await listener.start_serving()
    for sock in listener.sockets:
        with sock.dup() as same:
            same.listen(_BACKLOG)
