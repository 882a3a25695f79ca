"""Paint the ring in random colours, with a new picture every 50 ms.

Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:

    .venv/bin/pip install -q '.[examples]'
    .venv/bin/python examples/random_colours.py [HOST [PORT]] [--frames N]

All LEDs of the ring change colour 20 times a second, until N pictures are painted or Ctrl-C is pressed.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
from typing import Any

from indipyclient import IPyClient, defSwitchVector, defTextVector


class Painter(IPyClient):
    """Connects the board, and paints as soon as there is a ring."""

    async def rxevent(self, event: Any) -> None:
        """Act on the definition of a property."""
        match event:
            case defSwitchVector(devicename="MATRIX", vectorname="CONNECTION"):
                await event.vector.send_newSwitchVector(members={"CONNECT": "On"})
            case defTextVector(devicename="MATRIX", vectorname="EVERLOOP_IMAGE"):
                ring.set()

    async def hardware(self) -> None:
        """Paint."""
        await ring.wait()
        leds = int(self["MATRIX"]["EVERLOOP_INFO"]["LEDS"])
        for _ in itertools.islice(itertools.count(), arguments.frames):
            picture = " ".join(f"{random.getrandbits(24):06x}" for _ in range(leds))
            await self.send_newVector("MATRIX", "EVERLOOP_IMAGE", members={"IMAGE": picture})
            await asyncio.sleep(0.05)
        self.shutdown()


parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", default=7624, type=int)
parser.add_argument("--frames", type=int)
arguments = parser.parse_args()

ring = asyncio.Event()
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(Painter(arguments.host, arguments.port).asyncrun())
