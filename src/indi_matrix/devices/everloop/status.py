"""The picture of an observatory on a ring of LEDs, made for a glance in the dark. Pure.

The ring has three arcs, divided by a dark LED each: the weather from the top clockwise, then the mount, then the
dome. The pattern of an arc shows its sight, so that it can be read in red light too; its colour shows the same.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from indi_matrix.devices.everloop.picture import DARK, FULL, Color

ARCS: Final = ("weather", "mount", "dome")

_DIM: Final = 48
_GREEN: Final = Color(green=_DIM)
_AMBER: Final = Color(red=_DIM, green=_DIM // 2)
_BLUE: Final = Color(blue=_DIM)
_RED: Final = Color(red=FULL)


class Sight(Enum):
    """What is known of one part of the observatory."""

    UNKNOWN = auto()
    CALM = auto()
    ACTIVE = auto()
    BUSY = auto()
    PARKED = auto()
    ALERT = auto()


_COLORS: Final = {
    Sight.CALM: _GREEN,
    Sight.ACTIVE: _GREEN,
    Sight.BUSY: _AMBER,
    Sight.PARKED: _BLUE,
    Sight.ALERT: _RED,
}


def flashes(sights: Mapping[str, Sight]) -> bool:
    """Return whether the picture moves: an alert flashes."""
    return Sight.ALERT in sights.values()


def status_picture(sights: Mapping[str, Sight], leds: int, *, lit: bool) -> tuple[Color, ...]:
    """Return what the ring shows.

    Args:
        sights: What is known of the weather, the mount and the dome.
        leds: Number of LEDs.
        lit: Whether flashing LEDs are bright at this moment.
    """
    picture = [DARK] * leds
    for number, arc in enumerate(ARCS):
        start, end = number * leds // len(ARCS), (number + 1) * leds // len(ARCS) - 1
        sight = sights.get(arc, Sight.UNKNOWN)
        if sight is Sight.ALERT and not lit:
            continue
        for place in _places(sight, end - start):
            picture[start + place] = _COLORS[sight]
    return tuple(picture)


def _places(sight: Sight, length: int) -> list[int]:
    """Return which LEDs of an arc are lit.

    Calm is one in the middle, active three, busy every other one, parked the two ends, an alert all of them.
    """
    middle = length // 2
    match sight:
        case Sight.UNKNOWN:
            return []
        case Sight.CALM:
            return [middle]
        case Sight.ACTIVE:
            return [middle - 1, middle, middle + 1]
        case Sight.BUSY:
            return list(range(0, length, 2))
        case Sight.PARKED:
            return [0, length - 1]
        case Sight.ALERT:
            return list(range(length))
