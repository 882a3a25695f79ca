"""The server's places: for how many clients there are, and who gets one."""

import asyncio
import contextlib
import resource
import socket

import pytest

from tests.indi.echo import write
from tests.indi.test_server import GET, serving, warnings


async def test_one_client_too_many_is_told_so_and_the_others_stay(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(maxconnections=12) as site:
        served = [await site.connect() for _ in range(12)]
        for client in served:
            await client.answer("x")
        extra = await site.connect()
        extra.send(GET)
        assert b"takes 12 clients" in await extra.line()
        assert await extra.line() == b""  # and not reset, which could cost the client the message
        for client in served:
            client.send(write("y"))
        served[0].writer.close()
        await served[0].writer.wait_closed()
        await (await site.connect()).answer("z")
    assert len(warnings(caplog)) == 1


async def test_a_crowd_of_refused_clients_is_bounded() -> None:
    async with serving(maxconnections=1) as site:
        first = await site.connect()
        await first.answer("x")
        for _ in range(60):
            await site.connect()
        await first.answer("y")
        assert len(site.server._clients) <= 21


async def test_who_is_refused_and_has_hung_up_already_ends_nothing() -> None:
    async with serving(maxconnections=1) as site:
        first = await site.connect()
        await first.answer("x")
        for _ in range(20):
            await (await site.connect()).reset()
            await first.answer("y")
        refused = [task for client, task in site.server._clients.items() if not client.admitted]
        assert refused
        await asyncio.wait(refused)
        await first.answer("z")


async def test_those_who_left_hold_no_place_against_those_who_come() -> None:
    """They are accepted in one go, before the first end of input is read."""
    async with serving(maxconnections=5) as site:
        for _ in range(5):
            with contextlib.closing(socket.create_connection((site.server.host, site.server.port))):
                pass
        await (await site.connect()).answer("x")


async def test_a_client_leaves_although_no_descriptor_is_left() -> None:
    async with serving(maxconnections=2) as site:
        client = await site.connect()
        await client.answer("x")
        (serving_it,) = site.server._clients.values()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
        try:
            await client.reset()
            await asyncio.wait({serving_it})
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        await (await site.connect()).answer("y")
