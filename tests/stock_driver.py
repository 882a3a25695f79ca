"""A driver as indipydriver's documentation has them, for comparison: it answers, and does nothing else."""

import asyncio
from typing import Any

from indipydriver import Device, IPyDriver, SwitchMember, SwitchVector, TextMember, TextVector


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
    vectors = [switches("CONNECTION", "CONNECT"), switches("FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON"), image]
    asyncio.run(Stock(Device("MATRIX", vectors)).asyncrun())
