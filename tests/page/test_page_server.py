"""What the page's server answers to those who ask wrongly, and how it treats browsers that misbehave."""

import asyncio
import gzip
import json
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from indi_matrix.page import page_server
from indi_matrix.page.browser_side import browser
from indi_matrix.page.indi_side.known_devices import Said
from indi_matrix.page.live_page import LivePage
from indi_matrix.page.page_files import page_files
from indi_matrix.page.page_server import PageServer
from tests.page.page_client import browsing
from tests.programs import PATIENCE

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FIRST_PAINT = 60_000  # bytes


@asynccontextmanager
async def serving(host: str = "127.0.0.1") -> AsyncIterator[tuple[LivePage, int]]:
    page = LivePage()
    server = PageServer(page, host, 0)
    async with server.serving():
        yield page, server.port


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    async with serving() as (_, port):
        yield port


async def fetch(port: int, request: str, *, host: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is; return status, headers and body of the answer."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request.replace("\n", "\r\n").encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


async def test_every_file_of_the_page_is_served_small_and_safe(port: int) -> None:
    files, sent = page_files(), 0
    assert {"/", "/index.html"} < files.keys()
    for path, file in files.items():
        status, headers, body = await fetch(port, f"GET {path} HTTP/1.1\nHost: localhost:{port}\n\n")
        assert (status, body) == (200, file.plain)
        assert headers["Content-Type"] == file.content_type
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-cache"
        head = f"GET {path} HTTP/1.1\nHost: 127.0.0.1:{port}\nAccept-Encoding: gzip, br\n\n"
        _, headers, zipped = await fetch(port, head)
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped) == file.plain
        assert file.plain.count(b"\n") < 300, path
        sent += len(zipped) if path != "/" else 0
    assert sent < FIRST_PAINT


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\nHost: evil.example", 421),
        ("GET / HTTP/1.1\nHost: evil.example:{port}", 421),
        ("GET / HTTP/1.1\nHost: evil.example:80", 421),
        ("GET / HTTP/1.1\nHost: localhost.evil.example:{port}", 421),
        ("GET / HTTP/1.1\nHost: evil.localhost:{port}", 421),
        ("GET / HTTP/1.1\nHost: localhost:x", 421),
        ("GET / HTTP/1.1\nHost: localhost:", 421),
        ("GET / HTTP/1.1\nHost: localhost:1:{port}", 421),
        ("GET / HTTP/1.1\nHost: localhost@evil.example:{port}", 421),
        ("GET / HTTP/1.1\nHost: [::2]:{port}", 421),
        ("GET / HTTP/1.1\nHost: localhost:{port}\nHost: localhost:{port}", 421),
        ("GET / HTTP/1.1\nX: y", 421),
        ("POST / HTTP/1.1\nHost: localhost:{port}", 405),
        ("HEAD / HTTP/1.1\nHost: localhost:{port}", 405),
        ("DELETE /ws HTTP/1.1\nHost: localhost:{port}", 405),
        ("GET /nothing HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET /../page_server.py HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET /%2e%2e/page_server.py HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET /css HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET //etc/passwd HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET http://localhost:{port}/ HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET /ws HTTP/1.1\nHost: localhost:{port}", 403),
        ("GET /?x=1 HTTP/1.1\nHost: evil.example", 421),
        ("GET /nothing?/ HTTP/1.1\nHost: localhost:{port}", 404),
        ("GET /ws?x HTTP/1.1\nHost: localhost:{port}", 403),
        ("GET /ws HTTP/1.1\nHost: localhost:{port}\nOrigin: http://localhost:{port}", 426),
        ("GET /ws HTTP/1.1\nHost: localhost:8080\nOrigin: http://localhost:{port}", 403),
        ("GET /ws HTTP/1.1\nHost: localhost:{port}\nOrigin: http://localhost:8080", 403),
        ("GET /ws HTTP/1.1\nHost: localhost:8080\nOrigin: http://127.0.0.1:8080", 403),
        ("GET /ws HTTP/1.1\nHost: localhost:8080\nOrigin: http://localhost:8080", 426),
        ("GET /ws HTTP/1.1\nHost: localhost\nOrigin: http://localhost", 426),
        ("GET / HTTP/1.1\nHost: [::1]:{port}", 200),
        ("GET / HTTP/1.1\nHost: LOCALHOST:{port}", 200),
        ("GET / HTTP/1.1\nHost: localhost:8080", 200),
        ("GET / HTTP/1.1\nHost: 127.0.0.1:8080", 200),
        ("GET / HTTP/1.1\nHost: [::1]:8080", 200),
        ("GET / HTTP/1.1\nHost: localhost", 200),
        ("GET /?x=1 HTTP/1.1\nHost: localhost:{port}", 200),
        ("GET /js/main.js?v=2?3 HTTP/1.1\nHost: localhost:{port}", 200),
    ],
)
async def test_only_a_plain_request_to_this_host_is_answered(port: int, head: str, status: int) -> None:
    found, headers, _ = await fetch(port, head.replace("{port}", str(port)) + "\n\n")
    assert found == status
    if status < 426:
        assert headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://localhost:1", "https://127.0.0.1:{port}", "http://127.0.0.1"],
)
async def test_a_page_of_another_host_gets_no_socket(port: int, origin: str | None) -> None:
    named: Any = origin and origin.replace("{port}", str(port))
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{port}/ws", origin=named)
    assert refused.value.response.status_code == 403


async def test_a_tunnel_may_have_a_port_of_its_own(port: int) -> None:
    """What `ssh -L` does: it passes on all bytes, so that Host and Origin name its own port."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copied(reader, far_writer), copied(far_reader, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as tunnel:
        near = tunnel.sockets[0].getsockname()[1]
        assert near != port
        async with browsing(near) as client:
            assert client.server["text"] == "no INDI server"


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
    writer.close()


async def test_what_is_no_request_ends_the_connection_only(port: int, caplog: pytest.LogCaptureFixture) -> None:
    for nonsense in ("\x16\x03\x01", "GET\n\n", "GET / HTTP/1.1\nHost\n\n", "x" * 100_000 + "\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(nonsense.encode())
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            await reader.read()
        writer.close()
    async with browsing(port) as client:
        assert client.server["text"] == "no INDI server"
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_more_browsers_than_fifty_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "MOST_BROWSERS", 2)
    async with serving() as (_, port), AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(browsing(port))
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{port}/ws", origin=f"http://127.0.0.1:{port}")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 503


async def test_connections_that_ask_for_nothing_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "_MOST_CONNECTIONS", 3)
    async with serving() as (_, port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionResetError):
            async with asyncio.timeout(PATIENCE):
                assert await reader.read() == b""
        for other in (writer, *(one for _, one in held)):
            other.close()


async def test_a_browser_that_never_reads_is_dropped_and_costs_little(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(browser, "_PATIENCE", 0.3)
    monkeypatch.setattr(browser, "FRAME_INTERVAL", 0.0)
    loop = asyncio.get_running_loop()
    async with serving() as (page, port):
        origin: Any = f"http://127.0.0.1:{port}"
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        async with browsing(port) as other:
            others = set(page._browsers)
            async with connect(f"ws://127.0.0.1:{port}/ws", sock=deaf, origin=origin, max_queue=1) as deaf_socket:
                tracemalloc.start()
                async with asyncio.timeout(PATIENCE):
                    while "A browser is dropped: it does not read" not in caplog.messages:
                        for one in page._browsers - others:
                            one.note(Said("", "", "INFO", f"{loop.time():1000}", ""))
                        await asyncio.sleep(0)
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert peak < 3_000_000  # most of it never left the queue
                deaf_socket.transport.abort()
            assert other.server


async def test_requests_wait_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "_RATE", 20)
    monkeypatch.setattr(page_server, "_BURST", 5)
    loop = asyncio.get_running_loop()
    async with serving() as (_, port), browsing(port) as client:
        start = loop.time()
        for number in range(10):
            await client.socket.send(json.dumps({"t": "write", "id": number}))
        await client.until(lambda: 9 in client.answers)
        assert list(client.answers) == list(range(10))
        assert loop.time() - start >= 0.2  # five at once, and five more in a quarter of a second


@pytest.mark.parametrize("host", ["", "localhost", "::1", "0.0.0.0"])
async def test_beyond_loopback_there_is_a_warning(host: str, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(host) as (_, port):
        beyond = host in {"", "0.0.0.0"}
        assert any("can see this page" in message for message in caplog.messages) == beyond
        where = "::1" if ":" in host else "127.0.0.1"
        status, _, _ = await fetch(port, f"GET / HTTP/1.1\nHost: localhost:{port}\n\n", host=where)
        assert status == 200
