"""The page as a program runs it: an INDI client on one side, the server for browsers on the other."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from indi_matrix.page.indi_side.indi_client import IndiClient
from indi_matrix.page.live_page import LivePage, World
from indi_matrix.page.page_server import PageServer
from indi_matrix.settings import Address

_log = logging.getLogger(__name__)

FindServer = Callable[[], Awaitable[Address]]
"""Returns the address of the INDI server, once that is known."""


@asynccontextmanager
async def served_page(
    host: str,
    port: int,
    find_server: FindServer | None,
    *,
    read_only: bool = False,
    world: World | None = None,
) -> AsyncIterator[str]:
    """Serve a page while the block runs, which gets its link.

    Args:
        host: Name or address to listen on; all of this computer's addresses if empty.
        port: TCP port; 0 picks a free one.
        find_server: Finds the INDI server; None for simulated boards alone.
        read_only: Whether browsers may change nothing.
        world: The simulated boards.

    Raises:
        OSError: The port is in use, or the host is none of this computer's addresses.
    """
    page = LivePage(read_only=read_only, world=world)
    server = PageServer(page, host, port)
    async with server.serving():
        following = asyncio.create_task(_follow(page, find_server), name="page's INDI client")
        try:
            yield server.link
        finally:
            following.cancel()
            await asyncio.wait({following})


async def _follow(page: LivePage, find_server: FindServer | None) -> None:
    """Show what an INDI server tells. A fault here ends neither the page nor a driver beside it."""
    if find_server is None:
        return
    try:
        address = await find_server()
        client = IndiClient(address, page)
        page.follow(str(address), client.write)
        await client.run()
    except Exception:  # noqa: BLE001 - whatever it is, it is logged
        _log.exception("the page no longer follows the INDI server")
