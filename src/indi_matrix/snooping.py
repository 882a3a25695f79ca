"""ACTIVE_DEVICES: the other INDI devices that a board listens to."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.indi.kinds import TextProperty
from indi_matrix.indi.properties import Member, State
from indi_matrix.ring.observatory import Heard

# libindi's simulators, as libindi's own drivers have it.
_ROLES: Final = {
    "ACTIVE_FILTER": ("Filter", "Filter Simulator"),
    "ACTIVE_WEATHER": ("Weather", "Weather Simulator"),
    "ACTIVE_TELESCOPE": ("Telescope", "Telescope Simulator"),
    "ACTIVE_DOME": ("Dome", "Dome Simulator"),
}

_CONNECTION: Final = "CONNECTION"

Listener = Callable[[str, Heard | None], None]
"""Takes the name of a property, and the property; None when it is gone or its device is another one now."""


class Snooping:
    """Listens to the devices that ACTIVE_DEVICES names."""

    def __init__(self) -> None:
        self._ask: Callable[[str, str], None]  # from attach() on
        self._drop: Callable[[str], None]
        self._started = False
        self._listeners: dict[str, dict[str, list[Listener]]] = {role: {} for role in _ROLES}
        self._partial: dict[tuple[str, str], dict[str, str]] = {}
        members = [Member(role, label, device) for role, (label, device) in _ROLES.items()]
        self.property = TextProperty(
            "ACTIVE_DEVICES", "Listens to", "Options", members, on_write=self._write, saved_at_once=True
        )

    def attach(self, ask: Callable[[str, str], None], drop: Callable[[str], None]) -> None:
        """Take the way to other devices.

        Args:
            ask: Has a device publish a property to us, from now on.
            drop: Has nothing more of a device come to us.
        """
        self._ask, self._drop = ask, drop

    def listen(self, role: str, names: Iterable[str], listener: Listener) -> None:
        """Have a listener told of properties of the device that has a role."""
        for name in names:
            self._listeners[role].setdefault(name, []).append(listener)

    def start(self) -> None:
        """Ask for all that is listened to, from now on; what is configured before needs no asking of its own."""
        self._started = True
        for role in _ROLES:
            self._ask_for(role, self.property.values[role])

    def hear(self, root: Element) -> None:
        """Take what another device sent: def, set or delProperty."""
        device, name = root.get("device", ""), root.get("name", "")
        for role, named in self.property.values.items():
            if device != named:
                continue
            if _is_gone(root, name):
                self._forget(role)
            elif listeners := self._listeners[role].get(name, []):
                heard = self._heard(root, device, name)
                for listener in listeners:
                    listener(name, heard)

    def _forget(self, role: str) -> None:
        """Tell the listeners that nothing is known any more of the device that has a role."""
        for name, listeners in self._listeners[role].items():
            self._partial.pop((self.property.values[role], name), None)
            for listener in listeners:
                listener(name, None)

    def _heard(self, root: Element, device: str, name: str) -> Heard | None:
        """Return a property as it is now; a set vector may hold some of its members only."""
        key = (device, name)
        if root.tag == "delProperty":
            self._partial.pop(key, None)
            return None
        values = {one.get("name", ""): (one.text or "").strip() for one in root}
        if root.tag.startswith("set"):
            values = self._partial.get(key, {}) | values
        self._partial[key] = values
        return Heard(root.get("state", "Idle"), values)

    def _write(self, values: Mapping[str, str]) -> State:
        for role, device in values.items():
            if device != self.property.values[role]:
                self._forget(role)
                self._ask_for(role, device)
        for device in set(self.property.values.values()) - set(values.values()):
            self._drop(device)
        return State.OK

    def listens_to(self, device: str) -> bool:
        """Tell whether a device has a role."""
        return device in self.property.values.values()

    def _ask_for(self, role: str, device: str) -> None:
        if self._started and device.strip():
            for name in (_CONNECTION, *self._listeners[role]):
                self._ask(device, name)


def _is_gone(root: Element, name: str) -> bool:
    """Tell whether a device has nothing more to say: it is deleted, or not connected, as after a restart.

    indiserver does not tell drivers that one has died; but it starts that anew, and so its CONNECTION is defined.
    """
    if name == _CONNECTION:
        return any(one.get("name") == "CONNECT" and (one.text or "").strip() == "Off" for one in root)
    return root.tag == "delProperty" and not name
