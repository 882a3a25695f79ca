"""A driver as indipydriver's documentation has them, for comparison: it answers, and does nothing else.

On stdin and stdout; or, with a port as its argument, in an IPyServer on that port.
"""

import asyncio
import sys
from typing import Any

from indipydriver import Device, IPyDriver, SwitchMember, SwitchVector, TextMember, TextVector
from indipyserver import IPyServer


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


if __name__ == "__main__":
    image = TextVector("EVERLOOP_IMAGE", "Picture", "Main", "rw", "Idle", [TextMember("IMAGE")])
    vectors = [
        switches("CONNECTION", "CONNECT"),
        switches("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"),
        image,
    ]
    driver = Stock(Device("MATRIX", vectors))
    program = IPyServer(driver, port=int(sys.argv[1])) if len(sys.argv) > 1 else driver
    asyncio.run(program.asyncrun())
