"""What the clients of the benchmark write, made before any clock runs, and what tells an answer, as bytes."""

import re
from typing import Final

LEDS: Final = 35
GET: Final = b'<getProperties version="1.7"/>\n'
GET_IMAGE: Final = b'<getProperties version="1.7" device="MATRIX" name="EVERLOOP_IMAGE"/>\n'
DEFINITION: Final = b"<def"
LAST_LED: Final = f"EVERLOOP_LED_{LEDS}".encode()
# Each of these comes once in an answer, whichever quotes the driver uses.
SWITCH: Final = b"FLAT_LIGHT_CONTROL"
IMAGE: Final = b"EVERLOOP_IMAGE"
SPEED: Final = b"EVERLOOP_SPEED"
LED: Final = b"EVERLOOP_LED_"
MOTION: Final = b'name="ACCELERATION"'  # comes with each update of the IMU, and also as it is defined
_SEAM: Final = re.compile(rb'(?<=")(?=\w)|(?<=\w)(?=")|(?<=>)(?=[<\w])|(?<=\w)(?=<)')


def _vector(kind: str, name: str, device: str = "MATRIX", **values: object) -> bytes:
    members = "".join(f'<one{kind} name="{member}">{value}</one{kind}>' for member, value in values.items())
    return f'<new{kind}Vector device="{device}" name="{name}">{members}</new{kind}Vector>\n'.encode()


def connect(device: str = "MATRIX") -> bytes:
    """Return the write that connects a device."""
    return _vector("Switch", "CONNECTION", device, CONNECT="On")


def effect(name: str, device: str = "MATRIX") -> bytes:
    """Return the write that starts an effect."""
    return _vector("Switch", "EVERLOOP_EFFECT", device, **{name: "On"})


def speeds(count: int, device: str) -> list[bytes]:
    """Return writes of the speed of an effect, which leave it running."""
    return [_vector("Number", "EVERLOOP_SPEED", device, RATE=60 + number % 2) for number in range(count)]


def switches(count: int) -> list[bytes]:
    """Return writes that switch the light on and off."""
    sides = [_vector("Switch", "FLAT_LIGHT_CONTROL", **{f"FLAT_LIGHT_{side}": "On"}) for side in ("ON", "OFF")]
    return [sides[number % 2] for number in range(count)]


def pieces(write: bytes) -> list[bytes]:
    """Return a write in the pieces in which libindi's clients send one: markup, names and values."""
    return _SEAM.split(write)


def images(count: int, first: int = 0) -> list[bytes]:
    """Return pictures of which each differs in all LEDs from the one before; their numbers are the keys."""
    return [_vector("Text", "EVERLOOP_IMAGE", IMAGE=_picture(key)) for key in range(first, first + count)]


def _picture(key: int) -> str:
    return " ".join(f"{key:06X}{led:02X}" for led in range(LEDS))


def bursts(count: int) -> list[bytes]:
    """Return rings that are written LED by LED."""
    return [b"".join(_led(led, number % 256) for led in range(1, LEDS + 1)) for number in range(count)]


def _led(number: int, red: int) -> bytes:
    return _vector("Number", f"EVERLOOP_LED_{number}", RED=red, GREEN=number, BLUE=0, WHITE=255 - red)
