"""What a client of the server has said about BLOBs with enableBLOB."""

from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.indi.wire.set_vector import Message, as_element

_MODES: Final = frozenset({"Never", "Also", "Only"})
_MOST: Final = 1000  # rules of one client, so that nobody can fill the memory with them
_ALWAYS: Final = frozenset({"getProperties", "delProperty", "defBLOBVector"})


class BlobRules:
    """Decides which messages one client gets: no BLOBs until it asks for them, or for nothing else."""

    def __init__(self) -> None:
        self._modes: dict[tuple[str, str | None], str] = {}

    @property
    def none(self) -> bool:
        """Whether the client has said nothing."""
        return not self._modes

    def learn(self, rule: ET.Element) -> None:
        """Take an enableBLOB; one that says nothing, or is one too many, changes nothing."""
        device, mode = rule.get("device"), (rule.text or "").strip()
        key = (device or "", rule.get("name"))
        if device and mode in _MODES and (key in self._modes or len(self._modes) < _MOST):
            self._modes[key] = mode

    def allow(self, message: Message) -> bool:
        """Return whether the client may get this message."""
        device = message.get("device")
        if message.tag in _ALWAYS:
            return True
        if device is None:
            return message.tag == "message"
        of_device = self._modes.get((device, None), "Never")
        if message.tag != "setBLOBVector":
            return of_device != "Only"
        if not len(as_element(message)):
            return True
        return self._modes.get((device, message.get("name") or None), of_device) != "Never"
