"""A MALOS service in a process of its own, to be stopped, killed and suspended."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

PATIENCE = 20.0


class Service:
    """The process of tests.siege.malos, and what it told: what it was sent, and when it began to listen.

    Attributes:
        host, port: Its info port.
        kind: creator or voice.
        pins: The pin, mode and value of each Gpio config, in order.
        colors: The colour of the first LED in each picture.
        listening: When it last began to listen, by time.monotonic().
    """

    def __init__(self, kind: str = "creator", host: str = "127.0.0.1", within: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.host = host
        self.port = 0
        self.pins: list[list[int]] = []
        self.colors: list[list[int]] = []
        self.listening = 0.0
        self._within = within
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._told: dict[str, Any] = {}
        self._news = asyncio.Condition()

    @property
    def address(self) -> str:
        """Host and info port, as they are written."""
        return f"{self.host}:{self.port}"

    async def run(self) -> None:
        """Run the process, and return when it listens."""
        command = (*self._within, sys.executable, "-m", "tests.siege.malos", self.kind, self.host, str(self.port))
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        self._reading = asyncio.create_task(self._read(self._process), name="service")
        await self._await("listening")

    async def kill(self) -> None:
        """Kill the process; its board is lost with it."""
        if self._process is not None and self._reading is not None:
            self._process.kill()
            await self._process.wait()
            await self._reading
            self._process = None

    async def stop(self) -> None:
        """Stop the service, and keep the board."""
        await self._ask("stopped", "stop")

    async def start(self) -> None:
        """Start the service again."""
        await self._ask("listening", "start")

    async def swap(self, kind: str) -> None:
        """Start a service with another board, after a stop."""
        self.kind = kind
        await self._ask("listening", "swap", kind)

    async def hollow(self) -> None:
        """After a stop, have the info port answer and nothing else."""
        await self._ask("hollow", "hollow")

    async def state(self) -> dict[str, Any]:
        """Return levels, outputs and leds of the board."""
        return dict(await self._ask("state", "state"))

    def tell(self, *command: Any) -> None:
        """Give a command of tests.siege.malos that tells nothing back."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def suspend(self) -> None:
        """Let it hang."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something holds of what it told."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(condition)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def _ask(self, event: str, *command: Any) -> Any:
        self._told.pop(event, None)
        self.tell(*command)
        return await self._await(event)

    async def _await(self, event: str) -> Any:
        await self.until(lambda: event in self._told)
        return self._told.pop(event)

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self._take(json.loads(line))
            async with self._news:
                self._news.notify_all()

    def _take(self, event: dict[str, Any]) -> None:
        if "gpio" in event:
            self.pins.append(event["gpio"])
        elif "led" in event:
            self.colors.append(event["led"])
        else:
            self._told.update(event)
            self.listening = event.get("listening", self.listening)
            self.port = event.get("port", self.port)


@asynccontextmanager
async def malos(
    kind: str = "creator", host: str = "127.0.0.1", within: tuple[str, ...] = ()
) -> AsyncIterator[Service]:
    """Run a service; `within` stands before its command, to have it run in another network."""
    service = Service(kind, host, within)
    await service.run()
    try:
        yield service
    finally:
        await service.kill()
