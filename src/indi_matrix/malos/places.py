"""Where a service is: its host by numbers, never by name, and the ports that MALOS listens on."""

from dataclasses import dataclass
from typing import Final

from indi_matrix.malos.names import addresses
from indi_matrix.settings import Address

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
LAST_OFFSET: Final = max(BASE_OFFSETS.values()) + 3
"""The highest port that MALOS listens on, minus its info port."""


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


@dataclass(frozen=True, slots=True)
class Place:
    """One numeric address of a host, and the info port of a service there.

    Attributes:
        host: The address.
        port: The info port.
        inside: Whether the service is in this program, under a name instead of an address.
    """

    host: str
    port: int
    inside: bool = False

    @property
    def is_ipv6(self) -> bool:
        """Whether the address is one of IPv6."""
        return ":" in self.host

    @property
    def short(self) -> str:
        """The place, as clients are told of it."""
        return "the simulated board" if self.inside else Address(self.host, self.port).short

    def endpoint(self, port: int) -> str:
        """Return ZeroMQ's name for one of the service's ports."""
        if self.inside:
            return f"inproc://{self.host}/{port}"
        return f"tcp://[{self.host}]:{port}" if self.is_ipv6 else f"tcp://{self.host}:{port}"


Target = Address | Place
"""A service by the name or the address of its host, or by its place."""


async def places_of(target: Target) -> list[Place]:
    """Return where a service may be.

    Raises:
        OSError: The host's name has no address; or it cannot be looked up now.
    """
    if isinstance(target, Place):
        return [target]
    return [Place(host, target.port) for host in await addresses(target.host)]
