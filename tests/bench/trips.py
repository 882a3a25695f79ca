"""Round trips and rates: each competitor on pipes, under indiserver and served."""

import itertools
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.bench import subjects
from tests.bench.competitors import CPP, FLOOR, OURS, STOCK, Driver, Running, on_pipes, served, under_indiserver
from tests.bench.plan import Counts, Plan
from tests.bench.programs import dialled, running
from tests.bench.subjects import Figures, Subject
from tests.bench.wire import Wire, listen
from tests.bench.words import GET, IMAGE, LED, LEDS, SWITCH, bursts, images, pieces, switches
from tests.siege.process import peak

# On TCP, whoever streams has more on the way.
_IN_FLIGHT = {subjects.RATE_PIPES: 16, subjects.RATE_SERVED: 64, subjects.RATE_CROWD: 64}
_CROWD = 5
_PAUSE = 0.0002  # seconds: long enough for a driver to be at rest, too short for a processor
_keys = itertools.count(1 << 16, 1 << 16)  # of the first picture of a flood


@dataclass(frozen=True)
class Kind:
    """What is written: so many, as the counts say, and the mark of an answer, which comes so many times.

    Each is cut into the pieces in which it is sent.
    """

    writes: Callable[[Counts], list[bytes]]
    mark: bytes
    marks: int = 1
    cut: Callable[[bytes], list[bytes]] = lambda write: [write]


_SWITCH = Kind(lambda counts: switches(counts.switches), SWITCH)
_IMAGE = Kind(lambda counts: images(counts.images), IMAGE)
_PIECES = Kind(lambda counts: switches(counts.pieces), SWITCH, cut=pieces)
_RING = Kind(lambda counts: bursts(counts.bursts), LED, LEDS)


@dataclass(frozen=True)
class Trip:
    """What is measured by writing something, to a driver at rest or back to back."""

    subject: Subject
    kind: Kind
    rest: bool = False


ALONE = (
    Trip(subjects.SWITCH_PIPES, _SWITCH, rest=True),
    Trip(subjects.SWITCH_PIPES_STREAM, _SWITCH),
    Trip(subjects.IMAGE_PIPES, _IMAGE, rest=True),
    Trip(subjects.IMAGE_PIPES_STREAM, _IMAGE),
)
ON_PIPES = (*ALONE, Trip(subjects.LEDS_PIPES, _RING, rest=True))
IN_SERVER = (
    Trip(subjects.SWITCH_SERVER, _SWITCH, rest=True),
    Trip(subjects.SWITCH_SERVER_STREAM, _SWITCH),
    Trip(subjects.IMAGE_SERVER, _IMAGE, rest=True),
    Trip(subjects.IMAGE_SERVER_STREAM, _IMAGE),
    Trip(subjects.LEDS_SERVER, _RING, rest=True),
)
# No LEDs here: indiserver's small writes wait for acknowledgements, 40 ms at a time, whatever the driver.
OVER_TCP = (
    Trip(subjects.SWITCH_TCP_STREAM, _SWITCH),
    Trip(subjects.IMAGE_TCP_STREAM, _IMAGE),
)


# libindi's drivers have no server but indiserver, which lets such clients wait whatever the driver.
IN_PIECES = (Trip(subjects.SWITCH_PIECES, _PIECES),)


def pipes(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips and images a second on pipes."""
    for driver in competitors:
        with on_pipes(driver) as program:
            _round_trips(driver.name, program.wire, _counts(plan, driver), ON_PIPES, figures)
            if driver.name != STOCK:
                _flood(plan, driver, program, subjects.RATE_PIPES, figures)
            figures.add(subjects.MEMORY, driver.name, [peak(program.process.pid)])


def pipes_alone(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Measure what of the round trips on pipes is the client and the pipes: `cat` answers with what is written."""
    with running("cat") as process:
        _round_trips(FLOOR, Wire.of_process(process, end=b"</new"), plan.counts, ALONE, figures)


def indiserver(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips under indiserver, whose clients are on its local socket or on TCP."""
    for driver in competitors:
        for over_tcp, trips in ((False, IN_SERVER), (True, OVER_TCP)):
            with under_indiserver(driver, over_tcp=over_tcp) as program:
                _round_trips(driver.name, program.wire, _counts(plan, driver), trips, figures)
                if over_tcp and driver.name == CPP:
                    _in_pieces(plan, driver, program, figures)


def tcp(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure round trips of a client like libindi's on TCP, and images a second.

    One client writes these, and then four more are told of them.
    """
    for driver in competitors:
        if driver.name not in (OURS, STOCK):
            continue
        with served(driver) as program:
            _in_pieces(plan, driver, program, figures)
            _flood(plan, driver, program, subjects.RATE_SERVED, figures)
            with _listeners(program.port, _CROWD - 1) as totals:
                told = _flood(plan, driver, program, subjects.RATE_CROWD, figures)
                program.wire.quiet()  # the others may be told a little later
            _check(totals, told)


def _counts(plan: Plan, driver: Driver) -> Counts:
    return plan.slow if driver.name == STOCK else plan.counts


def _round_trips(name: str, wire: Wire, counts: Counts, trips: Sequence[Trip], figures: Figures) -> None:
    """Measure round trips."""
    for trip in trips:
        if trip.rest:
            wire.quiet()  # who still tells what follows from the last writes is not at rest
        kind, pause = trip.kind, _PAUSE if trip.rest else 0.0
        writes = [kind.cut(write) for write in kind.writes(counts)]
        times = wire.round_trips(writes, kind.mark, marks=kind.marks, pause=pause)
        figures.add(trip.subject, name, times)


def _in_pieces(plan: Plan, driver: Driver, program: Running, figures: Figures) -> None:
    """Measure round trips of another client, which writes as libindi's do."""
    with dialled(program.port, patient=True) as connection:
        _introduce(connection)
        counts = plan.counts if driver.ours else plan.slow
        _round_trips(driver.name, Wire.of(connection), counts, IN_PIECES, figures)


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


def _check(totals: Sequence[int], told: int) -> None:
    """See that those who listened were told what the one who wrote was told, but for what was still on its way."""
    if min(totals) < 0.9 * told:
        raise RuntimeError(f"the client that wrote was told {told} bytes, and another one only {min(totals)}")
