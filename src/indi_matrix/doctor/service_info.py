"""What a MALOS service says of itself, for `indi_matrix info`."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import zmq.asyncio

from indi_matrix.board.session import ANSWER_LIMIT
from indi_matrix.devices.everloop.everloop import BOARDS, Everloop, led_count
from indi_matrix.errors import LinkError
from indi_matrix.malos.info import Found, ServiceInfo, inquire
from indi_matrix.malos.link import open_link
from indi_matrix.malos.silence import Silence
from indi_matrix.settings import Address

_MOST_DRIVERS: Final = 50


@dataclass(frozen=True, slots=True)
class Findings:
    """What a service says of itself.

    Attributes:
        address: Address of the service.
        drivers: Its drivers by name.
        leds: Number of LEDs on the ring, 0 where the Everloop driver does not say.
    """

    address: Address
    drivers: ServiceInfo
    leds: int

    def lines(self) -> Iterator[str]:
        """Return the findings as lines of a table."""
        yield f"MALOS at {self.address}"
        yield ""
        yield "driver      base  keep-alive  errors  updates  delay     timeout"
        for driver in itertools.islice(self.drivers.values(), _MOST_DRIVERS):
            ports = driver.ports
            yield (
                f"{driver.name:<10}{ports.base:>6}{ports.keep_alive:>12}{ports.errors:>8}{ports.updates:>9}"
                f"  {f'{driver.delay * 1000:.0f} ms':<10}{driver.timeout * 1000:.0f} ms"
            )
        if len(self.drivers) > _MOST_DRIVERS:
            yield f"... and {len(self.drivers) - _MOST_DRIVERS} more"
        yield ""
        if self.leds:
            yield f"board: {BOARDS.get(self.leds, 'unknown')}, {self.leds} LEDs"
        else:
            yield "board: unknown, for the Everloop driver does not tell how many LEDs it has"


async def inspect(address: Address) -> Findings:
    """Return what the service at an address says of itself.

    Raises:
        LinkError: Nothing answers there; the text names address and cause.
    """
    with zmq.asyncio.Context() as context:
        found = await inquire(context, address, ANSWER_LIMIT, links=1)
        if isinstance(found, Silence):
            raise LinkError(f"{address}: {found.text}")
        return Findings(address, found.drivers, await _count_leds(context, found))


async def _count_leds(context: zmq.asyncio.Context, found: Found) -> int:
    """Return the number of LEDs, 0 where the Everloop driver does not say within 5 s."""
    everloop = found.drivers.get(Everloop.driver)
    if everloop is None:
        return 0
    try:
        async with asyncio.timeout(ANSWER_LIMIT), open_link(context, found.place, everloop) as link:
            link.ping()
            while not (count := led_count(await link.update())):
                pass
            return count
    except TimeoutError:
        return 0
