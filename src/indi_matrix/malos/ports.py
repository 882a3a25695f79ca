"""Where MALOS listens: one info port, and four ports for each of its drivers."""

from dataclasses import dataclass
from typing import Final

INFO_PORT: Final = 20012

# The drivers of MATRIX CORE in the order of its info reply: base port minus info port.
BASE_OFFSETS: Final = {
    "IMU": 1,
    "Humidity": 5,
    "Everloop": 9,
    "Pressure": 13,
    "UV": 17,
    "Servo": 33,
    "Gpio": 37,
}


@dataclass(frozen=True, slots=True)
class DriverPorts:
    """The four TCP ports of one MALOS driver, which follow from its base port."""

    base: int

    @property
    def keep_alive(self) -> int:
        """Port that takes pings."""
        return self.base + 1

    @property
    def errors(self) -> int:
        """Port that publishes error texts."""
        return self.base + 2

    @property
    def updates(self) -> int:
        """Port that publishes data updates."""
        return self.base + 3
