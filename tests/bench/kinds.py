"""What is written to the drivers, and which round trips of it are measured where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.bench import subjects
from tests.bench.plan import Counts
from tests.bench.subjects import Subject
from tests.bench.words import IMAGE, LED, LEDS, SWITCH, bursts, images, pieces, switches


@dataclass(frozen=True)
class Kind:
    """What is written: so many, as the counts say, and the mark of an answer, which comes so many times.

    Each is cut into the pieces in which it is sent.
    """

    writes: Callable[[Counts], list[bytes]]
    mark: bytes
    marks: int = 1
    cut: Callable[[bytes], list[bytes]] = lambda write: [write]

    def cut_writes(self, counts: Counts) -> list[list[bytes]]:
        """Return the writes, each in its pieces."""
        return [self.cut(write) for write in self.writes(counts)]


A_SWITCH: Final = Kind(lambda counts: switches(counts.switches), SWITCH)
AN_IMAGE: Final = Kind(lambda counts: images(counts.images), IMAGE)
IN_PIECES: Final = Kind(lambda counts: switches(counts.pieces), SWITCH, cut=pieces)
A_RING: Final = Kind(lambda counts: bursts(counts.bursts), LED, LEDS)


@dataclass(frozen=True)
class Trip:
    """What is measured by writing something, to a driver at rest or back to back."""

    subject: Subject
    kind: Kind
    rest: bool = False


ALONE: Final = (
    Trip(subjects.SWITCH_PIPES, A_SWITCH, rest=True),
    Trip(subjects.SWITCH_PIPES_STREAM, A_SWITCH),
    Trip(subjects.IMAGE_PIPES, AN_IMAGE, rest=True),
    Trip(subjects.IMAGE_PIPES_STREAM, AN_IMAGE),
)
ON_PIPES: Final = (*ALONE, Trip(subjects.LEDS_PIPES, A_RING, rest=True))
IN_SERVER: Final = (
    Trip(subjects.SWITCH_SERVER, A_SWITCH, rest=True),
    Trip(subjects.SWITCH_SERVER_STREAM, A_SWITCH),
    Trip(subjects.IMAGE_SERVER, AN_IMAGE, rest=True),
    Trip(subjects.IMAGE_SERVER_STREAM, AN_IMAGE),
    Trip(subjects.LEDS_SERVER, A_RING, rest=True),
)
# No LEDs here: indiserver's small writes wait for acknowledgements, 40 ms at a time, whatever the driver.
OVER_TCP: Final = (
    Trip(subjects.SWITCH_TCP_STREAM, A_SWITCH),
    Trip(subjects.IMAGE_TCP_STREAM, AN_IMAGE),
)
# Of a client that writes as libindi's clients do, in as many pieces and with Nagle's algorithm on.
NAGLE_SERVED: Final = (Trip(subjects.SWITCH_NAGLE, IN_PIECES),)
NAGLE_IN_SERVER: Final = (Trip(subjects.SWITCH_NAGLE_SERVER, IN_PIECES),)
