"""Everloop: the ring of LEDs.

Its MALOS driver takes whole pictures and publishes nothing but the number of LEDs.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from indi_matrix.devices.everloop.effects import EFFECTS
from indi_matrix.devices.everloop.filter_presets import INTENSITY_STEP, FilterPresets
from indi_matrix.devices.everloop.frame_sender import FrameSender, now
from indi_matrix.devices.everloop.image_text import image_text, parse_image
from indi_matrix.devices.everloop.picture import CHANNELS, DARK, FULL, Picture, from_values, to_values
from indi_matrix.devices.everloop.show import NO_EFFECT, Show
from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.devices.snooped import WATCHED, Snooped
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.properties.base import AnyProperty, Member, NumberMember, Perm, Rule, State
from indi_matrix.indi.properties.kinds import NumberProperty, SwitchProperty, TextProperty
from indi_matrix.malos.messages import EverloopImage
from indi_matrix.settings import LED_COUNTS

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_MAIN: Final = "Main Control"
_GROUP: Final = "Everloop"
BOARDS: Final = {count: kind.capitalize() for kind, count in LED_COUNTS.items()}
_MOST_LEDS: Final = 255

# Seconds from a write until the other properties follow it; clients are promised 100 ms.
_MIRROR_DELAY: Final = 0.08


def led_count(update: bytes) -> int:
    """Return the number of LEDs in a data update; 0 if it has none from 1 to 255."""
    message = EverloopImage.read(update)
    count = 0 if message is None else int(message.everloop_length)
    return count if 0 < count <= _MOST_LEDS else 0


CHANNEL_MEMBERS: Final = tuple(NumberMember(channel, channel.capitalize(), 0.0, 0, FULL) for channel in CHANNELS)
"""The four channels of an LED as members, which all LEDs share."""


def enabled_members(*, on: bool = False) -> list[Member[bool]]:
    """Return the two members of a switch that enables something."""
    return [Member("INDI_ENABLED", "Enabled", on), Member("INDI_DISABLED", "Disabled", not on)]


class Everloop(MatrixDevice):
    """The ring: one picture, painted as a whole or LED by LED, a light switch, effects, and a status display."""

    driver = "Everloop"
    newest_only = True
    updates_tell = False
    required = True
    interface = 1 << 10  # LIGHTBOX

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._show = Show()
        self._frames = FrameSender(self, self._show)
        self._last_color = bytes(DARK)  # the last colour that all LEDs shared
        self._owes_frame = False  # whether the last frame of a visit could not be sent
        self._unmirrored = asyncio.Event()
        self._leds: list[NumberProperty] = []
        self._presets = FilterPresets(self, self._apply_preset)
        host.interlock.darken = self._darken
        for role, names in WATCHED.items():
            host.listen(role, names, self._observe)
        self._make_picture_properties()
        self._make_show_properties()

    def _make_picture_properties(self) -> None:
        self._color = NumberProperty(
            "EVERLOOP_COLOR", "Ring colour", _GROUP, CHANNEL_MEMBERS,
            on_write=self._write_color, source=self._last_uniform,
        )  # fmt: skip
        self._image = TextProperty(
            "EVERLOOP_IMAGE", "Picture", _GROUP, [Member("IMAGE", "RRGGBBWW for each LED", "")],
            on_write=self._write_image, source=lambda: {"IMAGE": image_text(self._picture.colors)},
        )  # fmt: skip
        self._info = TextProperty(
            "EVERLOOP_INFO", "Ring", _MAIN, [Member("BOARD", "Board", ""), Member("LEDS", "LEDs", "")],
            perm=Perm.READ, state=State.OK, source=self._describe,
        )  # fmt: skip
        self._light = SwitchProperty(
            "FLAT_LIGHT_CONTROL", "Flat Light", _MAIN,
            [Member("FLAT_LIGHT_ON", "On", value=False), Member("FLAT_LIGHT_OFF", "Off", value=True)],
            rule=Rule.ONE_OF_MANY, on_write=self._write_light, timeout=0,
            source=lambda: {"FLAT_LIGHT_ON": self._picture.lit, "FLAT_LIGHT_OFF": not self._picture.lit},
        )  # fmt: skip
        self._intensity = NumberProperty(
            "FLAT_LIGHT_INTENSITY", "Brightness", _MAIN,
            [NumberMember("FLAT_LIGHT_INTENSITY_VALUE", "Value", FULL, 0, FULL, step=INTENSITY_STEP)],
            on_write=self._write_intensity, saved_at_once=True, timeout=0,
            source=lambda: {"FLAT_LIGHT_INTENSITY_VALUE": float(self._picture.intensity)},
        )  # fmt: skip

    def _make_show_properties(self) -> None:
        effects = [Member(NO_EFFECT, "None", value=True)]
        effects += [Member(name, name.capitalize(), value=False) for name in EFFECTS]
        self._effect = SwitchProperty(
            "EVERLOOP_EFFECT", "Effect", _GROUP, effects, rule=Rule.ONE_OF_MANY, on_write=self._write_effect,
            source=lambda: {name: name == self._show.effect for name in (NO_EFFECT, *EFFECTS)},
        )  # fmt: skip
        self._speed = NumberProperty(
            "EVERLOOP_SPEED", "Speed", _GROUP,
            [NumberMember("RATE", "Effect speed (turns/min)", 30.0, 1, 600)], on_write=self._write_speed,
        )  # fmt: skip
        self._night = SwitchProperty(
            "EVERLOOP_NIGHT_MODE", "Night mode", _GROUP, enabled_members(), rule=Rule.ONE_OF_MANY,
            on_write=self._write_night, saved=True,
        )  # fmt: skip
        self._status = SwitchProperty(
            "EVERLOOP_STATUS", "Status ring", _GROUP, enabled_members(), rule=Rule.ONE_OF_MANY,
            on_write=self._write_status,
        )  # fmt: skip

    @property
    def _picture(self) -> Picture:
        return self._show.picture

    async def begin(self, link: "Link") -> None:
        """Learn how many LEDs there are."""
        await super().begin(link)
        link.ping()
        while not (count := led_count(await link.update())):
            pass
        self.host.leds = count
        if count != self._picture.leds:
            self._show.picture = self._picture.resized(count)
            self._leds = [self._led_property(index) for index in range(count)]

    def properties(self) -> Iterable[AnyProperty]:
        """Return the ring's properties, with one for each LED."""
        presets = () if self._presets.property is None else (self._presets.property,)
        return (
            self._light, self._intensity, self._info, self._color, self._image,
            self._effect, self._speed, self._night, self._status, *presets, *self._leds,
        )  # fmt: skip

    async def run(self) -> None:
        """Send frames, let the properties follow the picture, and check that the number of LEDs stays.

        Raises:
            LinkError: The service is lost, or has another board now.
        """
        self._presets.recall()
        if self._owes_frame:
            self._owes_frame = False
            self._frames.refresh()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._frames.run())
            tasks.create_task(self._mirror())
            while True:
                count = led_count(await self.link.update())
                if count and count != self._picture.leds:
                    raise LinkError(f"the ring has {count} LEDs now")

    def resend(self) -> None:
        """Send the present frame again, if any frame was ever sent."""
        if self._frames.used:
            self._frames.refresh()

    def leave(self, ending: Ending) -> None:
        """Unless LOST, end effect and status ring, and show the picture or, if the ending is OFF, darkness."""
        if ending is not Ending.LOST:
            self._end_show(off=ending is Ending.OFF)
        self._frames.stop()

    def _end_show(self, *, off: bool) -> None:
        self._show.effect = NO_EFFECT
        self._show.status = False
        if off:
            self._show.picture = self._picture.switch_off()
        self._owes_frame = not self._frames.settle(again=off)
        self._effect.publish_reading(state=self._effect.state)
        self._status.publish_reading(self._status.only("INDI_DISABLED"), self._status.state)

    # The picture

    async def _mirror(self) -> None:
        """Publish changed properties 80 ms after a change of the picture, those of several changes in one go."""
        while True:
            await self._unmirrored.wait()
            await asyncio.sleep(_MIRROR_DELAY)
            self._unmirrored.clear()
            for prop in self.properties():
                prop.publish_reading()
            if self._picture.uniform() is None:
                self._color.publish_reading(state=State.IDLE)

    def _show_picture(self, picture: Picture) -> State:
        """Set the picture and show it, which ends an effect."""
        self._show.effect = NO_EFFECT
        self._show.picture = picture
        self._last_color = picture.uniform() or self._last_color
        self._unmirrored.set()
        self._frames.refresh()
        return State.OK

    def _write_color(self, values: Mapping[str, float]) -> State:
        return self._show_picture(self._picture.paint_all(from_values(values)))

    def _write_image(self, values: Mapping[str, str]) -> State:
        return self._show_picture(self._picture.paint(parse_image(values["IMAGE"], self._picture.leds)))

    def _led_property(self, index: int) -> NumberProperty:
        """Return the property of one LED, counted from 0 here and from 1 by clients."""

        def write(values: Mapping[str, float]) -> State:
            return self._show_picture(self._picture.paint_led(index, from_values(values)))

        def source() -> Mapping[str, float]:
            return to_values(self._picture.led(index))

        number = index + 1
        name, label = f"EVERLOOP_LED_{number}", f"LED {number:02}"
        return NumberProperty(name, label, "Everloop LEDs", CHANNEL_MEMBERS, on_write=write, source=source)

    def _write_light(self, values: Mapping[str, bool]) -> State:
        lit = values["FLAT_LIGHT_ON"]
        if lit and (why := self.host.interlock.obstacle()):
            raise WriteError(f"FLAT_LIGHT_CONTROL.FLAT_LIGHT_ON=On: {why}")
        return self._show_picture(self._picture.switch_on() if lit else self._picture.switch_off())

    def _darken(self) -> None:
        """Switch the flat light off if it is on."""
        if self._picture.lit:
            self._show_picture(self._picture.switch_off())
            self._light.publish_reading()

    def _write_intensity(self, values: Mapping[str, float]) -> State:
        self._dim(round(values["FLAT_LIGHT_INTENSITY_VALUE"]))
        return State.OK

    def _apply_preset(self, intensity: int) -> None:
        """Set the intensity to the preset of a filter."""
        self._dim(intensity)
        self._intensity.publish_reading()

    def _dim(self, intensity: int) -> None:
        self._show.picture = self._picture.dim(intensity)
        if self._picture.lit or self._show.effect != NO_EFFECT:
            self._frames.refresh()

    def _last_uniform(self) -> Mapping[str, float]:
        """Return the ring's colour; while its LEDs differ, the last one they shared."""
        return to_values(self._last_color)

    def _describe(self) -> Mapping[str, str]:
        count = self._picture.leds
        return {"BOARD": BOARDS.get(count, "unknown"), "LEDS": str(count)}

    # Beyond the picture

    def _write_effect(self, values: Mapping[str, bool]) -> State:
        (effect,) = (name for name, on in values.items() if on)
        if effect != self._show.effect:
            self._show.start(effect, now())
            self._frames.refresh()
        return State.OK

    def _write_speed(self, values: Mapping[str, float]) -> State:
        self._show.turn_at(values["RATE"], now())
        return State.OK

    def _write_night(self, values: Mapping[str, bool]) -> State:
        self._show.night = values["INDI_ENABLED"]
        if self._frames.used:
            self._frames.refresh()
        return State.OK

    def _write_status(self, values: Mapping[str, bool]) -> State:
        """Switch the status ring on or off; it is seen while neither the light nor an effect hides it."""
        if values["INDI_ENABLED"] != self._show.status:
            self._show.status = values["INDI_ENABLED"]
            self._frames.refresh()
        return State.OK

    def _observe(self, name: str, heard: Snooped | None) -> None:
        """Record a property of another device; refresh the status ring if that changes it."""
        before = self._show.observatory.sights()
        self._show.observatory.hear(name, heard)
        if self.connected and self._show.status and self._show.observatory.sights() != before:
            self._frames.refresh()
