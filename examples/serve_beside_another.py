"""Serve a MATRIX board and a driver of your own from one script.

    .venv/bin/python examples/serve_beside_another.py [HOST [PORT]]

Clients find two devices on port 7625 then, or PORT: MATRIX, with a simulated board behind it, and Demo Counter.
Ctrl-C ends it.
"""

import argparse
import asyncio
import contextlib

from indipydriver import Device, IPyDriver, NumberMember, NumberVector
from indipyserver import IPyServer

from indi_matrix import make_driver


class DemoCounter(IPyDriver):
    """Counts its own seconds: it stands where your driver would."""

    async def hardware(self) -> None:
        """Publish one more each second."""
        vector = self["Demo Counter"]["COUNT"]
        while not self.stop:
            await asyncio.sleep(1)
            vector["SECONDS"] = vector.getfloatvalue("SECONDS") + 1
            await vector.send_setVector()


parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", default=7625, type=int)
arguments = parser.parse_args()

seconds = NumberMember("SECONDS", "Seconds", format="%.f", min=0, max=0, step=0, membervalue=0)
count = NumberVector("COUNT", "Count", "Main Control", perm="ro", state="Ok", numbermembers=[seconds])
counter = DemoCounter(Device("Demo Counter", [count]))
board = make_driver(simulate="creator")
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(IPyServer(board, counter, host=arguments.host, port=arguments.port).asyncrun())
