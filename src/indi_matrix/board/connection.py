"""The connection of one board: CONNECTION, what it depends on, and what becomes of it when the service goes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum, auto
from typing import Final

import zmq.asyncio

from indi_matrix.board import standard_properties
from indi_matrix.board.board_properties import BoardProperties
from indi_matrix.board.retry_pauses import LONGEST, RetryPauses
from indi_matrix.board.session import ANSWER_LIMIT, visit
from indi_matrix.devices import MatrixDevice
from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.base import State
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.malos.places import Place, Target
from indi_matrix.repeats import Repeats
from indi_matrix.settings import Address

log = logging.getLogger(__name__)

_RETRY_PAUSE: Final = 0.2
# A service that hung needs this long to do what had piled up before it; a visit that lasted so long is a good one.
_AFTERMATH: Final = 3.0
_AUX: Final = 1 << 15

_HASTY: Final = f", soon after it was back; reconnecting after a growing pause, up to {LONGEST:g} s"
_WITHOUT_BOARD: Final = "; SIMULATION in Options does without a board"

INTERNAL: Final = "internal error, see the log"
"""What clients are told of a fault of ours."""

Simulator = Callable[[zmq.asyncio.Context], AbstractAsyncContextManager[Place]]
"""Runs a simulated board's service in this program while its block does, and tells where that is."""


class _Phase(Enum):
    AWAY = auto()
    CONNECTING = auto()
    ONLINE = auto()
    LOST = auto()


class Connection:
    """The life cycle of a board.

    Args:
        indi: The INDI device.
        devices: The board's devices.
        address: Where its service is, until clients choose another place.
        simulator: What there is instead while SIMULATION is on.
        simulate: Whether that is so at first.

    Attributes:
        board_properties: The properties that come with the board.
        switch: CONNECTION.
        info: DRIVER_INFO.
        address: DEVICE_ADDRESS.
        simulation: SIMULATION.
        on_disconnect: ON_DISCONNECT.
    """

    def __init__(
        self,
        indi: IndiDevice,
        devices: Sequence[MatrixDevice],
        address: Address,
        simulator: Simulator,
        *,
        simulate: bool,
    ) -> None:
        self._indi = indi
        self._devices = devices
        self._simulator = simulator
        self._phase = _Phase.AWAY
        self._wanted = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._destination: Address | None = None  # of the session; None is the simulated board
        self._present = devices  # what was found, as long as clients know of it
        self._losses = Repeats(lambda text: indi.tell("ERROR", text))
        self._returns = Repeats(lambda text: indi.tell("INFO", text))
        self._obstacles = Repeats(lambda text: indi.tell("DEBUG", text))
        self._pauses = RetryPauses()
        self._aftermath: asyncio.TimerHandle | None = None
        self.board_properties = BoardProperties(indi)
        self.switch = standard_properties.connection(
            self._write, lambda: self._phase in {_Phase.ONLINE, _Phase.LOST}
        )
        self.info = standard_properties.driver_info(self._interface)
        self.address = standard_properties.device_address(address, self._write_address)
        self.simulation = standard_properties.simulation(self._write_simulation, on=simulate)
        self.on_disconnect = standard_properties.on_disconnect()

    @property
    def online(self) -> bool:
        """Whether the service is connected."""
        return self._phase is _Phase.ONLINE

    @property
    def lost(self) -> bool:
        """Whether the service was lost, and is not back yet."""
        return self._phase is _Phase.LOST

    @property
    def place(self) -> str:
        """Where the session's service is, whatever clients have chosen for the next."""
        return "the simulated board" if self._destination is None else self._destination.short

    def retime(self) -> None:
        """Bring a new timing to the drivers that follow it."""
        if self.online:
            for device in self._connected_devices():
                device.retime()

    def depart(self) -> None:
        """Apply ON_DISCONNECT: the board is being left, by clients or by the program."""
        off = self.on_disconnect.values["OFF"]
        if self.online:
            for device in self._connected_devices():
                device.depart(off=off)
        elif self.lost:
            # It cannot be done now; but nothing is to be On, or to move, because of what was told before.
            if off:
                text = f"nothing was switched off: the link to {self.place} is lost; the next connect does it"
                self._indi.tell("WARNING", text)
            for device in self._devices:
                device.depart(off=off)

    async def run(self, context: zmq.asyncio.Context) -> None:
        """Connect whenever clients want it, until cancelled."""
        while True:
            await self._wanted.wait()
            async with asyncio.TaskGroup() as tasks:
                self._session = tasks.create_task(self._stay_connected(context), name=f"{self._indi.name} session")
                try:
                    await asyncio.wait({self._session})
                except asyncio.CancelledError:
                    # A visit that fails at the same moment raises its failure and drops the cancellation.
                    self._wanted.clear()
                    raise
            self._session = None

    # Writes

    def _write(self, values: Mapping[str, bool]) -> State:
        return self._connect() if values["CONNECT"] else self._disconnect()

    def _write_address(self, values: Mapping[str, str]) -> State:
        standard_properties.read_address(values)
        if values != self.address.values:
            self._tell_if_later("DEVICE_ADDRESS")
        return State.OK

    def _write_simulation(self, values: Mapping[str, bool]) -> State:
        if values != self.simulation.values:
            self._tell_if_later("SIMULATION")
        return State.OK

    def _tell_if_later(self, name: str) -> None:
        if self._phase is not _Phase.AWAY:
            self._indi.tell("INFO", f"{name} takes effect at the next connect")

    def _connect(self) -> State:
        """Begin to connect, unless that was done already."""
        if self.online:
            return State.OK
        if self._phase is _Phase.AWAY:
            simulated = self.simulation.values["ENABLE"]
            self._destination = None if simulated else standard_properties.read_address(self.address.values)
            self._phase = _Phase.CONNECTING
            self._wanted.set()
        return State.BUSY

    def _disconnect(self) -> State:
        """Take the board's properties away and let the links close."""
        if self._phase is _Phase.AWAY:
            return State.OK
        self._leave()
        if self._session is not None:
            self._session.cancel()
            self._session = None
        return State.IDLE

    def _leave(self) -> None:
        self.depart()
        self._calm_down()
        self._pauses.lasted()
        self._phase = _Phase.AWAY
        self._wanted.clear()
        for device in self._devices:
            device.end()
            device.shown = False
        self.board_properties.delete_all()
        self._present = self._devices
        self.info.publish_reading()

    # The session

    async def _stay_connected(self, context: zmq.asyncio.Context) -> None:
        """Connect, and after a loss connect again, for as long as clients want it."""
        try:
            async with self._service(context) as target:
                while self._is_current():
                    await self._visit(context, target)
        except LinkError as error:  # of the simulated service
            self._fail(f"{self.place}: {error}")
        except Exception as error:
            log.exception("%s: the session failed", self._indi.name)
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """End a session that failed by a fault of ours; it costs that session and no more, whatever else fails."""
        try:
            self._fail(f"{self.place}: {INTERNAL}: {error}")
        except Exception:
            log.exception("%s: the session did not end properly", self._indi.name)
            self._phase = _Phase.AWAY
            self._wanted.clear()
            self._tell_failure(INTERNAL)

    def _is_current(self) -> bool:
        """Tell whether clients still want the session that asks; one of before a disconnect may yet be closing."""
        return self._wanted.is_set() and asyncio.current_task() is self._session

    @asynccontextmanager
    async def _service(self, context: zmq.asyncio.Context) -> AsyncIterator[Target]:
        """Tell where the service is, for as long as the session lasts; a simulated one runs that long."""
        if self._destination is not None:
            yield self._destination
            return
        async with self._simulator(context) as place:
            yield place

    async def _visit(self, context: zmq.asyncio.Context, target: Target) -> None:
        """Visit the service once; a first visit that fails ends the session, a later one is repeated."""
        self._indi.tell("DEBUG", f"connecting to {target.short}")
        first = self._phase is _Phase.CONNECTING and self._destination is not None
        try:
            await visit(context, target, self._devices, self._arrive, self._warn if first else None)
        except LinkError as error:
            if not self._is_current():
                return
            if self._phase is _Phase.CONNECTING:
                self._fail(f"{error}{_WITHOUT_BOARD if first else ''}")
            else:
                await self._lose(error)

    def _warn(self, cause: str) -> None:
        """Say what is in the way of a connect, which goes on."""
        self._indi.tell("WARNING", f"{cause}; trying for {ANSWER_LIMIT:g} s")

    def _arrive(self) -> None:
        """Show clients the board, now that its service has answered.

        KStars tells Ekos of a device when a property is defined while CONNECTION is Ok. So CONNECTION goes first.
        """
        back = self.lost
        self._phase = _Phase.ONLINE
        self._present = self._connected_devices()
        self.board_properties.restore(self._present)
        if back:
            self._resend()
            self._aftermath = asyncio.get_running_loop().call_later(_AFTERMATH, self._settle)
        for device in self._present:
            device.prepare()
        self.info.publish_reading()
        text = f"{self.place} is {'back' if back else 'connected'}"
        told = not back or self._returns.is_first(text)
        self.switch.reply(None, State.OK, text if told else "", "INFO")
        self.board_properties.show(self._present)

    def _fail(self, cause: str) -> None:
        """Give up connecting, and say why."""
        self._leave()
        self._tell_failure(f"cannot connect to {cause}")

    def _tell_failure(self, text: str) -> None:
        self.switch.reply(None, State.ALERT, text)

    async def _lose(self, error: LinkError) -> None:
        """Show that the service is lost, once; wait for as long as the next visit is to wait."""
        repeated = self.lost
        self._phase = _Phase.LOST
        self._calm_down()
        self.board_properties.mark_lost()
        if repeated:
            if self._obstacles.is_first(cause := f"no way back yet: {error}"):
                self._indi.tell("DEBUG", cause)
            await asyncio.sleep(_RETRY_PAUSE)
        else:
            pause = self._pauses.lost()
            self._tell_loss(f"lost {error}{_HASTY if pause else '; reconnecting'}")
            await asyncio.sleep(pause)

    def _tell_loss(self, text: str) -> None:
        told = text if self._losses.is_first(text) else ""
        self.switch.reply(None, State.BUSY, told)

    def _settle(self) -> None:
        """Send everything once more, behind whatever else reached the service as it came back."""
        self._aftermath = None
        self._pauses.lasted()
        try:
            self._resend()
        except LinkError as error:
            log.info("%s: nothing was sent again: %s", self._indi.name, error)

    def _calm_down(self) -> None:
        """Have nothing sent again any more."""
        if self._aftermath is not None:
            self._aftermath.cancel()
            self._aftermath = None

    def _resend(self) -> None:
        for device in self._connected_devices():
            device.resend()

    def _connected_devices(self) -> list[MatrixDevice]:
        return [device for device in self._devices if device.connected]

    def _interface(self) -> int:
        """Return the sum of the INDI interfaces that the board has; away, those that every board has."""
        return _AUX | sum(device.interface for device in self._present)
