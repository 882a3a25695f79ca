"""One way through the driver: from a client's write to the board, and from a pad to the client."""

import json
import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.bench import subjects
from tests.bench.competitors import FLOOR, Driver, on_pipes
from tests.bench.plan import Plan
from tests.bench.programs import Malos, malos, running
from tests.bench.subjects import Figures
from tests.bench.wire import Wire
from tests.bench.words import IMAGE, images

_PAUSE: Final = 0.035  # seconds: at most 40 pictures a second are sent, and none of these is to wait for its turn
_PAD_PAUSE: Final = 0.01  # seconds
_PAD: Final = b'DIGITAL_INPUT_1"'  # with the quote, as there is also DIGITAL_INPUT_10


def one_way(plan: Plan, competitors: Sequence[Driver], figures: Figures) -> None:
    """Measure from a client's write to the decoded frame, and from a pad's change to the client; and the floor."""
    for driver in (one for one in competitors if one.ours):
        with on_pipes(driver) as program:
            assert program.board is not None
            figures.add(subjects.ONE_WAY, driver.name, _to_board(program.wire, program.board, plan.paced))
            program.wire.quiet()
            figures.add(subjects.PAD, driver.name, _to_client(program.wire, program.board, plan.paced))
    with malos() as board:
        figures.add(subjects.ONE_WAY, FLOOR, _floor(board, plan.paced))


def _to_board(wire: Wire, board: Malos, count: int) -> list[float]:
    """Return the milliseconds from each write to its picture at the board."""
    sent = []
    for picture in images(count):
        time.sleep(_PAUSE)
        sent.append(time.monotonic_ns())
        wire.send(picture)
        wire.until(IMAGE)
    return _trips(sent, board.frames(last=count - 1))


def _to_client(wire: Wire, board: Malos, count: int) -> list[float]:
    """Return the milliseconds from each change of a pad to what the client is told."""
    return [_to_client_once(wire, board) for _ in range(count)]


def _to_client_once(wire: Wire, board: Malos) -> float:
    # The pad moves only now: of two changes, the answers might come in one piece and count as one.
    board.tell("pad", _PAD_PAUSE)
    wire.until(_PAD)
    heard = time.monotonic_ns()
    return float(heard - board.hear()) / 1e6


def _floor(board: Malos, count: int) -> list[float]:
    """Return the milliseconds that pyzmq takes alone."""
    with running(sys.executable, "-m", "tests.bench.raw", str(board.ring), str(count), str(_PAUSE)) as process:
        assert process.stdout is not None
        sent = json.loads(process.stdout.readline())
        return _trips(sent, board.frames(last=count - 1))


def _trips(sent: Sequence[int], frames: Sequence[tuple[int, int]]) -> list[float]:
    """Return the milliseconds of each picture.

    Raises:
        RuntimeError: Some did not come.
    """
    arrived = {key: moment for moment, key in frames}
    if lost := [key for key in range(len(sent)) if key not in arrived]:
        raise RuntimeError(f"of {len(sent)} pictures, those with these numbers never came: {lost}")
    return [(arrived[key] - moment) / 1e6 for key, moment in enumerate(sent)]
