"""Checks of what is installed: Python, the program, the libraries, the entry for KStars and indi-web."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import zmq
from google.protobuf.internal import api_implementation
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from indi_matrix.doctor.check import Check, failed, ok, warning
from indi_matrix.doctor.host_checks import output_of
from indi_matrix.errors import InstallError
from indi_matrix.install.driver_list import EXECUTABLE, entry_file, read_entry
from indi_matrix.settings import DEFAULT_PREFIX
from indi_matrix.texts import printable
from indi_matrix.version import __version__

_DISTRIBUTION: Final = "indi-matrix"
_PURE: Final = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
_REINSTALL: Final = f"pip install --force-reinstall {_DISTRIBUTION}"


# Python and the program


async def examine_program() -> list[Check]:
    """Check the version of Python, and that indiserver finds this version of the driver."""
    return [_python(), await _on_path()]


def _python() -> Check:
    text = f"indi_matrix {__version__} on Python {platform.python_version()}"
    try:
        wanted = metadata.metadata(_DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        return failed(f"{text}, not installed but run from its sources", f"pip install {_DISTRIBUTION}")
    # Not platform's text: a Python built from its repository is called 3.13.0+, which is no version by PEP 440.
    if not supported("{}.{}.{}".format(*sys.version_info), wanted):
        return failed(f"{text}, which needs Python {wanted}", "make a virtual environment with a newer Python")
    return ok(text)


async def _on_path() -> Check:
    found = shutil.which(EXECUTABLE)
    if found is None:
        return warning(
            f"{EXECUTABLE} is not in PATH, so indiserver does not find it by its name",
            f"{EXECUTABLE} install, or give indiserver its full path",
        )
    version = await _version_of(found)
    if version != __version__:
        return warning(
            f"{found} in PATH is of version {version or 'unknown'}, this is {__version__}",
            "update or remove the one that is not wanted",
        )
    return ok(f"program {found}")


async def _version_of(program: str) -> str:
    """Return the version that a program prints, empty where it prints none."""
    return printable((await output_of(program, "--version")).strip().removeprefix(f"{EXECUTABLE} "), 40)


# Libraries


async def examine_libraries() -> list[Check]:
    """Check that each library has a supported version."""
    return list(_libraries())


def _libraries() -> Iterator[Check]:
    try:
        requirements = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return  # _python has reported it
    for requirement in map(Requirement, requirements):
        if requirement.marker is None:  # what has one belongs to an extra
            yield _library(requirement.name, str(requirement.specifier))


def _library(name: str, wanted: str) -> Check:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return failed(f"{name} is not installed", f"pip install '{name}{wanted}'")
    if not supported(version, wanted):
        return failed(f"{name} {version} is not supported", f"pip install '{name}{wanted}'")
    if name == "protobuf":
        return _protobuf(version)
    return ok(f"{name} {version}" + (f" with libzmq {zmq.zmq_version()}" if name == "pyzmq" else ""))


def _protobuf(version: str) -> Check:
    """Check that protobuf runs in C, and not in pure Python."""
    kind = api_implementation.Type()
    if kind != "python":
        return ok(f"protobuf {version} in C ({kind})")
    if _PURE in os.environ:
        remedy = f"unset {_PURE}"
    elif sys.maxsize > 1 << 32:
        remedy = "pip install --force-reinstall protobuf"
    else:
        remedy = "nothing: for 32-bit systems PyPI and piwheels have no other"
    return warning(f"protobuf {version} in pure Python: all works, but each frame takes longer", remedy)


def supported(version: str, specifier: str) -> bool:
    """Return whether a version is within a specifier such as `>=3.1.2,<4`; False for an invalid version."""
    try:
        return Version(version) in SpecifierSet(specifier, prereleases=True)
    except InvalidVersion:
        return False


# The driver's entry in the list of KStars and indi-web


async def examine_entry(prefix: Path, devices: Sequence[str]) -> list[Check]:
    """Check that the entry below a prefix exists, has this version, and fits the names of the devices."""
    return list(_entry(prefix, devices))


def _entry(prefix: Path, devices: Sequence[str]) -> Iterator[Check]:
    path = entry_file(prefix)
    again = f"{EXECUTABLE} install" + ("" if prefix == DEFAULT_PREFIX else f" --prefix {prefix}")
    try:
        entry = read_entry(path)
    except FileNotFoundError:
        yield warning(f"{path} is not there, so KStars and indi-web do not list the driver", again)
        return
    except InstallError as error:
        yield warning(f"{path}: {error}", f"remove it, then: {again}")
        return
    except OSError as error:
        yield warning(f"{path}: {error.strerror}", "make it readable for all")
        return
    if entry.version == __version__:
        yield ok(f"entry {path} is of version {entry.version}")
    else:
        yield warning(f"entry {path} is of version {entry.version}, the driver of {__version__}", again)
    for device in devices:
        if entry.fits(device):
            yield ok(f"entry {entry.label} fits the device {device}")
        else:
            yield warning(
                f"entry {entry.label} does not fit the device {device}, so KStars does not match them",
                f"leave out INDIDEV and --name, or let the name begin with {entry.name}",
            )
