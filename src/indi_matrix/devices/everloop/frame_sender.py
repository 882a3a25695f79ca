"""Frames of the ring on their way to its MALOS driver: whole pictures, of which only the newest matters."""

import asyncio
import logging
from functools import cached_property
from typing import Any, Final

from indi_matrix.devices.everloop.picture import CHANNEL_COUNT, channels
from indi_matrix.devices.everloop.show import Show
from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.errors import LinkError
from indi_matrix.malos.messages import DriverConfig

log = logging.getLogger(__name__)

# A slow board shows 50 frames a second, and MALOS queues what comes faster: this interval never builds up a lag.
_INTERVAL: Final = 0.025


class ImageConfig:
    """The config that shows a frame. One message serves for all frames: making it anew takes twice the time."""

    def __init__(self) -> None:
        self._leds: list[Any] = []  # of the message

    @cached_property
    def _message(self) -> Any:
        return DriverConfig()

    def holding(self, frame: bytes) -> bytes:
        """Return the config, serialised, with a frame."""
        if len(self._leds) != len(frame) // CHANNEL_COUNT:
            del self._message.image.led[:]
            self._leds = [self._message.image.led.add() for _ in range(len(frame) // CHANNEL_COUNT)]
        for led, red, green, blue, white in zip(self._leds, *channels(frame), strict=True):
            led.red, led.green, led.blue, led.white = red, green, blue, white
        return bytes(self._message.SerializeToString())


class FrameSender:
    """Sends what a show has on the ring, no faster than any board can show it.

    What asks for a frame costs next to nothing: the frame is made when its turn has come.

    Args:
        device: The ring.
        show: What it is to show.

    Attributes:
        used: Whether any frame was ever asked for.
    """

    def __init__(self, device: MatrixDevice, show: Show) -> None:
        self.used = False
        self._device = device
        self._show = show
        self._config = ImageConfig()
        self._fault: asyncio.Future[None] | None = None  # while frames are sent, the fault that ends it
        self._due = False  # whether something has changed that was not sent yet
        self._last: bytes | None = None  # the frame sent last in this run
        self._timer: asyncio.TimerHandle | None = None
        self._earliest = 0.0  # loop time from which on a frame may be sent

    async def run(self) -> None:
        """Send frames whenever they are due, until cancelled."""
        self._fault = asyncio.get_running_loop().create_future()
        self._last = None
        if self._due:
            self._wait_until(self._earliest)
        await self._fault

    def refresh(self) -> None:
        """Have the present frame sent, once all that is at hand is answered, and those that follow if it moves."""
        self.used = True
        if not self._due:
            self._due = True
            self._wait_until(self._earliest)

    def flush(self) -> None:
        """Send the present frame now if it is still due, and none of what moves after it."""
        if self._due and self._device.connected:
            self.send_last(self._show.frame(now()))
        self._calm_down()

    def settle(self, *, again: bool) -> bool:
        """Send the present frame now, and nothing after it; return whether the service has it.

        Args:
            again: Whether to send it also if it is the one that was sent last, or none was sent in this run.
        """
        frame = self._show.frame(now())
        wanted = self.used if again else self._due or self._last not in {None, frame}
        self._calm_down()
        return self.send_last(frame) if wanted else True

    def send_last(self, frame: bytes) -> bool:
        """Send a frame now, and nothing after it; return whether the service took it."""
        self._calm_down()
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
        """Send the newest frame, or have the run end with the fault that prevents it."""
        try:
            self._send_newest()
        except Exception as error:  # noqa: BLE001 - it is raised by run
            if not fault.done():
                fault.set_exception(error)

    def _send_newest(self) -> None:
        """Send the newest frame, and see when the next one is to follow."""
        moment = now()
        self._earliest = moment + _INTERVAL
        self._due = False
        try:
            frame = self._show.frame(moment)
            self._device.link.send(self._config.holding(frame))
            self._last = frame
        except LinkError as error:
            # Still due. If the service does not come round, its updates stop, and the visit ends.
            log.debug("a picture has to wait: %s", error)
            self._due = True
            self._wait_until(self._earliest)
            return
        if (beat := self._show.next_beat(moment)) is not None:
            self._wait_until(max(beat, self._earliest))

    def _wait_until(self, moment: float) -> None:
        """Take a turn at a loop time, or as soon as all else at hand is done if that is past, and at no other."""
        if self._fault is None:
            return  # what is due waits for the next run
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._take_turn, self._fault)

    def _calm_down(self) -> None:
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def now() -> float:
    """Return the time of the event loop, in seconds."""
    return asyncio.get_running_loop().time()
