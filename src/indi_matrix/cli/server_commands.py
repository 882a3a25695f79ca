"""`serve`, `simulate` and `page`: listen on ports of this machine until a signal ends the program."""

import asyncio
import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from indi_matrix.cli.shown_page import beside, page_of_boards, page_of_server
from indi_matrix.system.event_loop import run
from indi_matrix.system.port_owner import listener
from indi_matrix.system.signals import ended_by_signals

if TYPE_CHECKING:
    from indi_matrix.driver import SimulatedHardware
    from indi_matrix.indi.server.server import Server
    from indi_matrix.settings import BoardSettings

# No command imports what only another needs, as imports make up much of the time that a start takes.


def run_server(options: SimpleNamespace) -> None:
    """Serve INDI clients until a signal ends the program."""
    from indi_matrix.cli.chosen_boards import chosen_boards

    with _busy_port_named(options):
        run(_serve(options, chosen_boards(options)))


def run_simulator(options: SimpleNamespace) -> None:
    """Run a simulated MALOS service until a signal ends the program."""
    with _busy_port_named(options):
        run(_simulate(options))


def run_page(options: SimpleNamespace) -> None:
    """Serve a page of an INDI server's boards until a signal ends the program."""
    with _busy_port_named(options):
        run(_show_page(options))


# serve


async def _serve(options: SimpleNamespace, boards: "list[tuple[BoardSettings, SimulatedHardware]]") -> None:
    from indi_matrix.driver import assemble
    from indi_matrix.indi.server.server import Server

    driver = assemble(boards, simulate=options.simulate is not None)
    clients = options.max_connections + (options.page is not None)  # the page is a client, too
    server = Server(driver, host=options.host, port=options.port, maxconnections=clients)
    async with page_of_boards(server, options, boards) as link:
        serving = asyncio.create_task(_serve_with_picture(server, options, boards[0][1], link), name="serve")
        await _until_signalled(serving, server.shutdown)


async def _serve_with_picture(
    server: "Server", options: SimpleNamespace, hardware: "SimulatedHardware", link: str
) -> None:
    """Serve; with --simulate and a terminal, show the first board there meanwhile."""
    if options.simulate is None:
        await _serve_and_announce(server, options)
        return
    from indi_matrix.simulator import TerminalPicture

    async with TerminalPicture(hardware.board, sys.stdout, keys=sys.stdin) as picture:
        await _serve_and_announce(server, options, picture, link)


async def _serve_and_announce(
    server: "Server", options: SimpleNamespace, picture: Any = None, link: str = ""
) -> None:
    announcing = asyncio.create_task(_announce(server, options, picture, link), name="announce")
    try:
        await server.asyncrun()
    finally:
        announcing.cancel()


async def _announce(server: "Server", options: SimpleNamespace, picture: Any, link: str) -> None:
    """Say where clients are served, as soon as the server listens."""
    await server.started.wait()
    where = f"[{options.host}]:{server.port}" if ":" in options.host else f"{options.host or '*'}:{server.port}"
    if picture is not None:
        picture.address = f"INDI {where} {link}".strip()
    print(f"indi_matrix: serving INDI clients on {where}", file=sys.stderr, flush=True)  # noqa: T201


# simulate


async def _simulate(options: SimpleNamespace) -> None:
    from indi_matrix.simulator import Kind, run_simulator

    running = asyncio.create_task(
        run_simulator(
            Kind(options.kind), options.host, options.port, sys.stdout, day=options.day, beside=beside(options)
        ),
        name="simulator",
    )
    await _until_signalled(running, running.cancel)


# page


async def _show_page(options: SimpleNamespace) -> None:
    async with page_of_server(options):
        ended = asyncio.Event()
        with ended_by_signals(ended.set):
            await ended.wait()


# All


@contextmanager
def _busy_port_named(options: SimpleNamespace) -> Iterator[None]:
    """Have the error of a port in use name the port, the program that listens there, and the remedy."""
    try:
        yield
    except OSError as error:
        one_of_several = re.search(r"\bport ([0-9]+)", error.strerror or "")
        port = int(one_of_several[1]) if one_of_several else options.port
        if error.errno != errno.EADDRINUSE or not port:
            raise
        who, option = listener(port), "--page" if port == getattr(options, "page", None) else "--port"
        text = (
            f"port {port} of {options.host} is in use{f' by {who}' if who else ''}; choose another with {option}"
        )
        raise OSError(errno.EADDRINUSE, text) from error


async def _until_signalled(task: "asyncio.Task[None]", stop: Callable[[], Any]) -> None:
    """Wait for a task; stop the task on a signal that ends programs, which is no failure."""
    with ended_by_signals(stop):
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()
