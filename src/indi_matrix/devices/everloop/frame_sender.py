"""Frames of the ring on their way to its MALOS driver: whole pictures, of which only the newest matters."""

import asyncio
import logging
from typing import Any, Final

from indi_matrix.devices.everloop.picture import CHANNEL_COUNT, channels
from indi_matrix.devices.everloop.show import Show
from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import DriverConfig

log = logging.getLogger(__name__)

# Seconds. MALOS queues frames that come faster than a board shows them (a slow one: 50 a second), which is a lag.
_INTERVAL: Final = 0.025


class ImageConfig:
    """The config that shows a frame. All frames share one message: to make a new one takes twice the time."""

    def __init__(self) -> None:
        self._message = DriverConfig()
        self._leds: list[Any] = []  # of the message

    def holding(self, frame: bytes) -> bytes:
        """Return the config, serialised, with a frame."""
        if len(self._leds) != len(frame) // CHANNEL_COUNT:
            del self._message.image.led[:]
            self._leds = [self._message.image.led.add() for _ in range(len(frame) // CHANNEL_COUNT)]
        for led, red, green, blue, white in zip(self._leds, *channels(frame), strict=True):
            led.red, led.green, led.blue, led.white = red, green, blue, white
        return bytes(self._message.SerializeToString())


class FrameSender:
    """Sends the frames of a show to the ring, no faster than any board can show them.

    Calling `refresh` costs next to nothing: a frame is made only when it is sent.

    Args:
        device: The ring.
        show: Makes the frames.

    Attributes:
        used: Whether any frame was ever asked for.
    """

    def __init__(self, device: MatrixDevice, show: Show) -> None:
        self.used = False
        self._device = device
        self._show = show
        self._config = ImageConfig()
        self._fault: asyncio.Future[None] | None = None  # of the current run: gets the exception that ends it
        self._due = False  # whether a frame was asked for and not sent yet
        self._last: bytes | None = None  # the frame sent last in this run
        self._timer: asyncio.TimerHandle | None = None
        self._earliest = 0.0  # loop time from which on a frame may be sent

    async def run(self) -> None:
        """Send frames whenever they are due, until cancelled."""
        self._fault = asyncio.get_running_loop().create_future()
        self._last = None
        if self._due:
            self._schedule(self._earliest)
        await self._fault

    def refresh(self) -> None:
        """Send the present frame as soon as pending writes are answered; further frames follow while it moves."""
        self.used = True
        if not self._due:
            self._due = True
            self._schedule(self._earliest)

    def flush(self) -> None:
        """Send the present frame now if it is due, and no moving frames after it."""
        if self._due and self._device.connected:
            self.send_last(self._show.frame(now()))
        self._cancel_due()

    def settle(self, *, again: bool) -> bool:
        """Send the present frame now, and nothing after it; return whether the service has it.

        Args:
            again: Whether to send it also if it is the one that was sent last, or none was sent in this run.
        """
        frame = self._show.frame(now())
        wanted = self.used if again else self._due or self._last not in {None, frame}
        self._cancel_due()
        return self.send_last(frame) if wanted else True

    def send_last(self, frame: bytes) -> bool:
        """Send a frame now, and nothing after it; return whether the service took it."""
        self._cancel_due()
        try:
            self._device.link.send_last(self._config.holding(frame))
            self._last = frame
        except LinkError as error:
            log.info("the last picture was not shown: %s", error)
            return False
        return True

    def stop(self) -> None:
        """Send what is due, and no more until the next run."""
        self.flush()
        self._fault = None

    def _take_turn(self, fault: "asyncio.Future[None]") -> None:
        """Send the newest frame; an exception ends the run."""
        try:
            self._send_newest()
        except Exception as error:  # noqa: BLE001 - it is raised by run
            if not fault.done():
                fault.set_exception(error)

    def _send_newest(self) -> None:
        """Send the newest frame; schedule the next one, if the show moves or this one was not taken."""
        moment = now()
        self._earliest = moment + _INTERVAL
        self._due = False
        try:
            frame = self._show.frame(moment)
            self._device.link.send(self._config.holding(frame))
            self._last = frame
        except LinkError as error:
            # Still due. If the service stays stuck, its updates stop too, and the visit ends.
            log.debug("a picture has to wait: %s", error)
            self._due = True
            self._schedule(self._earliest)
            return
        if (beat := self._show.next_beat(moment)) is not None:
            self._schedule(max(beat, self._earliest))

    def _schedule(self, moment: float) -> None:
        """Schedule the next turn in place of any other; if the loop time is past, after pending callbacks."""
        if self._fault is None:
            return  # what is due waits for the next run
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._take_turn, self._fault)

    def _cancel_due(self) -> None:
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def now() -> float:
    """Return the time of the event loop, in seconds."""
    return asyncio.get_running_loop().time()
