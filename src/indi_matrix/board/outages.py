"""The outages of a service: what is told of them, and how long to wait between visits."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from indi_matrix.errors import LinkError
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.repeats import Repeats

log = logging.getLogger(__name__)

_RETRY_PAUSE: Final = 0.2
_SHORTEST: Final = 0.2
_LONGEST: Final = 5.0
# A service that hung needs this long to do what had piled up before it; a visit that lasted so long is a good one.
_AFTERMATH: Final = 3.0

_HASTY: Final = f", soon after it was back; reconnecting after a growing pause, up to {_LONGEST:g} s"


class Outages:
    """Records when the service is lost and back; nothing is told twice within a minute.

    Args:
        indi: The INDI device, whose clients are told.
        resend: Sends everything once more, behind whatever else reached the service as it came back.
    """

    def __init__(self, indi: IndiDevice, resend: Callable[[], None]) -> None:
        self._indi = indi
        self._resend = resend
        self._losses = Repeats(lambda text: indi.tell("ERROR", text))
        self._returns = Repeats(lambda text: indi.tell("INFO", text))
        self._obstacles = Repeats(lambda text: indi.tell("DEBUG", text))
        self._pauses = RetryPauses()
        self._aftermath: asyncio.TimerHandle | None = None

    def begin(self, cause: str) -> tuple[str, float]:
        """Record a loss; return what is to be told of it, if anything, and the seconds until the next visit."""
        self._calm_down()
        pause = self._pauses.lost()
        text = f"lost {cause}{_HASTY if pause else '; reconnecting'}"
        return text if self._losses.is_first(text) else "", pause

    def go_on(self, cause: str) -> float:
        """Record that a visit failed during an outage; return the seconds until the next visit."""
        if self._obstacles.is_first(text := f"no way back yet: {cause}"):
            self._indi.tell("DEBUG", text)
        return _RETRY_PAUSE

    def end(self) -> None:
        """Record that the service is back, and have everything sent once more a little later."""
        self._aftermath = asyncio.get_running_loop().call_later(_AFTERMATH, self._settle)

    def is_news(self, text: str) -> bool:
        """Tell whether a text is to be told of a service that is back."""
        return self._returns.is_first(text)

    def forget(self) -> None:
        """Begin anew: clients or the program end the connection."""
        self._calm_down()
        self._pauses.lasted()

    def _settle(self) -> None:
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


class RetryPauses:
    """The pauses after losses: none after a visit that lasted, and longer ones after each that did not."""

    def __init__(self) -> None:
        self._next = 0.0

    def lost(self) -> float:
        """Record a loss; return the seconds to wait before the next visit."""
        pause = self._next
        self._next = min(max(2 * pause, _SHORTEST), _LONGEST)
        return pause

    def lasted(self) -> None:
        """Record that the visit has lasted by now."""
        self._next = 0.0
