"""Files that a note marks as ours: written all or none, removed with the folders that were made for them."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indi_matrix.errors import InstallError
from indi_matrix.install.folders import check_folder

# Each file contains this note, so that no file of others is removed. The number counts the folders made for it.
# A comment in XML may not contain two hyphens, so the note does not name the option --uninstall.
_NOTE: Final = 'Written by "indi_matrix install" with {folders} folders, and removed by its option "uninstall".'
_NOTED: Final = re.compile(rb'Written by "indi_matrix install" with ([0-9]{1,2}) folders')
_NOTE_WITHIN: Final = 1000  # bytes at the beginning of a file
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class File:
    """A file of ours.

    Attributes:
        path: Path of the file.
        purpose: What the file is for, shown to the user.
        text: A template of str.format for its text, with `{note}` for the note that makes the file ours.
        mode: Permissions of a new file.
    """

    path: Path
    purpose: str
    text: str
    mode: int = 0o644

    @property
    def present(self) -> bool:
        """Whether anything has this path."""
        return os.path.lexists(self.path)

    @property
    def folders(self) -> int | None:
        """How many folders were made for the file, None when the file has no note of ours."""
        if self.path.is_symlink() or not self.path.is_file():
            return None
        with self.path.open("rb") as file:
            noted = _NOTED.search(file.read(_NOTE_WITHIN))
        return int(noted.group(1)) if noted else None

    def content(self, folders: int) -> bytes:
        """Return the bytes of the file, with the number of folders in its note."""
        return os.fsencode(self.text.format(note=_NOTE.format(folders=folders)))


def literal(text: str) -> str:
    """Return a text with its braces doubled, so that str.format leaves the text as it was."""
    return text.replace("{", "{{").replace("}", "}}")


def write(files: Sequence[File]) -> Iterator[str]:
    """Write all files or none, and return lines that say what was done.

    Raises:
        InstallError: A file of others is in the way, one cannot be written, or others could redirect root.
    """
    for file in files:
        _check(file, "written")
        if file.present and file.folders is None:
            raise InstallError(
                f"{file.path} was not written by indi_matrix install and is left alone; nothing was installed"
            )
    said = []
    with ExitStack() as undo:
        staged = []
        for file in files:
            try:
                temporary = _stage(file, undo)
            except OSError as error:
                raise InstallError(_refusal(file.path, "written", error)) from error
            said.append(f"{'wrote' if temporary else 'unchanged'} {file.path}, {file.purpose}")
            if temporary:
                staged.append((temporary, file.path))
        for temporary, path in staged:
            temporary.replace(path)
        undo.pop_all()
    yield from said


def _stage(file: File, undo: ExitStack) -> Path | None:
    """Write a file under a temporary name beside its path, and return that; None where nothing is to change."""
    known = file.folders or 0
    if file.present and file.path.read_bytes() == file.content(known):
        return None
    missing = [folder for folder in file.path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        undo.callback(folder.rmdir)
    temporary = file.path.with_name(f".{file.path.name}.new")
    temporary.unlink(missing_ok=True)  # left by a program that was killed
    with os.fdopen(os.open(temporary, _NEW, 0o600), "wb") as new:
        undo.callback(temporary.unlink, missing_ok=True)
        new.write(file.content(known + len(missing)))
        _copy_owner_and_mode(file, new.fileno())
    return temporary


def _copy_owner_and_mode(file: File, descriptor: int) -> None:
    """Give a new file the mode and the owner of the file that it replaces."""
    mode = file.mode
    if file.present:
        old = file.path.stat()
        mode = old.st_mode & 0o777
        new = os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, mode)


def _check(file: File, done: str) -> None:
    """Refuse root a file in a folder to which others may write.

    Raises:
        InstallError: The file is in such a folder, or the folder cannot be examined.
    """
    try:
        check_folder(file.path.parent)
    except InstallError as error:
        advice = "run it without sudo, or choose another --prefix"
        raise InstallError(f"{file.path} is not {done} as root: {error}; {advice}") from error
    except OSError as error:
        raise InstallError(_refusal(file.path, done, error)) from error


def remove(file: File, folders: int) -> None:
    """Remove a file, and the folders that were made for it, as far as they are empty.

    Raises:
        InstallError: The file cannot be removed.
    """
    _check(file, "removed")
    try:
        file.path.unlink()
    except OSError as error:
        raise InstallError(_refusal(file.path, "removed", error)) from error
    for folder in file.path.parents[:folders]:
        try:
            folder.rmdir()
        except OSError:  # not empty
            return


def _refusal(path: Path, done: str, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{path} cannot be {done}: {reason}; run it as root with sudo, or choose another --prefix"
