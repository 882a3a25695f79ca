"""The HTTP server: files for browsers, and one WebSocket for each browser that shows the page."""

import asyncio
import errno
import ipaddress
import logging
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from indi_matrix.page.browser_side.browser import Browser
from indi_matrix.page.browser_side.browser_requests import LONGEST_REQUEST
from indi_matrix.page.live_page import LivePage
from indi_matrix.page.page_files import HEADERS, page_files

_log = logging.getLogger(__name__)

SOCKET_PATH: Final = "/ws"
MOST_BROWSERS: Final = 50

_MOST_CONNECTIONS: Final = 2 * MOST_BROWSERS  # with those that load files
_RATE: Final = 100  # requests a second of one browser, on average; painting takes 25
_BURST: Final = 100  # requests at once
_HTTP_PORT: Final = 80  # which browsers leave out of Host
_LOOPBACK: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_SOCKET_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17),  # bytes; else megabytes wait for a browser that does not read
    # The kernel alone notices a browser whose host vanished, such as a phone that sleeps: within a minute.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),  # seconds
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000),  # milliseconds
)


class _Connection(ServerConnection):
    """A connection; one too many is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or close the connection where there are too many."""
        super().connection_made(transport)
        if len(self.server.handler_tasks) > _MOST_CONNECTIONS:
            self.transport.abort()
            return
        for option in _SOCKET_OPTIONS:
            transport.get_extra_info("socket").setsockopt(*option)


class PageServer:
    """Serves a page to browsers.

    Args:
        page: What is shown.
        host: Name or address to listen on; all addresses of this computer if empty.
        port: TCP port; 0 picks a free one.

    Attributes:
        port: The TCP port, once the server listens.
    """

    def __init__(self, page: LivePage, host: str, port: int) -> None:
        self.port = port
        self._page = page
        self._host = host
        self._files = page_files()
        self._browsers = 0

    @property
    def link(self) -> str:
        """What a browser on this computer opens."""
        host = "127.0.0.1" if _is_any(self._host) else _bracketed(self._host)
        return f"http://{host}/" if self.port == _HTTP_PORT else f"http://{host}:{self.port}/"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs.

        Raises:
            OSError: The port is in use, or the host is none of this computer's addresses.
        """
        async with await self._listen() as server:
            # A name with an IPv4 and an IPv6 address gets two free ports where any will do.
            first = min(server.sockets, key=lambda one: one.family != socket.AF_INET)
            self.port = first.getsockname()[1]
            self._names = self._own_names()
            self._warn(server)
            try:
                yield
            finally:
                self._page.close()

    async def _listen(self) -> Server:
        """Return the server, which listens.

        Idle connections take no timers: the kernel looks after them.
        """
        settings: dict[str, Any] = {
            "compression": None, "server_header": None, "open_timeout": 10, "ping_interval": None,
            "close_timeout": 0.4, "max_size": LONGEST_REQUEST, "max_queue": 16,
        }  # fmt: skip
        try:
            return await serve(
                self._handle, self._host, self.port,
                process_request=self._respond, create_connection=_Connection, **settings,
            )  # fmt: skip
        except socket.gaierror:
            raise
        except OSError as error:  # asyncio's text shows a tuple
            number = error.errno or errno.EADDRNOTAVAIL
            where = f"port {self.port} of {self._host or 'this computer'}"
            raise OSError(number, f"{where}: {os.strerror(number).lower()}") from error

    def _warn(self, server: Server) -> None:
        addresses = [ipaddress.ip_address(one.getsockname()[0]) for one in server.sockets]
        if not all(address.is_loopback for address in addresses):
            _log.warning(
                "Whoever reaches port %s of %s can see this page and use it, as it knows no passwords; "
                "listening on 127.0.0.1 only and an ssh tunnel is the usual remedy",
                self.port,
                self._host or "this computer",
            )

    # HTTP

    def _respond(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the answer to a request; None for a WebSocket that may be opened."""
        refusal = self._refusal(connection, request)
        if refusal is not None:
            return _response(refusal)
        path = _path(request)
        if path == SOCKET_PATH:
            return None
        file = self._files.get(path)
        if file is None:
            return _response(HTTPStatus.NOT_FOUND)
        if "gzip" in _header(request, "Accept-Encoding"):
            return _response(HTTPStatus.OK, file.zipped, file.content_type, {"Content-Encoding": "gzip"})
        return _response(HTTPStatus.OK, file.plain, file.content_type)

    def _refusal(self, connection: ServerConnection, request: Request) -> HTTPStatus | None:
        """Return with what status a request is refused; None if it is not.

        A page of another host cannot send the Host or the Origin of this one. Without the check of Host it could
        have its own name lead here (DNS rebinding). A loopback name leads to the browser's own computer only, and
        may have any port: that of a tunnel.
        """
        host = _header(request, "Host").lower()
        if not _LOOPBACK.fullmatch(host) and not self._is_ours(host, connection):
            return HTTPStatus.MISDIRECTED_REQUEST
        if request.method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        if _path(request) != SOCKET_PATH:
            return None
        if _header(request, "Origin").lower() != f"http://{host}":
            return HTTPStatus.FORBIDDEN
        return HTTPStatus.SERVICE_UNAVAILABLE if self._browsers >= MOST_BROWSERS else None

    def _is_ours(self, host: str, connection: ServerConnection) -> bool:
        """Return whether a Host is a name of this computer, or the address at which the request came in."""
        local = connection.local_address  # None of a connection that was lost meanwhile
        return host in self._names or (bool(local) and host == self._named(_bracketed(local[0])))

    def _own_names(self) -> frozenset[str]:
        """Return what a request's Host may be beside loopback names and the address at which it came in."""
        names = []
        if _is_any(self._host):
            name = socket.gethostname()
            names += [name, f"{name.partition('.')[0]}.local", socket.getfqdn()]
        elif self._host:
            names.append(_bracketed(self._host))
        return frozenset(self._named(name.lower()) for name in names)

    def _named(self, host: str) -> str:
        return host if self.port == _HTTP_PORT else f"{host}:{self.port}"

    # WebSockets

    async def _handle(self, connection: ServerConnection) -> None:
        """Serve one browser until it is gone."""
        self._browsers += 1
        browser = self._page.browser(connection.send)
        sending = asyncio.create_task(self._send(browser, connection), name="page to browser")
        try:
            with suppress(ConnectionClosed):
                await self._receive(browser, connection)
        finally:
            self._browsers -= 1
            self._page.leave(browser)
            sending.cancel()
            await asyncio.wait({sending})

    async def _send(self, browser: Browser, connection: ServerConnection) -> None:
        try:
            await browser.run()
        except ConnectionClosed:
            return
        except TimeoutError:
            _log.warning("A browser is dropped: it does not read")
            connection.transport.abort()

    async def _receive(self, browser: Browser, connection: ServerConnection) -> None:
        """Take the requests of a browser, no more than 100 a second: further ones wait."""
        clock = asyncio.get_running_loop().time
        free_at = 0.0  # loop time from which on a burst may come
        async for text in connection:
            free_at = max(free_at, clock()) + 1 / _RATE
            if (ahead := free_at - clock() - _BURST / _RATE) > 0:
                await asyncio.sleep(ahead)
            await self._page.answer(browser, text)


def _response(
    status: HTTPStatus, body: bytes | None = None, content_type: str = "text/plain", more: Any = None
) -> Response:
    content = f"{status} {status.phrase}\n".encode() if body is None else body
    told = {"Content-Type": content_type, "Content-Length": str(len(content)), "Connection": "close"}
    allow = {"Allow": "GET"} if status is HTTPStatus.METHOD_NOT_ALLOWED else {}
    headers = Headers({**HEADERS, **told, "Vary": "Accept-Encoding", **allow, **(more or {})})
    return Response(status, status.phrase, headers, content)


def _header(request: Request, name: str) -> str:
    """Return a header of a request; empty if it has none, or several."""
    values = request.headers.get_all(name)
    return values[0] if len(values) == 1 else ""


def _path(request: Request) -> str:
    """Return the path of a request, without its query."""
    return request.path.partition("?")[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_any(host: str) -> bool:
    return host in {"", "0.0.0.0", "::"}  # noqa: S104 - no address to listen on by itself
