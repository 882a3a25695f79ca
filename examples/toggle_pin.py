"""Make pin 0 an output, toggle it every 2 s, and print the levels of all 16 pins as they change.

Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:

    .venv/bin/pip install -q '.[examples]'
    .venv/bin/python examples/toggle_pin.py [HOST [PORT]] [--period SECONDS]

The last digit of what is printed is pin 0, and alternates between 0 and 1, until Ctrl-C is pressed.
"""

import argparse
import asyncio
import contextlib
import itertools
from typing import Any

from indipyclient import IPyClient, defSwitchVector, setNumberVector


class Toggler(IPyClient):
    """Connects the board, and toggles its pin 0 as soon as that is an output."""

    async def rxevent(self, event: Any) -> None:
        """Act on the definition of a property, and on new levels."""
        match event:
            case defSwitchVector(devicename="MATRIX", vectorname="CONNECTION"):
                await event.vector.send_newSwitchVector(members={"CONNECT": "On"})
            case defSwitchVector(devicename="MATRIX", vectorname="GPIO_DIRECTION"):
                await event.vector.send_newSwitchVector(members={"PIN_0": "On"})
            case defSwitchVector(devicename="MATRIX", vectorname="DIGITAL_OUTPUT_1"):
                output.set()
            case setNumberVector(devicename="MATRIX", vectorname="GPIO_REGISTER"):
                print(f"{int(event.vector.getfloatvalue('PADS')):016b}")

    async def hardware(self) -> None:
        """Toggle."""
        await output.wait()
        for level in itertools.cycle(("ON", "OFF")):
            await self.send_newVector("MATRIX", "DIGITAL_OUTPUT_1", members={level: "On"})
            await asyncio.sleep(arguments.period)


parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", default=7624, type=int)
parser.add_argument("--period", default=2.0, type=float)
arguments = parser.parse_args()

output = asyncio.Event()
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(Toggler(arguments.host, arguments.port).asyncrun())
