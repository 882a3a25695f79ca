"""Measure the driver against a stock indipydriver driver, in turn, on pipes: `python -m tests.bench`.

Both answer a switch and a ring of 35 LEDs written as one text. Ours also checks, builds the frame and sends it to
a simulated MALOS service in another process; the stock one only answers.
"""

import asyncio
import resource
import statistics
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.programs import PROGRAM, line_of, running

GET = b'<getProperties version="1.7"/>\n'
CONNECT = (
    b'<newSwitchVector device="MATRIX" name="CONNECTION">'
    b'<oneSwitch name="CONNECT">On</oneSwitch></newSwitchVector>\n'
)
SWITCH = (
    b'<newSwitchVector device="MATRIX" name="FLAT_LIGHT_CONTROL">'
    b'<oneSwitch name="FLAT_LIGHT_ON">On</oneSwitch></newSwitchVector>\n'
)
IMAGE = (
    b'<newTextVector device="MATRIX" name="EVERLOOP_IMAGE"><oneText name="IMAGE">'
    + b" ".join([b"FF8000"] * 35)
    + b"</oneText></newTextVector>\n"
)
ROUNDS, WRITES = 5, 100


@asynccontextmanager
async def driver(*command: str | Path) -> AsyncIterator[tuple[Process, float]]:
    """Run a driver; with it comes the time in seconds until its first definition."""
    start = time.perf_counter()
    async with running(*command) as process:
        await write(process, GET)
        await line_of(process.stdout, "<def")
        yield process, time.perf_counter() - start


async def write(process: Process, data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    await process.stdin.drain()


async def round_trips(process: Process, data: bytes, name: str) -> list[float]:
    """Return the seconds from each write to its answer."""
    times = []
    for _ in range(WRITES):
        start = time.perf_counter()
        await write(process, data)
        # Our mirrors of earlier writes may come in between.
        while f'name="{name}"' not in await line_of(process.stdout, "Vector"):
            pass
        times.append(time.perf_counter() - start)
    return times


async def measure(figures: dict[str, list[float]], *command: str | Path) -> None:
    """Run a driver once and add its figures."""
    async with driver(*command) as (process, started):
        figures["start to first definition"].append(started)
        await write(process, CONNECT)
        await line_of(process.stdout, 'name="CONNECTION" state="Ok"')
        figures["switch round trip"] += await round_trips(process, SWITCH, "FLAT_LIGHT_CONTROL")
        figures["ring round trip"] += await round_trips(process, IMAGE, "EVERLOOP_IMAGE")


async def main() -> None:
    names = ("start to first definition", "switch round trip", "ring round trip")
    ours: dict[str, list[float]] = {name: [] for name in names}
    stock: dict[str, list[float]] = {name: [] for name in names}
    async with running(PROGRAM, "simulate", "--port", "0") as simulator:
        address = (await line_of(simulator.stderr, "MALOS simulator")).split()[-1]
        for _ in range(ROUNDS):
            await measure(ours, PROGRAM, "--address", address)
            await measure(stock, sys.executable, Path(__file__).with_name("stock_driver.py"))
    print(f"{'median of ' + str(ROUNDS) + ' runs':<28}{'indi_matrix':>14}{'stock':>14}{'ratio':>9}")
    for name in names:
        a, b = statistics.median(ours[name]) * 1000, statistics.median(stock[name]) * 1000
        print(f"{name:<28}{a:>11.3f} ms{b:>11.3f} ms{b / a:>8.1f}x")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"largest process: {children.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
