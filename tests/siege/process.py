"""What the kernel tells of a running program."""

import os
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """What a program uses at one moment.

    Attributes:
        memory: Resident memory, in MiB.
        descriptors: Open file descriptors, sockets among them.
        threads: Threads.
        cpu: Seconds of a core since its start.
    """

    memory: float
    descriptors: int
    threads: int
    cpu: float


def usage(pid: int) -> Usage:
    """Return what a program uses now."""
    folder = Path(f"/proc/{pid}")
    pages = int((folder / "statm").read_text().split()[1])
    # Its name, which may hold blanks, ends with the last bracket.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return Usage(
        memory=pages * _PAGE / (1 << 20),
        descriptors=len(list((folder / "fd").iterdir())),
        threads=int(fields[17]),
        cpu=(int(fields[11]) + int(fields[12])) * _TICK,
    )


def forget_peak(pid: int) -> None:
    """Let peak begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak(pid: int) -> float:
    """Return the most resident memory that a program has had since forget_peak, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
