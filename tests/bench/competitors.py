"""The drivers that are compared, each on pipes, under the real indiserver, or served over TCP."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Final

from tests.bench.loops import INSTALLED, runs_on_uvloop, without_uvloop
from tests.bench.programs import Malos, Program, dialled, dialled_locally, line_of, malos, running
from tests.bench.spent import only_child
from tests.bench.wire import Wire
from tests.bench.words import DEFINITION, GET, LAST_LED, connect
from tests.programs import PROGRAM, free_port, need

OURS: Final = "indi_matrix"
FAST: Final = "with uvloop"  # ours again, where uvloop is installed
CPP: Final = "C++"
STOCK: Final = "stock"
FLOOR: Final = "floor"  # no driver: `cat` for the round trips on pipes, pyzmq alone for one way

_STOCK_DRIVER: Final = Path(__file__).parents[1] / "stock_driver.py"
_SOURCE: Final = Path(__file__).with_name("cpp") / "indi_bench.cpp"


@dataclass(frozen=True)
class Driver:
    """A competitor: its name, the command that talks INDI on stdin and stdout, and what its environment adds."""

    name: str
    command: tuple[str | Path, ...]
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether it needs a board, and does more than answer."""
        return self.name in (OURS, FAST)


ours: Final = Driver(OURS, (PROGRAM,), without_uvloop())
fast: Final = Driver(FAST, (PROGRAM,))
stock: Final = Driver(STOCK, (sys.executable, _STOCK_DRIVER))


@dataclass
class Running:
    """A driver that runs, is connected, and has said all that there is to say.

    Attributes:
        process: It, or the program that runs it.
        pid: Its process id.
        wire: The client.
        board: What it is connected to; None for a driver that only answers.
        port: That of the server, which takes more clients; 0 on pipes.
    """

    process: Program
    pid: int
    wire: Wire
    board: Malos | None
    port: int = 0


def drivers(cpp: Path | None, uvloop: Driver | None = None) -> list[Driver]:
    """Return the competitors in the order of a round."""
    return [ours, *([uvloop] if uvloop else []), *([Driver(CPP, (cpp,))] if cpp else []), stock]


def with_uvloop() -> tuple[Driver | None, str]:
    """Return ours with uvloop; or None, and why."""
    if not INSTALLED:
        return None, "it is not installed"
    with on_pipes(fast) as program:
        taken = runs_on_uvloop(program.pid)
    return (fast, "") if taken else (None, "it is installed, but the driver does not take it")


def compiled(folder: Path) -> tuple[Path | None, str]:
    """Return the C++ driver, compiled into a folder; or None, and why."""
    if shutil.which("g++") is None:
        return None, "there is no g++: apt-get install g++ libindi-dev"
    program = folder / "indi_bench"
    command = ("g++", "-O2", "-o", program, _SOURCE, "-lindidriver")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr)
        return None, f"it did not compile (apt-get install libindi-dev): {reason}"
    return program, ""


@contextmanager
def on_pipes(driver: Driver) -> Iterator[Running]:
    """Run a driver on stdin and stdout."""
    with _board(driver) as (board, environ), running(*driver.command, environ=environ) as process:
        wire = Wire.of_process(process)
        _introduce(wire)
        yield Running(process, process.pid, wire, board)


@contextmanager
def under_indiserver(driver: Driver, *, over_tcp: bool = False) -> Iterator[Running]:
    """Run a driver alone under the real indiserver, with a client on its local socket or over TCP."""
    with _board(driver) as (board, environ), tempfile.TemporaryDirectory() as folder:
        # It starts programs without arguments, and has one local socket for all unless told otherwise.
        script = Path(folder) / "driver"
        script.write_text(f"#!/bin/sh\nexec {' '.join(map(str, driver.command))}\n")
        script.chmod(0o755)
        name, port = f"{folder}/indiserver", free_port()
        command = (need("indiserver"), "-p", str(port), "-u", name, script)
        with (
            running(*command, environ=environ, stderr=DEVNULL) as process,
            dialled(port) if over_tcp else dialled_locally(name) as connection,
        ):
            wire = Wire.of(connection)
            _introduce(wire)
            yield Running(process, only_child(process.pid), wire, board, port)


@contextmanager
def served(driver: Driver) -> Iterator[Running]:
    """Serve a driver in the server that comes with it."""
    with _board(driver) as (board, _), ExitStack() as stack:
        if board is not None:
            process, port = stack.enter_context(serving("--address", board.addresses[0]))
        else:
            port = free_port()
            process = stack.enter_context(running(*driver.command, str(port)))
        wire = Wire.of(stack.enter_context(dialled(port)))
        _introduce(wire)
        yield Running(process, process.pid, wire, board, port)


@contextmanager
def serving(*options: str) -> Iterator[tuple[Program, int]]:
    """Run `indi_matrix serve` on a free port, which is told."""
    command: tuple[str | Path, ...] = (PROGRAM, "serve", "--port", "0", *options)
    with running(*command, environ=ours.environ, stderr=PIPE) as process:
        line = line_of(process, "serving INDI clients on")
        yield process, int(line.rsplit(":", 1)[1])


@contextmanager
def _board(driver: Driver) -> Iterator[tuple[Malos | None, dict[str, str]]]:
    """Run what a driver drives, if anything, and return the environment that tells where it is."""
    if not driver.ours:
        yield None, driver.environ
        return
    with malos() as service:
        yield service, {**driver.environ, "INDI_MATRIX_ADDRESS": service.addresses[0]}


def _introduce(wire: Wire) -> None:
    """Ask for definitions, and connect."""
    wire.send(GET)
    wire.seen(DEFINITION)
    wire.quiet()
    connect_all(wire, ["MATRIX"])


def connect_all(wire: Wire, devices: Sequence[str]) -> None:
    """Connect devices, and wait until all that they have is defined."""
    # Asked again, those define it now that have it whether connected or not.
    wire.send(GET + b"".join(map(connect, devices)))
    wire.seen(LAST_LED, len(devices))
    wire.quiet()
