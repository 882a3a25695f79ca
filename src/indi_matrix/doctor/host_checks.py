"""Checks of this machine: its operating system, and the supply of a Raspberry Pi."""

import asyncio
import platform
import re
import struct
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from typing import Final

from indi_matrix.doctor.check import LIMIT, Check, warning

_BITS: Final = 8 * struct.calcsize("P")
"""Bits of an address in this Python, and so in its libraries and the system's packages."""

_CORE_BITS: Final = 32
_CORE_RELEASES: Final = ("stretch", "buster")

# Bits of `vcgencmd get_throttled`: the voltage is too low now, or was since the Pi started.
_LOW_NOW, _LOW_ONCE = 1 << 0, 1 << 16


async def examine_supply() -> list[Check]:
    """Check the supply voltage of a Raspberry Pi; return no check for another machine."""
    bits = await _throttled()
    if not bits & (_LOW_NOW | _LOW_ONCE):
        return []
    since = "is" if bits & _LOW_NOW else "was, since it started,"
    return [
        warning(
            f"the voltage of this Raspberry Pi {since} too low, which garbles the LEDs of a board",
            "use a supply of 5 V with 2.5 A or more, and a short cable",
        )
    ]


async def _throttled() -> int:
    """Return the bits of `vcgencmd get_throttled`, 0 on a machine without that program."""
    told = re.search("throttled=0x([0-9a-fA-F]{1,8})", await output_of("vcgencmd", "get_throttled"))
    return int(told[1], 16) if told else 0


async def output_of(*command: str) -> str:
    """Return what a program prints, empty where it cannot be run or takes longer than 5 s."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError:
        return ""
    try:
        async with asyncio.timeout(LIMIT):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        return ""
    return output.decode("ascii", "replace")


def examine_core_here() -> list[Check]:
    """Check that MATRIX CORE has packages for this system."""
    system, machine = _os_release(), platform.machine()
    if has_core(system.get("VERSION_CODENAME", ""), machine, _BITS):
        return []
    name = system.get("PRETTY_NAME", platform.system())
    return [
        warning(
            "MATRIX CORE has packages for 32-bit Raspberry Pi OS up to Buster (Debian 10) only; "
            f"this is {name}, {_BITS}-bit {machine}",
            "give the address of a Raspberry Pi that has it: indi_matrix doctor HOST",
        )
    ]


def has_core(codename: str, machine: str, bits: int) -> bool:
    """Return whether MATRIX CORE has packages for a release of Raspberry Pi OS with programs of these bits."""
    return codename in _CORE_RELEASES and machine.startswith(("arm", "aarch64")) and bits == _CORE_BITS


def _os_release() -> Mapping[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
