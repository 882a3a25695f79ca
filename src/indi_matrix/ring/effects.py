"""Moving pictures for a ring of LEDs. Pure: a number of turns in, colours out."""

import colorsys
import math
from collections.abc import Callable, Sequence
from typing import Final

from indi_matrix.ring.picture import FULL, PANEL_WHITE, Color

_TAIL: Final = 0.4  # of the ring

Effect = Callable[[Sequence[Color], float], tuple[Color, ...]]
"""Takes the picture beneath, and the turns since the effect began; returns what the ring shows then."""


def rainbow(beneath: Sequence[Color], turns: float) -> tuple[Color, ...]:
    """Return all hues around the ring, turning clockwise; the picture only tells how many LEDs there are."""
    count = len(beneath)
    return tuple(_hue(index / count - turns) for index in range(count))


def pulse(beneath: Sequence[Color], turns: float) -> tuple[Color, ...]:
    """Return the picture, or white where it is dark all over, swelling and fading once a turn."""
    brightness = (1 - math.cos(2 * math.pi * turns)) / 2
    return tuple(_scaled(color, brightness) for color in _visible(beneath))


def chase(beneath: Sequence[Color], turns: float) -> tuple[Color, ...]:
    """Return the picture, or white where it is dark all over, seen through a comet that runs clockwise."""
    count = len(beneath)
    return tuple(
        _scaled(color, max(0.0, 1 - ((turns - index / count) % 1) / _TAIL))
        for index, color in enumerate(_visible(beneath))
    )


EFFECTS: Final[dict[str, Effect]] = {"RAINBOW": rainbow, "PULSE": pulse, "CHASE": chase}


def _hue(hue: float) -> Color:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, 1, 1)
    return Color(round(red * FULL), round(green * FULL), round(blue * FULL))


def _scaled(color: Color, factor: float) -> Color:
    return color.dimmed(round(factor * FULL))


def _visible(picture: Sequence[Color]) -> Sequence[Color]:
    """Return the picture, or white in its place where all of it is dark."""
    return picture if any(any(color) for color in picture) else [PANEL_WHITE] * len(picture)
