"""What the ring of a board shows, computed from the properties that the board publishes. Pure.

LEDs cannot be read back. But what `Show` makes effects, night mode and the status ring of, clients know too.
"""

from collections.abc import Iterable
from typing import Final

from indi_matrix.devices.everloop.effects import EFFECTS
from indi_matrix.devices.everloop.image_text import parse_image
from indi_matrix.devices.everloop.observatory import Observatory
from indi_matrix.devices.everloop.picture import CHANNELS, FULL, from_values
from indi_matrix.devices.everloop.show import NO_EFFECT, Show
from indi_matrix.devices.snooped import WATCHED, Snooped
from indi_matrix.errors import WriteError
from indi_matrix.page.indi_side.known_devices import KnownDevices, KnownProperty, Value

ROLES: Final = "ACTIVE_DEVICES"
"""The property that names the devices of which the status ring tells."""

_MOST_LEDS: Final = 255
_GUESS: Final = 0.2  # seconds; that an effect ended and the light is on is told within 0.1 s
_LED: Final = "EVERLOOP_LED_"
_SWITCH_TEXTS: Final = {True: "On", False: "Off"}


def led_count(devices: KnownDevices, device: str) -> int:
    """Return the number of LEDs of a board; 0 while it shows no ring."""
    info = devices.get(device, "EVERLOOP_INFO")
    text = "" if info is None else info.text("LEDS")
    count = int(text) if text.isascii() and text.isdigit() and len(text) < len("1000") else 0
    return count if count <= _MOST_LEDS else 0


class ShownRing:
    """Follows the properties of one board, and makes the frames that its ring shows.

    Args:
        devices: All that is known.
        device: Name of the board's INDI device.
        leds: Number of LEDs.
        now: Time in seconds.
    """

    def __init__(self, devices: KnownDevices, device: str, leds: int, now: float) -> None:
        self.leds = leds
        self._devices = devices
        self._device = device
        self._show = Show()
        self._show.picture = self._show.picture.resized(leds)._replace(painted=True)
        self._guessed_until: float | None = None
        for prop in devices.of(device).values():
            self.define(prop, now)
        self.observe()

    def frame(self, now: float) -> bytes:
        """Return the frame that the ring shows at a time in seconds."""
        if self._guessed_until is not None and self._guessed_until <= now:
            self._end_guess(now)
        return self._show.frame(now)

    def next_beat(self, now: float) -> float | None:
        """Return the time at which the ring may change by itself; None if it stays as it is."""
        connection = self._devices.get(self._device, "CONNECTION")
        if connection is not None and connection.state != "Ok":
            return None  # the link is lost: the ring keeps the frame that was sent last
        beats = [beat for beat in (self._show.next_beat(now), self._guessed_until) if beat is not None]
        return min(beats, default=None)

    def define(self, prop: KnownProperty, now: float) -> None:
        """Take a property of the board, which was defined: the colours say nothing of light and effect then."""
        colors = self._painted(prop)
        if colors is None:
            self._follow(prop, now)
        elif prop.name != "EVERLOOP_COLOR":  # that is not what is shown where LEDs differ
            self._show.picture = self._show.picture._replace(colors=colors)

    def update(self, prop: KnownProperty, now: float) -> None:
        """Take a property of the board that has changed.

        A colour that is not shown yet was written just now, which switches the light on and ends an effect.
        FLAT_LIGHT_CONTROL and EVERLOOP_EFFECT tell so a little later; the guess ends then.
        """
        colors = self._painted(prop)
        if colors is None:
            self._follow(prop, now)
        elif colors != self._show.picture.colors and not (prop.name == "EVERLOOP_COLOR" and prop.state != "Ok"):
            self._show.effect = NO_EFFECT
            self._show.picture = self._show.picture.paint(colors)
            self._guessed_until = now + _GUESS

    def _end_guess(self, now: float) -> None:
        """Take what light and effect are told to be."""
        self._guessed_until = None
        for name in ("FLAT_LIGHT_CONTROL", "EVERLOOP_EFFECT"):
            prop = self._devices.get(self._device, name)
            if prop is not None:
                self._follow(prop, now)

    def _follow(self, prop: KnownProperty, now: float) -> None:
        """Take a property that is no colour."""
        show = self._show
        match prop.name:
            case "FLAT_LIGHT_CONTROL":
                on = prop.on("FLAT_LIGHT_ON")
                show.picture = show.picture.switch_on() if on else show.picture.switch_off()
            case "FLAT_LIGHT_INTENSITY":
                show.picture = show.picture.dim(_byte(prop.value("FLAT_LIGHT_INTENSITY_VALUE"), FULL))
            case "EVERLOOP_EFFECT":
                self._start(next((name for name in EFFECTS if prop.on(name)), NO_EFFECT), now)
            case "EVERLOOP_SPEED":
                rate = prop.value("RATE")
                show.turn_at(rate if isinstance(rate, float) else show.rate, now)
            case "EVERLOOP_NIGHT_MODE":
                show.night = prop.on("INDI_ENABLED")
            case "EVERLOOP_STATUS":
                show.status = prop.on("INDI_ENABLED")

    def depends_on(self, device: str) -> bool:
        """Return whether the status ring tells of a device."""
        return device in self._roles().values()

    def observe(self) -> None:
        """Look at all properties of other devices of which the status ring tells."""
        observatory = Observatory()
        for role, device in self._roles().items():
            for name, heard in self._observed(device, WATCHED[role]):
                observatory.hear(name, heard)
        self._show.observatory = observatory

    def _roles(self) -> dict[str, str]:
        """Return the name of the device in each role."""
        prop = self._devices.get(self._device, ROLES)
        return {} if prop is None else {role: prop.text(role) for role in WATCHED}

    def _observed(self, device: str, names: Iterable[str]) -> Iterable[tuple[str, Snooped]]:
        connection = self._devices.get(device, "CONNECTION")
        if connection is not None and not connection.on("CONNECT"):
            return
        for name in names:
            prop = self._devices.get(device, name)
            if prop is not None:
                yield name, Snooped(prop.state, {one.name: _text(one.value) for one in prop.members.values()})

    def _painted(self, prop: KnownProperty) -> bytes | None:
        """Return the colours of all LEDs with those of a property; None if it has none."""
        colors = self._show.picture.colors
        if prop.name == "EVERLOOP_IMAGE":
            try:
                return parse_image(prop.text("IMAGE"), self.leds)
            except WriteError:
                return colors
        if prop.name == "EVERLOOP_COLOR":
            return _color(prop) * self.leds
        number = prop.name.removeprefix(_LED)
        if number == prop.name or not (number.isascii() and number.isdigit()):
            return None
        index = int(number[:4]) - 1
        return self._show.picture.paint_led(index, _color(prop)).colors if 0 <= index < self.leds else colors

    def _start(self, effect: str, now: float) -> None:
        if effect != self._show.effect:
            self._show.start(effect, now)


def _color(prop: KnownProperty) -> bytes:
    return from_values({channel: _byte(prop.value(channel), 0) for channel in CHANNELS})


def _byte(value: Value, default: int) -> int:
    """Return a number from 0 to 255."""
    return min(max(round(value), 0), FULL) if isinstance(value, float) else default


def _text(value: Value) -> str:
    return _SWITCH_TEXTS[value] if isinstance(value, bool) else str(value)
