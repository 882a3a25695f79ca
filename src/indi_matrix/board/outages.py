"""The outages of a service: the messages about them, and the pauses between visits."""

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
# Seconds that a service which hung needs to work off its queue. A visit that lasts as long counts as stable.
_AFTERMATH: Final = 3.0

_HASTY: Final = f", soon after it was back; reconnecting after a growing pause, up to {_LONGEST:g} s"


class Outages:
    """Records when the service is lost and back. Each message is shown once a minute, then counted.

    Args:
        indi: The INDI device, whose clients get the messages.
        resend: Sends everything once more: stale configs may reach a service that is back after ours.
    """

    def __init__(self, indi: IndiDevice, resend: Callable[[], None]) -> None:
        self._indi = indi
        self._resend = resend
        self._losses = Repeats(lambda text: indi.tell("ERROR", text))
        self._returns = Repeats(lambda text: indi.tell("INFO", text))
        self._obstacles = Repeats(lambda text: indi.tell("DEBUG", text))
        self._pauses = RetryPauses()
        self._aftermath: asyncio.TimerHandle | None = None
        self._begun: float | None = None  # loop time at which the outage began; None if there is none

    @property
    def seconds(self) -> float:
        """How long the outage has lasted since it was noticed; 0 if there is none."""
        return 0.0 if self._begun is None else asyncio.get_running_loop().time() - self._begun

    def begin(self, cause: str) -> tuple[str, float]:
        """Record a loss; return its message (empty if just shown) and the seconds until the next visit."""
        self._cancel_resend()
        self._begun = asyncio.get_running_loop().time()
        pause = self._pauses.lost()
        text = f"lost {cause}{_HASTY if pause else '; reconnecting'}"
        return text if self._losses.is_first(text) else "", pause

    def go_on(self, cause: str) -> float:
        """Record that a visit failed during an outage; return the seconds until the next visit."""
        if self._obstacles.is_first(text := f"no way back yet: {cause}"):
            self._indi.tell("DEBUG", text)
        return _RETRY_PAUSE

    def end(self) -> None:
        """Record that the service is back; send everything once more after 3 s."""
        self._begun = None
        self._aftermath = asyncio.get_running_loop().call_later(_AFTERMATH, self._resend_late)

    def is_news(self, text: str) -> bool:
        """Return whether to show the message of a return; one of the last minute is only counted."""
        return self._returns.is_first(text)

    def forget(self) -> None:
        """Forget the outages, because clients or the program end the connection."""
        self._cancel_resend()
        self._begun = None
        self._pauses.lasted()

    def _resend_late(self) -> None:
        self._aftermath = None
        self._pauses.lasted()
        try:
            self._resend()
        except LinkError as error:
            log.info("%s: nothing was sent again: %s", self._indi.name, error)

    def _cancel_resend(self) -> None:
        """Cancel the late resend."""
        if self._aftermath is not None:
            self._aftermath.cancel()
            self._aftermath = None


class RetryPauses:
    """The pause after a loss: none after a stable visit, 0.2 s after a short one, then doubled up to 5 s."""

    def __init__(self) -> None:
        self._next = 0.0

    def lost(self) -> float:
        """Record a loss; return the seconds to wait before the next visit."""
        pause = self._next
        self._next = min(max(2 * pause, _SHORTEST), _LONGEST)
        return pause

    def lasted(self) -> None:
        """Record that the visit is stable: the next loss causes no pause."""
        self._next = 0.0
