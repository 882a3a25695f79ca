"""What the page shows, kept up to date: boards of an INDI server, their rings, simulated boards."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final, Protocol
from xml.etree.ElementTree import Element

from indi_matrix.errors import WriteError
from indi_matrix.indi.wire.values import shortened
from indi_matrix.indi.wire.write import Write
from indi_matrix.page.browser_side import page_messages
from indi_matrix.page.browser_side.browser import Browser
from indi_matrix.page.browser_side.browser_requests import Request, number_of, request_of, text_of, write_of
from indi_matrix.page.browser_side.page_messages import Message
from indi_matrix.page.indi_side.known_devices import (
    Change,
    Defined,
    Deleted,
    KnownDevices,
    KnownProperty,
    Said,
)
from indi_matrix.page.indi_side.shown_rings import ShownRings
from indi_matrix.version import __version__

_INFO: Final = "DRIVER_INFO"
_EXECUTABLE: Final = "indi_matrix"


class World(Protocol):
    """The simulated boards, if there are some."""

    def boards(self) -> Iterator[str]:
        """Return the names of the boards."""

    def message(self, board: str) -> Message | None:
        """Return a board as browsers are shown it; None if there is no such board."""

    def leds(self, board: str) -> bytes | None:
        """Return what the LEDs of a board show; None if this board is not simulated now."""

    async def act(self, request: Request) -> None:
        """Do to a board what a browser asks for.

        Raises:
            WriteError: That cannot be done.
        """

    def attach(
        self, changed: Callable[[str], None], log: Callable[[Message], None], wanted: Callable[[], bool]
    ) -> None:
        """Have changes of boards told, and what MALOS hears and says while that is wanted."""


class LivePage:
    """Listens to an INDI client, tells browsers what changed, and passes on what they write.

    Args:
        read_only: Whether browsers may change nothing.
        world: The simulated boards.

    Attributes:
        devices: All that the INDI server has told.
    """

    def __init__(self, *, read_only: bool = False, world: World | None = None) -> None:
        self.devices = KnownDevices()
        self._server = ""
        self._send: Callable[[Write], None] | None = None
        self._read_only = read_only
        self._world = world
        self._up = False
        self._told = "no INDI server"
        self._boards: set[str] = set()
        self._browsers: set[Browser] = set()
        self._rings = ShownRings(self.devices, self._true_leds, self._ring_changed, self._watched)
        if world is not None:
            world.attach(self._world_changed, self._log, self._watched)

    # From the INDI server

    def follow(self, server: str, send: Callable[[Write], None]) -> None:
        """Take note of the INDI server that is looked for.

        Args:
            server: Where it is, in words.
            send: Sends a write to it; raises WriteError where that is not possible.
        """
        self._server, self._send, self._told = server, send, f"looking for the INDI server {server}"
        for browser in self._browsers:
            browser.begin_anew()

    def server_came(self) -> None:
        """Take note that the INDI server is connected."""
        self._up, self._told = True, f"connected to the INDI server {self._server}"
        self._tell_server()

    def server_went(self, reason: str) -> None:
        """Take note that the INDI server is gone, and all devices with it."""
        if self._up or reason != self._told:
            self._up, self._told = False, reason
            self.devices.clear()
            self._boards.clear()
            self._rings.clear()
            self._tell_server()

    def hear(self, element: Element) -> None:
        """Take a message of the INDI server."""
        for change in self.devices.take(element):
            self._take(change)

    def heard_all(self) -> None:
        """Show the rings that changed."""
        self._rings.show()

    def _take(self, change: Change) -> None:
        if change.name == _INFO and not isinstance(change, Said):
            self._judge(change.device)
        if change.device in self._boards or (isinstance(change, Said) and not change.device):
            for browser in self._browsers:
                browser.note(change)
        if isinstance(change, Deleted) and not self.devices.of(change.device):
            self._boards.discard(change.device)
        if not isinstance(change, Said):
            self._rings.follow(change, of_board=change.device in self._boards)

    def _judge(self, device: str) -> None:
        """Find out whether a device is a MATRIX board; if so, show what is known of it."""
        info = self.devices.get(device, _INFO)
        if info is not None and info.text("DRIVER_EXEC") == _EXECUTABLE and device not in self._boards:
            self._boards.add(device)
            for browser in self._browsers:
                for name in self.devices.of(device):
                    browser.note(Defined(device, name))

    # Simulated boards

    def _world_changed(self, board: str) -> None:
        for browser in self._browsers:
            browser.note_world(board)
        self._rings.look_at(board)

    def _true_leds(self, board: str) -> bytes | None:
        return None if self._world is None else self._world.leds(board)

    def _log(self, message: Message) -> None:
        for browser in self._browsers:
            browser.note_log(message)

    # What browsers are sent

    def server_message(self) -> Message:
        """Return whether the INDI server is there."""
        return {"t": "server", "up": self._up, "text": self._told}

    def ring_message(self, device: str) -> Message | None:
        """Return what a ring shows; None if it is gone."""
        frame = self._rings.frames.get(device)
        return None if frame is None else page_messages.ring(device, frame)

    def world_message(self, board: str) -> Message | None:
        """Return a simulated board; None if it is gone."""
        return None if self._world is None else self._world.message(board)

    def whole_state(self) -> Iterator[Message]:
        """Return all that a browser is sent first."""
        yield {
            "t": "hello", "readOnly": self._read_only, "world": self._world is not None,
            "server": self._server, "version": __version__,
        }  # fmt: skip
        yield self.server_message()
        for device in self.devices:
            if device in self._boards:
                yield from map(page_messages.definition, self.devices.of(device).values())
        self._rings.look_at_all()
        for device, frame in self._rings.frames.items():
            yield page_messages.ring(device, frame)
        if self._world is not None:
            for board in self._world.boards():
                message = self._world.message(board)
                if message is not None:
                    yield message

    def _ring_changed(self, device: str) -> None:
        for browser in self._browsers:
            browser.note_ring(device)

    def _tell_server(self) -> None:
        for browser in self._browsers:
            browser.note_server()

    # Browsers

    def close(self) -> None:
        """Let no timer run on."""
        self._rings.stop()

    def _watched(self) -> bool:
        """Return whether anybody sees the page."""
        return any(browser.visible for browser in self._browsers)

    def browser(self, send: Callable[[str], Awaitable[None]]) -> Browser:
        """Return a new browser, which is shown the page until it leaves."""
        browser = Browser(self, send)
        self._browsers.add(browser)
        return browser

    def leave(self, browser: Browser) -> None:
        """Take note that a browser is gone."""
        self._browsers.discard(browser)

    async def answer(self, browser: Browser, text: str | bytes) -> None:
        """Do what a browser asks for; a request that changes something is answered."""
        number = None
        try:
            request = request_of(text)
            number = number_of(request)
            answered = await self._act(browser, request)
        except WriteError as error:
            browser.note_answer(page_messages.answer(number, str(error)))
        else:
            if answered:
                browser.note_answer(page_messages.answer(number))

    async def _act(self, browser: Browser, request: Request) -> bool:
        """Do what a browser asks for, and return whether this is answered.

        Raises:
            WriteError: It cannot be done.
        """
        kind = request.get("t")
        if kind == "visible":
            browser.show(on=request.get("on") is True)
            return False
        if self._read_only:
            raise WriteError("this page is read-only")
        if kind == "write":
            self._write(request)
        elif kind == "world" and self._world is not None:
            await self._world.act(request)
        else:
            raise WriteError(f"there is no request {shortened(repr(kind))}")
        return True

    def _write(self, request: Request) -> None:
        if self._send is None or not self._up:
            raise WriteError(self._told)
        self._send(write_of(request, self._written(request)))

    def _written(self, request: Request) -> KnownProperty:
        """Return the property that a request names."""
        device, name = text_of(request, "device"), text_of(request, "name")
        if device not in self._boards:
            raise WriteError(f"there is no board {shortened(device)}")
        prop = self.devices.get(device, name)
        if prop is None:
            raise WriteError(f"{shortened(device)} has no property {shortened(name)}")
        return prop
