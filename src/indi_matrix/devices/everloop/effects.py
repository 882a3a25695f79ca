"""Moving pictures for a ring of LEDs. Pure: a number of turns in, a frame out."""

import colorsys
import math
from collections.abc import Callable
from functools import cache
from typing import Final

from indi_matrix.devices.everloop.picture import CHANNEL_COUNT, FULL, PANEL_WHITE, Color, dimmed

_TAIL: Final = 0.4  # length of a comet's tail, as a share of the ring
_HUES: Final = 6 * FULL  # number of hues that differ with 8 bits a channel

Effect = Callable[[bytes, float], bytes]
"""Takes the frame beneath, and the turns since the effect began; returns the frame that the ring shows then."""


def rainbow(beneath: bytes, turns: float) -> bytes:
    """Return all hues around the ring, turning clockwise; the frame beneath only tells how many LEDs there are."""
    count = len(beneath) // CHANNEL_COUNT
    return b"".join([_hue(round((index / count - turns) * _HUES) % _HUES) for index in range(count)])


def pulse(beneath: bytes, turns: float) -> bytes:
    """Return the frame, or white where it is dark all over, swelling and fading once a turn."""
    brightness = (1 - math.cos(2 * math.pi * turns)) / 2
    return dimmed(_visible(beneath), round(brightness * FULL))


def chase(beneath: bytes, turns: float) -> bytes:
    """Return the frame, or white where it is dark all over, seen through a comet that runs clockwise."""
    visible, count = _visible(beneath), len(beneath) // CHANNEL_COUNT
    return b"".join(
        dimmed(
            visible[CHANNEL_COUNT * index : CHANNEL_COUNT * (index + 1)],
            round(max(0.0, 1 - ((turns - index / count) % 1) / _TAIL) * FULL),
        )
        for index in range(count)
    )


EFFECTS: Final[dict[str, Effect]] = {"RAINBOW": rainbow, "PULSE": pulse, "CHASE": chase}


@cache
def _hue(step: int) -> bytes:
    """Return a colour of the rainbow, for one LED: red at step 0, green after a third of all steps, then blue."""
    red, green, blue = colorsys.hsv_to_rgb(step / _HUES, 1, 1)
    return bytes(Color(round(red * FULL), round(green * FULL), round(blue * FULL)))


def _visible(frame: bytes) -> bytes:
    """Return the frame, or white in its place where all of it is dark."""
    return frame if any(frame) else bytes(PANEL_WHITE) * (len(frame) // CHANNEL_COUNT)
