"""An INDI device: its properties, and the messages that it sends to clients."""

from collections.abc import Callable, Collection
from typing import Final

import indipydriver

from indi_matrix.indi.properties.base import AnyProperty, timestamp
from indi_matrix.indi.wire.message import Message, words

# Tags of messages that are of no use to clients before they ask for the definitions.
_OF_PROPERTIES: Final = ("def", "set", "del")


class IndiDevice:
    """An INDI device.

    Attributes:
        name: Its name.
        device: The indipydriver device in which clients' messages find their property.
        properties: The properties that clients know, by name.
        saved: The properties of the config file that clients know or ever knew, by name.
        sift: Called with each message that has a text; returns False to keep the message from clients.
        rebind: Has all writes bound anew: there are other properties, or another way to judge a write.
        overheard: Names of the properties whose messages `overhear` is called with, when they are sent.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = indipydriver.Device(name, [])
        self.properties: dict[str, AnyProperty] = {}
        self.saved: dict[str, AnyProperty] = {}
        self.sift: Callable[[Message], bool] = lambda _: True
        self.rebind: Callable[[], None] = lambda: None
        self.overheard: Collection[str] = ()
        self.overhear: Callable[[Message], None] = lambda _: None
        self._early: list[Message] = []
        self._post: Callable[[Message], None] = self._early.append

    def open(self, post: Callable[[Message], None], rebind: Callable[[], None]) -> None:
        """Send messages by `post` from now on, first the earlier ones that are not about a property."""
        self._post = post
        self.rebind = rebind
        for early in self._early:
            if not early.tag.startswith(_OF_PROPERTIES):
                post(early)
        self._early.clear()

    def post(self, message: Message) -> None:
        """Send clients a message."""
        if not message.text or self.sift(message):
            self._post(message)
        if self.overheard and message.name in self.overheard:
            self.overhear(message)

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self.post(words(self.name, timestamp(), level, text))

    def add(self, prop: AnyProperty) -> None:
        """Add a property, which clients can then write and whose definition they can ask for."""
        prop.attach(self.name, self.post)
        prop.vector.devicename = self.name
        prop.vector.driver = self.device.driver
        self.properties[prop.name] = prop
        self.device.data[prop.name] = prop.vector
        if prop.saved:
            self.saved[prop.name] = prop
        self.rebind()

    def define(self, prop: AnyProperty) -> None:
        """Add a property, and send clients its definition."""
        self.add(prop)
        self.post(prop.definition())

    def delete(self, prop: AnyProperty) -> None:
        """Take a property away from clients."""
        prop.delete()
        del self.properties[prop.name], self.device.data[prop.name]
        self.rebind()
