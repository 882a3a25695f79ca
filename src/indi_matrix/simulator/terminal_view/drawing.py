"""A simulated board drawn with characters, for a terminal of 24-bit colours."""

from collections.abc import Iterator
from math import cos, pi, sin
from typing import Final, TypeVar

from indi_matrix.settings import PIN_COUNT
from indi_matrix.simulator.simulated_board import Kind, Led, SimulatedBoard

_T = TypeVar("_T")

_PLAIN: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[38;2;128;128;128m"
_DARK: Final = "\x1b[38;2;88;88;88m"
_HIGH: Final = "\x1b[38;2;96;220;120m"
_SERVO: Final = "\x1b[38;2;240;180;80m"

_LIT_LED: Final = "██"
_DARK_LED: Final = "··"

# Rows from the ring's centre to its LEDs, rows from there to their numbers, and columns as long as a row.
# They are chosen so that no LED or number touches another.
_RADIUS: Final = {Kind.CREATOR: 7.75, Kind.VOICE: 6.0}
_TO_NUMBER: Final = 1.3
_ASPECT: Final = 2.3
_GAP: Final = 4
_PINS_WIDTH: Final = 31
_LEDS_PER_LINE: Final = 5
# An LED at 1 of 255 can be seen in the dark, but on a screen that colour is black.
_FAINTEST: Final = 56
_FULL: Final = 255


def draw(  # noqa: PLR0913 - a board, a size, and three texts around it
    board: SimulatedBoard,
    width: int = 80,
    height: int = 0,
    *,
    address: str = "",
    caption: str = "",
    status: str | None = None,
) -> str:
    """Return the picture of a board in lines of at most `width` columns, if that is 24 or more.

    Args:
        board: The board.
        width: Columns of the terminal.
        height: Rows of the terminal, 0 for as many as needed. A picture with too few rows is cut, and says so.
        address: What to show as the address of the service.
        caption: The last line but for the status.
        status: The last line, which takes a row also while it is empty.
    """
    head = [_title(board, width, address), _weather(board, width)]
    foot = ["", f"{_DIM}{caption[:width]}{_PLAIN}"] if caption else []
    foot += [] if status is None else [status[:width]]
    room = height - len(head) - len(foot) if height else None
    bodies = list(_bodies(board, width))
    fitting = [body for body in bodies if room is None or len(body) <= room]
    if fitting:
        return "\n".join([*head, *fitting[0], *foot])
    foot[:1] = [_too_small(board, width, room or 0, len(head) + len(foot))]
    return "\n".join([*[*head, *bodies[-1]][: max(height - len(foot), 0)], *foot[:height]])


def _bodies(board: SimulatedBoard, width: int) -> Iterator[list[str]]:
    """Yield the LEDs and the pins in each layout that is narrow enough, the one of the fewest rows last."""
    ring, ring_width = _ring(board)
    both = _pins(board, columns=2 if width >= _PINS_WIDTH else 1)
    if width >= ring_width + _GAP + _PINS_WIDTH:
        yield _beside(ring, ring_width + _GAP, both)
    if width >= ring_width:
        yield [*(line for line, _ in ring), "", *both]
    yield [*_lines_of_leds(board), "", *both]


def _too_small(board: SimulatedBoard, width: int, room: int, others: int) -> str:
    """Return the line that says what does not fit, and which size of terminal is enough."""
    ring, ring_width = _ring(board)
    what = "the pins" if room >= len(_lines_of_leds(board)) else "the LEDs"
    text = f"too small for {what}"
    longer = f"{text}; {ring_width + _GAP + _PINS_WIDTH}x{len(ring) + others} shows all"
    return f"{_BOLD}{(longer if len(longer) <= width else text)[:width]}{_PLAIN}"


def _title(board: SimulatedBoard, width: int, address: str) -> str:
    """Return the board's name, address and number of frames, as far as they fit."""
    parts = [f"MATRIX {board.kind.capitalize()}", f"frame {board.frames}"]
    if address:
        parts.insert(1, address)
    parts = _as_fit(parts, width)
    return "   ".join([f"{_BOLD}{parts[0]}{_PLAIN}", *parts[1:]])


def _weather(board: SimulatedBoard, width: int) -> str:
    """Return what the sensors of a Creator measure, as far as it fits; nothing for a Voice, which has none."""
    if board.kind is Kind.VOICE:
        return ""
    now = board.readings
    parts = [f"{now.celsius:.1f} °C", f"{now.humidity:.1f} %", f"{now.pascal / 100:.1f} hPa", f"UV {now.uv:.2f}"]
    if board.climate:
        hour, minute = divmod(int(board.climate.hour * 60), 60)
        parts.insert(0, f"{hour:02}:{minute:02}")
    return f"{_DIM}{'   '.join(_as_fit(parts, width))}{_PLAIN}"


def _as_fit(parts: list[str], width: int) -> list[str]:
    """Return the first of some parts, as many as fit with three blanks between them."""
    while len("   ".join(parts)) > width and len(parts) > 1:
        parts = parts[:-1]
    return parts


def _ring(board: SimulatedBoard) -> tuple[list[tuple[str, int]], int]:
    """Return the lines of the ring, each with its number of columns, and the columns of the widest.

    LED 1 is at the top, as 12 is on a clock, and the numbers go round as the hours do.
    """
    radius = _RADIUS[board.kind]
    outer = radius + _TO_NUMBER
    middle_row, middle_column = int(outer), int(outer * _ASPECT) + 0.5
    cells: dict[tuple[int, int], str] = {}
    for index, led in enumerate(board.leds):
        turn = 2 * pi * index / len(board.leds)
        for distance, cell in ((outer, _number(index + 1)), (radius, _led(led))):
            row = round(middle_row - distance * cos(turn))
            column = round(middle_column + _ASPECT * distance * sin(turn))
            cells[row, column] = cell
    width = int(2 * middle_column) + 2
    return [_line(cells, row, width) for row in range(2 * middle_row + 1)], width


def _line(cells: dict[tuple[int, int], str], row: int, width: int) -> tuple[str, int]:
    """Return one row of cells of two columns each, and the columns that it takes."""
    text, column = "", 0
    for start in range(width):
        if (row, start) in cells:
            text += " " * (start - column) + cells[row, start]
            column = start + 2
    return text, column


def _number(number: int) -> str:
    """Return an LED's number: 1 in bold, every fifth in the plain colour, the others dim."""
    if number == 1:
        return f"{_BOLD} 1{_PLAIN}"
    return f"{_PLAIN}{number:2}" if number % _LEDS_PER_LINE == 0 else f"{_DIM}{number:2}{_PLAIN}"


def _led(led: Led) -> str:
    """Return an LED as a block of its colour, or as two dots while it is dark."""
    if not any(led):
        return f"{_DARK}{_DARK_LED}{_PLAIN}"
    red, green, blue = colour(led)
    return f"\x1b[38;2;{red};{green};{blue}m{_LIT_LED}{_PLAIN}"


def colour(led: Led) -> tuple[int, int, int]:
    """Return a colour for the screen: with the white channel added, and faint light raised in the same hue."""
    mixed = [channel + led.white for channel in led[:3]]
    brightest = max(mixed)
    if not brightest:
        return 0, 0, 0
    shown = max(_FAINTEST, round(_FULL * min(1.0, brightest / _FULL) ** 0.5))
    red, green, blue = (round(channel * shown / brightest) for channel in mixed)
    return red, green, blue


def _lines_of_leds(board: SimulatedBoard) -> list[str]:
    """Return the LEDs in short lines, for a terminal too narrow for the ring."""
    return [
        f"{_number(first + 1)} " + " ".join(map(_led, board.leds[first : first + _LEDS_PER_LINE]))
        for first in range(0, len(board.leds), _LEDS_PER_LINE)
    ]


def _pins(board: SimulatedBoard, columns: int) -> list[str]:
    """Return the pins in one column or two, under a heading."""
    rows = PIN_COUNT // columns
    lines = ["   ".join(_pin(board, pin) for pin in range(row, PIN_COUNT, rows)) for row in range(rows)]
    return [f"{_BOLD}Pins{_PLAIN}", *lines]


def _pin(board: SimulatedBoard, pin: int) -> str:
    """Return a pin's number, what it does and its level."""
    level = f"{_HIGH}● high{_PLAIN}" if board.level(pin) else f"{_DIM}○ low {_PLAIN}"
    angle = board.servo_angle(pin)
    if not board.is_output(pin):
        state = f"{_DIM}in {_PLAIN}  {level}"
    elif angle is None:
        state = f"out  {level}"
    else:
        state = f"{_SERVO}servo {f'{angle}°':<5}{_PLAIN}"
    return f"{pin:2} {state}"


def _beside(left: list[tuple[str, int]], width: int, right: list[str]) -> list[str]:
    """Put lines to the right of others, `width` columns from the edge, the shorter ones halfway down."""
    height = max(len(left), len(right))
    left = _centred(left, ("", 0), height)
    right = _centred(right, "", height)
    return [
        line + " " * (width - columns) + addition if addition else line
        for (line, columns), addition in zip(left, right, strict=True)
    ]


def _centred(lines: list[_T], empty: _T, height: int) -> list[_T]:
    """Return lines with empty ones above and below."""
    above = (height - len(lines)) // 2
    return [empty] * above + lines + [empty] * (height - len(lines) - above)
