"""What the system says a program has spent: processor time, wake-ups and memory."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.siege.process import usage


@dataclass(frozen=True)
class Spent:
    """What all threads of a program have spent since its start.

    Attributes:
        moment: When it was looked at, in seconds.
        cpu: Seconds of a core.
        wakes: How often a thread waited for something and was woken up.
        memory: Resident memory now, in MiB.
    """

    moment: float
    cpu: float
    wakes: int
    memory: float

    @classmethod
    def of(cls, pid: int) -> "Spent":
        """Return what a program has spent."""
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        cpu = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
        wakes = sum(_switches((thread / "status").read_text()) for thread in threads)
        return cls(time.monotonic(), cpu / 1e9, wakes, usage(pid).memory)

    def microseconds_since(self, before: "Spent") -> float:
        """Return the microseconds of a core since an earlier look."""
        return 1e6 * (self.cpu - before.cpu)

    def percent_since(self, before: "Spent") -> float:
        """Return the percentage of a core since an earlier look."""
        return 100 * (self.cpu - before.cpu) / (self.moment - before.moment)

    def wakes_since(self, before: "Spent") -> float:
        """Return the wake-ups a second since an earlier look."""
        return (self.wakes - before.wakes) / (self.moment - before.moment)


def _switches(status: str) -> int:
    (line,) = (line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches:"))
    return int(line.split()[1])


def looks(pids: Sequence[int], count: int, seconds: float) -> Iterator[tuple[dict[int, Spent], dict[int, Spent]]]:
    """Yield, so many times, what programs had spent and what they have spent so many seconds later."""
    before = {pid: Spent.of(pid) for pid in pids}
    for _ in range(count):
        time.sleep(seconds)
        after = {pid: Spent.of(pid) for pid in pids}
        yield before, after
        before = after


def only_child(pid: int) -> int:
    """Return the process id of the one program that another has started."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
