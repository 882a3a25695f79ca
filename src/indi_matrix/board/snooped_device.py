"""Another INDI device that a board listens to: what it was heard to say, and whether it still answers. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from indi_matrix.devices.everloop.observatory import LIGHTS
from indi_matrix.devices.snooped import Snooped, SnoopListener
from indi_matrix.indi.properties.base import State
from indi_matrix.indi.wire.values import NAME_LIMIT, shortened

SILENCE: Final = 30.0
"""Seconds without a word after which a device is asked whether it is still there, and asked again."""

MOST_MEMBERS: Final = 100
"""Members of a property that are kept; anybody can send, in the name of a device, whatever he likes."""

_MOST_UNANSWERED: Final = 2
_CONNECTION: Final = "CONNECTION"
_WHOLE: Final = ""  # in place of the name of a property

Listeners = Mapping[str, Sequence[SnoopListener]]
"""Those who are told of a property, by its name."""


class SnoopedDevice:
    """A device that is listened to.

    libindi's drivers answer who asks for a property by its name, unless it is a light: those come only with all
    the rest. That sends all clients as many definitions, so it is asked for only while a light is not known.

    Args:
        device: Its name.
        listeners: Those who are told of its properties.
        ask: Has a device, by its name, publish a property to us from now on; all of them if that has no name.
        warn: Tells clients what is not kept.
    """

    def __init__(
        self, device: str, listeners: Listeners, ask: Callable[[str, str], None], warn: Callable[[str], None]
    ) -> None:
        self.device = device
        self._listeners = listeners
        self._ask = ask
        self._warn = warn
        self._warned: set[str] = set()  # names of properties that had more than is kept
        self._known: dict[str, Mapping[str, str]] = {}
        self._defined: dict[str, None] = {}  # names that it answers by, in order
        self._last = 0.0  # when it was heard
        self._unanswered = 0
        self._asked_whole = False
        self._fell_silent = False

    def ask(self, *, whole: bool) -> None:
        """Ask for all that is listened to.

        Args:
            whole: Whether the device may be asked for everything, for the sake of its lights.
        """
        if whole and self._lacks_light():
            self._ask_whole()
            return
        # What was asked of a device that was not there yet is to be asked again.
        self._asked_whole = self._asked_whole and bool(self._defined or self._known)
        for name in (*self._listeners, _CONNECTION):
            self._ask(self.device, name)

    def hear(self, root: Element, now: float) -> None:
        """Take what the device sent, def, set or delProperty, at a time in seconds."""
        name = root.get("name", "")
        self._last, self._unanswered = now, 0
        if _is_gone(root, name):
            self.forget()
            return
        if self._fell_silent:
            self._fell_silent = False
            self.ask(whole=False)
        self._take(root, name)
        if name == _CONNECTION and name in self._defined and self._lacks_light() and not self._asked_whole:
            self._ask_whole()

    def forget(self) -> None:
        """Tell the listeners that nothing is known any more of the device."""
        self._known.clear()
        self._defined.clear()
        self._asked_whole = False
        for name in self._listeners:
            self._tell(name, None)

    @property
    def due(self) -> float | None:
        """When the device is to be looked at, if it says nothing until then; None if that is of no use.

        It is of use if something is known of the device, and if it answers: indiserver passes on what changes to a
        server below, but no answers.
        """
        return self._last + SILENCE * (1 + self._unanswered) if self._known and self._defined else None

    def look(self, now: float) -> None:
        """Ask a device that says nothing whether it is still there, and forget one that did not answer."""
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
        """Tell whether a light is listened to and not known."""
        return any(name in self._listeners and name not in self._known for name in LIGHTS)

    def _take(self, root: Element, name: str) -> None:
        """Take note of a property, if anybody listens to it or it tells that the device is there."""
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
            self._known[name] = self._values(root, name)
            self._tell(name, Snooped(_state(root), self._known[name]))

    def _values(self, root: Element, name: str) -> Mapping[str, str]:
        """Return a property's members as they are now; a set vector may hold some of them only."""
        values = dict(self._known.get(name, {})) if root.tag.startswith("set") else {}
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
    """Return the state of a property, Idle where it tells none that there is."""
    try:
        return State(root.get("state", ""))
    except ValueError:
        return State.IDLE


def _is_gone(root: Element, name: str) -> bool:
    """Tell whether a device has nothing more to say: it is deleted, or not connected, as after a restart.

    indiserver does not tell drivers that one has died; but it starts that anew, and so its CONNECTION is defined.
    """
    if name == _CONNECTION:
        return any(one.get("name") == "CONNECT" and (one.text or "").strip() == "Off" for one in root)
    return root.tag == "delProperty" and not name
