"""The devices of a MATRIX board. Adding one takes a module here and its line in DEVICES."""

from typing import Final

from indi_matrix.devices.everloop.everloop import Everloop
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.devices.polled_device import PolledDevice

DEVICES: Final[tuple[type[MatrixDevice], ...]] = (Everloop, Gpio)

__all__ = ["DEVICES", "Ending", "Host", "MatrixDevice", "PolledDevice"]
