"""The driver: boards on one side, INDI clients on the other."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

import indipydriver
import zmq.asyncio

from indi_matrix.board import Board
from indi_matrix.indi.outbox import Outbox
from indi_matrix.indi.stream import WRITES
from indi_matrix.indi.values import shortened
from indi_matrix.indi.vectors import Write


class MatrixDriver(indipydriver.IPyDriver):
    """An IPyDriver with one INDI device for each board. Made by make_driver.

    Run it with `asyncrun()`, or put it into an IPyServer, also beside other drivers.
    """

    def __init__(self, boards: Sequence[Board]) -> None:
        super().__init__(*(board.indi.device for board in boards))
        # Definitions go through the outbox, where they keep their place among all else.
        self.auto_send_def = False
        self._boards = {board.name: board for board in boards}
        self._outbox = Outbox()
        self._sending = False
        self._unsent = asyncio.Event()
        for board in boards:
            board.attach(self.post, self.watch, partial(self._drop, board), alone=len(boards) == 1)

    def post(self, element: Element) -> None:
        """Send clients an element, after all that was posted before; never waits."""
        self._outbox.put(element)
        self._unsent.set()

    def watch(self, device: str, name: str) -> None:
        """Have another device publish one of its properties to us, now and whenever it changes."""
        if device in self:
            return  # indipydriver cannot listen to itself
        self.snoopvectors.setdefault((device, name), None)
        self.snoopdevices.add(device)  # else indipydriver would keep from us that all of a device is gone
        self.post(Element("getProperties", version="1.7", device=device, name=name))

    def _drop(self, board: Board, device: str) -> None:
        """Hear nothing more of another device for a board's sake, unless another board listens to it."""
        if any(other is not board and other.listens_to(device) for other in self._boards.values()):
            return
        self.snoopdevices.discard(device)
        for key in [key for key in self.snoopvectors if key[0] == device]:
            del self.snoopvectors[key]

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

    async def send(self, xmldata: Element) -> None:
        """Send clients an element; what indipydriver itself sends takes the same way as all else."""
        self.post(xmldata)
        await self._flush()

    async def _readdata(self, root: Element) -> None:
        """Take a parsed element; a write to a property that is not there, which indipydriver drops, is told of."""
        board = self._boards.get(root.get("device", ""))
        name = root.get("name", "")
        if board is not None and root.tag in WRITES and name not in board.indi.properties:
            board.tell("WARNING", f"there is no property {shortened(name)} now; nothing was written")
            await self._flush()
        await super()._readdata(root)

    async def rxevent(self, event: Any) -> None:
        """Handle a client's write, or its wish for a definition."""
        if isinstance(event, Write):
            self._boards[event.devicename].write(event)
        elif isinstance(event, indipydriver.getProperties):
            definition = self._boards[event.devicename].definition(event.vectorname)
            if definition is not None:
                self.post(definition)
        await self._flush()

    async def hardware(self) -> None:
        """Talk to the boards until the driver is shut down."""
        with zmq.asyncio.Context() as context:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self._deliver(), name="deliver to clients")]
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
            # indipydriver itself would notice a shutdown only within a second.
            running.cancel()
            requested.cancel()
            await asyncio.wait({running, requested})
        if not running.cancelled():
            running.result()

    async def _deliver(self) -> None:
        """Send what is posted outside rxevent."""
        while True:
            await self._unsent.wait()
            await self._flush()
            self._unsent.clear()

    async def _flush(self) -> None:
        """Send what is in the outbox, in order; one caller at a time does it for all."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._outbox:
                await super().send(self._outbox.take())
        finally:
            self._sending = False
            if self._outbox:  # cancelled while a reader stalled
                self._unsent.set()
