"""The page that commands serve: of an INDI server, of our own boards, or of a simulated board alone."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from indi_matrix.errors import PageError
from indi_matrix.settings import DEFAULT_HOST, DEFAULT_NAME, Address, BoardSettings

if TYPE_CHECKING:
    from indi_matrix.driver import SimulatedHardware
    from indi_matrix.indi.server.server import Server
    from indi_matrix.page.world import Hardware
    from indi_matrix.simulator import MalosService

# The modules of the page are loaded when a page is wanted: it is an extra.

Page = AbstractAsyncContextManager[str]
"""Serves a page while its block runs, which gets the link."""

_LOOPBACK: Final = {"": DEFAULT_HOST, "0.0.0.0": DEFAULT_HOST, "::": "::1"}  # noqa: S104 - listens on nothing


def page_of_server(options: SimpleNamespace) -> Page:
    """Return the page of the INDI server that the options name."""

    async def find_server() -> Address:
        where: Address = options.where
        return where

    return _page(options, options.port, find_server)


def page_of_boards(
    server: "Server", options: SimpleNamespace, boards: "Sequence[tuple[BoardSettings, SimulatedHardware]]"
) -> Page:
    """Return the page of our own boards, on which simulated ones can be played with; nothing without --page."""
    if options.page is None:
        return nullcontext("")

    async def find_server() -> Address:
        await server.started.wait()
        return Address(_LOOPBACK.get(server.host, server.host), server.port)

    hardware = {settings.name: one for settings, one in boards} if options.simulate else {}
    return _page(options, options.page, find_server, hardware)


def beside(options: SimpleNamespace) -> "Callable[[MalosService], Page] | None":
    """Return what makes the page of a simulated board alone; None without --page."""
    return None if options.page is None else lambda service: _page_of_service(options, service)


def _page_of_service(options: SimpleNamespace, service: "MalosService") -> Page:
    from indi_matrix.page.world import LastingHardware

    return _page(options, options.page, None, {DEFAULT_NAME: LastingHardware(service)})


@asynccontextmanager
async def _page(
    options: SimpleNamespace,
    port: int,
    find_server: Callable[[], Awaitable[Address]] | None,
    hardware: "Mapping[str, Hardware] | None" = None,
) -> AsyncIterator[str]:
    """Serve a page while the block runs, and say where.

    Raises:
        PageError: What serves it is not installed.
        OSError: The port is in use.
    """
    try:
        from indi_matrix.page.page_program import served_page
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "websockets":
            raise
        raise PageError("the page needs one more package: pip install websockets") from None
    world = None
    if hardware:
        from indi_matrix.page.world import SimulatedWorld

        world = SimulatedWorld(hardware)
    async with served_page(options.host, port, find_server, read_only=options.read_only, world=world) as link:
        print(f"indi_matrix: the page is {link}", file=sys.stderr, flush=True)  # noqa: T201
        yield link
