"""Round trips and rates: each competitor on pipes, under indiserver and served."""

import itertools
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.bench import subjects
from tests.bench.competitors import FLOOR, OURS, STOCK, Driver, Running, on_pipes, served, under_indiserver
from tests.bench.kinds import ALONE, IN_SERVER, NAGLE_IN_SERVER, NAGLE_SERVED, ON_PIPES, OVER_TCP, Trip
from tests.bench.plan import Counts, Plan
from tests.bench.processor import IN_SERVER_PROCESSOR, ON_PIPES_PROCESSOR, processor_times
from tests.bench.programs import dialled, running
from tests.bench.subjects import Figures, Subject
from tests.bench.wire import Wire, check_told, listen
from tests.bench.words import GET, IMAGE, images
from tests.siege.process import peak

# On TCP, whoever streams has more on the way.
_IN_FLIGHT = {subjects.RATE_PIPES: 16, subjects.RATE_SERVED: 64, subjects.RATE_CROWD: 64}
_CROWD = 5
_PAUSE = 0.0002  # seconds: long enough for a driver to be at rest, too short for a processor
_keys = itertools.count(1 << 16, 1 << 16)  # of the first picture of a flood


def pipes(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips, processor time and images a second on pipes."""
    for driver in competitors:
        with on_pipes(driver) as program:
            _round_trips(driver.name, program.wire, _counts(plan, driver), ON_PIPES, figures)
            processor_times(plan, driver, program, ON_PIPES_PROCESSOR, figures)
            if driver.name != STOCK:
                _flood(plan, driver, program, subjects.RATE_PIPES, figures)
            figures.add(subjects.MEMORY, driver.name, [peak(program.process.pid)])


def pipes_alone(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Measure what of the round trips on pipes is the client and the pipes: `cat` answers with what is written."""
    with running("cat") as process:
        _round_trips(FLOOR, Wire.of_process(process, end=b"</new"), plan.counts, ALONE, figures)


def indiserver(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips and processor time under indiserver, whose client is on its local socket."""
    for driver in competitors:
        with under_indiserver(driver) as program:
            _round_trips(driver.name, program.wire, _counts(plan, driver), IN_SERVER, figures)
            processor_times(plan, driver, program, IN_SERVER_PROCESSOR, figures)


def indiserver_over_tcp(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips under indiserver, whose clients are on TCP."""
    for driver in competitors:
        with under_indiserver(driver, over_tcp=True) as program:
            _round_trips(driver.name, program.wire, _counts(plan, driver), OVER_TCP, figures)
            # indiserver lets such a client wait for 40 ms, whatever the driver.
            _with_nagle(driver.name, program, plan.slow, NAGLE_IN_SERVER, figures)


def tcp(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips of a client like libindi's on TCP, and images a second.

    One client writes these, and then four more are told of them.
    """
    for driver in competitors:
        if driver.name not in (OURS, STOCK):
            continue
        with served(driver) as program:
            _with_nagle(driver.name, program, _counts(plan, driver), NAGLE_SERVED, figures)
            _flood(plan, driver, program, subjects.RATE_SERVED, figures)
            with _listeners(program.port, _CROWD - 1) as totals:
                told = _flood(plan, driver, program, subjects.RATE_CROWD, figures)
                program.wire.quiet()  # the others may be told a little later
            check_told(totals, told)


def _counts(plan: Plan, driver: Driver) -> Counts:
    return plan.slow if driver.name == STOCK else plan.counts


def _round_trips(name: str, wire: Wire, counts: Counts, trips: Sequence[Trip], figures: Figures) -> None:
    """Measure round trips."""
    for trip in trips:
        if trip.rest:
            wire.quiet()  # who still tells what follows from the last writes is not at rest
        kind, pause = trip.kind, _PAUSE if trip.rest else 0.0
        times = wire.round_trips(kind.cut_writes(counts), kind.mark, marks=kind.marks, pause=pause)
        figures.add(trip.subject, name, times)


def _with_nagle(name: str, program: Running, counts: Counts, trips: Sequence[Trip], figures: Figures) -> None:
    """Measure round trips of another client, which writes as libindi's do."""
    with dialled(program.port, patient=True) as connection:
        _introduce(connection)
        _round_trips(name, Wire.of(connection), counts, trips, figures)


def _flood(plan: Plan, driver: Driver, program: Running, subject: Subject, figures: Figures) -> int:
    """Measure images a second; of ours, also whether each was shown or a newer one in its place.

    Returns:
        How many bytes the client was told.
    """
    first, wire = next(_keys), program.wire
    wire.quiet()
    if program.board is not None:
        program.board.frames()  # none of before is counted
    busy, waited, heard = wire.busy, wire.waited, wire.heard
    figures.add(subject, driver.name, [wire.rate(images(plan.flood, first), IMAGE, _IN_FLIGHT[subject])])
    figures.add(subjects.CLIENT, driver.name, [100 * (wire.busy - busy) / (wire.waited - waited)])
    told, last = wire.heard - heard, first + plan.flood - 1
    if program.board is not None:
        shown = [key for _, key in program.board.frames(last)]
        figures.add(subjects.ASTRAY, driver.name, [astray(shown, last)])
    return told


def astray(shown: Sequence[int], last: int) -> int:
    """Return how many pictures came after a newer one, or again, and one more if the last never came."""
    return sum(one >= other for one, other in itertools.pairwise(shown)) + (last not in shown)


@contextmanager
def _listeners(port: int, count: int) -> Iterator[list[int]]:
    """Have clients listen; how many bytes each was told is in the list afterwards."""
    totals: list[int] = []
    with ThreadPoolExecutor(count) as pool, ExitStack() as stack:
        connections = [stack.enter_context(dialled(port)) for _ in range(count)]
        for connection in connections:
            _introduce(connection)
        heard = [pool.submit(listen, connection) for connection in connections]
        try:
            yield totals
        finally:
            for connection in connections:
                connection.shutdown(socket.SHUT_RD)
        totals += [one.result() for one in heard]


def _introduce(connection: socket.socket) -> None:
    connection.sendall(GET)
    Wire.of(connection).quiet()
