"""The search for a free block of ports, for a service that may listen on any."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from indi_matrix.malos.places import LAST_OFFSET
from indi_matrix.settings import HIGHEST_PORT, INFO_PORT

BLOCK: Final = LAST_OFFSET + 1
"""Number of ports in a row that a service may listen on."""

_LOWEST_FREE: Final = INFO_PORT + BLOCK
_ATTEMPTS: Final = 100


def blocks_to_try() -> Iterator[int]:
    """Yield random info ports: above the ports of a real service, and below the system's ephemeral ports."""
    end = _first_ephemeral_port() - BLOCK
    if end <= _LOWEST_FREE:
        end = HIGHEST_PORT - BLOCK
    for _ in range(_ATTEMPTS):
        yield _LOWEST_FREE + secrets.randbelow(end - _LOWEST_FREE)


def _first_ephemeral_port() -> int:
    """Return the lowest ephemeral port, which the system itself gives to connections."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    except OSError:
        return 32768  # Linux' default
