"""The picture on a ring of RGBW LEDs: what was painted, and what of it is shown. Pure functions and values.

A frame is what all LEDs show: four bytes (red, green, blue, white) for each LED, LED 1 first.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple, Self

FULL: Final = 255
CHANNELS: Final = ("RED", "GREEN", "BLUE", "WHITE")
_NIGHT_LIMIT: Final = FULL // 4
_WORD: Final = "[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?"


class Color(NamedTuple):
    """Brightness of the four channels of an LED, each 0 to 255; `bytes` of it are the LED's part of a frame."""

    red: int = 0
    green: int = 0
    blue: int = 0
    white: int = 0


DARK: Final = Color()
PANEL_WHITE: Final = Color(white=FULL)
CHANNEL_COUNT: Final = len(CHANNELS)


def from_hex(word: str) -> bytes:
    """Return an LED's part of a frame, written as RRGGBB or RRGGBBWW.

    Raises:
        ValueError: The word is neither.
    """
    if not re.fullmatch(_WORD, word):
        raise ValueError("is not RRGGBB or RRGGBBWW in hexadecimal digits")
    return bytes.fromhex(word.ljust(2 * CHANNEL_COUNT, "0"))


def from_values(values: Mapping[str, float]) -> bytes:
    """Return an LED's part of a frame, from whole numbers named RED, GREEN, BLUE and WHITE."""
    return bytes((int(values["RED"]), int(values["GREEN"]), int(values["BLUE"]), int(values["WHITE"])))


def to_values(led: bytes) -> Mapping[str, float]:
    """Return the brightness of an LED, from its part of a frame, by the names RED, GREEN, BLUE and WHITE."""
    red, green, blue, white = led
    return {"RED": red, "GREEN": green, "BLUE": blue, "WHITE": white}


def dimmed(frame: bytes, intensity: int) -> bytes:
    """Return a frame, or some LEDs of one, at an intensity of 0 to 255, rounded."""
    return frame if intensity == FULL else frame.translate(_dimming(intensity))


@cache
def _dimming(intensity: int) -> bytes:
    """Return a table: for each brightness from 0 to 255 the one at an intensity."""
    return bytes(round(brightness * intensity / FULL) for brightness in range(FULL + 1))


def _filtered(share: float) -> bytes:
    """Return a table: for each brightness from 0 to 255 its share in night mode; only 0 becomes 0."""
    return bytes(
        max(int(brightness * share * _NIGHT_LIMIT / FULL), min(brightness, 1)) for brightness in range(FULL + 1)
    )


# For red, green, blue and white. With equal shares a rainbow would be one red all round, and seem to stand still.
_NIGHT: Final = tuple(map(_filtered, (1, 2 / 3, 1 / 3, 1)))


def channels(frame: bytes) -> tuple[bytes, ...]:
    """Return the red, green, blue and white of all LEDs."""
    return tuple(frame[channel::CHANNEL_COUNT] for channel in range(CHANNEL_COUNT))


def reddened(frame: bytes) -> bytes:
    """Return a frame in night mode, which keeps eyes used to the dark: red only, at most a quarter of full.

    As through a red filter, red and white stay brightest; green is darker, and blue darkest.
    """
    red = bytearray(len(frame))
    seen = [channel.translate(night) for channel, night in zip(channels(frame), _NIGHT, strict=True)]
    red[::CHANNEL_COUNT] = bytes(map(max, *seen))
    return bytes(red)


class Picture(NamedTuple):
    """The state of a ring that clients paint; its properties all follow from it.

    Attributes:
        colors: What was painted, as a frame.
        painted: Whether anybody painted anything yet.
        lit: Whether the light is on.
        intensity: 0 to 255.
    """

    colors: bytes
    painted: bool = False
    lit: bool = False
    intensity: int = FULL

    @classmethod
    def of(cls, leds: int) -> Self:
        """Return the picture of a ring that nobody has painted."""
        return cls(bytes(DARK) * leds)

    @property
    def leds(self) -> int:
        """Number of LEDs."""
        return len(self.colors) // CHANNEL_COUNT

    def led(self, index: int) -> bytes:
        """Return what was painted on one LED, counted from 0."""
        return self.colors[CHANNEL_COUNT * index : CHANNEL_COUNT * (index + 1)]

    def paint(self, colors: bytes) -> "Picture":
        """Return the picture with new colours, which switches the light on."""
        return Picture(colors, True, True, self.intensity)  # noqa: FBT003 - _replace takes three times as long

    def paint_all(self, led: bytes) -> "Picture":
        """Return the picture with the same on all LEDs, which switches the light on."""
        return self.paint(led * self.leds)

    def paint_led(self, index: int, led: bytes) -> "Picture":
        """Return the picture with another colour of one LED, counted from 0; it switches the light on."""
        start, end = CHANNEL_COUNT * index, CHANNEL_COUNT * (index + 1)
        return self.paint(self.colors[:start] + led + self.colors[end:])

    def switch_on(self) -> "Picture":
        """Return the picture with the light on: white where nothing was painted yet."""
        return self._lit(on=True) if self.painted else self.paint_all(bytes(PANEL_WHITE))

    def switch_off(self) -> "Picture":
        """Return the picture with the light off; the colours stay."""
        return self._lit(on=False)

    def _lit(self, *, on: bool) -> "Picture":
        return Picture(self.colors, self.painted, on, self.intensity)

    def dim(self, intensity: int) -> "Picture":
        """Return the picture at another intensity, 0 to 255."""
        return self._replace(intensity=intensity)

    def resized(self, leds: int) -> "Picture":
        """Return the picture for a ring of another size: cut, or filled up with its one colour, else with dark."""
        filling = (self.uniform() or bytes(DARK)) * leds
        return self._replace(colors=(self.colors + filling)[: CHANNEL_COUNT * leds])

    def uniform(self) -> bytes | None:
        """Return the colour that all LEDs share; None if they differ."""
        if not self.colors or self.colors[CHANNEL_COUNT:] != self.colors[:-CHANNEL_COUNT]:
            return None
        return self.led(0)

    def shown(self) -> bytes:
        """Return the frame that the LEDs are to show."""
        return dimmed(self.colors, self.intensity) if self.lit else bytes(len(self.colors))
