"""What goes to MALOS, byte for byte, and what comes from it."""

import struct

import pytest

from indi_matrix.devices.everloop.everloop import led_count
from indi_matrix.devices.everloop.frame_sender import ImageConfig
from indi_matrix.devices.everloop.picture import DARK, Color
from indi_matrix.devices.gpio.gpio_messages import pad_levels, pin_config, timing_config
from indi_matrix.malos.messages import DriverConfig
from indi_matrix.malos.timing import Timing
from tests.unit.colors import frame_of


@pytest.mark.parametrize("count", [18, 35])
def test_an_image_has_one_value_for_each_led(count: int) -> None:
    config = DriverConfig.FromString(ImageConfig().holding(frame_of(*[DARK] * (count - 1), Color(1, 2, 3, 255))))
    assert len(config.image.led) == count
    last = config.image.led[-1]
    assert (last.red, last.green, last.blue, last.white) == (1, 2, 3, 255)
    assert not config.HasField("gpio")
    assert config.delay_between_updates == 0


def test_one_config_after_another_has_its_own_frame() -> None:
    config = ImageConfig()
    for frame in (bytes(range(140)), bytes(140), bytes(72), bytes(range(100, 240))):
        sent = DriverConfig.FromString(config.holding(frame)).image.led
        assert b"".join(bytes([led.red, led.green, led.blue, led.white]) for led in sent) == frame


@pytest.mark.parametrize(("update", "count"), [(b"\x10\x23", 35), (b"\x10\x12", 18)])
def test_led_counts(update: bytes, count: int) -> None:
    assert led_count(update) == count


@pytest.mark.parametrize(
    "update", [b"", b"\xff", b"\x10\x00", b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x10\x80\x08"]
)
def test_no_led_count(update: bytes) -> None:
    assert led_count(update) == 0


@pytest.mark.parametrize(
    ("update", "levels"),
    [(b"", 0), (b"\x20\x08", 0x0008), (b"\x20\x81\x80\x02", 0x8001), (b"\x20\xff\xff\x07", 0xFFFF)],
)
def test_pad_levels(update: bytes, levels: int) -> None:
    assert pad_levels(update) == levels


def test_an_update_that_cannot_be_read() -> None:
    assert pad_levels(b"\xff\xff") is None


@pytest.mark.parametrize("pin", [0, 7, 15])
@pytest.mark.parametrize(
    ("output", "level", "mode", "value"), [(True, True, 1, 1), (True, False, 1, 0), (False, True, 0, 0)]
)
def test_a_pin(pin: int, output: bool, level: bool, mode: int, value: int) -> None:
    gpio = DriverConfig.FromString(pin_config(pin, output=output, level=level)).gpio
    assert (gpio.pin, gpio.mode, gpio.value) == (pin, mode, value)


@pytest.mark.parametrize("pin", [-1, 16, 32])
def test_no_pin(pin: int) -> None:
    with pytest.raises(ValueError, match="pins are 0 to 15"):
        pin_config(pin, output=True, level=True)


def test_pin_0_is_always_named() -> None:
    config = DriverConfig.FromString(pin_config(0, output=False, level=False))
    assert config.HasField("gpio")


def test_a_timing_names_the_pin_that_is_none() -> None:
    """Without a pin it would turn pin 0 into an input."""
    config = DriverConfig.FromString(timing_config(Timing(0.25, 7)))
    assert (config.gpio.pin, config.gpio.mode, config.gpio.value) == (16, 0, 0)
    assert (config.delay_between_updates, config.timeout_after_last_ping) == (0.25, 7)


def test_no_millisecond_is_lost() -> None:
    """MALOS multiplies a single-precision number of seconds by 1000 and cuts."""
    for period in range(10, 10000):
        config = DriverConfig.FromString(timing_config(Timing(period / 1000, 5)))
        single = struct.unpack("f", struct.pack("f", config.delay_between_updates * 1000))[0]
        assert int(config.delay_between_updates * 1000) == period
        assert int(single) == period
    for timeout in range(1000, 60000, 7):
        config = DriverConfig.FromString(timing_config(Timing(1, timeout / 1000)))
        assert int(config.timeout_after_last_ping * 1000) == timeout
