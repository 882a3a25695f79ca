"""Installing for KStars, indi-web and systemd, below prefixes of our own."""

import asyncio
import ctypes
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from indi_matrix.install.driver_list import Entry, read_entry
from tests.programs import PROGRAM, becomes, finished, indiserver, line_of, running, setprop

ENTRY = Path("share/indi/indi_matrix.xml")
LAUNCHER = Path("bin/indi_matrix")
UNIT = Path("lib/systemd/system/indi_matrix.service")
Tree = dict[str, bytes | Path | None]


async def install(prefix: Path, *options: str) -> str:
    status, output, errors = await finished(PROGRAM, "install", "--prefix", prefix, *options)
    assert (status, errors) == (0, "")
    return output


async def refused(prefix: Path, *options: str) -> str:
    status, output, errors = await finished(PROGRAM, "install", "--prefix", prefix, *options)
    assert (status, output) == (1, "")
    assert errors.startswith("indi_matrix: error: ")
    assert errors.count("\n") == 1
    return errors


def tree(folder: Path) -> Tree:
    """Return all that is in a folder: contents of files, targets of links, None for folders."""
    return {str(path.relative_to(folder)): content(path) for path in folder.rglob("*")}


def content(path: Path) -> bytes | Path | None:
    if path.is_symlink():
        return path.readlink()
    return path.read_bytes() if path.is_file() else None


def times(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def path_with(prefix: Path) -> dict[str, str]:
    return {"PATH": f"{prefix / 'bin'}:{os.environ['PATH']}"}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A prefix in which others have files already."""
    prefix = tmp_path / "a prefix"
    (prefix / "share/indi").mkdir(parents=True)
    (prefix / "share/indi/drivers.xml").write_text("<driversList/>")
    (prefix / "bin").mkdir()
    return prefix


@dataclass
class Installed:
    prefix: Path
    said: str


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """All that can be installed, for tests that only look at it."""
    prefix = tmp_path_factory.mktemp("installed")
    service = ["--service", "--name", "North 100%", "--address", "pi.local:20012"]
    process = subprocess.run(
        [PROGRAM, "install", "--prefix", prefix, *service], capture_output=True, text=True, check=True
    )
    return Installed(prefix, process.stdout)


# The entry


async def test_the_entry_is_what_the_driver_says_of_itself(installed: Installed) -> None:
    _, output, _ = await finished(PROGRAM, stdin='<getProperties version="1.7"/>')
    told = {
        vector.get("name"): (
            vector.get("device"),
            {member.get("name"): (member.text or "").strip() for member in vector},
        )
        for vector in ET.fromstring(f"<all>{output}</all>")
    }
    device, info = told["DRIVER_INFO"]
    (group,) = ET.parse(installed.prefix / ENTRY).getroot().findall("devGroup")
    (entry,) = group.findall("device")
    driver = entry.find("driver")
    assert driver is not None
    assert group.get("group") == "Auxiliary"
    assert entry.get("label") == device
    assert driver.get("name") == info["DRIVER_NAME"]
    assert driver.text == info["DRIVER_EXEC"]
    assert entry.findtext("version") == info["DRIVER_VERSION"]


def test_libindi_reads_the_entry_as_it_is_meant(installed: Installed) -> None:
    assert parsed_by_libindi((installed.prefix / ENTRY).read_bytes()) == (
        "driversList",
        "Auxiliary",
        "MATRIX",
        "indi_matrix",
    )


def parsed_by_libindi(text: bytes) -> tuple[str, str, str, str]:
    """Return root, group, label and executable as libindi's own parser, which is KStars', finds them."""
    library = ctypes.CDLL(find_library("indidriver"))
    pointer, string = ctypes.c_void_p, ctypes.c_char_p
    library.newLilXML.restype = library.readXMLEle.restype = library.nextXMLEle.restype = pointer
    library.findXMLEle.restype = pointer
    library.tagXMLEle.restype = library.pcdataXMLEle.restype = library.findXMLAttValu.restype = string
    complaint = ctypes.create_string_buffer(2048)
    parser = pointer(library.newLilXML())
    roots = [pointer(found) for byte in text if (found := library.readXMLEle(parser, byte, complaint))]
    assert complaint.value == b""
    (root,) = roots
    group = pointer(library.nextXMLEle(root, 1))
    device = pointer(library.nextXMLEle(group, 1))
    driver = pointer(library.findXMLEle(device, b"driver"))
    found = (
        library.tagXMLEle(root), library.findXMLAttValu(group, b"group"), library.findXMLAttValu(device, b"label"),
        library.pcdataXMLEle(driver),
    )  # fmt: skip
    return tuple(text.decode() for text in found)


def test_kstars_reads_no_links_and_indiweb_no_skeletons(installed: Installed) -> None:
    assert not (installed.prefix / ENTRY).is_symlink()
    assert "_sk" not in ENTRY.name
    assert (installed.prefix / ENTRY).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("device", "fits"), [("MATRIX", True), ("MATRIX 2", True), ("matrix", True), ("North", False)]
)
def test_which_devices_kstars_takes_for_ours(device: str, fits: bool) -> None:
    assert Entry("MATRIX", "MATRIX", "1").fits(device) is fits


# Doing and undoing


@pytest.mark.parametrize("options", [[], ["--service"]])
async def test_it_says_what_it_writes_and_undoes_just_that(prefix: Path, options: list[str]) -> None:
    before = tree(prefix)
    said = await install(prefix, *options)
    written = {name for name, content in tree(prefix).items() if content is not None} - before.keys()
    assert written == {str(ENTRY), str(LAUNCHER), *([str(UNIT)] if options else [])}
    assert all(f"wrote {prefix / name}" in said for name in written)
    said = await install(prefix, "--uninstall")
    assert tree(prefix) == before
    assert all(f"removed {prefix / name}\n" in said for name in written)
    assert "left alone" not in said
    assert ("sudo systemctl disable --now indi_matrix.service" in said) == bool(options)


async def test_a_prefix_that_is_not_there_comes_and_goes(empty: Path) -> None:
    await install(empty / "new/prefix")
    await install(empty / "new/prefix", "--service")
    await install(empty / "new/prefix", "--uninstall")
    assert tree(empty) == {}


async def test_a_folder_in_use_stays(empty: Path) -> None:
    await install(empty / "new")
    (empty / "new/share/other").write_text("other")
    await install(empty / "new", "--uninstall")
    assert tree(empty) == {"new": None, "new/share": None, "new/share/other": b"other"}


async def test_the_second_time_changes_nothing(prefix: Path) -> None:
    await install(prefix, "--service")
    before = times(prefix)
    said = await install(prefix, "--service")
    assert times(prefix) == before
    assert said.count("unchanged") == 3
    assert "wrote" not in said
    await install(prefix, "--uninstall")
    assert "nothing of indi_matrix install is below" in await install(prefix, "--uninstall")


async def test_an_older_one_is_updated_and_still_undone(empty: Path) -> None:
    prefix = empty / "new"
    await install(prefix)
    good = tree(empty)
    (prefix / ENTRY).write_text((prefix / ENTRY).read_text().replace("<version>", "<version>0."))
    (prefix / LAUNCHER).write_text((prefix / LAUNCHER).read_text().replace("exec ", "exec /old"))
    await install(prefix)
    assert tree(empty) == good
    assert os.access(prefix / LAUNCHER, os.X_OK)
    await install(prefix, "--uninstall")
    assert tree(empty) == {}


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
async def test_what_others_wrote_is_left_alone(tmp_path: Path, installed: Installed, kind: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name in (ENTRY, LAUNCHER, UNIT):
            theirs = tmp_path / f"for{name.suffix}" / name
            theirs.parent.mkdir(parents=True)
            ours = installed.prefix / name if name == ENTRY else "nowhere"
            if kind == "file":
                theirs.write_text("theirs")
            elif kind == "link":
                theirs.symlink_to(ours)
            else:
                theirs.mkdir()
            tasks.create_task(leaves_alone(tmp_path / f"for{name.suffix}", theirs))


async def leaves_alone(prefix: Path, theirs: Path) -> None:
    before = tree(prefix)
    assert f"{theirs} was not written by indi_matrix install" in await refused(prefix, "--service")
    assert tree(prefix) == before
    assert f"left alone {theirs}" in await install(prefix, "--uninstall")
    assert tree(prefix) == before


async def test_a_prefix_that_cannot_be_written_is_one_line(empty: Path) -> None:
    (empty / "file").write_text("")
    errors = await refused(empty / "file/prefix")
    assert f"{empty / 'file/prefix' / ENTRY} cannot be written: not a directory; run it as root" in errors


async def test_nothing_is_left_half_done(empty: Path) -> None:
    (empty / "lib").write_text("in the way of the unit, which is written last")
    before = tree(empty)
    assert str(UNIT) in await refused(empty, "--service")
    assert tree(empty) == before


# What others could put in its way

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be tricked by other users")
SOMEBODY = 65534


async def test_a_planted_link_is_not_followed(prefix: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in (ENTRY, LAUNCHER):
        (prefix / name).with_name(f".{name.name}.new").symlink_to(victim)
    await install(prefix)
    assert victim.read_text() == "precious"
    assert not (prefix / ENTRY).is_symlink()
    assert not list(prefix.rglob(".*"))


async def test_what_is_replaced_keeps_its_mode_and_owner(prefix: Path) -> None:
    await install(prefix)
    entry = prefix / ENTRY
    entry.write_text(entry.read_text().replace("<version>", "<version>0."))
    entry.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(entry, SOMEBODY, SOMEBODY)
    before = entry.stat()
    assert f"wrote {entry}" in await install(prefix)
    after = entry.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@AS_ROOT
@pytest.mark.parametrize("mode", [0o777, 0o1777])
@pytest.mark.parametrize("where", ["share/indi", "bin"])
async def test_root_does_not_write_where_others_may(prefix: Path, where: str, mode: int) -> None:
    (prefix / where).chmod(mode)
    before = tree(prefix)
    errors = await refused(prefix)
    assert f"others may write to {prefix / where}, and could put a link in the way of root" in errors
    assert "run it without sudo" in errors
    assert tree(prefix) == before


@AS_ROOT
async def test_root_does_not_write_where_a_list_lets_others(prefix: Path) -> None:
    entries = [(0x01, 7, -1), (0x02, 7, SOMEBODY), (0x04, 5, -1), (0x10, 7, -1), (0x20, 5, -1)]
    packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(prefix / "bin", "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError as error:
        pytest.skip(f"this file system knows no lists: {error}")
    before = tree(prefix)
    assert f"others may write to {prefix / 'bin'}, and could put a link in the way" in await refused(prefix)
    assert tree(prefix) == before


@AS_ROOT
async def test_root_does_not_write_below_a_folder_of_others(prefix: Path) -> None:
    await install(prefix)
    os.chown(prefix, SOMEBODY, SOMEBODY)
    before = tree(prefix)
    assert f"{prefix} belongs to nobody, who could" in await refused(prefix)
    assert f"{prefix} belongs to nobody, who could" in await refused(prefix, "--uninstall")
    assert tree(prefix) == before


@AS_ROOT
async def test_root_does_not_follow_a_link_of_others(empty: Path, prefix: Path) -> None:
    (empty / "link").symlink_to(prefix)
    await install(empty / "link")
    await install(empty / "link", "--uninstall")
    os.chown(empty / "link", SOMEBODY, SOMEBODY, follow_symlinks=False)
    assert f"{empty / 'link'} belongs to nobody" in await refused(empty / "link")
    (empty / "round").symlink_to("round")
    assert f"{empty / 'round'} is a link that leads to itself" in await refused(empty / "round")


@AS_ROOT
async def test_root_may_write_to_a_folder_of_its_own_in_a_sticky_one(empty: Path) -> None:
    empty.chmod(0o1777)
    (empty / "own").mkdir()
    await install(empty / "own")
    await install(empty / "new")
    empty.chmod(0o777)
    assert f"others may write to {empty}" in await refused(empty / "own")


# The command beside indiserver


async def test_a_link_to_the_program_itself_serves_as_well_and_stays(prefix: Path) -> None:
    (prefix / LAUNCHER).symlink_to(PROGRAM)  # as pipx makes it
    before = tree(prefix)
    await install(prefix)
    assert tree(prefix).keys() - before.keys() == {str(ENTRY)}
    await install(prefix, "--uninstall")
    assert tree(prefix) == before


def test_it_says_what_a_strange_prefix_needs(installed: Installed) -> None:
    folder, commands = installed.prefix / "share/indi", installed.prefix / "bin"
    assert f"KStars: its INDI drivers directory is to be {folder}\n" in installed.said
    assert f"Ekos in mode Local: a link to {commands / 'indi_matrix'} beside indiserver" in installed.said
    assert f"put {commands} into the PATH" in installed.said
    assert "--xmldir" not in installed.said  # indi-web would list nothing else then


def test_indiweb_is_told_what_is_in_the_entry(installed: Installed) -> None:
    (line,) = re.findall(r"curl -d (.*) http://localhost:8624/api/profiles/custom/add", installed.said)
    told = json.loads(*shlex.split(line))
    entry = read_entry(installed.prefix / ENTRY)
    assert told == {
        "Label": entry.label, "Name": entry.name, "Family": "Auxiliary", "Exec": "indi_matrix",
        "Version": entry.version,
    }  # fmt: skip


async def test_indiweb_and_kstars_start_it_by_the_fifo(prefix: Path, tmp_path: Path) -> None:
    await install(prefix)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    lines = [
        f'start indi_matrix -c "{tmp_path}/North Pier_config.xml" -n "North Pier"\n',  # as indi-web writes it
        'start indi_matrix -n "MATRIX 2"\n',  # as KStars does
    ]
    async with indiserver("-f", fifo, environ=path_with(prefix)) as (_, port):
        await asyncio.to_thread(fifo.write_text, "".join(lines))
        await becomes(port, '"North Pier.CONNECTION.DISCONNECT"==1 && "MATRIX 2.CONNECTION.DISCONNECT"==1')
        await setprop(port, "North Pier.CONFIG_PROCESS.CONFIG_SAVE=On")
        await becomes(port, '"North Pier.CONFIG_PROCESS._STATE"==1')
    assert "North Pier" in (tmp_path / "North Pier_config.xml").read_text()


# The service


def test_the_service(installed: Installed) -> None:
    lines = (installed.prefix / UNIT).read_text().splitlines()
    program = PROGRAM.resolve()
    assert f'ExecStart={program} serve "--name=North 100%%" --address=pi.local:20012' in lines
    assert "Restart=on-failure" in lines
    assert "NoNewPrivileges=yes" in lines
    assert len([line for line in lines if line.startswith(("User=", "DynamicUser="))]) == 1
    assert f"  sudo systemctl enable --now {installed.prefix / UNIT}\n" in installed.said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_the_service_of_a_program_whose_owner_has_no_name(empty: Path, tmp_path: Path) -> None:
    program = tmp_path / "private" / PROGRAM.name
    program.parent.mkdir(mode=0o700)
    shutil.copy(PROGRAM, program)
    os.chown(program, 54321, 54321)
    status, _, errors = await finished(program, "install", "--prefix", empty, "--service")
    assert (status, errors) == (0, "")
    assert "User=54321" in (empty / UNIT).read_text().splitlines()


async def test_systemd_understands_the_service(installed: Installed) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd")
    assert await finished(analyze, "verify", installed.prefix / UNIT) == (0, "", "")


STRANGE = " a;$HOME ${x}%n%%'\\\"#\\"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--name=-x"], ["--name=-x"]),
        (["--name", STRANGE], [f"--name={STRANGE}"]),
        (["--name", ";"], ["--name=;"]),
        (["--address=fe80::1%eth0"], ["--address=fe80::1%eth0"]),
        (["--board", "-a b=pi", "--board=$b=pi:1"], ["--board=-a b=pi", "--board=$b=pi:1"]),
    ],
)
async def test_systemd_starts_just_that_board(empty: Path, options: list[str], words: list[str]) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd")
    await install(empty, "--service", *options)
    _, output, _ = await finished(analyze, "verify", empty / UNIT, environ={"SYSTEMD_LOG_LEVEL": "debug"})
    (told,) = re.findall(r"Command Line: (.*)", output)
    _, output, _ = await finished("sh", "-c", f"printf '%s\\n' {told}")  # it writes words as for a shell
    started = [word.replace("$$", "$") for word in output.splitlines()]  # it puts variables in later
    assert started == [str(PROGRAM.resolve()), "serve", *words]
    async with running(*started, "--port", "0") as server:
        assert await line_of(server.stderr, "serving INDI clients")


@pytest.mark.parametrize(
    "options",
    [
        ["--address", "pi:x"],
        ["--address", "fe80::1%x\n[Service]\nExecStart=/bin/evil"],
        ["--address", ""],
        ["--name", ""],
        ["--name", "a\nExecStart=/bin/evil"],
        ["--name", "x" * 64],
        ["--board", "a=pi\nb"],
        ["--board", "=pi"],
    ],
)
async def test_a_service_of_an_unusable_board_is_refused(prefix: Path, options: list[str]) -> None:
    before = tree(prefix)
    status, _, errors = await finished(
        PROGRAM, "install", "--prefix", prefix, "--service", *options, environ={"INDIDEV": "North"}
    )
    assert (status, errors.count("\n")) == (2, 1)
    assert tree(prefix) == before


async def test_a_service_of_a_program_that_no_unit_can_name_is_refused(prefix: Path, tmp_path: Path) -> None:
    program = tmp_path / "a\nUser=evil" / PROGRAM.name
    program.parent.mkdir()
    shutil.copy(PROGRAM, program)
    status, _, errors = await finished(program, "install", "--prefix", prefix, "--service")
    assert (status, errors.count("\n")) == (1, 1)
    assert "no unit of systemd can name" in errors
    assert not (prefix / UNIT).exists()
