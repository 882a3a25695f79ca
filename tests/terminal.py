"""A terminal of our own making."""

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import termios
from asyncio.subprocess import Process
from pathlib import Path

from tests.programs import PATIENCE


class Terminal:
    """A terminal: the two ends that a program opens, and what a person sees and presses."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.output = open(slave, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (a descriptor, closed below)
        self.keys = open(os.dup(slave), encoding="utf-8")  # noqa: PTH123, SIM115
        self.seen = ""
        self._more = asyncio.Event()
        self.resize(80, 24)
        self.listen()

    def listen(self) -> None:
        """Read what the program shows."""
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def close(self) -> None:
        self.hang_up()
        self.keys.close()
        with contextlib.suppress(OSError):  # what it could not show when it was hung up
            self.output.close()

    def hang_up(self) -> None:
        if self.master >= 0:
            asyncio.get_running_loop().remove_reader(self.master)
            os.close(self.master)
            self.master = -1

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def modes(self) -> object:
        return termios.tcgetattr(self.keys.fileno())

    def _read(self) -> None:
        try:
            self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
        except OSError:  # nobody has it open any more
            asyncio.get_running_loop().remove_reader(self.master)
        self._more.set()

    async def run(self, *command: str | Path, environ: dict[str, str] | None = None) -> Process:
        """Run a program in the terminal, which is its controlling one."""
        slave = self.output.fileno()
        return await asyncio.create_subprocess_exec(
            *command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm", **(environ or {})},
        )  # fmt: skip

    async def until(self, text: str) -> str:
        """Return all that was shown until a text is, and forget it."""
        async with asyncio.timeout(PATIENCE):
            while text not in self.seen:
                self._more.clear()
                await self._more.wait()
        shown, self.seen = self.seen, ""
        return shown
