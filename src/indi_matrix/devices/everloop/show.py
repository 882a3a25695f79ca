"""What a ring shows at a moment: an effect, a picture, or the status of the observatory. Pure."""

from typing import Final

from indi_matrix.devices.everloop.effects import EFFECTS
from indi_matrix.devices.everloop.observatory import Observatory
from indi_matrix.devices.everloop.picture import Picture, dimmed, reddened
from indi_matrix.devices.everloop.status import flashes, status_picture

NO_EFFECT: Final = "NONE"

_EFFECT_INTERVAL: Final = 0.04  # s
_FLASH_INTERVAL: Final = 0.25  # s
_EARLY: Final = 0.0008  # s that a timer may be early: those of uvloop count whole milliseconds


class Show:
    """What the ring is to show: an effect, else the picture while its light is on, else the status, else nothing.

    Attributes:
        picture: What was painted.
        effect: Name of the effect that runs, or NONE.
        rate: Turns of the effect per minute.
        night: Whether all is shown in dim red.
        status: Whether the observatory is shown while the light is off.
        observatory: What is known of the observatory.
    """

    def __init__(self) -> None:
        self.picture = Picture.of(0)
        self.effect = NO_EFFECT
        self.rate = 30.0
        self.night = False
        self.status = False
        self.observatory = Observatory()
        self._turns = 0.0
        self._turns_at = 0.0  # time at which the effect had made those turns
        self._beat = 0.0  # time of the last or next moving frame

    @property
    def interval(self) -> float | None:
        """Seconds between two frames of what moves; None while nothing does."""
        if self.effect != NO_EFFECT:
            return _EFFECT_INTERVAL
        if self.status and not self.picture.lit and flashes(self.observatory.sights()):
            return _FLASH_INTERVAL
        return None

    def next_beat(self, now: float) -> float | None:
        """Return the time after `now`, in seconds, at which the next moving frame is due; None if nothing moves.

        Each beat is one interval after the beat before. So beats do not drift, and extra frames do not shift them.
        """
        interval = self.interval
        if interval is None:
            return None
        reached = now + _EARLY
        if self._beat <= reached:
            self._beat += interval
        if not reached < self._beat <= reached + interval:  # it has just begun, or missed a beat
            self._beat = now + interval
        return self._beat

    def start(self, effect: str, now: float) -> None:
        """Start an effect at a time in seconds."""
        self.effect = effect
        self._turns, self._turns_at = 0.0, now

    def turn_at(self, rate: float, now: float) -> None:
        """Change the rate of the effect, in turns per minute, from a time in seconds on."""
        self._advance(now)
        self.rate = rate

    def frame(self, now: float) -> bytes:
        """Return the frame that is to be shown at a time in seconds."""
        if self.effect != NO_EFFECT:
            # Redden before dimming: the colours of a dimmed rainbow would all become the same red.
            return dimmed(self._at_night(self._effect_frame(now)), self.picture.intensity)
        return self._at_night(self._still_frame(now))

    def _at_night(self, frame: bytes) -> bytes:
        return reddened(frame) if self.night else frame

    def _effect_frame(self, now: float) -> bytes:
        self._advance(now)
        return EFFECTS[self.effect](self.picture.colors, self._turns)

    def _still_frame(self, now: float) -> bytes:
        picture = self.picture
        if picture.lit or not self.status:
            return picture.shown()
        lit = int(now / _FLASH_INTERVAL) % 2 == 0
        return b"".join(map(bytes, status_picture(self.observatory.sights(), picture.leds, lit=lit)))

    def _advance(self, now: float) -> None:
        self._turns += (now - self._turns_at) * self.rate / 60
        self._turns_at = now
