"""Who listens on a TCP port of this machine, as far as the kernel tells this user in /proc."""

import pwd
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LISTENS: Final = "0A"  # TCP_LISTEN in the state column of /proc/net/tcp


def listener(port: int) -> str | None:
    """Return the program that listens on a port, or else its user; None if neither can be known."""
    sockets = dict(_listening(port))
    return next(_programs(sockets), None) or next(map(_user, sockets.values()), None)


def _listening(port: int) -> Iterator[tuple[str, int]]:
    """Yield each socket that listens on a port: the link in /proc/*/fd that leads to it, and its user's number."""
    for table in ("tcp", "tcp6"):
        for row in _lines(_PROC / "net" / table):
            match row.split():
                case [_, local, _, state, _, _, _, uid, _, inode, *_] if state == _LISTENS:
                    if int(local.rpartition(":")[2], 16) == port:
                        yield f"socket:[{inode}]", int(uid)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:  # a system without it, or a process that has just ended
        return []


def _programs(links: Collection[str]) -> Iterator[str]:
    """Yield the processes that hold one of these sockets; other users' processes cannot be looked into."""
    for process in _PROC.glob("[0-9]*"):
        if any(link in links for link in _held(process)):
            name = "".join(_lines(process / "comm")[:1])
            yield f"{name if name.isprintable() else ascii(name)} (process {process.name})"


def _held(process: Path) -> Iterator[str]:
    try:
        for descriptor in (process / "fd").iterdir():
            yield str(descriptor.readlink())
    except OSError:
        return


def _user(uid: int) -> str:
    try:
        return f"a program of {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"a program of user {uid}"
