"""Start the programs of the benchmark, and see that none outlives it or holds it up."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from typing import Any, Final

PATIENCE: Final = 90.0  # seconds that any program may take; what waits for it then meets its end
_DIALLING: Final = 10.0  # seconds
_AGAIN: Final = 0.02  # seconds

Program = subprocess.Popen[bytes]


@contextmanager
def running(
    *command: str | Path, environ: dict[str, str] | None = None, stderr: int | None = None
) -> Iterator[Program]:
    """Run a program; at the end, and when it takes too long, it is killed with those that it started."""
    environment = {**os.environ, **(environ or {})}
    process = subprocess.Popen(
        command, stdin=PIPE, stdout=PIPE, stderr=stderr, bufsize=0, env=environment, start_new_session=True
    )
    watchdog = threading.Timer(PATIENCE, _kill, (process,))
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        _kill(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


def _kill(process: Program) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def line_of(process: Program, wanted: str) -> str:
    """Return the first line on stderr that contains a text."""
    assert process.stderr is not None
    for line in process.stderr:
        if wanted in (text := line.decode()):
            return text
    raise EOFError(f"{process.args!r} ended without saying {wanted!r}")


@contextmanager
def dialled(port: int, *, patient: bool = False) -> Iterator[socket.socket]:
    """Connect to a port of a program that does not tell when it listens.

    One that is patient keeps small pieces back until what went before is acknowledged, as libindi's clients do.
    """
    with _connected(socket.AF_INET, ("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not patient)
        yield connection


@contextmanager
def dialled_locally(name: str) -> Iterator[socket.socket]:
    """Connect to a local socket, of abstract name, of a program that does not tell when it listens."""
    with _connected(socket.AF_UNIX, f"\0{name}") as connection:
        yield connection


def _connected(family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    """Return a connection, as soon as there is one."""
    deadline = time.monotonic() + _DIALLING
    while True:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.connect(address)
        except ConnectionRefusedError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN)
        else:
            return connection


class Malos:
    """The service of tests.bench.malos.

    Attributes:
        addresses: Where it answers, and where those that run beside it do.
        ring: The port that takes pictures.
    """

    def __init__(self, process: Program) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        places = self.hear()
        self.addresses = [f"127.0.0.1:{port}" for port, _ in places]
        self.ring = int(places[0][1])

    def tell(self, *command: object) -> None:
        """Give it a command."""
        self._stdin.write(json.dumps(command).encode() + b"\n")

    def hear(self) -> Any:
        """Return what it says next.

        Raises:
            EOFError: It will say nothing, as it has ended or had to be ended.
        """
        if line := self._stdout.readline():
            return json.loads(line)
        raise EOFError("the MALOS service ended, or did not answer in time")

    def frames(self, last: int | None = None) -> list[tuple[int, int]]:
        """Return time in ns and key of the pictures since it was last asked.

        With the key of the last one, it is waited for, but not for long: it may be lost.
        """
        self.tell("frames", last)
        return [(moment, key) for moment, key in self.hear()]


@contextmanager
def malos(count: int = 1, *, sensors: bool = False) -> Iterator[Malos]:
    """Run a MALOS service, or more of them in one program, which has been told nothing yet."""
    with running(
        sys.executable, "-m", "tests.bench.malos", str(count), *(["sensors"] if sensors else [])
    ) as process:
        yield Malos(process)
