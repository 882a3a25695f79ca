"""ACTIVE_DEVICES: the INDI devices that a board listens to: others, or itself."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.board.snooped_device import SnoopedDevice
from indi_matrix.devices.snooped import WEATHER_OR_OWN, SnoopListener
from indi_matrix.indi.properties.base import Member, State
from indi_matrix.indi.properties.device import IndiDevice
from indi_matrix.indi.properties.kinds import TextProperty
from indi_matrix.indi.wire.message import Message

# Label and default device of each role. The defaults are libindi's simulators, as in libindi's own drivers.
_ROLES: Final = {
    "ACTIVE_FILTER": ("Filter", "Filter Simulator"),
    "ACTIVE_WEATHER": ("Weather", "Weather Simulator"),
    "ACTIVE_TELESCOPE": ("Telescope", "Telescope Simulator"),
    "ACTIVE_DOME": ("Dome", "Dome Simulator"),
}

# Least seconds between two rounds of requests, however many clients or servers connect.
_PAUSE: Final = 3.0


class ActiveDevices:
    """Snoops on the devices that ACTIVE_DEVICES names.

    A getProperties reaches only the servers that are connected when it is sent. So it is sent again whenever a
    new server may have connected, or a user expects values (CONNECT, CONFIG_LOAD).

    The board's own device is listened to directly: its messages are heard as they are sent, and requests are
    answered with its definitions.

    Args:
        own: The board's own device.
        warn: Warns clients of a snooped property that is too large to be kept whole.
    """

    def __init__(self, own: IndiDevice, warn: Callable[[str], None]) -> None:
        self._own = own
        own.overhear = self._hear_own
        self._warn = warn
        self._ask: Callable[[str, str], None]  # set by attach()
        self._drop: Callable[[str], None]
        self._started = False
        self._listeners: dict[str, dict[str, list[SnoopListener]]] = {
            role: {} for role in (*_ROLES, WEATHER_OR_OWN)
        }
        self._snooped = {role: self._snooped_device(role, device) for role, (_, device) in _ROLES.items()}
        self._pause: asyncio.TimerHandle | None = None
        self._asked_meanwhile = False
        self._whole_meanwhile = False
        self._check_timer: asyncio.TimerHandle | None = None
        members = [Member(role, label, device) for role, (label, device) in _ROLES.items()]
        self.property = TextProperty(
            "ACTIVE_DEVICES", "Listens to", "Options", members, on_write=self._write, saved_at_once=True
        )

    def attach(self, ask: Callable[[str, str], None], drop: Callable[[str], None]) -> None:
        """Set how other devices are reached.

        Args:
            ask: Snoops on a property of a device; on all of its properties if the name is empty.
            drop: Stops snooping on a device.
        """
        self._ask, self._drop = ask, drop

    def watch(self, names: Mapping[str, Iterable[str]]) -> None:
        """Snoop from the start on these properties of the devices in some roles; `tell_known` tells of them."""
        for role, watched in names.items():
            self._listeners[role].update({name: [] for name in watched})

    def tell_known(self) -> None:
        """Tell all listeners what is known, as they may have begun to listen just now."""
        for snooped in self._snooped.values():
            snooped.tell_known()

    def listen(self, role: str, names: Iterable[str], listener: SnoopListener) -> None:
        """Call a listener with these properties of the device in a role, whenever they change."""
        if role not in self._snooped:
            self._snooped[role] = self._snooped_device(role, self._device(role, self.property.values))
        for name in names:
            is_asked_for = name in self._listeners[role]
            self._listeners[role].setdefault(name, []).append(listener)
            if self._started and not is_asked_for:
                self._overhear()
                self._request(self._snooped[role].device, name)

    def start(self) -> None:
        """Send the first requests. Before this, a changed name (as from the config file) sends none."""
        self._started = True
        self._overhear()
        self.ask_again(whole=True)

    def ask_again(self, *, whole: bool) -> None:
        """Request all snooped properties again: now, or 3 s after the last round.

        Args:
            whole: Whether a device may be asked for all of its properties. False if we were asked for all of ours:
                two drivers that snoop on each other would ask for ever.
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
        """Take a def, set or delProperty element of a device."""
        device, now = root.get("device", ""), asyncio.get_running_loop().time()
        for snooped in self._snooped.values():
            if snooped.device == device:
                snooped.hear(root, now)
        self._schedule_check()

    def listens_to(self, device: str) -> bool:
        """Return whether a device is named in any role."""
        return any(snooped.device == device for snooped in self._snooped.values())

    def _device(self, role: str, values: Mapping[str, str]) -> str:
        """Return the device in a role, given the values of ACTIVE_DEVICES."""
        return (values["ACTIVE_WEATHER"].strip() or self._own.name) if role == WEATHER_OR_OWN else values[role]

    def _snooped_device(self, role: str, device: str) -> SnoopedDevice:
        return SnoopedDevice(device, self._listeners[role], self._request, self._warn)

    def _request(self, device: str, name: str) -> None:
        """Ask a device for a property, or for all; our own answers at once."""
        if device != self._own.name:
            self._ask(device, name)
            return
        for one in self._own.overheard if not name else (name,):
            if one in self._own.properties:
                self._hear_own(self._own.properties[one].definition())

    def _hear_own(self, message: Message) -> None:
        self.hear(message.element())

    def _overhear(self) -> None:
        """Listen to what our own device is asked for in any role."""
        roles = [role for role, snooped in self._snooped.items() if snooped.device == self._own.name]
        names = {name for role in roles for name in self._listeners[role]}
        self._own.overheard = names | {"CONNECTION"} if roles else ()

    def _write(self, values: Mapping[str, str]) -> State:
        devices = {role: self._device(role, values) for role in self._snooped}
        changed = [role for role, snooped in self._snooped.items() if snooped.device != devices[role]]
        before = {self._snooped[role].device for role in changed}
        for role in changed:
            self._snooped[role].forget()
            self._snooped[role] = self._snooped_device(role, devices[role])
        self._overhear()
        for device in before - set(devices.values()):
            self._drop(device)
        if self._pause is not None:  # else ask_again() asks all
            for role in changed:
                if devices[role].strip():
                    self._snooped[role].ask(whole=True)
        self.ask_again(whole=True)
        return State.OK

    def _end_pause(self) -> None:
        """Send one round of requests for all calls of `ask_again` during the pause."""
        asked, whole = self._asked_meanwhile, self._whole_meanwhile
        self._pause, self._asked_meanwhile, self._whole_meanwhile = None, False, False
        if asked:
            self.ask_again(whole=whole)

    def _schedule_check(self) -> None:
        """Schedule the next check for silent devices, unless one is scheduled or no device needs it."""
        if self._check_timer is not None:
            return
        others = [snooped for snooped in self._snooped.values() if snooped.device != self._own.name]
        moments = [due for snooped in others if (due := snooped.due) is not None]
        if moments:
            self._check_timer = asyncio.get_running_loop().call_at(min(moments), self._check_silent)

    def _check_silent(self) -> None:
        self._check_timer = None
        now = asyncio.get_running_loop().time()
        for snooped in self._snooped.values():
            snooped.look(now)
        self._schedule_check()
