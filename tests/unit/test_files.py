"""Files read and written with care: what may lie in the way, and what is left as it was."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indi_matrix.system import files


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))


def socket(path: Path) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
IN_THE_WAY = [fifo, socket, pytest.param(device, marks=needs_root)]


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("make", IN_THE_WAY)
def test_only_regular_files_are_read_replaced_and_removed(
    tmp_path: Path, make: Callable[[Path], None], link: bool
) -> None:
    target = path = tmp_path / "file"
    make(target)
    if link:
        path = tmp_path / "link"
        path.symlink_to("file")
    before = target.stat()
    for refused in (
        lambda: files.read(path, 10),
        lambda: files.replace(path, b"new"),
        lambda: files.remove(path),
    ):
        with pytest.raises(OSError, match="it is no regular file"):
            refused()
    assert target.stat().st_mode == before.st_mode
    assert set(tmp_path.iterdir()) == {target, path}


def test_of_a_link_to_a_file_the_file_is_replaced_and_removed_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file, link = tmp_path / "folder/file", tmp_path / "link"
    file.write_bytes(b"before")
    link.symlink_to("folder/file")
    files.replace(link, b"after")
    assert file.read_bytes() == b"after"
    files.remove(link)
    assert not file.exists()
    files.replace(link, b"again")
    assert link.is_symlink()
    assert file.read_bytes() == b"again"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_those_that_the_umask_leaves(tmp_path: Path) -> None:
    path, like = tmp_path / "file", tmp_path / "like"
    like.touch()
    files.replace(path, b"new")
    assert path.stat().st_mode == like.stat().st_mode


@needs_root
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 1234, 5678)
    path.chmod(0o640)
    files.replace(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o640)


@needs_root
def test_a_group_that_cannot_be_kept_lends_its_rights_to_no_other() -> None:
    """The folder is a user's, the file was saved by root once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(b"old")
        path.chmod(0o664)
        os.chown(folder, 1234, 1234)
        subprocess.run([sys.executable, "-c", _AS_A_USER, path], check=True)
        status = path.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 1234, 0o644)
        assert path.read_bytes() == b"new"


_AS_A_USER = """
import os, pathlib, sys
from indi_matrix.system import files
os.setgroups([])
os.setgid(1234)
os.setuid(1234)
files.replace(pathlib.Path(sys.argv[1]), b"new")
"""


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_program_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "my config.xml"
    left = [tmp_path / f".my config.xml.{pid}.0123abcd.new" for pid in (dead_pid(), os.getpid())]
    for one in left:
        one.write_bytes(b"half")
    files.replace(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_left_by_us_stays(tmp_path: Path) -> None:
    path, pid = tmp_path / "file", dead_pid()
    others = [
        tmp_path / f".file.{os.getppid()}.0123abcd.new",  # being written
        tmp_path / f".file.{pid}.0123abcd.old",
        tmp_path / f".other.{pid}.0123abcd.new",
        tmp_path / f".file.{pid}.0123.new",
        tmp_path / "file.new",
    ]
    for one in others:
        one.write_bytes(b"theirs")
    (tmp_path / f".file.{pid}.00000001.new").mkdir()
    (tmp_path / f".file.{pid}.00000002.new").symlink_to("file")
    names = set(tmp_path.iterdir())
    if os.geteuid() == 0:
        foreign = tmp_path / f".file.{pid}.00000003.new"
        foreign.touch()
        os.chown(foreign, 1234, 1234)
        names.add(foreign)
    files.replace(path, b"new")
    assert set(tmp_path.iterdir()) == {*names, path}


def test_what_was_planted_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one who guesses the name of the temporary file gains nothing."""
    path, victim = tmp_path / "file", tmp_path / "victim"
    victim.write_bytes(b"precious")
    guesses = iter(["00000001", "00000002"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(guesses))
    planted = tmp_path / f".file.{os.getpid()}.00000001.new"
    planted.symlink_to("victim")
    files.replace(path, b"new")
    assert (path.read_bytes(), victim.read_bytes()) == (b"new", b"precious")
    assert planted.is_symlink()
    assert not path.is_symlink()


def test_the_longest_name_there_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("\u00e9" * 127)
    for data in (b"one", b"two"):
        files.replace(path, data)
        assert files.read(path, 10) == data
    assert list(tmp_path.iterdir()) == [path]
