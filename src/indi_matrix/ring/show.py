"""What a ring shows at a moment: an effect, a picture, or the status of the observatory. Pure."""

from typing import Final

from indi_matrix.ring.effects import EFFECTS
from indi_matrix.ring.observatory import Observatory
from indi_matrix.ring.picture import Color, Picture
from indi_matrix.ring.status import flashes, status_picture

NO_EFFECT: Final = "NONE"

_EFFECT_INTERVAL: Final = 0.04
_FLASH_INTERVAL: Final = 0.25


class Show:
    """What the ring is to show: an effect, else the picture while its light is on, else the status, else nothing.

    Attributes:
        picture: What was painted.
        effect: Name of the effect that runs, or NONE.
        rate: Turns of it in a minute.
        night: Whether all is shown in dim red.
        status: Whether the observatory is shown while the light is off.
        observatory: What is known of that.
    """

    def __init__(self) -> None:
        self.picture = Picture.of(0)
        self.effect = NO_EFFECT
        self.rate = 30.0
        self.night = False
        self.status = False
        self.observatory = Observatory()
        self._turns = 0.0
        self._then = 0.0

    @property
    def interval(self) -> float | None:
        """Seconds between two frames of what moves; None while nothing does."""
        if self.effect != NO_EFFECT:
            return _EFFECT_INTERVAL
        if self.status and not self.picture.lit and flashes(self.observatory.sights()):
            return _FLASH_INTERVAL
        return None

    def start(self, effect: str, now: float) -> None:
        """Let an effect begin, at a time in seconds."""
        self.effect = effect
        self._turns, self._then = 0.0, now

    def frame(self, now: float) -> tuple[Color, ...]:
        """Return what is to be shown at a time in seconds."""
        colors = self._colors(now)
        return tuple(color.reddened() for color in colors) if self.night else colors

    def _colors(self, now: float) -> tuple[Color, ...]:
        if self.effect != NO_EFFECT:
            self._turns += (now - self._then) * self.rate / 60
            self._then = now
            return self.picture.present(EFFECTS[self.effect](self.picture.colors, self._turns))
        if self.picture.lit or not self.status:
            return self.picture.shown()
        lit = int(now / _FLASH_INTERVAL) % 2 == 0
        return status_picture(self.observatory.sights(), len(self.picture.colors), lit=lit)
