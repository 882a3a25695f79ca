"""The systemd unit that serves the driver."""

import pwd
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from indi_matrix.errors import InstallError
from indi_matrix.install.our_files import File, literal

UNIT: Final = "indi_matrix.service"

_FOLDER: Final = Path("lib/systemd/system")
_KNOWN_FOLDERS: Final = tuple(Path(root) / _FOLDER for root in ("/usr", "/", "/usr/local"))
# What the driver saves is below its HOME, the only folder to which the service may write.
_TEXT: Final = """\
# {{note}}
[Unit]
Description=INDI driver for MATRIX Creator and Voice
Wants=network-online.target
After=network-online.target matrixio-malos.service

[Service]
ExecStart={command}
Restart=on-failure
RestartSec=5
{user}
StateDirectory=indi_matrix
Environment=HOME=%S/indi_matrix
CapabilityBoundingSet=
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""


def unit_file(prefix: Path, program: Path, serve: Sequence[str]) -> File:
    """Return the unit that runs the program's command serve with these arguments."""
    # systemd replaces $ in arguments only, not in the path of the program.
    arguments = (_word(word).replace("$", "$$") for word in serve)
    command = " ".join((_word(str(program)), "serve", *arguments))
    text = _TEXT.format(command=literal(command), user=_user(program))
    return File(prefix / _FOLDER / UNIT, "the service", text)


def check_program(program: Path) -> None:
    """Refuse a program whose path a unit cannot hold.

    Raises:
        InstallError: The path has control characters, or is not encoded in UTF-8.
    """
    if not str(program).isprintable():
        raise InstallError(f"no unit of systemd can name {str(program)!a}")


def unit_advice(path: Path) -> Iterator[str]:
    """Return what to type after the unit was installed."""
    yield "enable the service:"
    yield "  sudo systemctl daemon-reload"
    yield f"  sudo systemctl enable --now {UNIT if path.parent in _KNOWN_FOLDERS else shlex.quote(str(path))}"
    yield f"  journalctl -u {UNIT}"


def unit_farewell() -> Iterator[str]:
    """Return what to type after the unit was removed."""
    yield "if the service was enabled:"
    yield f"  sudo systemctl disable --now {UNIT}"
    yield "  sudo systemctl daemon-reload"


def _word(word: str) -> str:
    """Return a word of a command line, quoted and escaped for systemd."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"' if re.search(r"[\s\\'\"]", word) else word


def _user(program: Path) -> str:
    """Return the unit's line for its user: a dynamic one, or the program's owner where others cannot start it."""
    needed = (program, Path(sys.executable).resolve())
    if all(folder.stat().st_mode & 0o001 for path in needed for folder in path.parents):
        return "DynamicUser=yes"
    owner = program.stat().st_uid
    try:
        return f"User={pwd.getpwuid(owner).pw_name}"
    except KeyError:  # such as in a container; systemd accepts the number
        return f"User={owner}"
