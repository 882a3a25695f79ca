"""The picture of a board in a terminal, redrawn after changes, and the keys that flip its inputs."""

import asyncio
import contextlib
import os
import re
from typing import Final, Self, TextIO

from indi_matrix.simulator.simulated_board import Kind, SimulatedBoard
from indi_matrix.simulator.terminal_view.drawing import draw
from indi_matrix.simulator.terminal_view.screen import Screen, is_screen
from indi_matrix.texts import printable

_FRAME_TIME: Final = 0.05  # seconds between two pictures, at least
_COLOUR: Final = re.compile("\x1b\\[[0-9;]*m")
_DATE: Final = re.compile(r"^\d{4}-\d\d-\d\d ")  # the time of a message is enough in a narrow line

_WEATHER_TIME: Final = 1.0  # seconds after which the weather of a living board is drawn anew

_KEYS: Final = "0123456789abcdef"
_SHOWER: Final = "w"
# The longest first; the first that fits the terminal is shown.
_KEYS_CAPTIONS: Final = (
    "keys 0-9, a-f: flip what is on input pins 0-15   ctrl-c: end",
    "0-9, a-f: flip inputs   ctrl-c: end",
    "0-f: flip   ctrl-c: end",
)
_LIVING_CAPTIONS: Final = (
    "keys 0-9, a-f: flip what is on input pins 0-15   w: shower   ctrl-c: end",
    "0-9, a-f: flip inputs   w: shower   ctrl-c: end",
    "0-f: flip   ctrl-c: end",
)
_CAPTIONS: Final = ("ctrl-c: end",)


class TerminalPicture:
    """A board's picture in a terminal, redrawn when something changes, until the context ends.

    The weather of a living board changes all the time, and is drawn once a second.

    Nothing is drawn or changed when the stream is no terminal, or one that cannot move its cursor. The last line
    is the newest that the program has written to standard error, if that is the same terminal.

    Attributes:
        address: The address of the service, as it is shown.

    Args:
        board: The board.
        stream: The terminal to draw on.
        address: The address of the service to show at first.
        keys: The terminal whose keys flip the levels on input pins, and bring a shower; None, or another stream,
            for no keys.
    """

    def __init__(
        self, board: SimulatedBoard, stream: TextIO, *, address: str = "", keys: TextIO | None = None
    ) -> None:
        self._board = board
        self._stream = stream
        self.address = address
        self._keys = keys
        # A Voice has a climate around it, too, but no sensor.
        self._living = board.climate is not None and board.kind is Kind.CREATOR
        self._has_colours = not os.environ.get("NO_COLOR")
        self._screen: Screen | None = None
        self._next: asyncio.TimerHandle | None = None
        self._weather: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._cleanup = contextlib.AsyncExitStack()

    @property
    def shown(self) -> bool:
        """Whether the picture is drawn now; it is not while the shell has the terminal."""
        return self._screen is not None and self._screen.is_entered

    async def __aenter__(self) -> Self:
        if is_screen(self._stream):
            async with contextlib.AsyncExitStack() as stack:
                self._screen = Screen(self._stream, self._keys, self._schedule, self._press)
                stack.push_async_exit(self._close)
                stack.callback(self._cancel)
                stack.callback(self._board.watch(self._schedule))
                self._redraw()
                self._cleanup = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._cleanup.__aexit__(*error)  # type: ignore[arg-type]  # passed on unchanged

    async def _close(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._screen is not None:
            ended = kind in {None, asyncio.CancelledError}
            await self._screen.close(self._last_words() if ended else "")

    def _last_words(self) -> str:
        board = self._board
        return f"indi_matrix: the simulated {board.kind.capitalize()} has ended; frames shown: {board.frames}"

    # Drawing

    def _schedule(self) -> None:
        """Draw soon, at most 20 times a second."""
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._next = loop.call_at(max(loop.time(), self._last + _FRAME_TIME), self._redraw)

    def _cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._weather is not None:
            self._weather.cancel()
            self._weather = None

    def _redraw(self) -> None:
        self._cancel()
        self._last = asyncio.get_running_loop().time()
        if self._screen is None or not self._screen.enter():
            return
        self._screen.show(self._picture(self._screen))
        if self._living:
            self._weather = asyncio.get_running_loop().call_later(_WEATHER_TIME, self._redraw)

    def _picture(self, screen: Screen) -> str:
        width, height = screen.size
        with_keys = _LIVING_CAPTIONS if self._living else _KEYS_CAPTIONS
        captions = with_keys if screen.has_keys else _CAPTIONS
        picture = draw(
            self._board,
            width,
            height,
            address=self.address,
            caption=next((text for text in captions if len(text) <= width), captions[-1]),
            status=printable(_DATE.sub("", screen.newest_line), width),
        )
        return picture if self._has_colours else _COLOUR.sub("", picture)

    # Keys

    def _press(self, keys: str) -> None:
        for key in keys.lower():
            if key in _KEYS:
                self._flip(_KEYS.index(key))
            elif key == _SHOWER and self._living:
                self._board.shower()

    def _flip(self, pin: int) -> None:
        if not self._board.is_output(pin):
            self._board.set_input(pin, not self._board.level(pin))
