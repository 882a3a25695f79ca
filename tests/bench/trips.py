"""Round trips and rates: each competitor on pipes, under indiserver and served."""

import itertools
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.bench import subjects
from tests.bench.competitors import OURS, STOCK, Driver, Running, on_pipes, served, under_indiserver
from tests.bench.plan import Counts, Plan
from tests.bench.programs import dialled
from tests.bench.subjects import Figures, Subject
from tests.bench.wire import Wire, listen
from tests.bench.words import GET, IMAGE, LED, LEDS, SWITCH, bursts, images, switches
from tests.siege.process import peak

# On TCP, whoever streams has more on the way.
_IN_FLIGHT = {subjects.RATE_PIPES: 16, subjects.RATE_SERVED: 64, subjects.RATE_CROWD: 64}
_CROWD = 5
_PAUSE = 0.0002  # seconds: long enough for a driver to be at rest, too short for a processor
_keys = itertools.count(1 << 16, 1 << 16)  # of the first picture of a flood


@dataclass(frozen=True)
class Trips:
    """The subjects of one way to be connected: switch and image at rest and back to back, and LED by LED."""

    switch: Subject
    switches: Subject
    image: Subject
    images: Subject
    leds: Subject


_ON_PIPES = Trips(
    subjects.SWITCH_PIPES,
    subjects.SWITCH_PIPES_STREAM,
    subjects.IMAGE_PIPES,
    subjects.IMAGE_PIPES_STREAM,
    subjects.LEDS_PIPES,
)
_IN_SERVER = Trips(
    subjects.SWITCH_SERVER,
    subjects.SWITCH_SERVER_STREAM,
    subjects.IMAGE_SERVER,
    subjects.IMAGE_SERVER_STREAM,
    subjects.LEDS_SERVER,
)


def pipes(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips and images a second on pipes."""
    for driver in competitors:
        with on_pipes(driver) as program:
            _round_trips(driver, program.wire, _counts(plan, driver), _ON_PIPES, figures)
            if driver.name != STOCK:
                _flood(plan, driver, program, subjects.RATE_PIPES, figures)
            figures.add(subjects.MEMORY, driver.name, [peak(program.process.pid)])


def indiserver(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips under indiserver."""
    for driver in competitors:
        with under_indiserver(driver) as program:
            _round_trips(driver, program.wire, _counts(plan, driver), _IN_SERVER, figures)


def tcp(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure images a second on TCP: one client writes them, and four more are told of them."""
    for driver in competitors:
        if driver.name not in (OURS, STOCK):
            continue
        with served(driver) as (program, port):
            _flood(plan, driver, program, subjects.RATE_SERVED, figures)
            with _listeners(port, _CROWD - 1, plan.flood):
                _flood(plan, driver, program, subjects.RATE_CROWD, figures)


def _counts(plan: Plan, driver: Driver) -> Counts:
    return plan.slow if driver.name == STOCK else plan.counts


def _round_trips(driver: Driver, wire: Wire, counts: Counts, what: Trips, figures: Figures) -> None:
    """Measure round trips."""
    for pause, subject in ((_PAUSE, what.switch), (0.0, what.switches)):
        trips = wire.round_trips(switches(counts.switches), SWITCH, pause=pause)
        figures.add(subject, driver.name, trips)
    wire.quiet()
    for pause, subject in ((_PAUSE, what.image), (0.0, what.images)):
        trips = wire.round_trips(images(counts.images), IMAGE, pause=pause)
        figures.add(subject, driver.name, trips)
    wire.quiet()
    trips = wire.round_trips(bursts(counts.bursts), LED, marks=LEDS, pause=_PAUSE)
    figures.add(what.leds, driver.name, trips)


def _flood(plan: Plan, driver: Driver, program: Running, subject: Subject, figures: Figures) -> None:
    """Measure images a second; of ours, also whether each was shown or a newer one in its place."""
    first, wire = next(_keys), program.wire
    wire.quiet()
    if program.board is not None:
        program.board.frames()  # none of before is counted
    busy, waited = wire.busy, wire.waited
    figures.add(subject, driver.name, [wire.rate(images(plan.flood, first), IMAGE, _IN_FLIGHT[subject])])
    figures.add(subjects.CLIENT, driver.name, [100 * (wire.busy - busy) / (wire.waited - waited)])
    if program.board is not None:
        last = first + plan.flood - 1
        shown = [key for _, key in program.board.frames(last)]
        figures.add(subjects.ASTRAY, driver.name, [astray(shown, last)])


def astray(shown: Sequence[int], last: int) -> int:
    """Return how many pictures came after a newer one, or again, and one more if the last never came."""
    return sum(one >= other for one, other in itertools.pairwise(shown)) + (last not in shown)


@contextmanager
def _listeners(port: int, count: int, messages: int) -> Iterator[None]:
    """Have clients listen that are told of so many messages, and see that they were."""
    with ThreadPoolExecutor(count) as pool, ExitStack() as stack:
        connections = [stack.enter_context(dialled(port)) for _ in range(count)]
        for connection in connections:
            _introduce(connection)
        heard = [pool.submit(listen, connection) for connection in connections]
        try:
            yield
        finally:
            for connection in connections:
                connection.shutdown(socket.SHUT_RD)
        _check(heard, messages)


def _introduce(connection: socket.socket) -> None:
    connection.sendall(GET)
    Wire.of(connection).quiet()


def _check(heard: Sequence[Future[int]], messages: int) -> None:
    """See that those who listened were sent what the benchmark counts, but for what was still on its way."""
    least = 0.9 * messages * len(images(1)[0])
    if any(one.result() < least for one in heard):
        raise RuntimeError(f"of the clients, one was told less than {least:.0f} bytes")
