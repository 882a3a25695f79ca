"""The devices of a MATRIX board. Adding one takes a module here and its line in DEVICES."""

from typing import Final

from indi_matrix.devices.base import Device, Host
from indi_matrix.devices.everloop.everloop import Everloop
from indi_matrix.devices.gpio.gpio import Gpio

DEVICES: Final[tuple[type[Device], ...]] = (Everloop, Gpio)

__all__ = ["DEVICES", "Device", "Host"]
