"""A stand-in for Universal ROR of libindi, which Debian 12 is too old for: the properties that roof.sh writes.

As in libindi 2.2.4, it does not connect before it knows both devices, and has the numbers only while connected. It
does not move the roof.
"""

import asyncio
import os
from typing import Any

from indipydriver import Device, IPyDriver, TextMember, TextVector

from tests.stock_driver import switches


def texts(name: str, *members: str) -> TextVector:
    return TextVector(name, name, "Options", "rw", "Idle", [TextMember(member) for member in members])


class UniversalRor(IPyDriver):
    """Takes over what it is told."""

    async def rxevent(self, event: Any) -> None:
        device = self[event.devicename]
        wants = event.get("CONNECT") == "On"
        if wants and not all(device["ACTIVE_DEVICES"].values()):
            await event.vector.send_setVector(state="Alert")
            return
        for name, value in event.items():
            event.vector[name] = value
        if event.vectorname != "CONNECTION":
            await event.vector.send_setVector(state="Ok")
            return
        event.vector["CONNECT"], event.vector["DISCONNECT"] = ("On", "Off") if wants else ("Off", "On")
        await event.vector.send_setVector(state="Ok")
        for vector in (device["INPUT_INDEX"], device["OUTPUT_INDEX"]):
            vector.enable = wants
            await (vector.send_defVector() if wants else vector.send_delProperty())


async def run_while_there_is_a_server(driver: IPyDriver) -> None:
    """Run a driver until its parent is gone: indipydriver takes no heed of the end of stdin."""
    running = asyncio.create_task(driver.asyncrun())
    parent = os.getppid()
    while os.getppid() == parent and not running.done():
        await asyncio.wait({running}, timeout=0.2)
    driver.shutdown()
    await running


if __name__ == "__main__":
    numbers = (
        texts("INPUT_INDEX", "FULLY_OPENED", "FULLY_CLOSED"),
        texts("OUTPUT_INDEX", "OPEN_ROOF", "CLOSE_ROOF"),
    )
    for vector in numbers:
        vector.enable = False
    vectors = [
        switches("CONNECTION", "CONNECT", "DISCONNECT"),
        switches("CONFIG_PROCESS", "CONFIG_LOAD", "CONFIG_SAVE"),
        texts("ACTIVE_DEVICES", "ACTIVE_INPUT", "ACTIVE_OUTPUT"),
        *numbers,
    ]
    asyncio.run(run_while_there_is_a_server(UniversalRor(Device("Universal ROR", vectors))))
