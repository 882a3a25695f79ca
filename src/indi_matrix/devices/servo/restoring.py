"""Gives Gpio its pins back after each servo config."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from indi_matrix.errors import LinkError

log = logging.getLogger(__name__)

# Servo and Gpio each keep a copy of the one register of directions, so a servo config makes inputs of Gpio's
# outputs until the next Gpio config. That one is sent at once; but each driver of MALOS reads its own socket in
# its own thread, and nothing says in which order two of them get to work. A Gpio config that came too early has
# mended nothing, and directions cannot be read back. So it is sent again after these seconds: by the first of them
# two idle threads are done, by the last also those of a host under load. Sending it too often changes nothing.
_AGAIN: Final = (0.01, 0.1, 1.0)


class Restoring:
    """Sends Gpio's directions again: at once, and three times in the second after the last servo config.

    Args:
        hold: Sends them, given the pin of the servo.
    """

    def __init__(self, hold: Callable[[int], None]) -> None:
        self._hold = hold
        self._pin = 0
        self._left: list[float] = []
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, pin: int) -> None:
        """Send them now and later: a config for the servo on a pin was sent."""
        self.cancel()
        self._pin = pin
        self._left = list(_AGAIN)
        self._send()

    def finish(self) -> None:
        """Send them once more now if they are still to be sent, and no more later."""
        pending = self._timer is not None
        self.cancel()
        if pending:
            self._send()

    def _send(self) -> None:
        self._timer = None
        try:
            self._hold(self._pin)
        except LinkError as error:
            log.info("the directions of the pins have to wait: %s", error)
        if self._left:
            self._timer = asyncio.get_running_loop().call_later(self._left.pop(0), self._send)

    def cancel(self) -> None:
        """Send them no more."""
        self._left = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
