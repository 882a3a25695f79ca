"""Keep dew and frost off: switch the heater on pin 0 by temperature and dew point.

Run `.venv/bin/indi_matrix serve --simulate`, and in another terminal:

    .venv/bin/pip install -q '.[examples]'
    .venv/bin/python examples/frost_guard.py [HOST [PORT]] [--margin DEGREES] [--every SECONDS]

The heater is On below 1 C, and less than the margin above the dew point; Off when both are 1 C better, when
readings are missing, and at the end. The board warms its sensor by 5 to 10 C: write TEMPERATURE_CALIBRATION, or a
margin that has them. A guard that is killed, or that loses the server, switches nothing off.
"""

import argparse
import asyncio
import signal
from typing import Any

from indipyclient import IPyClient, defSwitchVector, setNumberVector


class Guard(IPyClient):
    """Connects the board, makes pin 0 an output, and switches it."""

    async def rxevent(self, event: Any) -> None:
        """Act on the definition of a property, and on readings."""
        match event:
            case defSwitchVector(devicename="MATRIX", vectorname="CONNECTION"):
                await event.vector.send_newSwitchVector(members={"CONNECT": "On"})
            case defSwitchVector(devicename="MATRIX", vectorname="GPIO_DIRECTION"):
                await event.vector.send_newSwitchVector(members={"PIN_0": "On"})
            case setNumberVector(devicename="MATRIX", vectorname="WEATHER_PARAMETERS"):
                names = ("WEATHER_TEMPERATURE", "WEATHER_DEWPOINT")
                readings[:] = map(event.vector.getfloatvalue, names) if event.vector.state == "Ok" else []

    async def hardware(self) -> None:
        """Guard until Ctrl-C is pressed."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, end.set)
        ending, on = asyncio.create_task(end.wait()), False
        while not end.is_set():
            readings.clear()
            await self.send_newVector("MATRIX", "WEATHER_REFRESH", members={"REFRESH": "On"})
            await asyncio.wait({ending}, timeout=arguments.every)
            on = bool(readings) and spare(*readings) < (1 if on else 0)
            print(readings, "On" if on else "Off")
            await self.send_newVector("MATRIX", "DIGITAL_OUTPUT_1", members={"ON" if on else "OFF": "On"})
        await self.send_newVector("MATRIX", "DIGITAL_OUTPUT_1", members={"OFF": "On"})
        await asyncio.sleep(0.5)  # in which that is sent
        self.shutdown()


def spare(celsius: float, dew_point: float) -> float:
    """Return by how many degrees it is too warm for the heater."""
    return celsius - max(1.0, dew_point + float(arguments.margin))


parser = argparse.ArgumentParser()
parser.add_argument("host", nargs="?", default="localhost")
parser.add_argument("port", nargs="?", default=7624, type=int)
parser.add_argument("--margin", default=3.0, type=float)
parser.add_argument("--every", default=10.0, type=float)
arguments = parser.parse_args()

end = asyncio.Event()
readings: list[float] = []  # of the last answer; none where they are missing
asyncio.run(Guard(arguments.host, arguments.port).asyncrun())
