"""Where a service is: a numeric address of its host, and the ports that MALOS listens on.

Addresses are numeric because ZeroMQ would look a name up in the thread that serves all its connections.
"""

from typing import Final, NamedTuple

from indi_matrix.settings import Address
from indi_matrix.system.name_lookup import addresses

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


class DriverPorts(NamedTuple):
    """The four TCP ports of one MALOS driver, which follow from its base port."""

    base: int

    @property
    def keep_alive(self) -> int:
        """Port that receives pings."""
        return self.base + 1

    @property
    def errors(self) -> int:
        """Port that publishes error texts."""
        return self.base + 2

    @property
    def updates(self) -> int:
        """Port that publishes data updates."""
        return self.base + 3


class Place(NamedTuple):
    """One numeric address of a host, and the info port of a service there.

    Attributes:
        host: The address.
        port: The info port.
        inside: Whether the service runs in this program; host is then a unique name for inproc sockets.
    """

    host: str
    port: int
    inside: bool = False

    @property
    def is_ipv6(self) -> bool:
        """Whether this is an IPv6 address."""
        return ":" in self.host

    @property
    def short(self) -> str:
        """The place as it is named in messages to clients."""
        return "the simulated board" if self.inside else Address(self.host, self.port).short

    def endpoint(self, port: int) -> str:
        """Return ZeroMQ's name for one of the service's ports."""
        if self.inside:
            return f"inproc://{self.host}/{port}"
        return f"tcp://[{self.host}]:{port}" if self.is_ipv6 else f"tcp://{self.host}:{port}"


Target = Address | Place
"""Where to look for a service: by the name or an address of its host, or at a place."""


async def places_of(target: Target) -> list[Place]:
    """Return the places where a service may be: one for each address of its host.

    Raises:
        OSError: The host's name has no address, or cannot be looked up now.
    """
    if isinstance(target, Place):
        return [target]
    return [Place(host, target.port) for host in await addresses(target.host)]
