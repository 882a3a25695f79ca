"""Folders in which root can write without anybody else redirecting it."""

import os
import pwd
import stat
from pathlib import Path
from typing import Final

from indi_matrix.errors import InstallError

_MOST_LINKS: Final = 40  # as the kernel follows
_LIST: Final = "system.posix_acl_access"


def check_folder(folder: Path) -> None:
    """Refuse a folder, there already or yet to be made, in which somebody else could put links in root's way.

    Raises:
        InstallError: Somebody else may write to it, or to a folder above it.
        OSError: It cannot be looked at.
    """
    if os.geteuid() == 0:
        _check(folder, _MOST_LINKS)


def _check(folder: Path, links: int) -> None:
    for part in (*reversed(folder.parents), folder):
        if not os.path.lexists(part):
            return  # those below are made by us
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
    """In a sticky folder others can make new names, but not replace one of root."""
    group_is_others = status.st_gid != 0 or _has_list(part)
    open_to_others = status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and group_is_others)
    if open_to_others and (last or not status.st_mode & stat.S_ISVTX):
        raise InstallError(f"others may write to {part}, and could put a link in the way of root")


def _has_list(part: Path) -> bool:
    """Tell whether a folder has a list of who else may use it; the group's bits are then the most that gives."""
    try:
        return _LIST in os.listxattr(part)
    except OSError:  # a file system without
        return False


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
