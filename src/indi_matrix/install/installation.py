"""An installation below a prefix: which files it has, and what the user is to do next."""

import os
import shlex
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from indi_matrix.errors import InstallError
from indi_matrix.install.driver_list import EXECUTABLE, entry_file, entry_json, entry_text
from indi_matrix.install.our_files import File, literal, remove, write
from indi_matrix.install.systemd_unit import UNIT, check_program, unit_advice, unit_farewell, unit_file
from indi_matrix.settings import DEFAULT_PREFIX

__all__ = ["Installation"]

_LAUNCHER: Final = """\
#!/bin/sh
# {{note}}
exec {program} "$@"
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """The installation of a program below a prefix.

    Attributes:
        prefix: Absolute path of the folder below which the files are, such as /usr.
        program: Path of the command that the files start.
    """

    prefix: Path
    program: Path

    @classmethod
    def below(cls, prefix: Path) -> Self:
        """Return the installation of this program below an absolute prefix.

        Raises:
            InstallError: The program runs from its sources, without a command that starts it.
        """
        program = _own_program()
        if not program.is_file():
            raise InstallError(f"{program} is not there; pip install indi-matrix comes first")
        return cls(prefix, program)

    def install(self, serve: Sequence[str] | None) -> Iterator[str]:
        """Write all files or none, and return lines that say what was done.

        Args:
            serve: Arguments of `indi_matrix serve` in a systemd unit; None for no unit.

        Raises:
            InstallError: A file of others is in the way, one cannot be written, or a unit cannot name the program.
        """
        if serve is not None:
            check_program(self.program)
        unit = unit_file(self.prefix, self.program, serve or ())
        # KStars looks for the command in the folder of indiserver only, not in PATH.
        launcher = () if self._is_program(self._launcher.path) else (self._launcher,)
        yield from write([self._entry, *launcher, *(() if serve is None else (unit,))])
        yield from self._advice()
        if serve is not None:
            yield from unit_advice(unit.path)

    def uninstall(self) -> Iterator[str]:
        """Remove what was installed, and nothing else, and return lines that say what was done.

        Raises:
            InstallError: A file cannot be removed.
        """
        removed = []
        for file in (unit_file(self.prefix, self.program, ()), self._launcher, self._entry):
            folders = file.folders
            if folders is not None:
                remove(file, folders)
                removed.append(file.path.name)
                yield f"removed {file.path}"
            elif file.present and not self._is_program(file.path):
                yield f"left alone {file.path}, which indi_matrix install did not write"
        if UNIT in removed:
            yield from unit_farewell()
        if not removed:
            yield f"nothing of indi_matrix install is below {self.prefix}"

    @property
    def _entry(self) -> File:
        return File(entry_file(self.prefix), "the driver's entry for KStars and indi-web", entry_text("{note}"))

    @property
    def _launcher(self) -> File:
        """The command beside indiserver: a script, as a link could not be told from one of pipx or of the user."""
        text = _LAUNCHER.format(program=literal(shlex.quote(str(self.program))))
        return File(self.prefix / "bin" / EXECUTABLE, f"which starts {self.program}", text, 0o755)

    def _is_program(self, path: Path) -> bool:
        return path.exists() and path.samefile(self.program)

    def _advice(self) -> Iterator[str]:
        commands = self.prefix / "bin"
        if self.prefix != DEFAULT_PREFIX:
            yield from self._how_to_find()
        if str(commands) not in os.environ.get("PATH", "").split(os.pathsep):
            yield f"put {commands} into the PATH of indiserver, KStars and indi-web"
        yield "restart KStars and indi-web: they read their list of drivers when they start"

    def _how_to_find(self) -> Iterator[str]:
        """Return how KStars, Ekos and indi-web find the entry below a prefix, and keep their other drivers."""
        yield f"KStars: its INDI drivers directory is to be {entry_file(self.prefix).parent}"
        yield "  it knows the drivers of libindi without; those of other packages only from that directory"
        yield f"Ekos in mode Local: a link to {self._launcher.path} beside indiserver; mode Remote does without"
        yield "indi-web: while it runs, once:"
        yield f"  curl -d {shlex.quote(entry_json())} http://localhost:8624/api/profiles/custom/add"


def _own_program() -> Path:
    """Return the path of the running command, with links resolved."""
    started = Path(sys.argv[0])
    if started.name != EXECUTABLE or not started.is_file():
        started = Path(sysconfig.get_path("scripts"), EXECUTABLE)
    return started.resolve()
