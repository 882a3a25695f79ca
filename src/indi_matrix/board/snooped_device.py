"""Another INDI device that a board snoops on: its known properties, and whether it still answers. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.devices.snooped import LIGHTS, Snooped, SnoopListener
from indi_matrix.indi.properties.base import State
from indi_matrix.indi.wire.values import NAME_LIMIT, shortened

SILENCE: Final = 30.0
"""Seconds of silence after which a device is asked whether it is still there; as long after each such request."""

MOST_MEMBERS: Final = 100
"""Most members kept of a property: any program may send any number of them in the name of a device."""

_MOST_UNANSWERED: Final = 2
_CONNECTION: Final = "CONNECTION"
_WHOLE: Final = ""  # as property name in a request: all properties

Listeners = Mapping[str, Sequence[SnoopListener]]
"""Listeners to each property, by property name."""


class SnoopedDevice:
    """A device that is snooped on.

    libindi's drivers answer a getProperties that names a property, unless that is a light: lights are defined only
    for a getProperties without a name. That sends all definitions to all clients, so it is used only while a light
    is not known.

    Args:
        device: Name of the device.
        listeners: Called with the properties of the device when they change.
        ask: Snoops on a property of a device, given both names; on all properties if the second is empty.
        warn: Warns clients of a property that is too large to be kept whole.
    """

    def __init__(
        self, device: str, listeners: Listeners, ask: Callable[[str, str], None], warn: Callable[[str], None]
    ) -> None:
        self.device = device
        self._listeners = listeners
        self._ask = ask
        self._warn = warn
        self._warned: set[str] = set()  # names of properties that were too large
        self._known: dict[str, Snooped] = {}
        self._defined: dict[str, None] = {}  # names of properties that it defined, in order
        self._last = 0.0  # loop time of its last element
        self._unanswered = 0
        self._asked_whole = False
        self._fell_silent = False

    def ask(self, *, whole: bool) -> None:
        """Request all properties that are listened to.

        Args:
            whole: Whether all properties of the device may be requested, to get its lights.
        """
        if whole and self._lacks_light():
            self._ask_whole()
            return
        # A device that has sent nothing yet was perhaps not there: it may be asked for all once more.
        self._asked_whole = self._asked_whole and bool(self._defined or self._known)
        for name in (*self._listeners, _CONNECTION):
            self._ask(self.device, name)

    def hear(self, root: Element, now: float) -> None:
        """Take a def, set or delProperty element of the device; `now` is the loop time."""
        name = root.get("name", "")
        self._last, self._unanswered = now, 0
        if _is_gone(root, name):
            self.forget()
            return
        if self._fell_silent:
            self._fell_silent = False
            self.ask(whole=False)
        self._record(root, name)
        if name == _CONNECTION and name in self._defined and self._lacks_light() and not self._asked_whole:
            self._ask_whole()

    def forget(self) -> None:
        """Forget all properties of the device, and tell the listeners."""
        self._known.clear()
        self._defined.clear()
        self._asked_whole = False
        for name in self._listeners:
            self._tell(name, None)

    def tell_known(self) -> None:
        """Tell the listeners all that is known."""
        for name, heard in self._known.items():
            self._tell(name, heard)

    @property
    def due(self) -> float | None:
        """Loop time at which to call `look` if the device sends nothing until then; None for never.

        A device is checked only if some values are known, and if it has answered us with a definition: one behind
        a chained indiserver sends us its changes, but no answers.
        """
        return self._last + SILENCE * (1 + self._unanswered) if self._known and self._defined else None

    def look(self, now: float) -> None:
        """Ask a silent device whether it is still there; forget it after two requests without an answer."""
        if self.due is None or self.due > now:
            return
        if self._unanswered == _MOST_UNANSWERED:
            self._fell_silent = True
            self.forget()
        else:
            self._unanswered += 1
            self._ask(self.device, _CONNECTION if _CONNECTION in self._defined else next(iter(self._defined)))

    def _ask_whole(self) -> None:
        self._asked_whole = True
        self._ask(self.device, _WHOLE)

    def _lacks_light(self) -> bool:
        """Return whether a light is listened to and not known."""
        return any(name in self._listeners and name not in self._known for name in LIGHTS)

    def _record(self, root: Element, name: str) -> None:
        """Record a property that has listeners, or CONNECTION, by which the device can be asked if it is there."""
        if name not in self._listeners and name != _CONNECTION:
            return
        if root.tag == "delProperty":
            self._defined.pop(name, None)
            self._known.pop(name, None)
            self._tell(name, None)
            return
        if root.tag.startswith("def"):
            self._defined[name] = None
        if name in self._listeners:
            self._known[name] = Snooped(_state(root), self._values(root, name))
            self._tell(name, self._known[name])

    def _values(self, root: Element, name: str) -> Mapping[str, str]:
        """Return a property's members as they are now; a set vector may hold some of them only."""
        known = self._known.get(name)
        values = dict(known.values) if known is not None and root.tag.startswith("set") else {}
        whole = True
        for one in root:
            member, text = one.get("name", ""), (one.text or "").strip()
            fits = member in values or (len(values) < MOST_MEMBERS and len(member) <= NAME_LIMIT)
            if fits:
                values[member] = text[:NAME_LIMIT]
            whole = whole and fits and len(text) <= NAME_LIMIT
        if not whole:
            self._warn_once(name)
        return values

    def _warn_once(self, name: str) -> None:
        if name not in self._warned:
            self._warned.add(name)
            kept = f"{MOST_MEMBERS} members, {NAME_LIMIT} characters of each name and text"
            self._warn(f"{name} of {shortened(self.device, NAME_LIMIT)} is too large; of it are kept {kept}")

    def _tell(self, name: str, heard: Snooped | None) -> None:
        for listener in self._listeners[name]:
            listener(name, heard)


def _state(root: Element) -> State:
    """Return the state in an element; Idle if it has none, or one that INDI does not know."""
    try:
        return State(root.get("state", ""))
    except ValueError:
        return State.IDLE


def _is_gone(root: Element, name: str) -> bool:
    """Return whether an element shows that a device is gone: all of it is deleted, or CONNECT is Off.

    indiserver tells drivers nothing of a driver that died, but restarts it: CONNECTION is then defined, with
    CONNECT Off.
    """
    if name == _CONNECTION:
        return any(one.get("name") == "CONNECT" and (one.text or "").strip() == "Off" for one in root)
    return root.tag == "delProperty" and not name
