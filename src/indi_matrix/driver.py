"""The driver: boards on one side, INDI clients on the other."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from xml.etree.ElementTree import Element

import zmq.asyncio

from indi_matrix.board import Board
from indi_matrix.indi.transport.driver import DirectDriver

# A board takes 24 while it connects, its monitors included; ZeroMQ's own bound would be reached by 40 boards.
_MOST_SOCKETS: Final = 8192


class MatrixDriver(DirectDriver):
    """An IPyDriver with one INDI device for each board. Made by make_driver.

    Run it with `asyncrun()`, or put it into an IPyServer, also beside other drivers.
    """

    def __init__(self, boards: Sequence[Board]) -> None:
        super().__init__(*(board.indi.device for board in boards))
        self._boards = {board.name: board for board in boards}
        for board in boards:
            board.attach(self.post, self.watch, partial(self._drop, board), alone=len(boards) == 1)

    def watch(self, device: str, name: str) -> None:
        """Have another device publish a property, now and whenever it changes; or all it has, if none is named."""
        if device in self:
            return  # indipydriver cannot listen to itself
        self.snoopdevices.add(device)  # indipydriver passes on to us whatever it says
        request = Element("getProperties", version="1.7", device=device)
        if name:
            request.set("name", name)
        self.post(request)

    def _drop(self, board: Board, device: str) -> None:
        """Hear nothing more of another device for a board's sake, unless another board listens to it."""
        if any(other is not board and other.listens_to(device) for other in self._boards.values()):
            return
        self.snoopdevices.discard(device)

    def shutdown(self) -> None:
        """Leave the boards as ON_DISCONNECT says, and stop."""
        if not self.stop:
            for board in self._boards.values():
                board.depart()
        super().shutdown()

    async def snoopevent(self, event: Any) -> None:
        """Pass on what another device published."""
        for board in self._boards.values():
            board.hear(event.root)

    def carry_out(self, write: Element) -> bool:
        """Have a board judge a client's write; return False if it is to none of the boards."""
        board = self._boards.get(write.get("device", ""))
        if board is None:
            return False
        board.write(write)
        return True

    async def rxevent(self, event: Any) -> None:
        """Answer a client's wish for a definition, which is the only event that indipydriver is left with."""
        board = self._boards[event.devicename]
        if event.vectorname == "CONNECTION" and not event.root.get("name"):
            board.asked()  # for all there is, of which this is one
        definition = board.definition(event.vectorname)
        if definition is not None:
            self.post(definition)
        await self.flush()

    async def hardware(self) -> None:
        """Talk to the boards until the driver is shut down."""
        with zmq.asyncio.Context() as context:
            context.max_sockets = _MOST_SOCKETS
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self.deliver(), name="deliver to clients")]
                running += [
                    tasks.create_task(board.run(context), name=f"{name} board")
                    for name, board in self._boards.items()
                ]
                await self.shutdownrequested.wait()
                for task in running:
                    task.cancel()

    async def asyncrun(self) -> None:
        """Run until shut down; then return as soon as the boards are left."""
        running = asyncio.create_task(super().asyncrun(), name="driver")
        requested = asyncio.create_task(self.shutdownrequested.wait(), name="shutdown request")
        try:
            await asyncio.wait({running, requested}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            saving = {
                asyncio.create_task(board.save(), name=f"{name} config") for name, board in self._boards.items()
            }
            # indipydriver itself would notice a shutdown only within a second.
            running.cancel()
            requested.cancel()
            await asyncio.wait({running, requested, *saving})
        if not running.cancelled():
            running.result()
