"""Configs for the Gpio driver of MALOS, and its data updates. Pure: values in, bytes out, and back."""

import struct
from functools import cache
from typing import Final

from indi_matrix.malos.messages import DriverConfig, GpioParams
from indi_matrix.malos.timing import Timing

PINS: Final = range(16)
ALL_HIGH: Final = 0xFFFF
_NO_PIN: Final = 16  # the service accepts this number, and changes no register


@cache  # of which there are 64
def pin_config(pin: int, *, output: bool, level: bool) -> bytes:
    """Return the config that sets one pin: its direction and, for an output, its level.

    Args:
        pin: 0 to 15.
        output: Whether the pin drives its pad.
        level: High or low; of no effect on an input.
    """
    if pin not in PINS:
        raise ValueError(f"pin {pin} is out of range; pins are 0 to {PINS[-1]}")
    config = DriverConfig()
    config.gpio.pin = pin
    config.gpio.mode = GpioParams.OUTPUT if output else GpioParams.INPUT
    config.gpio.value = int(output and level)
    return bytes(config.SerializeToString())


def timing_config(timing: Timing) -> bytes:
    """Return the config that sets delay and timeout, and no pin.

    A config that names no pin would turn pin 0 into an input.
    """
    config = DriverConfig()
    config.gpio.pin = _NO_PIN
    config.gpio.mode = GpioParams.INPUT
    config.delay_between_updates = _not_below(timing.delay)
    config.timeout_after_last_ping = _not_below(timing.timeout)
    return bytes(config.SerializeToString())


def pad_levels(update: bytes) -> int | None:
    """Return the levels in a data update, bit n for pin n; None if unreadable. An empty update is all low."""
    message = GpioParams.read(update)
    return None if message is None else int(message.values) & ALL_HIGH


def is_high(levels: int, pin: int) -> bool:
    """Return whether a pin is high."""
    return bool(levels >> pin & 1)


def _not_below(seconds: float) -> float:
    """Return the least single-precision number >= seconds: MALOS cuts to whole ms, so less would lose one."""
    single = float(struct.unpack("f", struct.pack("f", seconds))[0])
    if single >= seconds:
        return single
    bits = struct.unpack("I", struct.pack("f", seconds))[0]
    return float(struct.unpack("f", struct.pack("I", bits + 1))[0])
