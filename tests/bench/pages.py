"""What it costs the driver that somebody looks: `indi_matrix page` in front of it, with some browsers."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from subprocess import PIPE
from typing import Any, Final

from tests.bench import subjects
from tests.bench.competitors import OURS, Driver, Running, ours, served, under_indiserver
from tests.bench.plan import Plan
from tests.bench.programs import Program, line_of, running
from tests.bench.spent import Spent
from tests.bench.subjects import Figures, Subject
from tests.bench.wire import Wire
from tests.bench.words import SWITCH, switches
from tests.programs import PROGRAM

BROWSERS: Final = (0, 1, 5)
_SAMPLES: Final = 3  # in a look, of each in turn, so that a busy machine meets all alike
_PAUSE: Final = 0.002  # seconds before a write: page and browsers are done by then, and take no processor from it
_PACE: Final = 0.1  # seconds before a write that browsers are told by itself: they get 50 frames a second at most


@dataclass(frozen=True)
class Server:
    """What serves a driver to a client and to the page, and what is measured there."""

    runs: Callable[[Driver], AbstractContextManager[Running]]
    processor: Subject
    trip: Subject
    shown: Subject


SERVE: Final = Server(served, subjects.PAGES_CPU, subjects.PAGES_TRIP, subjects.SHOWN)
INDISERVER: Final = Server(
    under_indiserver, subjects.PAGES_SERVER_CPU, subjects.PAGES_SERVER_TRIP, subjects.SHOWN_SERVER
)


def pages_served(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Let clients of our own server switch, and browsers be shown that."""
    _measure(plan, SERVE, figures)


def pages_under_indiserver(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Let clients of indiserver switch, and browsers be shown that."""
    _measure(plan, INDISERVER, figures)


def _measure(plan: Plan, server: Server, figures: Figures) -> None:
    """Measure what the driver and the client notice; each number of browsers has a driver of its own."""
    with ExitStack() as stack:
        programs = {count: stack.enter_context(server.runs(ours)) for count in BROWSERS}
        audiences = [stack.enter_context(_browsers(programs[count].port, count)) for count in BROWSERS]
        for program in programs.values():
            program.wire.quiet()
        for _turn in range(plan.looks):
            _compare(plan, server, programs, figures)
        audience, wire = audiences[-1], programs[BROWSERS[-1]].wire
        assert audience is not None
        times = [_shown(wire, audience, write) for write in switches(plan.paced)]
        figures.add(server.shown, OURS, times)


def _compare(plan: Plan, server: Server, programs: Mapping[int, Running], figures: Figures) -> None:
    """Measure switches, of the drivers in turn."""
    writes = [[write] for write in switches(math.ceil(plan.counts.switches / _SAMPLES))]
    for _ in range(_SAMPLES):
        for count, program in programs.items():
            before = Spent.of(program.pid)
            figures.add(server.trip, str(count), program.wire.round_trips(writes, SWITCH, pause=_PAUSE))
            spent = Spent.of(program.pid).microseconds_since(before)
            figures.add(server.processor, str(count), [spent / len(writes)])


def _shown(wire: Wire, audience: Program, write: bytes) -> float:
    """Return the milliseconds from a write until all browsers have been told."""
    time.sleep(_PACE)
    _say(audience)
    start = time.monotonic_ns()
    wire.send(write)
    return float(_hear(audience) - start) / 1e6


@contextmanager
def _browsers(port: int, count: int) -> Iterator[Program | None]:
    """Serve a page of the server on a port to so many browsers, which all show it."""
    if not count:
        yield None
        return
    command = (PROGRAM, "page", "--port", "0", f"127.0.0.1:{port}")
    with running(*command, environ=ours.environ, stderr=PIPE) as page:
        where = line_of(page, "the page is").rstrip("/\n").rsplit(":", 1)[1]
        with running(sys.executable, "-m", "tests.bench.browsers", where, str(count)) as audience:
            _hear(audience)
            yield audience


def _say(audience: Program) -> None:
    assert audience.stdin is not None
    audience.stdin.write(b"\n")
    _hear(audience)


def _hear(audience: Program) -> Any:
    """Return what the browsers say next.

    Raises:
        EOFError: They will say nothing, as they have ended or had to be ended.
    """
    assert audience.stdout is not None
    if line := audience.stdout.readline():
        return json.loads(line)
    raise EOFError("the browsers ended, or were not shown the switch in time")
