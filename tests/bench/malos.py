"""A MALOS service in asyncio pyzmq and no more: it notes when each picture has come, and moves a pad on command.

`python -m tests.bench.malos COUNT [sensors]` runs so many of them, each with sensors if that is said. Commands,
which are for the first, come on stdin, and answers go to stdout, one JSON a line. Times are of
time.monotonic_ns(), which all programs of a machine share.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import zmq
import zmq.asyncio

from indi_matrix.malos.messages import DriverConfig, EverloopImage, GpioParams, MalosDriverInfo
from tests.bench.noise import SENSORS
from tests.bench.words import LEDS

_PORTS: Final = range(12000, 19900, 4)  # below those of the simulator, and of connections
_KINDS: Final = (zmq.PULL, zmq.PULL, zmq.PUB, zmq.PUB)
_DELAY_MS: Final = 1000
_TIMEOUT_MS: Final = 5000
_LIMIT: Final = 2.0  # seconds in which a picture comes that is on its way: 80 times as long as it may wait


def key_of(frame: bytes) -> int:
    """Return the number that the first LED of a picture has for a colour."""
    first = DriverConfig.FromString(frame).image.led[0]
    return int(first.red << 16 | first.green << 8 | first.blue)


class Driver:
    """One of MALOS' drivers. One with a payload publishes it every second, for 5 s after each ping."""

    def __init__(
        self, context: zmq.asyncio.Context, name: str, payload: Callable[[], bytes] | None = None
    ) -> None:
        self.name = name
        self.payload = payload
        self.base, (self.configs, self.pings, self.errors, self.updates) = _bound(context)

    async def publish(self) -> None:
        if self.payload is None:
            return
        await self.pings.recv()
        self.send()
        # Nothing keeps the drivers of a service together, and less so those of many hosts.
        await asyncio.sleep(random.random() * _DELAY_MS / 1000)
        pinged = time.monotonic()
        while True:
            if await self.pings.poll(0):
                await self.pings.recv()
                pinged = time.monotonic()
            elif time.monotonic() - pinged < _TIMEOUT_MS / 1000:
                self.send()
                await asyncio.sleep(_DELAY_MS / 1000)
            else:
                await self.pings.poll()

    def send(self) -> None:
        assert self.payload is not None
        zmq.Socket.send(self.updates, self.payload())


def _bound(context: zmq.asyncio.Context) -> tuple[int, list[zmq.asyncio.Socket]]:
    """Return the first of four free ports in a row, and sockets that listen on them."""
    while True:
        base, sockets = random.choice(_PORTS), [context.socket(kind) for kind in _KINDS]
        try:
            for port, socket in enumerate(sockets, base):
                socket.bind(f"tcp://127.0.0.1:{port}")
        except zmq.ZMQError:
            for socket in sockets:
                socket.close()
        else:
            return base, sockets


class Service:
    """The drivers, and the pictures that came."""

    def __init__(self, context: zmq.asyncio.Context, *, sensors: bool) -> None:
        length = EverloopImage(everloop_length=LEDS).SerializeToString()
        self.ring = Driver(context, "Everloop", lambda: length)
        self.levels = b""
        self.pins = Driver(context, "Gpio", lambda: self.levels)
        others = [Driver(context, name, payload) for name, payload in SENSORS.items()] if sensors else []
        self.drivers = [self.ring, self.pins, Driver(context, "Servo"), *others]
        self.high = False
        self.info = context.socket(zmq.REP)
        self.port = self.info.bind_to_random_port("tcp://127.0.0.1")
        self.pictures: list[tuple[int, int]] = []
        self.news = asyncio.Condition()

    async def answer(self) -> None:
        reply = MalosDriverInfo()
        for driver in self.drivers:
            reply.info.add(
                driver_name=driver.name,
                base_port=driver.base,
                delay_between_updates=_DELAY_MS,
                timeout_after_last_ping=_TIMEOUT_MS,
            )
        while True:
            await self.info.recv()
            await self.info.send(reply.SerializeToString())

    async def take_pictures(self) -> None:
        while True:
            key = key_of(await self.ring.configs.recv())
            self.pictures.append((time.monotonic_ns(), key))
            async with self.news:
                self.news.notify_all()

    def work(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Begin to work, in tasks of a group."""
        works = (self.answer(), self.take_pictures(), *(driver.publish() for driver in self.drivers))
        return [group.create_task(work) for work in works]

    # Commands

    async def frames(self, last: int | None) -> list[tuple[int, int]]:
        """Return time and key of the pictures since the last command, once this one has come or is overdue."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT), self.news:
                await self.news.wait_for(lambda: last is None or any(key == last for _, key in self.pictures))
        taken, self.pictures = self.pictures, []
        return taken

    async def pad(self, pause: float) -> int:
        """Change the level of pad 0 after so many seconds, and return when that was."""
        await asyncio.sleep(pause)
        self.high = not self.high
        self.levels = GpioParams(values=int(self.high)).SerializeToString()
        moment = time.monotonic_ns()
        self.pins.send()
        return moment


async def _obey(service: Service) -> None:
    """Carry out commands until the end of stdin."""
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        name, *arguments = json.loads(line)
        _tell(await getattr(service, name)(*arguments))


def _tell(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


async def main() -> None:
    with zmq.asyncio.Context() as context:
        sensors = "sensors" in sys.argv[2:]
        services = [Service(context, sensors=sensors) for _ in range(int(sys.argv[1]))]
        _tell([(service.port, service.ring.base) for service in services])
        async with asyncio.TaskGroup() as group:
            tasks = [task for service in services for task in service.work(group)]
            await _obey(services[0])
            for task in tasks:
                task.cancel()
        context.destroy(linger=0)


if __name__ == "__main__":
    asyncio.run(main())
