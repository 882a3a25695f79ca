"""The service MALOS over a simulated board, with real sockets and the behaviour of the real service."""

import asyncio
import errno
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final, Self

import zmq.asyncio

from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import MalosDriverInfo
from indi_matrix.malos.places import BASE_OFFSETS, DriverPorts, Place
from indi_matrix.settings import DEFAULT_HOST, INFO_PORT
from indi_matrix.simulator.drivers import Aborted
from indi_matrix.simulator.engine import ConfigSeen, Engine, PingSeen, Said
from indi_matrix.simulator.free_ports import BLOCK, blocks_to_try
from indi_matrix.simulator.service_sockets import ReceivingSocket, Sockets, service_descriptors, unique_name
from indi_matrix.simulator.simulated_board import SimulatedBoard
from indi_matrix.system.descriptor_limit import check

# The info reply says that these two have no updates, although Gpio has them.
_SAY_NO_UPDATES: Final = frozenset({"Servo", "Gpio"})


class MalosService:
    """MALOS with a board behind it. `async with` runs it; so do `start` and `stop`.

    Args:
        board: The board that it drives.
        host: The address that it listens on.
        info_port: Its info port; 0 for any free block of ports.
        drivers: The drivers that it has, all by default.
        inside: A ZeroMQ context in which it listens on inproc endpoints, and not on TCP ports, which may be taken.

    Attributes:
        board: The board that it drives.
        host: The address that it listens on.
        info_port: Its info port; 0 until the first start, if a free block of ports was asked for.
        stopped_by: Why the service ended by itself, None when it did not.
        config_seen: Called with the driver's name and the frame of each config that is received.
        ping_seen: Called with the driver's name for each ping that is received.
        said: Called with the driver's name, each payload that is published, and whether that is an update.
        state_changed: Called after the service has started, ended, hung or resumed.
    """

    def __init__(
        self,
        board: SimulatedBoard,
        host: str = DEFAULT_HOST,
        info_port: int = INFO_PORT,
        *,
        drivers: Collection[str] = BASE_OFFSETS,
        inside: zmq.asyncio.Context | None = None,
    ) -> None:
        self.board = board
        self.host = host
        self.info_port = info_port
        self.stopped_by: str | None = None
        self.config_seen: ConfigSeen | None = None
        self.ping_seen: PingSeen | None = None
        self.said: Said | None = None
        self.state_changed: Callable[[], None] | None = None
        self._drivers = drivers
        self._inside = inside
        self._name = unique_name()
        self._awake = asyncio.Event()
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._engines: dict[str, Engine] = {}
        self._sockets: Sockets | None = None
        self._main: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Host and info port, written HOST:PORT."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.info_port}"

    @property
    def place(self) -> Place:
        """The place at which it is reached while it runs.

        Raises:
            LinkError: It does not run.
        """
        if self._sockets is None:
            raise LinkError(f"the service at {self.address} does not run")
        return self._sockets.place._replace(port=self.info_port)

    @property
    def ports(self) -> Mapping[str, DriverPorts]:
        """The ports of each driver, by its name."""
        return MappingProxyType({name: DriverPorts(self.info_port + BASE_OFFSETS[name]) for name in self._drivers})

    @property
    def running(self) -> bool:
        """Whether the service listens, also while it hangs."""
        return not self._stopped.is_set()

    @property
    def hung(self) -> bool:
        """Whether the service hangs."""
        return self.running and not self._awake.is_set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # Start and stop

    async def start(self) -> None:
        """Listen and work, with the state of a fresh service; the board keeps its state.

        Raises:
            OSError: A port is taken, or the host is not an address of this machine; or too few file descriptors
                are left.
        """
        if self.running:
            raise RuntimeError(f"the service at {self.address} runs already")
        info = self._listen() if self.info_port else self._listen_anywhere()
        self.stopped_by = None
        self._awake.set()
        self._stopped.clear()
        self._started.set()
        self._main = asyncio.create_task(self._serve(info), name=f"MALOS at {self.address}")
        self._main.add_done_callback(self._finish)
        self._changed()

    async def stop(self) -> None:
        """End at once, as if killed: messages that were not received yet are lost."""
        if self._main is not None:
            self._main.cancel()
        await self._stopped.wait()

    async def wait_stopped(self) -> None:
        """Return when the service has ended."""
        await self._stopped.wait()

    async def wait_started(self) -> None:
        """Return when the service runs."""
        await self._started.wait()

    def hang(self) -> None:
        """Stop working, as if suspended: connections stay open, and no message is received."""
        self._awake.clear()
        self._changed()

    def resume(self) -> None:
        """Work on, beginning with the messages that have piled up."""
        self._awake.set()
        self._changed()

    def _listen(self) -> ReceivingSocket:
        """Bind all ports, or none."""
        check(service_descriptors(len(self._drivers), inside=self._inside is not None))
        sockets = Sockets(self.host, self._inside, self._name)
        engines = {
            name: Engine(name, self.info_port, self.board, self._awake, self._has_said) for name in self._drivers
        }
        try:
            info = ReceivingSocket(sockets.reply(self.info_port), self._awake)
            for engine in engines.values():
                engine.open(sockets)
        except BaseException:
            sockets.close()
            raise
        self._sockets, self._engines = sockets, engines
        return info

    def _listen_anywhere(self) -> ReceivingSocket:
        """Bind the first free block of ports."""
        for info_port in blocks_to_try():
            self.info_port = info_port
            try:
                return self._listen()
            except OSError as error:
                self.info_port = 0
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE, f"{self.host} has no {BLOCK} free ports in a row")

    async def _serve(self, info: ReceivingSocket) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._answer(info), name="MALOS info")
                for engine in self._engines.values():
                    engine.start(tasks, self._saw_config, self._saw_ping)
        except* Aborted as aborts:
            self.stopped_by = str(aborts.exceptions[0])

    def _finish(self, main: asyncio.Task[None]) -> None:
        """Close all sockets, and record a fault of the simulator, whichever way the service has ended."""
        if self._sockets is not None:
            self._sockets.close()
        self._sockets = self._main = None
        self._engines = {}
        self._stopped.set()
        self._started.clear()
        self._changed()
        if not main.cancelled() and (error := main.exception()) is not None:
            self.stopped_by = f"a fault of the simulator: {error!r}"
            asyncio.get_running_loop().call_exception_handler(
                {"message": "The simulated MALOS has failed", "exception": error, "task": main}
            )

    # Work

    async def _answer(self, info: ReceivingSocket) -> None:
        """Answer each request for info, whatever its text."""
        while True:
            request = await info.receive()
            if len(request) > 1:
                # The service reads one frame and answers, which ZeroMQ forbids before the last frame.
                raise Aborted(f"an info request of {len(request)} frames")
            await info.reply(self._info())

    def _info(self) -> bytes:
        reply = MalosDriverInfo()
        for name, engine in self._engines.items():
            reply.info.add(
                driver_name=name,
                base_port=engine.ports.base,
                provides_updates=name not in _SAY_NO_UPDATES,
                needs_pings=name not in _SAY_NO_UPDATES,
                delay_between_updates=engine.delay_ms,
                timeout_after_last_ping=engine.timeout_ms,
                notes_for_human=engine.notes,
            )
        return bytes(reply.SerializeToString())

    def _saw_config(self, driver: str, frame: bytes) -> None:
        if self.config_seen is not None:
            self.config_seen(driver, frame)

    def _saw_ping(self, driver: str) -> None:
        if self.ping_seen is not None:
            self.ping_seen(driver)

    def _has_said(self, driver: str, payload: bytes, is_update: bool) -> None:  # noqa: FBT001 - one of two sockets
        if self.said is not None:
            self.said(driver, payload, is_update)

    def _changed(self) -> None:
        if self.state_changed is not None:
            self.state_changed()

    # Faults on demand

    def publish_error(self, driver: str, text: str | bytes) -> None:
        """Publish an error text of a driver, although nothing failed."""
        self._engine(driver).publish_error(text)

    def publish_update(self, driver: str, payload: bytes) -> None:
        """Publish a payload as an update of a driver, be it valid or not."""
        self._engine(driver).publish_update(payload)

    def _engine(self, driver: str) -> Engine:
        if not self.running:
            raise LinkError(f"the service at {self.address} does not run")
        return self._engines[driver]
