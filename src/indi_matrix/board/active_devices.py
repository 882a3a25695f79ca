"""ACTIVE_DEVICES: the other INDI devices that a board listens to."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.board.snooped_device import SnoopedDevice
from indi_matrix.devices.snooped import SnoopListener
from indi_matrix.indi.properties.base import Member, State
from indi_matrix.indi.properties.kinds import TextProperty

# libindi's simulators, as libindi's own drivers have it.
_ROLES: Final = {
    "ACTIVE_FILTER": ("Filter", "Filter Simulator"),
    "ACTIVE_WEATHER": ("Weather", "Weather Simulator"),
    "ACTIVE_TELESCOPE": ("Telescope", "Telescope Simulator"),
    "ACTIVE_DOME": ("Dome", "Dome Simulator"),
}

# Seconds between two times that all is asked for, however many clients or servers come along.
_PAUSE: Final = 3.0


class ActiveDevices:
    """Listens to the devices that ACTIVE_DEVICES names.

    A request reaches the servers that are there when it is sent. So it is sent again on each occasion that tells
    of a new server, or of a user who misses something.

    Args:
        warn: Tells clients what of another device is not kept.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._ask: Callable[[str, str], None]  # from attach() on
        self._drop: Callable[[str], None]
        self._started = False
        self._listeners: dict[str, dict[str, list[SnoopListener]]] = {role: {} for role in _ROLES}
        self._snooped = {role: self._snooped_device(role, device) for role, (_, device) in _ROLES.items()}
        self._pause: asyncio.TimerHandle | None = None
        self._asked_meanwhile = False
        self._whole_meanwhile = False
        self._watch: asyncio.TimerHandle | None = None
        members = [Member(role, label, device) for role, (label, device) in _ROLES.items()]
        self.property = TextProperty(
            "ACTIVE_DEVICES", "Listens to", "Options", members, on_write=self._write, saved_at_once=True
        )

    def attach(self, ask: Callable[[str, str], None], drop: Callable[[str], None]) -> None:
        """Take the way to other devices.

        Args:
            ask: Has a device publish a property to us, from now on, or all if none is named.
            drop: Has nothing more of a device come to us.
        """
        self._ask, self._drop = ask, drop

    def listen(self, role: str, names: Iterable[str], listener: SnoopListener) -> None:
        """Have a listener told of properties of the device that has a role."""
        for name in names:
            self._listeners[role].setdefault(name, []).append(listener)

    def start(self) -> None:
        """Ask for all that is listened to, from now on; what is configured before needs no asking of its own."""
        self._started = True
        self.ask_again(whole=True)

    def ask_again(self, *, whole: bool) -> None:
        """Ask for all that is listened to; a little later, if that was done a moment ago.

        Args:
            whole: Whether devices may be asked for everything. Not so if the occasion was to be asked that: two
                drivers that listen to each other would never come to an end.
        """
        if not self._started:
            return
        if self._pause is not None:
            self._asked_meanwhile = True
            self._whole_meanwhile = self._whole_meanwhile or whole
            return
        self._pause = asyncio.get_running_loop().call_later(_PAUSE, self._end_pause)
        for snooped in self._snooped.values():
            if snooped.device.strip():
                snooped.ask(whole=whole)

    def hear(self, root: Element) -> None:
        """Take what another device sent: def, set or delProperty."""
        device, now = root.get("device", ""), asyncio.get_running_loop().time()
        for snooped in self._snooped.values():
            if snooped.device == device:
                snooped.hear(root, now)
        self._keep_watch()

    def listens_to(self, device: str) -> bool:
        """Tell whether a device has a role."""
        return any(snooped.device == device for snooped in self._snooped.values())

    def _snooped_device(self, role: str, device: str) -> SnoopedDevice:
        return SnoopedDevice(device, self._listeners[role], self._request, self._warn)

    def _request(self, device: str, name: str) -> None:
        self._ask(device, name)

    def _write(self, values: Mapping[str, str]) -> State:
        changed = [role for role, snooped in self._snooped.items() if snooped.device != values[role]]
        before = {self._snooped[role].device for role in changed}
        for role in changed:
            self._snooped[role].forget()
            self._snooped[role] = self._snooped_device(role, values[role])
        for device in before - set(values.values()):
            self._drop(device)
        if self._pause is not None:  # else all are asked now
            for role in changed:
                if values[role].strip():
                    self._snooped[role].ask(whole=True)
        self.ask_again(whole=True)
        return State.OK

    def _end_pause(self) -> None:
        """Ask once for all who wanted that meanwhile."""
        asked, whole = self._asked_meanwhile, self._whole_meanwhile
        self._pause, self._asked_meanwhile, self._whole_meanwhile = None, False, False
        if asked:
            self.ask_again(whole=whole)

    def _keep_watch(self) -> None:
        """Look at what says nothing, when it is time; while nothing is known there is no time for it."""
        if self._watch is not None:
            return
        moments = [due for snooped in self._snooped.values() if (due := snooped.due) is not None]
        if moments:
            self._watch = asyncio.get_running_loop().call_at(min(moments), self._look)

    def _look(self) -> None:
        self._watch = None
        now = asyncio.get_running_loop().time()
        for snooped in self._snooped.values():
            snooped.look(now)
        self._keep_watch()
