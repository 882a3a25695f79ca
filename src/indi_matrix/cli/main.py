"""Run the command line: set up the streams, run the command, and turn errors into one line and a status."""

import atexit
import io
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import NoReturn

from indi_matrix.cli.output import fail
from indi_matrix.errors import LinkError, MatrixError, SettingsError
from indi_matrix.logs import DEFAULT_LEVEL, log_to_stderr
from indi_matrix.system.console import wait_for_no_reader
from indi_matrix.system.descriptor_limit import raise_limit


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: status 0 when all went well, 1 when not, 2 for unusable arguments."""
    _open_closed_streams()
    _escape_what_stdout_lacks()
    atexit.register(wait_for_no_reader().drain)
    options = options_of(sys.argv[1:] if arguments is None else arguments)
    log_to_stderr(options.log_level)
    raise_limit()
    try:
        _run_of(options.command)(options)
    except SettingsError as error:
        fail(error, 2)
    except socket.gaierror as error:
        fail(LinkError(f"host {options.host}: {error.strerror}"), 1)
    except (MatrixError, OSError) as error:
        fail(error, 1)
    finally:
        logging.shutdown()  # before standard error is drained: it writes the numbers of repeated messages
    sys.exit(0)


def options_of(arguments: Sequence[str]) -> SimpleNamespace:
    """Return the options; without arguments, as indiserver starts the driver, the parser is not even loaded."""
    if not arguments:
        return SimpleNamespace(command=None, name=None, address=None, board=None, log_level=DEFAULT_LEVEL)
    from indi_matrix.cli.parser import parse

    return parse(arguments)


def _open_closed_streams() -> None:
    """Open /dev/null for each standard stream that the parent process has closed.

    Python keeps the original of a stream that is replaced. Else its number would be free for what is opened next,
    and libuv aborts the program where it is to close a number below 3.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _escape_what_stdout_lacks() -> None:
    r"""Have standard output write a character that its encoding lacks like \xe9, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _run_of(command: str | None) -> Callable[[SimpleNamespace], None]:
    """Return what runs a command. Only the module of that command is loaded, which keeps each start short."""
    match command:
        case "serve":
            from indi_matrix.cli.server_commands import run_server as run
        case "simulate":
            from indi_matrix.cli.server_commands import run_simulator as run
        case "page":
            from indi_matrix.cli.server_commands import run_page as run
        case "info":
            from indi_matrix.cli.inspection_commands import run_info as run
        case "doctor":
            from indi_matrix.cli.inspection_commands import run_doctor as run
        case "install":
            from indi_matrix.cli.install_command import run_install as run
        case _:
            from indi_matrix.cli.driver_command import run_driver as run
    return run
