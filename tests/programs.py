"""Run the real programs: ours, and INDI's."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ports import PORTS

PROGRAM = Path(sys.executable).with_name("indi_matrix")
PATIENCE = 20.0
"""Seconds after which what does not come is taken for missing, also on a busy machine."""


def need(program: str, package: str = "indi-bin") -> str:
    """Return the path of a program that is in a package of Debian; these tests do not do without it."""
    path = shutil.which(program)
    assert path is not None, f"{program} is missing: apt-get install {package}"
    return path


def free_port() -> int:
    """Return a port that nobody listens on, and that neither another test nor the system takes meanwhile."""
    return PORTS.single()


@asynccontextmanager
async def running(
    *command: str | Path, environ: dict[str, str] | None = None, stdout: int = PIPE
) -> AsyncIterator[Process]:
    """Run a program; it is killed at the end, if it still runs then."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=stdout, stderr=PIPE, env={**os.environ, **(environ or {})}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def finished(
    *command: str | Path, stdin: str = "", environ: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a program to its end, and return its exit status, output and errors."""
    async with running(*command, environ=environ) as process, asyncio.timeout(PATIENCE):
        output, errors = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()


async def line_of(stream: asyncio.StreamReader | None, wanted: str) -> str:
    """Return the first line of a program that contains a text."""
    assert stream is not None
    async with asyncio.timeout(PATIENCE):
        while line := (await stream.readline()).decode():
            if wanted in line:
                return line
    raise AssertionError(f"the program ended without saying {wanted!r}")


@asynccontextmanager
async def served(*options: str) -> AsyncIterator[int]:
    """Run `indi_matrix serve` on a free port, which is told."""
    async with running(PROGRAM, "serve", "--port", "0", *options) as process:
        line = await line_of(process.stderr, "serving INDI clients on")
        yield int(line.rsplit(":", 1)[1])


@asynccontextmanager
async def indiserver(
    *drivers: str | Path, environ: dict[str, str] | None = None
) -> AsyncIterator[tuple[Process, int]]:
    """Run the real indiserver on a free port, which is told."""
    port = free_port()
    # Its local socket has one name for all, by default: a second indiserver on the machine would not start.
    options = ["-p", str(port), "-u", f"/tmp/indiserver-{port}"]
    async with running(need("indiserver"), *options, *drivers, environ=environ) as process:
        await listening(port)
        yield process, port


async def listening(port: int) -> None:
    """Wait until a program listens on a port that does not tell when it does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                break
    writer.close()


async def setprop(port: int, *what: str) -> None:
    """Write with the real indi_setprop."""
    patience = ("-t", f"{PATIENCE:g}")
    status, output, errors = await finished(need("indi_setprop"), "-p", str(port), *patience, *what)
    assert status == 0, output + errors


async def getprop(port: int, *what: str, wanted: int = 1) -> dict[str, str]:
    """Read with the real indi_getprop, which finds what comes within a second, until it finds so many members."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, output, _ = await finished(need("indi_getprop"), "-p", str(port), "-t", "1", *what)
            found = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
            if len(found) >= wanted:
                return found


async def becomes(port: int, expression: str) -> None:
    """Wait with the real indi_eval until an expression is true."""
    status, output, errors = await finished(need("indi_eval"), "-p", str(port), "-t", "18", "-w", expression)
    assert status == 0, f"{expression} is not true: {output}{errors}"
