"""Where a service is reached, as ZeroMQ needs it: by numbers, never by a host's name."""

from dataclasses import dataclass

from indi_matrix.malos.names import addresses
from indi_matrix.settings import Address


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
