"""Everloop: the ring of LEDs.

Its MALOS driver takes whole pictures and publishes nothing but the number of LEDs.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from google.protobuf.message import DecodeError

from indi_matrix.devices.base import Device, Host
from indi_matrix.errors import LinkError, WriteError
from indi_matrix.indi.kinds import NumberProperty, SwitchProperty, TextProperty
from indi_matrix.indi.properties import AnyProperty, Member, NumberMember, Perm, Rule, State
from indi_matrix.indi.values import shortened
from indi_matrix.malos.link import Link
from indi_matrix.malos.messages import DriverConfig, EverloopImage
from indi_matrix.ring import CHANNELS, DARK, FULL, Color, Picture

log = logging.getLogger(__name__)

_GROUP: Final = "Everloop"
BOARDS: Final = {35: "Creator", 18: "Voice"}
_MOST_LEDS: Final = 255

# A slow board shows 50 frames a second, and MALOS queues what comes faster: this interval never builds up a lag.
_FRAME_INTERVAL: Final = 0.025
# The other properties follow a write within 100 ms.
_MIRROR_DELAY: Final = 0.08


def image_config(colors: Sequence[Color]) -> bytes:
    """Return the config that shows one colour on each LED of the ring, LED 1 first."""
    config = DriverConfig()
    add = config.image.led.add
    for color in colors:
        add(red=color.red, green=color.green, blue=color.blue, white=color.white)
    return bytes(config.SerializeToString())


def led_count(update: bytes) -> int:
    """Return the number of LEDs in a data update; 0 where it tells none that a board could have."""
    try:
        count = int(EverloopImage.FromString(update).everloop_length)
    except DecodeError:
        return 0
    return count if 0 < count <= _MOST_LEDS else 0


def parse_image(text: str, leds: int) -> list[Color]:
    """Return the colours in a text of as many words as there are LEDs.

    Raises:
        WriteError: Another number of words, or a word that is no colour.
    """
    words = text.split()
    if len(words) != leds:
        raise WriteError(f"EVERLOOP_IMAGE.IMAGE has {len(words)} words; it takes {leds}, one for each LED")
    colors = []
    for number, word in enumerate(words, 1):
        try:
            colors.append(Color.from_hex(word))
        except ValueError as error:
            raise WriteError(f"EVERLOOP_IMAGE.IMAGE: word {number}, {shortened(word)}, {error}") from error
    return colors


def channel_members() -> list[NumberMember]:
    """Return the four channels of an LED as members."""
    return [NumberMember(channel, channel.capitalize(), 0.0, 0, FULL) for channel in CHANNELS]


class Everloop(Device):
    """The ring: one picture, painted as a whole or LED by LED, and a light switch with an intensity."""

    driver = "Everloop"
    newest_only = True
    required = True
    interface = 1 << 10  # LIGHTBOX

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.picture = Picture.of(0)
        self._last_color = DARK  # of the whole ring, while its LEDs differ
        self._unsent = asyncio.Event()
        self._unmirrored = asyncio.Event()
        self._color = NumberProperty(
            "EVERLOOP_COLOR", "Ring colour", _GROUP, channel_members(),
            on_write=self._write_color, source=self._last_uniform,
        )  # fmt: skip
        self._image = TextProperty(
            "EVERLOOP_IMAGE", "Picture", _GROUP, [Member("IMAGE", "RRGGBBWW for each LED", "")],
            on_write=self._write_image, source=lambda: {"IMAGE": " ".join(c.hex() for c in self.picture.colors)},
        )  # fmt: skip
        self._info = TextProperty(
            "EVERLOOP_INFO", "Ring", _GROUP, [Member("BOARD", "Board", ""), Member("LEDS", "LEDs", "")],
            perm=Perm.READ, state=State.OK, source=self._describe,
        )  # fmt: skip
        self._light = SwitchProperty(
            "FLAT_LIGHT_CONTROL", "Flat light", _GROUP,
            [Member("FLAT_LIGHT_ON", "On", value=False), Member("FLAT_LIGHT_OFF", "Off", value=True)],
            rule=Rule.ONE_OF_MANY, on_write=self._write_light,
            source=lambda: {"FLAT_LIGHT_ON": self.picture.lit, "FLAT_LIGHT_OFF": not self.picture.lit},
        )  # fmt: skip
        self._intensity = NumberProperty(
            "FLAT_LIGHT_INTENSITY", "Brightness", _GROUP,
            [NumberMember("FLAT_LIGHT_INTENSITY_VALUE", "Value", FULL, 0, FULL)],
            on_write=self._write_intensity, saved=True,
            source=lambda: {"FLAT_LIGHT_INTENSITY_VALUE": float(self.picture.intensity)},
        )  # fmt: skip
        self._leds: list[NumberProperty] = []

    async def begin(self, link: Link) -> None:
        """Learn how many LEDs there are."""
        await super().begin(link)
        link.ping()
        while not (count := led_count(await link.update())):
            pass
        if count != len(self.picture.colors):
            self.picture = self.picture.resized(count)
            self._leds = [self._led_property(index) for index in range(count)]

    def properties(self) -> Iterable[AnyProperty]:
        """Return the ring's properties, with one for each LED."""
        return (self._info, self._color, self._image, self._light, self._intensity, *self._leds)

    async def run(self) -> None:
        """Show the newest picture, let the properties follow it, and see that the ring stays the same.

        Raises:
            LinkError: The service is lost, or has another board now.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._show_frames())
            tasks.create_task(self._mirror())
            while True:
                count = led_count(await self.link.update())
                if count and count != len(self.picture.colors):
                    raise LinkError(f"the ring has {count} LEDs now")

    def reassert(self) -> None:
        """Show the picture again, if there ever was one."""
        if self.picture.painted:
            self._unsent.set()

    def end(self) -> None:
        """Send the last picture, if it is still due, and give up the link."""
        if self.connected and self._unsent.is_set():
            try:
                self._send_frame()
            except LinkError as error:
                log.info("the last picture was not shown: %s", error)
        self._unsent.clear()
        super().end()

    async def _show_frames(self) -> None:
        """Send the newest picture whenever it has changed, no faster than any board can show it."""
        while True:
            await self._unsent.wait()
            try:
                self._send_frame()
            except LinkError as error:
                # Still unsent. If the service does not come round, its updates stop, and the visit ends.
                log.debug("a picture has to wait: %s", error)
            await asyncio.sleep(_FRAME_INTERVAL)

    def _send_frame(self) -> None:
        self.link.send(image_config(self.picture.shown()))
        self._unsent.clear()

    async def _mirror(self) -> None:
        """Let all properties follow the picture, a little behind it and in one go."""
        while True:
            await self._unmirrored.wait()
            await asyncio.sleep(_MIRROR_DELAY)
            self._unmirrored.clear()
            for prop in self.properties():
                prop.follow()
            if self.picture.uniform() is None:
                self._color.update(state=State.IDLE)

    def _change(self, picture: Picture) -> State:
        """Make a picture the one to be shown."""
        self.picture = picture
        self._last_color = picture.uniform() or self._last_color
        self._unsent.set()
        self._unmirrored.set()
        return State.OK

    def _write_color(self, values: Mapping[str, float]) -> State:
        return self._change(self.picture.paint([Color.from_members(values)] * len(self.picture.colors)))

    def _write_image(self, values: Mapping[str, str]) -> State:
        return self._change(self.picture.paint(parse_image(values["IMAGE"], len(self.picture.colors))))

    def _led_property(self, index: int) -> NumberProperty:
        """Return the property of one LED, counted from 0 here and from 1 by clients."""

        def write(values: Mapping[str, float]) -> State:
            return self._change(self.picture.paint_led(index, Color.from_members(values)))

        def source() -> Mapping[str, float]:
            return self.picture.colors[index].members()

        number = index + 1
        name, label = f"EVERLOOP_LED_{number}", f"LED {number}"
        return NumberProperty(name, label, "Everloop LEDs", channel_members(), on_write=write, source=source)

    def _write_light(self, values: Mapping[str, bool]) -> State:
        lit = values["FLAT_LIGHT_ON"]
        return self._change(self.picture.switch_on() if lit else self.picture.switch_off())

    def _write_intensity(self, values: Mapping[str, float]) -> State:
        picture = self.picture.dim(round(values["FLAT_LIGHT_INTENSITY_VALUE"]))
        if picture.lit:
            return self._change(picture)
        self.picture = picture
        return State.OK

    def _last_uniform(self) -> Mapping[str, float]:
        """Return the ring's colour, or the last that it had while its LEDs differ."""
        return self._last_color.members()

    def _describe(self) -> Mapping[str, str]:
        count = len(self.picture.colors)
        return {"BOARD": BOARDS.get(count, "unknown"), "LEDS": str(count)}
