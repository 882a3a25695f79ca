"""Two networks with a cable between them that can be cut: network namespaces, joined by a veth."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs import line_of, need, running

NEAR, FAR = "10.98.0.1", "10.98.0.2"


class NoNetworksError(Exception):
    """This machine does not let its user make networks."""


@dataclass(frozen=True)
class Networks:
    """The networks, while their holders live: what to put before a command that is to run in one of them."""

    near: tuple[str, ...]
    far: tuple[str, ...]

    async def cut(self) -> None:
        """Take the cable out: nothing arrives, and nobody is told."""
        await _must(*self.near, "ip", "link", "set", "near", "down")

    async def heal(self) -> None:
        """Put the cable in again."""
        await _must(*self.near, "ip", "link", "set", "near", "up")


@asynccontextmanager
async def two_networks() -> AsyncIterator[Networks]:
    """Make the networks, with addresses NEAR and FAR; where users may have namespaces, no privileges are needed.

    Raises:
        NoNetworksError: Here they may not.
    """
    need("ip", package="iproute2")
    async with _holder("unshare", "--map-root-user", "--net") as near_holder:
        near = _inside(near_holder)
        async with _holder(*near, "unshare", "--net") as far_holder:
            far = _inside(far_holder)
            link = ("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(far_holder.pid))
            await _must(*near, "ip", *link)
            for inside, name, address in ((near, "near", NEAR), (far, "far", FAR)):
                await _must(*inside, "ip", "address", "add", f"{address}/24", "dev", name)
                await _must(*inside, "ip", "link", "set", name, "up")
                await _must(*inside, "ip", "link", "set", "lo", "up")
            yield Networks(near, far)


def with_files(files: Mapping[str, Path], *options: str) -> tuple[str, ...]:
    """Return what to put before a command that is to find these files in the place of the system's.

    Args:
        files: Files by the paths of those that they stand in for.
        options: Those of unshare; outside of other namespaces it needs --map-root-user.
    """
    mounts = "".join(f'mount --bind "{file}" "{path}" && ' for path, file in files.items())
    return (need("unshare", "util-linux"), *options, "--mount", "sh", "-c", f'{mounts}exec "$@"', "sh")


@asynccontextmanager
async def silent_name_server(within: tuple[str, ...]) -> AsyncIterator[None]:
    """Take all questions for names in one of the networks, and answer none."""
    bind = "import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 53))"
    serve = f"{bind}; print('ready', flush=True); sys.stdin.read()"
    async with running(*within, sys.executable, "-c", serve) as server:
        await line_of(server.stdout, "ready")
        yield


@asynccontextmanager
async def _holder(*command: str) -> AsyncIterator[Process]:
    """Run a program that does nothing in the new namespace, which lives as long as it does."""
    holder = await asyncio.create_subprocess_exec(*command, "cat", stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    try:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"ready\n")
        if not await holder.stdout.readline():
            raise NoNetworksError("unshare is not permitted here")
        yield holder
    finally:
        if holder.returncode is None:
            holder.kill()
        await holder.communicate()


def _inside(holder: Process) -> tuple[str, ...]:
    return ("nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials", "--")


async def _must(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise NoNetworksError(f"{' '.join(command)}: {errors.decode().strip()}")
