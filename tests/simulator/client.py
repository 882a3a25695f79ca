"""A client of MALOS made of plain ZeroMQ sockets."""

import asyncio
from types import TracebackType
from typing import Any, Self

import zmq
import zmq.asyncio

from indi_matrix.malos.messages import DriverConfig, EverloopImage, GpioParams, MalosDriverInfo
from indi_matrix.simulator import MalosService

LedValue = type(EverloopImage().led.add())
OUTPUT = GpioParams.OUTPUT
INPUT = GpioParams.INPUT


class Client:
    """Sockets to a service, made when they are first used."""

    def __init__(self, service: MalosService) -> None:
        self.service = service
        self.context = zmq.asyncio.Context()
        self.taken: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.pings: asyncio.Queue[str] = asyncio.Queue()
        self._open: list[zmq.Socket[Any]] = []
        self._pushers: dict[int, zmq.asyncio.Socket] = {}
        service.config_seen = lambda driver, frame: self.taken.put_nowait((driver, frame))
        service.ping_seen = self.pings.put_nowait

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for socket in self._open:
            socket.close(linger=0)
        self.context.term()

    def socket(self, kind: int) -> zmq.asyncio.Socket:
        socket = self.context.socket(kind)
        self._open.append(socket)
        return socket

    def monitor(self, socket: zmq.asyncio.Socket, events: int) -> zmq.asyncio.Socket:
        monitor = socket.get_monitor_socket(events)
        self._open.append(monitor)
        return monitor

    def connect(self, kind: int, port: int) -> zmq.asyncio.Socket:
        socket = self.socket(kind)
        socket.connect(f"tcp://{self.service.host}:{port}")
        return socket

    def pusher(self, port: int) -> zmq.asyncio.Socket:
        if port not in self._pushers:
            self._pushers[port] = self.connect(zmq.PUSH, port)
        return self._pushers[port]

    async def restart_service(self) -> None:
        """Restart the service, and connect anew: what an old socket sends before it notices is lost."""
        await self.service.stop()
        self._pushers.clear()
        await self.service.start()

    async def send(self, driver: str, *frames: bytes) -> None:
        """Send one message of these frames to the config port."""
        await self.pusher(self.service.ports[driver].base).send_multipart(frames)

    async def send_taken(self, driver: str, *frames: bytes) -> None:
        """Send one message of these frames, and return when each was processed."""
        await self.send(driver, *frames)
        for frame in frames:
            assert await self.taken.get() == (driver, frame)

    async def configure(self, driver: str, **fields: Any) -> None:
        """Send a config, and return when it was processed."""
        await self.send_taken(driver, DriverConfig(**fields).SerializeToString())

    async def set_pin(self, pin: int, mode: int, value: int = 0) -> None:
        await self.configure("Gpio", gpio={"pin": pin, "mode": mode, "value": value})

    async def ping(self, driver: str, *frames: bytes) -> None:
        """Ping, and return when the ping was taken."""
        await self.pusher(self.service.ports[driver].keep_alive).send_multipart(frames or (b"",))
        for _ in frames or (b"",):
            assert await self.pings.get() == driver

    async def updates(self, driver: str) -> zmq.asyncio.Socket:
        """Return a socket that surely gets all updates from now on."""
        return await self._subscribe(driver, self.service.ports[driver].updates, self.service.publish_update)

    async def errors(self, driver: str) -> zmq.asyncio.Socket:
        """Return a socket that surely gets all errors from now on."""
        return await self._subscribe(driver, self.service.ports[driver].errors, self.service.publish_error)

    async def _subscribe(self, driver: str, port: int, publish: Any) -> zmq.asyncio.Socket:
        socket = self.connect(zmq.SUB, port)
        socket.subscribe(b"")
        publish(driver, b"probe")
        while not await socket.poll(5):
            publish(driver, b"probe")
        publish(driver, b"last probe")
        while await socket.recv() != b"last probe":
            pass
        return socket

    async def texts(self, driver: str, errors: zmq.asyncio.Socket) -> list[str]:
        """Return the error texts up to now."""
        self.service.publish_error(driver, "that is all")
        found: list[str] = []
        while (text := (await errors.recv()).decode("ascii")) != "that is all":
            found.append(text)
        return found

    async def info(self, *request: bytes) -> dict[str, Any]:
        """Return the parts of an info reply by driver name."""
        socket = self.connect(zmq.REQ, self.service.info_port)
        await socket.send_multipart(request or (b"",))
        reply = MalosDriverInfo.FromString(await socket.recv())
        socket.close()
        return {driver.driver_name: driver for driver in reply.info}


def frame(*leds: tuple[int, int, int, int], count: int = 35) -> bytes:
    """Return a config that shows these LEDs and leaves the others of the ring dark."""
    config = DriverConfig()
    for index in range(count):
        red, green, blue, white = leds[index] if index < len(leds) else (0, 0, 0, 0)
        config.image.led.add(red=red, green=green, blue=blue, white=white)
    return bytes(config.SerializeToString())
