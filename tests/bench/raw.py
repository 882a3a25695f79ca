"""The floor under one way, asyncio pyzmq alone: `python -m tests.bench.raw PORT COUNT INTERVAL` pushes pictures.

The moments at which each was handed over go to stdout as JSON, in ns of time.monotonic_ns().
"""

import asyncio
import json
import sys
import time

import zmq
import zmq.asyncio

from indi_matrix.devices.everloop.frame_sender import ImageConfig
from indi_matrix.devices.everloop.picture import Color
from tests.bench.words import LEDS


def pictures(count: int) -> list[bytes]:
    """Return pictures with their numbers for keys."""
    config = ImageConfig()
    colors = (Color(0, key >> 8, key & 255) for key in range(count))
    return [config.holding(b"".join(bytes(color._replace(white=led)) for led in range(LEDS))) for color in colors]


async def push(port: int, count: int, interval: float) -> list[int]:
    """Send pictures, one after another, and return when."""
    moments = []
    with zmq.asyncio.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(f"tcp://127.0.0.1:{port}")
        for picture in pictures(count):
            await asyncio.sleep(interval)
            moments.append(time.monotonic_ns())
            await socket.send(picture)
    return moments


if __name__ == "__main__":
    sent = asyncio.run(push(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    print(json.dumps(sent))
