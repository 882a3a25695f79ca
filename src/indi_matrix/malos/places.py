"""Where a service is reached, as ZeroMQ needs it: by numbers, never by a name."""

from dataclasses import dataclass

from indi_matrix.malos.names import addresses
from indi_matrix.settings import Address


@dataclass(frozen=True, slots=True)
class Place:
    """One numeric address of a host, and the info port of a service there."""

    host: str
    port: int

    @property
    def is_ipv6(self) -> bool:
        """Whether the address is one of IPv6."""
        return ":" in self.host

    def endpoint(self, port: int) -> str:
        """Return ZeroMQ's name for one of the service's ports."""
        return f"tcp://[{self.host}]:{port}" if self.is_ipv6 else f"tcp://{self.host}:{port}"


async def places_of(address: Address) -> list[Place]:
    """Return where a service may be.

    Raises:
        OSError: The host's name has no address; or it cannot be looked up now.
    """
    return [Place(host, address.port) for host in await addresses(address.host)]
