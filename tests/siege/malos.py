"""A MALOS service over a simulated board as a program, which tells what it is sent and can be broken on command.

`python -m tests.siege.malos KIND HOST INFO_PORT`; commands come on stdin and events go to stdout, one JSON a line.
The board outlives the service: stop and start are a service that was killed and started again on the same board.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import zmq.asyncio

from indi_matrix.malos.messages import DriverConfig
from indi_matrix.settings import SIMULATED_DAY
from indi_matrix.simulator import Climate, Kind, MalosService, SimulatedBoard
from indi_matrix.simulator.service_sockets import Sockets


class Program:
    """The board, and its service for as long as there is one."""

    def __init__(self, kind: str, host: str, port: int) -> None:
        self.board = SimulatedBoard(Kind(kind), Climate(SIMULATED_DAY))
        self.service = MalosService(self.board, host, port)
        self.service.config_seen = _tell_config
        self.info = b""
        self.shell: AsyncExitStack | None = None

    async def start(self) -> None:
        await self.service.start()
        _tell(listening=time.monotonic(), port=self.service.info_port)

    async def stop(self) -> None:
        if self.service.running:
            self.info = self.service._info()
        await self.service.stop()
        if self.shell is not None:
            await self.shell.aclose()
            self.shell = None
        _tell(stopped=time.monotonic())

    async def swap(self, kind: str) -> None:
        """Put another board in the place of this one."""
        self.board = SimulatedBoard(Kind(kind), Climate(SIMULATED_DAY))
        host, port = self.service.host, self.service.info_port
        self.service = MalosService(self.board, host, port)
        self.service.config_seen = _tell_config
        await self.start()

    async def power_cycle(self) -> None:
        self.board.power_cycle()

    async def hollow(self) -> None:
        """In the place of a service that was stopped, answer on the info port, and be silent on all others."""
        self.shell = AsyncExitStack()
        await self.shell.enter_async_context(answer_info_only(self.service, self.info))
        _tell(hollow=time.monotonic())

    async def error(self, driver: str, text: str, count: int) -> None:
        for number in range(count):
            self.service.publish_error(driver, text)
            if number % 10 == 0:
                await asyncio.sleep(0)  # what waits to be sent is bounded, and more would be lost

    async def garbage(self, driver: str, count: int) -> None:
        for number in range(count):
            self.service.publish_update(driver, bytes([0xFF, number % 256]) * 3)

    async def flood(self, driver: str, *payloads: str) -> None:
        """Publish updates without a pause, as MALOS does when somebody sets a delay below a millisecond."""
        updates = [bytes.fromhex(payload) for payload in payloads]

        async def publish() -> None:
            while self.service.running:
                for _ in range(100):
                    for update in updates:
                        self.service.publish_update(driver, update)
                await asyncio.sleep(0)

        self.flooding = asyncio.create_task(publish(), name="flood")

    async def state(self) -> None:
        leds = [[led.red, led.green, led.blue, led.white] for led in self.board.leds]
        _tell(state={"levels": self.board.levels, "outputs": sorted(self.board.output_pins), "leds": leds})


@asynccontextmanager
async def answer_info_only(service: MalosService, reply: bytes) -> AsyncIterator[None]:
    """Listen on all ports of a service that is stopped; answer on the info port, and be silent on the others."""
    sockets = Sockets(service.host)
    try:
        for ports in service.ports.values():
            sockets.pull(ports.base)
            sockets.pull(ports.keep_alive)
            sockets.publisher(ports.errors)
            sockets.publisher(ports.updates)
        answering = asyncio.create_task(_answer(sockets.reply(service.info_port), reply), name="hollow service")
        yield
        answering.cancel()
        await asyncio.wait({answering})
    finally:
        sockets.close()


async def _answer(requests: zmq.asyncio.Socket, reply: bytes) -> None:
    while True:
        await requests.recv_multipart()
        await requests.send(reply)


def _tell_config(driver: str, frame: bytes) -> None:
    config = DriverConfig.FromString(frame)
    if driver == "Gpio":
        _tell(gpio=[config.gpio.pin, config.gpio.mode, config.gpio.value])
    elif driver == "Everloop" and config.image.led:
        first = config.image.led[0]
        _tell(led=[first.red, first.green, first.blue, first.white])


def _tell(**event: Any) -> None:
    print(json.dumps(event), flush=True)


async def main() -> None:
    program = Program(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    await program.start()
    commands = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(commands)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await commands.readline():
        name, *arguments = json.loads(line)
        await getattr(program, name)(*arguments)
    await program.stop()


if __name__ == "__main__":
    asyncio.run(main())
