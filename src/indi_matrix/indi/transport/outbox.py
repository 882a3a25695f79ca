"""Messages that wait to be sent to clients: in order, and bounded by dropping and merging superseded ones."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from indi_matrix.indi.wire.message import Message

_ROOM: Final = 512  # messages
_MESSAGES_KEPT: Final = 64  # messages that are about no property


class Outbox:
    """A queue of INDI messages that a stalled reader cannot make grow.

    Up to 512 of them wait as they came. Beyond that each property keeps at most its newest deletion, a definition
    after that, and the set vectors after both merged into one. Of all other messages the newest 64 stay.

    Attributes:
        news: Set when a message is added, for the task that sends, unless attended.
        attended: Whether the caller that adds messages now also sends them.
    """

    def __init__(self) -> None:
        self._queue: deque[Message] = deque()
        self._room = _ROOM
        self.news = asyncio.Event()
        self.attended = False

    def __len__(self) -> int:
        """Return how many messages are waiting."""
        return len(self._queue)

    def put(self, message: Message) -> None:
        """Add a message, which the caller must not change afterwards; never waits."""
        self._queue.append(message)
        if len(self._queue) > self._room:
            self._queue = deque(merged(self._queue))
            self._room = max(_ROOM, 2 * len(self._queue))
        if not self.attended:
            self.news.set()

    def take(self) -> Message:
        """Return the oldest message.

        Raises:
            IndexError: No message is waiting.
        """
        message = self._queue.popleft()
        if not self._queue:
            self._room = _ROOM
        return message

    def take_all(self) -> Iterable[Message]:
        """Return all messages, the oldest first."""
        messages, self._queue, self._room = self._queue, deque(), _ROOM
        return messages


# A message supersedes earlier ones of the same or a higher rank: a set vector needs the definition before it, and
# a definition the deletion before it.
_RANK: Final = {"del": 0, "def": 1, "set": 2}


def merged(messages: Iterable[Message]) -> list[Message]:
    """Return the messages that later ones do not supersede, in order; set vectors are merged into the newest."""
    kept: list[Message] = []
    newest: dict[tuple[str | None, str | None], Message] = {}
    others = 0
    for message in reversed(list(messages)):
        rank = _RANK.get(message.tag[:3])
        if rank is None:
            others += 1
            if others <= _MESSAGES_KEPT:
                kept.append(message)
            continue
        key = message.device, message.name
        later = newest.get(key)
        if later is None or rank < _RANK[later.tag[:3]]:
            newest[key] = message
            kept.append(message)
        elif message.tag == later.tag and rank == _RANK["set"]:
            later.merge(message)
    kept.reverse()
    return kept
