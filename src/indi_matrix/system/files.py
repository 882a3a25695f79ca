"""Regular files, read and replaced: a file is written whole or not at all, and no device or pipe is opened."""

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_LONGEST_STEM: Final = 180  # bytes of a file's name in that of its temporary file
_TRIES: Final = 3

_in_use: set[str] = set()
"""Paths of the temporary files that this program is writing now."""


def read(path: Path, most: int) -> bytes:
    """Return what a file holds, up to a number of bytes.

    Raises:
        OSError: The file cannot be read, or is no regular file.
    """
    _check(path.stat())  # before it is opened: opening a device may do something by itself
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        _check(os.fstat(descriptor))
        return file.read(most)


def replace(path: Path, data: bytes) -> None:
    """Replace a file, or make it; whatever happens, its path holds all of the new data or all of the old.

    Permissions are kept, and the owner as far as the system allows that. Temporary files that were left behind by
    programs that were killed are removed.

    Raises:
        OSError: The file cannot be written, or something else than a regular file is at its path.
    """
    path = Path(os.path.realpath(path))  # the file itself, where the path is a link to it
    before = _status(path)
    _sweep(path)
    temporary, descriptor = _create(path, 0o666 if before is None else 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(data)
            file.flush()
            if before is not None:
                _adopt(descriptor, before)
            os.fsync(descriptor)
        _status(path)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        _in_use.discard(str(temporary))


def remove(path: Path) -> None:
    """Remove a file.

    Raises:
        OSError: It cannot be removed, or is no regular file.
    """
    path = Path(os.path.realpath(path))  # the file that a link leads to, as in replace()
    _check(path.stat())
    path.unlink()


def exists(path: Path) -> bool:
    """Return whether something is at a path; False also where that cannot be found out."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def _check(status: os.stat_result) -> None:
    """Raise an OSError for what is no regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def _status(path: Path) -> os.stat_result | None:
    """Return the status of a regular file; None if nothing is at its path."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    _check(status)
    return status


def _adopt(descriptor: int, before: os.stat_result) -> None:
    """Give a new file the owner and the permissions of the old one."""
    mode = stat.S_IMODE(before.st_mode) & 0o777
    try:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    except OSError:
        try:
            os.fchown(descriptor, -1, before.st_gid)
        except OSError:  # another group gets only the rights of all others
            mode = mode & ~0o070 | (mode & 0o007) << 3
    os.fchmod(descriptor, mode)


def _stem(path: Path) -> str:
    """Return how the names of the temporary files of a file begin."""
    return f".{os.fsdecode(os.fsencode(path.name)[:_LONGEST_STEM])}."


def _create(path: Path, mode: int) -> tuple[Path, int]:
    """Return a new temporary file beside another, and its descriptor; an existing file is never opened."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for tries in range(_TRIES):
        temporary = path.with_name(f"{_stem(path)}{os.getpid()}.{secrets.token_hex(4)}.new")
        _in_use.add(str(temporary))
        try:
            return temporary, os.open(temporary, flags, mode)
        except OSError as error:
            _in_use.discard(str(temporary))
            if not isinstance(error, FileExistsError) or tries == _TRIES - 1:
                raise
    raise AssertionError  # the last try returned or raised


def _sweep(path: Path) -> None:
    """Remove the temporary files of a file that no running program writes."""
    named = re.compile(rf"{re.escape(_stem(path))}([0-9]{{1,7}})\.[0-9a-f]{{8}}\.new")
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            match = named.fullmatch(entry.name)
            if match and _is_left_over(entry, int(match[1])):
                with suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108 - an entry is no Path


def _is_left_over(entry: "os.DirEntry[str]", pid: int) -> bool:
    """Return whether a file named like a temporary one is this user's, and no running program writes it."""
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        return False
    return entry.path not in _in_use if pid == os.getpid() else not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it runs, as another user
    return True
