"""The devices of a MATRIX board. A new one is a folder or a module here, and its class in DEVICES.

Not here: what all devices of a board share, such as its connection and its config file (board).
"""

from typing import Final

from indi_matrix.devices.everloop.everloop import Everloop
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.devices.matrix_device import Ending, Host, MatrixDevice
from indi_matrix.devices.polled_device import PolledDevice
from indi_matrix.devices.weather.humidity import HumiditySensor
from indi_matrix.devices.weather.pressure import PressureSensor
from indi_matrix.devices.weather.uv import UvSensor

DEVICES: Final[tuple[type[MatrixDevice], ...]] = (
    Everloop, Gpio, HumiditySensor, PressureSensor, UvSensor,
)  # fmt: skip

__all__ = ["DEVICES", "Ending", "Host", "MatrixDevice", "PolledDevice"]
