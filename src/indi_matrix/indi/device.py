"""An INDI device: the properties that clients know of it, and what they are told."""

from collections.abc import Callable
from typing import Final
from xml.etree.ElementTree import Element

import indipydriver

from indi_matrix.indi.properties import AnyProperty, message

# What is of no use to clients before they asked for the definitions.
_OF_PROPERTIES: Final = ("def", "set", "del")


class IndiDevice:
    """An INDI device.

    Attributes:
        name: Its name.
        device: The indipydriver device in which clients' messages find their property.
        properties: The properties that clients know, by name.
        saved: Those of the config file that they know or ever knew, by name.
        sift: Takes each element on its way to the clients, and returns what of it is to reach them, if anything.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.device = indipydriver.Device(name, [])
        self.properties: dict[str, AnyProperty] = {}
        self.saved: dict[str, AnyProperty] = {}
        self.sift: Callable[[Element], Element | None] = _everything
        self._early: list[Element] = []
        self._post: Callable[[Element], None] = self._early.append

    def open(self, post: Callable[[Element], None]) -> None:
        """Take the way to the clients; they are sent what came before, but for values, still undefined."""
        self._post = post
        for element in self._early:
            if not element.tag.startswith(_OF_PROPERTIES):
                post(element)
        self._early.clear()

    def post(self, element: Element) -> None:
        """Send clients an element."""
        sifted = self.sift(element)
        if sifted is not None:
            self._post(sifted)

    def tell(self, level: str, text: str) -> None:
        """Send clients a message of the level INFO, WARNING, ERROR or DEBUG."""
        self.post(message(self.name, level, text))

    def add(self, prop: AnyProperty) -> None:
        """Let clients' messages find a property, and its definition be asked for."""
        prop.attach(self.name, self.post)
        prop.vector.devicename = self.name
        prop.vector.driver = self.device.driver
        self.properties[prop.name] = prop
        self.device.data[prop.name] = prop.vector
        if prop.saved:
            self.saved[prop.name] = prop

    def define(self, prop: AnyProperty) -> None:
        """Make a property known to clients."""
        self.add(prop)
        self.post(prop.definition())

    def delete(self, prop: AnyProperty) -> None:
        """Take a property away from clients."""
        prop.delete()
        del self.properties[prop.name], self.device.data[prop.name]


def _everything(element: Element) -> Element:
    return element
