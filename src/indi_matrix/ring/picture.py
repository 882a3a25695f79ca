"""The picture on a ring of RGBW LEDs: what was painted, and what of it is shown. Pure functions and values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

FULL: Final = 255
_NIGHT_LIMIT: Final = FULL // 4
_WORD = re.compile("[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")


class Color(NamedTuple):
    """Brightness of the four channels of an LED, each 0 to 255."""

    red: int = 0
    green: int = 0
    blue: int = 0
    white: int = 0

    @classmethod
    def from_members(cls, values: Mapping[str, float]) -> Self:
        """Return the colour in values named RED, GREEN, BLUE and WHITE."""
        return cls(*(round(values[channel]) for channel in CHANNELS))

    @classmethod
    def from_hex(cls, word: str) -> Self:
        """Return the colour written as RRGGBB or RRGGBBWW.

        Raises:
            ValueError: The word is neither.
        """
        if not _WORD.fullmatch(word):
            raise ValueError("is not RRGGBB or RRGGBBWW in hexadecimal digits")
        return cls(*bytes.fromhex(word))

    def members(self) -> dict[str, float]:
        """Return the values by the names RED, GREEN, BLUE and WHITE."""
        return dict(zip(CHANNELS, map(float, self), strict=True))

    def hex(self) -> str:
        """Return RRGGBBWW."""
        return bytes(self).hex().upper()

    def dimmed(self, intensity: int) -> "Color":
        """Return the colour at an intensity of 0 to 255, rounded."""
        if intensity == FULL:
            return self
        return Color(*(round(channel * intensity / FULL) for channel in self))

    def reddened(self) -> "Color":
        """Return what keeps eyes used to the dark: red only, a quarter of the brightest channel at most."""
        return Color(red=max(self) * _NIGHT_LIMIT // FULL)


CHANNELS: Final = ("RED", "GREEN", "BLUE", "WHITE")
DARK: Final = Color()
PANEL_WHITE: Final = Color(white=FULL)


@dataclass(frozen=True, slots=True)
class Picture:
    """The one truth about a ring.

    Attributes:
        colors: What was painted, LED 1 first, clockwise.
        painted: Whether anybody painted anything yet.
        lit: Whether the light is on.
        intensity: 0 to 255.
    """

    colors: tuple[Color, ...]
    painted: bool = False
    lit: bool = False
    intensity: int = FULL

    @classmethod
    def of(cls, leds: int) -> Self:
        """Return the picture of a ring that nobody has painted."""
        return cls((DARK,) * leds)

    def paint(self, colors: Sequence[Color]) -> "Picture":
        """Return the picture with new colours, which switches the light on."""
        return replace(self, colors=tuple(colors), painted=True, lit=True)

    def paint_led(self, index: int, color: Color) -> "Picture":
        """Return the picture with another colour of one LED, counted from 0; it switches the light on."""
        return self.paint((*self.colors[:index], color, *self.colors[index + 1 :]))

    def switch_on(self) -> "Picture":
        """Return the picture with the light on: white where nothing was painted yet."""
        if not self.painted:
            return self.paint((PANEL_WHITE,) * len(self.colors))
        return replace(self, lit=True)

    def switch_off(self) -> "Picture":
        """Return the picture with the light off; the colours stay."""
        return replace(self, lit=False)

    def dim(self, intensity: int) -> "Picture":
        """Return the picture at another intensity, 0 to 255."""
        return replace(self, intensity=intensity)

    def present(self, colors: Sequence[Color]) -> tuple[Color, ...]:
        """Return colours as this ring shows them, with its intensity."""
        return tuple(color.dimmed(self.intensity) for color in colors)

    def resized(self, leds: int) -> "Picture":
        """Return the picture for a ring of another size: cut, or filled up with its one colour, else with dark."""
        return replace(self, colors=(self.colors + (self.uniform() or DARK,) * leds)[:leds])

    def uniform(self) -> Color | None:
        """Return the colour that all LEDs share, or None."""
        return self.colors[0] if len(set(self.colors)) == 1 else None

    def shown(self) -> tuple[Color, ...]:
        """Return what the LEDs are to show."""
        if not self.lit:
            return (DARK,) * len(self.colors)
        return self.present(self.colors)
