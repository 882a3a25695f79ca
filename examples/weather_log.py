"""Record the weather for an hour: into weather.csv as it comes, and at the end as curves into weather.png.

Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:

    .venv/bin/pip install -q '.[examples]'
    .venv/bin/python examples/weather_log.py [HOST [PORT]] [--seconds N] [--every SECONDS]

Where readings are missing, a line has only the time, and the curves have gaps. Ctrl-C ends the hour sooner.
"""

import argparse
import asyncio
import contextlib
import csv
from datetime import datetime
from math import nan
from pathlib import Path
from typing import Any

from indipyclient import IPyClient, defNumberVector, defSwitchVector, setNumberVector
from matplotlib.figure import Figure

NAMES = ["WEATHER_TEMPERATURE", "WEATHER_HUMIDITY", "WEATHER_PRESSURE", "WEATHER_DEWPOINT", "WEATHER_UV"]


class Recorder(IPyClient):
    """Connects the board, and asks for its weather again and again."""

    async def rxevent(self, event: Any) -> None:
        """Act on the definition of a property, and on readings."""
        match event:
            case defSwitchVector(devicename="MATRIX", vectorname="CONNECTION"):
                await event.vector.send_newSwitchVector(members={"CONNECT": "On"})
            case defNumberVector(devicename="MATRIX", vectorname="WEATHER_PARAMETERS"):
                station.set()
            case setNumberVector(devicename="MATRIX", vectorname="WEATHER_PARAMETERS"):
                readings[:] = map(event.vector.getfloatvalue, NAMES) if event.vector.state == "Ok" else []

    async def hardware(self) -> None:
        """Record."""
        await station.wait()
        for _ in range(round(arguments.seconds / arguments.every)):
            readings.clear()
            await self.send_newVector("MATRIX", "WEATHER_REFRESH", members={"REFRESH": "On"})
            await asyncio.sleep(arguments.every)
            now = datetime.now().astimezone()
            record.append([now, *(readings or [nan] * len(NAMES))])
            csv.writer(file).writerow([now, *readings])
            print(now, *readings)
        self.shutdown()


parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", default=7624, type=int)
parser.add_argument("--seconds", default=3600.0, type=float)
parser.add_argument("--every", default=5.0, type=float)
arguments = parser.parse_args()
if arguments.every <= 0:
    parser.error(f"--every takes seconds above 0, not {arguments.every:g}")

station = asyncio.Event()
readings: list[float] = []  # of the last answer; none where they are missing
record: list[list[Any]] = []
with Path("weather.csv").open("w", buffering=1) as file, contextlib.suppress(KeyboardInterrupt):
    csv.writer(file).writerow(["TIME", *NAMES])
    asyncio.run(Recorder(arguments.host, arguments.port).asyncrun())
figure = Figure(figsize=(8, 10), layout="constrained")
for column, (axes, name) in enumerate(zip(figure.subplots(len(NAMES), sharex=True), NAMES, strict=True), 1):
    axes.plot([row[0] for row in record], [row[column] for row in record])
    axes.set_ylabel(name.removeprefix("WEATHER_").capitalize())
figure.savefig("weather.png")
