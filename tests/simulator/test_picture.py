"""What a person sees of the board."""

import re
from itertools import pairwise
from math import atan2, hypot, pi

import pytest

from indi_matrix.simulator import Kind, Led, SimulatedBoard, draw
from indi_matrix.simulator.terminal_view.drawing import colour

_STYLE = re.compile("\x1b\\[[0-9;]*m")


def _plain(picture: str) -> list[str]:
    return [_STYLE.sub("", line) for line in picture.split("\n")]


@pytest.mark.parametrize("kind", Kind)
def test_each_led_has_its_number_beside_it(kind: Kind) -> None:
    for lit in range(kind.led_count):
        row, column = _place(kind, lit)
        lines = _plain(draw(SimulatedBoard(kind), 43))
        numbers = {
            int(number.group()): hypot(2.3 * (row - above), column - number.end() + 2)
            for above, line in enumerate(lines[: lines.index("Pins")])
            if above > 1
            for number in re.finditer(r"\b\d+", line)
        }
        assert min(numbers, key=lambda number: numbers[number]) == lit + 1
        assert len(numbers) == kind.led_count


@pytest.mark.parametrize("kind", Kind)
def test_the_ring_begins_at_the_top_and_goes_round_like_a_clock(kind: Kind) -> None:
    places = [_place(kind, index) for index in range(kind.led_count)]
    rows, columns = [row for row, _ in places], [column for _, column in places]
    assert rows[0] == min(rows)
    middle = (min(rows) + max(rows)) / 2, (min(columns) + max(columns)) / 2
    turns = [atan2(column - middle[1], 2.3 * (middle[0] - row)) % (2 * pi) for row, column in places[1:]]
    assert turns == sorted(turns)
    assert max(after - before for before, after in pairwise(turns)) < 2 * (2 * pi / kind.led_count)


def _place(kind: Kind, index: int) -> tuple[int, int]:
    """Return row and column of an LED."""
    board = SimulatedBoard(kind)
    board.show([Led(255) if index == other else Led() for other in range(kind.led_count)])
    lines = _plain(draw(board, 43))
    [place] = [(row, line.index("██")) for row, line in enumerate(lines) if "██" in line]
    return place


def test_dark_leds_are_dots_and_lit_ones_blocks() -> None:
    board = SimulatedBoard(Kind.VOICE)
    dark = "".join(_plain(draw(board)))
    assert (dark.count("··"), dark.count("██")) == (18, 0)
    board.show([Led(0, 0, 0, 1)] * 18)
    lit = "".join(_plain(draw(board)))
    assert (lit.count("··"), lit.count("██")) == (0, 18)


@pytest.mark.parametrize(
    ("led", "seen"),
    [
        (Led(255, 0, 0, 0), (255, 0, 0)),
        (Led(0, 0, 0, 255), (255, 255, 255)),
        (Led(255, 255, 255, 255), (255, 255, 255)),
        (Led(255, 0, 0, 255), (255, 128, 128)),
        (Led(0, 1, 0, 0), (0, 56, 0)),
        (Led(0, 64, 32, 0), (0, 128, 64)),
        (Led(), (0, 0, 0)),
    ],
)
def test_colours_keep_their_hue_and_faint_ones_are_seen(led: Led, seen: tuple[int, int, int]) -> None:
    assert colour(led) == seen


def test_each_pin_tells_what_it_does() -> None:
    board = SimulatedBoard()
    board.set_input(3, level=True)
    board.write_direction(0b1110000)
    board.write_latch(0b0010000)
    board.write_pwm(0b1000000)
    board.set_pulse(6, 180)
    lines = _plain(draw(board, 24))
    pins = [" ".join(line.split()) for line in lines[lines.index("Pins") + 1 :]]
    assert pins[2:7] == ["2 in ○ low", "3 in ● high", "4 out ● high", "5 out ○ low", "6 servo 180°"]
    assert len(pins) == 16


def test_it_shows_address_frames_and_caption() -> None:
    board = SimulatedBoard()
    board.show(board.leds)
    lines = _plain(draw(board, address="127.0.0.1:20012", caption="press a key"))
    assert lines[0] == "MATRIX Creator   127.0.0.1:20012   frame 1"
    assert lines[-1] == "press a key"


@pytest.mark.parametrize("kind", Kind)
def test_it_fits_a_classic_terminal_and_any_width(kind: Kind) -> None:
    board = SimulatedBoard(kind)
    board.write_direction(0xFFFF)
    board.write_pwm(0xFFFF)
    for width in range(24, 120):
        lines = _plain(draw(board, width, address="127.0.0.1:20012", caption="c" * 100))
        assert max(map(len, lines)) <= width
        assert width < 80 or len(lines) <= 24
