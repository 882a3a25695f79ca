"""What a ring is computed to show, from the properties of its board."""

import asyncio
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from indi_matrix.page.indi_side.known_devices import Defined, KnownDevices, Updated
from indi_matrix.page.indi_side.shown_ring import ShownRing, led_count
from indi_matrix.page.indi_side.shown_rings import ShownRings
from tests.programs import PATIENCE

DARK, RED, GREEN = "00000000", "FF000000", "00FF0000"


def vector(tag: str, device: str, name: str, state: str, values: Mapping[str, str]) -> Element:
    element = Element(tag, device=device, name=name, state=state, perm="rw")
    for member, text in values.items():
        SubElement(element, "one", name=member).text = text
    return element


class Board:
    """Publishes as a board does, to a ring of three LEDs."""

    def __init__(self, image: str = " ".join([DARK] * 3), *, lit: bool = False) -> None:
        self.devices = KnownDevices()
        self.now = 100.0
        self.define("Switch", "CONNECTION", {"CONNECT": "On"}, "Ok")
        self.define("Switch", "FLAT_LIGHT_CONTROL", {"FLAT_LIGHT_ON": "On" if lit else "Off"})
        self.define("Number", "FLAT_LIGHT_INTENSITY", {"FLAT_LIGHT_INTENSITY_VALUE": "255"})
        self.define("Text", "EVERLOOP_INFO", {"LEDS": "3"})
        self.define("Number", "EVERLOOP_COLOR", {"RED": "9", "GREEN": "9", "BLUE": "9", "WHITE": "9"}, "Ok")
        self.define("Text", "EVERLOOP_IMAGE", {"IMAGE": image})
        self.define("Switch", "EVERLOOP_EFFECT", {"NONE": "On", "RAINBOW": "Off"})
        self.define("Switch", "EVERLOOP_STATUS", {"INDI_ENABLED": "Off"})
        for led, word in enumerate(image.split(), 1):
            values = zip(("RED", "GREEN", "BLUE", "WHITE"), map(str, bytes.fromhex(word)), strict=True)
            self.define("Number", f"EVERLOOP_LED_{led}", dict(values))
        self.ring = ShownRing(self.devices, "MATRIX", 3, self.now)

    def define(
        self, kind: str, name: str, values: Mapping[str, str], state: str = "Idle", device: str = "MATRIX"
    ) -> None:
        self.devices.take(vector(f"def{kind}Vector", device, name, state, values))

    def tell(self, name: str, state: str = "Ok", device: str = "MATRIX", **values: str) -> None:
        prop = self.devices.get(device, name)
        assert prop is not None
        self.devices.take(vector(f"set{prop.kind}Vector", device, name, state, values))
        self.ring.update(prop, self.now)

    @property
    def shown(self) -> list[str]:
        return self.ring.frame(self.now).hex(" ", 4).upper().split()


def test_a_picture_that_is_there_is_shown_only_with_the_light_on() -> None:
    assert Board(f"{RED} {GREEN} {DARK}").shown == [DARK] * 3
    assert Board(f"{RED} {GREEN} {DARK}", lit=True).shown == [RED, GREEN, DARK]


def test_a_colour_is_shown_at_once_and_the_light_is_told_later() -> None:
    board = Board()
    board.tell("EVERLOOP_LED_2", RED="255")
    assert board.shown == [DARK, RED, DARK]
    board.now += 0.08
    board.tell("FLAT_LIGHT_CONTROL", FLAT_LIGHT_ON="On")
    board.now += 1
    assert board.shown == [DARK, RED, DARK]


def test_a_guess_that_nobody_confirms_ends() -> None:
    """Darkness was written within the 80 ms after which the LEDs are told."""
    board = Board()
    board.tell("EVERLOOP_LED_2", RED="255")
    assert board.ring.next_beat(board.now) == board.now + 0.2
    board.now += 0.2
    assert board.shown == [DARK] * 3
    assert board.ring.next_beat(board.now) is None


def test_colours_that_are_told_again_change_nothing() -> None:
    board = Board(f"{RED} {RED} {RED}")
    board.tell("EVERLOOP_IMAGE", IMAGE=f"{RED} {RED} {RED}")
    assert board.shown == [DARK] * 3
    board.tell("EVERLOOP_COLOR", "Idle", RED="7")  # the LEDs differ: this is none of them
    assert board.shown == [DARK] * 3


def test_an_effect_ends_with_a_colour_and_stands_still_while_the_link_is_lost() -> None:
    board = Board()
    board.tell("EVERLOOP_EFFECT", NONE="Off", RAINBOW="On")
    assert board.shown[0] == RED
    assert board.ring.next_beat(board.now) is not None
    board.tell("CONNECTION", "Busy")
    assert board.ring.next_beat(board.now) is None
    board.tell("CONNECTION", "Ok")
    board.tell("EVERLOOP_IMAGE", IMAGE=f"{GREEN} {DARK} {DARK}")
    assert board.shown == [GREEN, DARK, DARK]


def test_nonsense_in_a_property_is_passed_over() -> None:
    board = Board(f"{RED} {DARK} {DARK}", lit=True)
    board.tell("EVERLOOP_IMAGE", IMAGE="red")
    board.tell("EVERLOOP_LED_1", RED="x", GREEN="-9", BLUE="1e9", WHITE="nan")
    board.tell("FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE="")
    assert board.shown == ["0000FF00", DARK, DARK]
    for number in ("0", "4", "9" * 30, "x", "\u0663"):
        board.define("Number", f"EVERLOOP_LED_{number}", {"RED": "255"}, "Ok")
        board.tell(f"EVERLOOP_LED_{number}", RED="255")
    assert board.shown == ["0000FF00", DARK, DARK]


def test_the_number_of_leds_is_one_or_none() -> None:
    board = Board()
    for text, count in (("35", 35), ("0", 0), ("256", 0), ("-1", 0), ("9" * 5000, 0), ("\u0663", 0), ("", 0)):
        board.define("Text", "EVERLOOP_INFO", {"LEDS": text})
        assert led_count(board.devices, "MATRIX") == count


def test_the_status_ring_tells_of_devices_that_are_connected() -> None:
    board = Board()
    board.define("Text", "ACTIVE_DEVICES", {"ACTIVE_DOME": "Dome", "ACTIVE_WEATHER": "", "ACTIVE_TELESCOPE": "T"})
    board.define("Switch", "CONNECTION", {"CONNECT": "On"}, device="Dome")
    board.define("Switch", "DOME_MOTION", {"DOME_CW": "Off"}, "Alert", device="Dome")
    board.tell("EVERLOOP_STATUS", INDI_ENABLED="On")
    assert board.ring.depends_on("Dome")
    assert not board.ring.depends_on("MATRIX")
    board.ring.observe()
    assert board.ring.next_beat(board.now) is not None  # an Alert flashes
    board.define("Switch", "CONNECTION", {"CONNECT": "Off"}, device="Dome")
    board.ring.observe()
    assert board.ring.next_beat(board.now) is None


async def test_weather_is_no_reason_to_look_at_a_ring() -> None:
    board = Board()
    rings = ShownRings(board.devices, lambda _: None, lambda _: None, lambda: True)
    rings.follow(Defined("MATRIX", "CONNECTION"), of_board=True)
    rings.show()
    board.define("Number", "WEATHER_PARAMETERS", {"WEATHER_TEMPERATURE": "7"})
    for name, looked in (("WEATHER_PARAMETERS", set()), ("EVERLOOP_EFFECT", {"MATRIX"})):
        rings.follow(Updated("MATRIX", name, []), of_board=True)
        assert rings._stale == looked


async def test_no_timer_runs_while_nobody_looks() -> None:
    watched, told = asyncio.Event(), asyncio.Event()
    board = Board()
    rings = ShownRings(board.devices, lambda _: None, lambda _: told.set(), watched.is_set)

    def publish(**values: str) -> None:
        prop = board.devices.get("MATRIX", "EVERLOOP_EFFECT")
        assert prop is not None
        board.devices.take(vector("setSwitchVector", "MATRIX", prop.name, "Ok", values))
        rings.follow(Updated("MATRIX", prop.name, list(values)), of_board=True)
        rings.show()

    def has_timer() -> bool:
        return rings._timer is not None

    publish(NONE="Off", RAINBOW="On")
    assert not has_timer()
    watched.set()
    rings.look_at_all()
    for _ in range(3):
        async with asyncio.timeout(PATIENCE):
            await told.wait()
        told.clear()
    assert has_timer()
    watched.clear()
    rings.stop()
    rings._beat(frozenset({"MATRIX"}))  # the one that was due
    assert not has_timer()
    watched.set()
    rings.look_at_all()
    assert has_timer()
    publish(NONE="On", RAINBOW="Off")
    assert not has_timer()
