"""The rings of all boards: which frames they show, and when the next one is due."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from indi_matrix.page.indi_side.known_devices import Defined, Deleted, KnownDevices, Updated
from indi_matrix.page.indi_side.shown_ring import ROLES, ShownRing, led_count

_SHOWN: Final = ("EVERLOOP_", "FLAT_LIGHT_", "CONNECTION")
"""How the names of the properties begin on which a ring depends."""


class ShownRings:
    """Follows the boards that have a ring. A timer runs only while somebody watches and a ring moves.

    Args:
        devices: All that is known.
        true_leds: Returns what the LEDs of a board show; None if that has to be computed.
        tell: Called with the name of a board whose ring shows something else.
        watched: Returns whether anybody sees the rings.
    """

    def __init__(
        self,
        devices: KnownDevices,
        true_leds: Callable[[str], bytes | None],
        tell: Callable[[str], None],
        watched: Callable[[], bool],
    ) -> None:
        self._devices = devices
        self._true_leds = true_leds
        self._tell = tell
        self._watched = watched
        self._rings: dict[str, ShownRing] = {}
        self._frames: dict[str, bytes] = {}
        self._stale: set[str] = set()  # boards whose rings may show something else
        self._timer: asyncio.TimerHandle | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._rings)

    @property
    def frames(self) -> Mapping[str, bytes]:
        """What was told last, by board."""
        return MappingProxyType(self._frames)

    def clear(self) -> None:
        """Forget all rings."""
        self._rings.clear()
        self._frames.clear()
        self._stale.clear()
        self._stop_timer()

    def follow(self, change: Defined | Updated | Deleted, *, of_board: bool) -> None:
        """Take a change of a device, be it a board or one of which status rings tell."""
        device = change.device
        leds = led_count(self._devices, device) if of_board else 0
        ring = self._rings.get(device)
        if not leds:
            self._rings.pop(device, None)
            self._frames.pop(device, None)
            self._stale.discard(device)
        elif ring is None or ring.leds != leds:
            self._rings[device] = ShownRing(self._devices, device, leds, _now())
            self._stale.add(device)
        elif not isinstance(change, Deleted):
            self._take(ring, change)
        self._observe(change)

    def _take(self, ring: ShownRing, change: Defined | Updated) -> None:
        prop = self._devices.get(change.device, change.name)
        if prop is not None:
            follow = ring.define if isinstance(change, Defined) else ring.update
            follow(prop, _now())
            if change.name.startswith(_SHOWN):
                self._stale.add(change.device)

    def _observe(self, change: Defined | Updated | Deleted) -> None:
        """Have the status rings follow a change of a device of which they tell."""
        for name, ring in self._rings.items():
            if (change.name == ROLES and change.device == name) or ring.depends_on(change.device):
                ring.observe()
                self._stale.add(name)

    def look_at(self, device: str) -> None:
        """Tell of a ring if its true LEDs show something else."""
        if device in self._rings:
            self._stale.add(device)
            self.show()

    def show(self) -> None:
        """Tell of the rings that show something else, and see to the next change of what moves."""
        if not self._watched():
            return  # who looks again is told all
        now = _now()
        stale, self._stale = self._stale, set()
        for device in stale & self._rings.keys():
            frame = self._frame(device, now)
            if frame != self._frames.get(device):
                self._frames[device] = frame
                self._tell(device)
        self._schedule(now)

    def look_at_all(self) -> None:
        """Have the frames of all rings as they are now, for somebody who begins to watch."""
        now = _now()
        self._frames = {device: self._frame(device, now) for device in self._rings}
        self._schedule(now)

    def stop(self) -> None:
        """Let no timer run on."""
        self._stop_timer()

    def _frame(self, device: str, now: float) -> bytes:
        true = self._true_leds(device)
        return self._rings[device].frame(now) if true is None else true

    def _schedule(self, now: float) -> None:
        """Look again when the next ring moves by itself."""
        self._stop_timer()
        computed = {device: ring for device, ring in self._rings.items() if self._true_leds(device) is None}
        beats = {device: beat for device, ring in computed.items() if (beat := ring.next_beat(now)) is not None}
        if beats:
            self._timer = asyncio.get_running_loop().call_at(min(beats.values()), self._beat, frozenset(beats))

    def _beat(self, moving: frozenset[str]) -> None:
        self._timer = None
        self._stale |= moving
        self.show()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _now() -> float:
    return asyncio.get_running_loop().time()
