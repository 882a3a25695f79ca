"""What goes to the server's clients in one turn of the event loop: in one piece, as each costs a system call."""

from typing import Final

from indi_matrix.indi.server.blobs import BlobRules
from indi_matrix.indi.wire.set_vector import Message, as_bytes

_NO_RULES: Final = BlobRules()


class Batch:
    """Messages in order, turned into bytes once for all clients.

    Attributes:
        size: Number of bytes.
    """

    def __init__(self) -> None:
        self._messages: list[tuple[Message, bytes]] = []
        self._usual = bytearray()  # what clients get that have no rules about BLOBs, as nearly all have
        self.size = 0

    def add(self, message: Message) -> None:
        """Add a message."""
        data = as_bytes(message)
        self.size += len(data)
        self._messages.append((message, data))
        if _NO_RULES.allow(message):
            self._usual += data

    def bytes_for(self, rules: BlobRules) -> bytes | bytearray:
        """Return what of it a client may have."""
        if rules.none:
            return self._usual
        return b"".join(data for message, data in self._messages if rules.allow(message))
