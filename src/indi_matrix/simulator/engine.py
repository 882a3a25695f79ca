"""What all of MALOS' drivers have in common: configs and pings come in, updates and errors go out."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, Final

import zmq
from google.protobuf.message import DecodeError

from indi_matrix.malos.messages import DriverConfig
from indi_matrix.malos.places import BASE_OFFSETS, DriverPorts
from indi_matrix.simulator.drivers import DRIVERS, Refused
from indi_matrix.simulator.service_sockets import ReceivingSocket, Sockets
from indi_matrix.simulator.simulated_board import SimulatedBoard

# Seconds after which an idle driver looks for a ping again.
_IDLE_LOOK: Final = 0.1
_INT32_MIN: Final = -(1 << 31)
_INT32_MAX: Final = (1 << 31) - 1

ConfigSeen = Callable[[str, bytes], None]
PingSeen = Callable[[str], None]
Said = Callable[[str, bytes, bool], None]
"""Takes the driver's name, what it publishes, and whether that is an update; else it is an error."""


class Engine:
    """One simulated driver with its four sockets.

    Attributes:
        name: The driver's name.
        ports: The four ports on which it listens.
        delay_ms: Milliseconds between two updates.
        timeout_ms: Milliseconds for which updates are sent after a ping.
        notes: The driver's notes for humans in the info reply.
    """

    def __init__(self, name: str, info_port: int, board: SimulatedBoard, awake: asyncio.Event, said: Said) -> None:
        self.name = name
        self.ports = DriverPorts(info_port + BASE_OFFSETS[name])
        self.delay_ms = 1000
        self.timeout_ms = 5000
        self._awake = awake
        self._said = said
        self._pinged = asyncio.Event()
        # The service updates a driver and configures it from two threads, never both at once.
        self._turn = asyncio.Lock()
        self._driver = DRIVERS[name](board, self._pause)
        self.notes = self._driver.notes

    def open(self, sockets: Sockets) -> None:
        """Listen on the four ports.

        Raises:
            OSError: One of them is taken.
        """
        self._configs = ReceivingSocket(sockets.pull(self.ports.base), self._awake)
        self._pings = ReceivingSocket(sockets.pull(self.ports.keep_alive), self._awake)
        self._errors = sockets.publisher(self.ports.errors)
        self._updates = sockets.publisher(self.ports.updates)

    def start(self, tasks: asyncio.TaskGroup, config_seen: ConfigSeen, ping_seen: PingSeen) -> None:
        """Begin to work, in tasks of a group."""
        tasks.create_task(self._receive_configs(config_seen), name=f"MALOS {self.name} configs")
        tasks.create_task(self._receive_pings(ping_seen), name=f"MALOS {self.name} pings")
        tasks.create_task(self._send_updates(), name=f"MALOS {self.name} updates")

    def publish_error(self, text: str | bytes) -> None:
        """Send a text to all subscribers of the driver's errors."""
        payload = text.encode() if isinstance(text, str) else text
        self._said(self.name, payload, False)  # noqa: FBT003 - no update
        self._errors.send(payload, zmq.NOBLOCK)

    def publish_update(self, payload: bytes) -> None:
        """Send a payload to all subscribers of the driver's updates."""
        self._said(self.name, payload, True)  # noqa: FBT003 - an update
        self._updates.send(payload, zmq.NOBLOCK)

    async def _pause(self, seconds: float) -> None:
        """Sleep for some seconds, and then until the service does not hang."""
        await asyncio.sleep(seconds)
        await self._awake.wait()

    # Configs

    async def _receive_configs(self, seen: ConfigSeen) -> None:
        while True:
            for frame in await self._configs.receive():
                seen(self.name, frame)
                async with self._turn:
                    await self._configure(frame)

    async def _configure(self, frame: bytes) -> None:
        try:
            config = DriverConfig.FromString(frame)
        except DecodeError:
            self.publish_error(f"0, Invalid configuration for {self.name} driver. Could not parse protobuf.")
            return
        try:
            await self._driver.process(config)
        except Refused as refusal:
            self.publish_error(str(refusal))
            self.publish_error(f"0, Invalid specific configuration for {self.name} driver.")
            return
        self._set_times(config)

    def _set_times(self, config: Any) -> None:
        """Set the delay and the timeout to those of a config that are above zero; NaN is not."""
        if config.delay_between_updates > 0:
            self.delay_ms = whole_ms(config.delay_between_updates)
        if config.timeout_after_last_ping > 0:
            self.timeout_ms = whole_ms(config.timeout_after_last_ping)

    # Pings and updates

    async def _receive_pings(self, seen: PingSeen) -> None:
        while True:
            # An infinite timeout has become the lowest int; ZeroMQ takes a negative timeout as none.
            awaited = self.timeout_ms if self._pinged.is_set() else -1
            frames = await self._pings.receive(awaited)
            for _ in frames:
                seen(self.name)
            if frames:
                self._pinged.set()
            else:
                self._pinged.clear()

    async def _send_updates(self) -> None:
        while True:
            if not self._pinged.is_set():
                await self._idle()
                continue
            async with self._turn:
                self._send_update()
            await self._pause(max(self.delay_ms, 0) / 1000)

    def _send_update(self) -> None:
        payload = self._driver.update()
        if payload is None:
            self.publish_error(f"1, Could not send update for {self.name} driver.")
        else:
            self.publish_update(payload)

    async def _idle(self) -> None:
        """Return after the next ping, at a multiple of 0.1 s since the start.

        The real service looks for a ping every 0.1 s; this one waits for the ping, and then for that moment.
        """
        clock = asyncio.get_running_loop().time
        since = clock()
        await self._pinged.wait()
        await self._pause(_IDLE_LOOK - (clock() - since) % _IDLE_LOOK)


def whole_ms(seconds: float) -> int:
    """Return seconds in whole milliseconds, as the service does: multiplied in single precision, then cut.

    A number outside the range of a 32-bit int becomes the lowest int, as on x86.
    """
    try:
        (product,) = struct.unpack("f", struct.pack("f", seconds * 1000))
    except OverflowError:
        return _INT32_MIN
    return int(product) if product <= _INT32_MAX else _INT32_MIN
