"""An INDI device: the properties that clients know of it, and what they are told."""

from collections.abc import Callable
from typing import Final

import indipydriver

from indi_matrix.indi.properties.base import AnyProperty, timestamp
from indi_matrix.indi.wire.message import Message, words

# What is of no use to clients before they asked for the definitions.
_OF_PROPERTIES: Final = ("def", "set", "del")


class IndiDevice:
    """An INDI device.

    Attributes:
        name: Its name.
        device: The indipydriver device in which clients' messages find their property.
        properties: The properties that clients know, by name.
        saved: Those of the config file that they know or ever knew, by name.
        rebind: Has all writes bound anew: there are other properties, or another way to judge a write.
        sift: Takes each message with a text on its way to the clients; returns False if they are not sent it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = indipydriver.Device(name, [])
        self.properties: dict[str, AnyProperty] = {}
        self.saved: dict[str, AnyProperty] = {}
        self.sift: Callable[[Message], bool] = lambda _: True
        self.rebind: Callable[[], None] = lambda: None
        self._early: list[Message] = []
        self._post: Callable[[Message], None] = self._early.append

    def open(self, post: Callable[[Message], None], rebind: Callable[[], None]) -> None:
        """Take the way to the clients; they are sent what came before, but for values, still undefined."""
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

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self.post(words(self.name, timestamp(), level, text))

    def add(self, prop: AnyProperty) -> None:
        """Let clients' messages find a property, and its definition be asked for."""
        prop.attach(self.name, self.post)
        prop.vector.devicename = self.name
        prop.vector.driver = self.device.driver
        self.properties[prop.name] = prop
        self.device.data[prop.name] = prop.vector
        if prop.saved:
            self.saved[prop.name] = prop
        self.rebind()

    def define(self, prop: AnyProperty) -> None:
        """Make a property known to clients."""
        self.add(prop)
        self.post(prop.definition())

    def delete(self, prop: AnyProperty) -> None:
        """Take a property away from clients."""
        prop.delete()
        del self.properties[prop.name], self.device.data[prop.name]
        self.rebind()
