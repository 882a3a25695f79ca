"""What each further board costs, and each further client: more of them should not make each one dearer."""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tests.bench import subjects
from tests.bench.competitors import Driver, connect_all, serving
from tests.bench.plan import Plan
from tests.bench.programs import Malos, dialled, malos, running
from tests.bench.spent import Spent, looks
from tests.bench.subjects import Figures
from tests.bench.wire import Wire, check_told
from tests.bench.words import IMAGE, SPEED, effect, images, speeds

BOARDS: Final = (1, 4, 16)
CLIENTS: Final = (0, 10, 49)  # beside the one that writes
_EFFECT: Final = "CHASE"  # the one that costs most
_PAUSE: Final = 0.011  # seconds, which have no common beat with the effects' 0.04
_MOST_CLIENTS: Final = "60"


def boards_with_effects(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Let effects run on some boards; measure what each frame costs, and the round trip of a client meanwhile."""
    for count in BOARDS:
        with _boards(count) as (board, pid, wire):
            wire.send(b"".join(effect(_EFFECT, name) for name in _names(count)))
            wire.quiet()
            board.frames()
            for before, after in looks([pid], plan.looks, plan.scale):
                frames = count * len(board.frames())  # all have the same beat
                spent = after[pid].microseconds_since(before[pid])
                figures.add(subjects.BOARDS_FRAME_CPU, str(count), [spent / max(frames, 1)])
            writes = [[write] for write in speeds(plan.paced, _names(1)[0])]
            times = wire.round_trips(writes, SPEED, pause=_PAUSE)
            figures.add(subjects.BOARDS_TRIP, str(count), times)


@contextmanager
def _boards(count: int) -> Iterator[tuple[Malos, int, Wire]]:
    """Serve so many boards to one client, connected."""
    with malos(count) as services:
        places = zip(_names(count), services.addresses, strict=True)
        options = itertools.chain.from_iterable(("--board", f"{name}={address}") for name, address in places)
        with serving(*options) as (process, port), dialled(port) as connection:
            wire = Wire.of(connection)
            connect_all(wire, _names(count))
            yield services, process.pid, wire


def _names(count: int) -> list[str]:
    return [f"B{number}" for number in range(count)]


def animation(plan: Plan, _: Sequence[Driver], figures: Figures) -> None:
    """Let one client show pictures and others read them; measure what a picture costs, and its round trip."""
    for count in CLIENTS:
        with _audience(count) as (pid, wire):
            for look in range(plan.looks):
                wire.quiet()
                pictures = [[picture] for picture in images(plan.animation, look * plan.animation)]
                before = Spent.of(pid)
                figures.add(subjects.CLIENTS_TRIP, str(count), wire.round_trips(pictures, IMAGE))
                spent = Spent.of(pid).microseconds_since(before)
                figures.add(subjects.CLIENTS_FRAME_CPU, str(count), [spent / plan.animation])


@contextmanager
def _audience(count: int) -> Iterator[tuple[int, Wire]]:
    """Serve one board to a client, connected, and to so many that read, of which one is slow."""
    with (
        malos() as board,
        serving("--max-connections", _MOST_CLIENTS, "--address", board.addresses[0]) as (process, port),
        dialled(port) as connection,
    ):
        wire = Wire.of(connection)
        connect_all(wire, ["MATRIX"])
        with _readers(port, count, wire):
            yield process.pid, wire


@contextmanager
def _readers(port: int, count: int, writer: Wire) -> Iterator[None]:
    """Have so many clients read; those that keep up are to be told what the writer is told, but for the newest.

    Raises:
        RuntimeError: They were not.
    """
    if not count:
        yield
        return
    with running(sys.executable, "-m", "tests.bench.readers", str(port), str(count)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        writer.quiet()  # what the readers asked for is told to all
        heard = writer.heard
        yield
        process.stdin.write(b"\n")
        *keen, slow = json.loads(process.stdout.readline())
        check_told(keen, writer.heard - heard)
        if slow > max(keen) / 2:
            raise RuntimeError(f"the slow client was told {slow} bytes, which is not slow")
