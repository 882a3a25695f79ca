"""A driver as indipydriver's documentation has them, for comparison: it answers, and does nothing else.

On stdin and stdout; or, with a port as its argument, in an IPyServer on that port.
"""

import asyncio
import sys
from typing import Any

from indipydriver import (
    Device,
    IPyDriver,
    NumberMember,
    NumberVector,
    SwitchMember,
    SwitchVector,
    TextMember,
    TextVector,
)
from indipyserver import IPyServer

LEDS = 35
CHANNELS = ("RED", "GREEN", "BLUE", "WHITE")


class Stock(IPyDriver):
    """Takes over what it is told."""

    async def rxevent(self, event: Any) -> None:
        for name, value in event.items():
            event.vector[name] = value
        await event.vector.send_setVector(state="Ok")


def switches(name: str, *members: str) -> SwitchVector:
    return SwitchVector(
        name, name, "Main", "rw", "OneOfMany", "Idle", [SwitchMember(member) for member in members]
    )


def led(number: int) -> NumberVector:
    name = f"EVERLOOP_LED_{number}"
    members = [NumberMember(channel, channel, "%.f", 0, 255, 1) for channel in CHANNELS]
    return NumberVector(name, name, "LEDs", "rw", "Idle", members)


if __name__ == "__main__":
    image = TextVector("EVERLOOP_IMAGE", "Picture", "Main", "rw", "Idle", [TextMember("IMAGE")])
    vectors = [
        switches("CONNECTION", "CONNECT", "DISCONNECT"),
        switches("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"),
        image,
        *(led(number) for number in range(1, LEDS + 1)),
    ]
    driver = Stock(Device("MATRIX", vectors))
    program = IPyServer(driver, port=int(sys.argv[1])) if len(sys.argv) > 1 else driver
    asyncio.run(program.asyncrun())
