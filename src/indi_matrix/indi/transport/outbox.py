"""What is waiting to be sent to clients: in order, and bounded by merging what a later element supersedes."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from indi_matrix.indi.wire.message import Message

_ROOM: Final = 512
_MESSAGES_KEPT: Final = 64


class Outbox:
    """A queue of INDI messages that a stalled reader cannot make grow.

    Up to 512 of them wait as they came. Beyond that each property keeps what is left after its newest definition
    or deletion, its set vectors merged into one, and the newest 64 messages stay.

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
        """Add a message, which is no longer the caller's; never waits."""
        self._queue.append(message)
        if len(self._queue) > self._room:
            self._queue = deque(merged(self._queue))
            self._room = max(_ROOM, 2 * len(self._queue))
        if not self.attended:
            self.news.set()

    def take(self) -> Message:
        """Return the oldest message.

        Raises:
            IndexError: None is waiting.
        """
        message = self._queue.popleft()
        if not self._queue:
            self._room = _ROOM
        return message

    def take_all(self) -> Iterable[Message]:
        """Return all messages, the oldest first."""
        messages, self._queue, self._room = self._queue, deque(), _ROOM
        return messages


# What must not be lost before what: a set vector needs its definition, a definition the deletion before it.
_RANK: Final = {"del": 0, "def": 1, "set": 2}


def merged(messages: Iterable[Message]) -> list[Message]:
    """Return the messages without those that later ones make pointless, in the order of the newest of each."""
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
