"""The registry of devices: a new one is a folder or a module beside this one, and its class in DEVICES."""

from typing import Final

from indi_matrix.devices.everloop.everloop import Everloop
from indi_matrix.devices.gpio.gpio import Gpio
from indi_matrix.devices.imu.imu import Imu
from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.devices.servo.servo import Servo
from indi_matrix.devices.weather.humidity import HumiditySensor
from indi_matrix.devices.weather.pressure import PressureSensor
from indi_matrix.devices.weather.uv import UvSensor

DEVICES: Final[tuple[type[MatrixDevice], ...]] = (
    Everloop, Gpio, Servo, HumiditySensor, PressureSensor, UvSensor, Imu,
)  # fmt: skip
