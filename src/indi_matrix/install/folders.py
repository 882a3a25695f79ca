"""Check of folders before root writes there: nobody else may be able to replace a part of the path by a link."""

import os
import pwd
import stat
from pathlib import Path
from typing import Final

from indi_matrix.errors import InstallError

_MOST_LINKS: Final = 40  # the kernel follows as many
_ACCESS_LIST: Final = "system.posix_acl_access"


def check_folder(folder: Path) -> None:
    """Refuse root a folder whose path somebody else could redirect by a link. The folder need not exist yet.

    Raises:
        InstallError: Somebody else may write to the folder, or to one above it.
        OSError: A folder cannot be examined.
    """
    if os.geteuid() == 0:
        _check(folder, _MOST_LINKS)


def _check(folder: Path, links: int) -> None:
    for part in (*reversed(folder.parents), folder):
        if not os.path.lexists(part):
            return  # this program makes the folders below
        status = part.lstat()
        _check_owner(part, status)
        if stat.S_ISLNK(status.st_mode):
            if not links:
                raise InstallError(f"{part} is a link that leads to itself")
            _check(part.parent / part.readlink() / folder.relative_to(part), links - 1)
            return
        _check_mode(part, status, last=part == folder)


def _check_owner(part: Path, status: os.stat_result) -> None:
    if status.st_uid != 0:
        raise InstallError(f"{part} belongs to {_name(status.st_uid)}, who could put a link in the way of root")


def _check_mode(part: Path, status: os.stat_result, *, last: bool) -> None:
    """Refuse a folder that others may write to; a sticky parent is allowed, as root's files are safe there."""
    group_is_others = status.st_gid != 0 or _has_access_list(part)
    open_to_others = status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and group_is_others)
    if open_to_others and (last or not status.st_mode & stat.S_ISVTX):
        raise InstallError(f"others may write to {part}, and could put a link in the way of root")


def _has_access_list(part: Path) -> bool:
    """Return whether a folder has an access control list, whose rights the mode then shows as the group's."""
    try:
        return _ACCESS_LIST in os.listxattr(part)
    except OSError:  # a file system without such lists
        return False


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
