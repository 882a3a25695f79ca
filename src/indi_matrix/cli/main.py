"""The command line."""

import argparse
import asyncio
import atexit
import errno
import io
import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from indi_matrix.driver import KINDS, SimulatedHardware, assemble
from indi_matrix.errors import LinkError, MatrixError, SettingsError
from indi_matrix.logs import LEVELS, log_to_stderr
from indi_matrix.settings import DEFAULT_PORT, BoardSettings, parse_port
from indi_matrix.system.console import wait_for_no_reader
from indi_matrix.system.descriptor_limit import raise_limit
from indi_matrix.system.port_owner import listener
from indi_matrix.system.signals import ended_by_signals
from indi_matrix.texts import printable
from indi_matrix.version import __version__

_INDI_PORT: Final = 7624
_PORTS_BEHIND: Final = 40  # of a simulated service, behind its info port
_LAST_INFO_PORT: Final = 65535 - _PORTS_BEHIND
_LONGEST: Final = 500  # characters of a complaint

_DESCRIPTION: Final = "INDI driver for MATRIX Creator and MATRIX Voice boards."
_EPILOG: Final = """\
without a command: be a driver on standard input and output, as indiserver starts it:
  indiserver indi_matrix

try it without a board:
  indi_matrix serve --simulate
  indi_setprop "MATRIX.CONNECTION.CONNECT=On"
  indi_setprop -n "MATRIX.EVERLOOP_LED_3.RED;GREEN;BLUE;WHITE=255;0;0;0"

environment:
  INDIDEV               the name; it goes before --name, for indiserver sets it
  INDI_MATRIX_ADDRESS   the address, where --address is not given
  INDICONFIG            the config file (~/.indi/<name>_config.xml)
"""

_COMMON: Final[Mapping[str, dict[str, Any]]] = {
    "name": {"help": "name of the INDI device (MATRIX)"},
    "address": {"metavar": "HOST[:PORT]", "help": "MALOS service and its info port (127.0.0.1:20012)"},
    "board": {
        "action": "append",
        "metavar": "NAME=HOST[:PORT]",
        "help": "a board, in place of --name and --address; repeated, each is a device of its own",
    },
    "log_level": {"choices": LEVELS, "help": "what is logged to stderr (warning)"},
}
"""Options that may stand before or after a command."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: status 0 when all went well, 1 when not, 2 for unusable arguments."""
    _open_closed_streams()
    _write_what_streams_can()
    atexit.register(wait_for_no_reader().drain)
    options = _understood(_parser().parse_args(arguments))
    log_to_stderr(options.log_level)
    raise_limit()
    try:
        options.run(options)
    except SettingsError as error:
        _complain(error, 2)
    except socket.gaierror as error:
        _complain(LinkError(f"host {options.host}: {error.strerror}"), 1)
    except (MatrixError, OSError) as error:
        _complain(error, 1)
    finally:
        logging.shutdown()  # while what that tells can still be written
    sys.exit(0)


def _open_closed_streams() -> None:
    """Give the program the standard streams that its parent has closed: nothing comes in, and nothing goes out."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end


def _write_what_streams_can() -> None:
    """Have standard output write what its encoding lacks in other words, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _say(*lines: str) -> None:
    """Write lines to standard output; they go to nobody once the reader has gone, as `head` does."""
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201 - as said
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a full disk, say; here, for tasks around it would make a group of it
        _complain(error, 1)


def _complain(error: Exception, status: int) -> NoReturn:
    """Say in one line what went wrong, and exit."""
    text = error.strerror if isinstance(error, OSError) and not isinstance(error, MatrixError) else None
    print(f"indi_matrix: error: {printable(text or error, _LONGEST)}", file=sys.stderr)  # noqa: T201 - the command's own word
    sys.exit(status)


# Arguments


class _Parser(argparse.ArgumentParser):
    """Complains in one line, where argparse would print the usage too."""

    def error(self, message: str) -> NoReturn:
        _complain(SettingsError(f"{message} (see {self.prog} --help)"), 2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        "indi_matrix",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(parser, _COMMON)
    nothing = dict.fromkeys(_COMMON)
    parser.set_defaults(run=_run_driver, command=None, takes=_COMMON, **nothing)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    _add_serve(commands)
    _add_simulate(commands)
    _add_info(commands)
    _add_install(commands)
    _add_doctor(commands)
    return parser


def _add_common(parser: argparse.ArgumentParser, takes: Collection[str]) -> None:
    """Add the options that may stand before or after a command; what it does not take, _understood refuses."""
    parser.add_argument("--version", action="version", version=f"indi_matrix {__version__}")
    for name, settings in _COMMON.items():
        # A command's own default would undo what stands before it.
        shown = settings if name in takes else {**settings, "help": argparse.SUPPRESS}
        parser.add_argument(_option(name), default=argparse.SUPPRESS, **shown)
    parser.set_defaults(takes=takes)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _understood(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options, or refuse those that mean nothing for the command."""
    for name in _COMMON:
        if getattr(options, name) is None:
            continue
        if name not in options.takes:
            _complain(SettingsError(f"{_option(name)} means nothing for {options.command}"), 2)
        if options.command == "install" and not options.service:
            _complain(SettingsError(f"{_option(name)} means nothing for install without --service"), 2)
    options.log_level = options.log_level or "warning"
    return options


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser(
        "serve", help="serve INDI clients over TCP", description="Serve INDI clients over TCP."
    )
    serve.add_argument("--host", default="127.0.0.1", type=_host, help="address to listen on (%(default)s)")
    serve.add_argument(
        "--port",
        default=_INDI_PORT,
        type=_listening_port,
        help="port to listen on, 0 for any free one (%(default)s)",
    )
    serve.add_argument("--max-connections", default=5, type=_count, metavar="N", help="most clients (%(default)s)")
    serve.add_argument(
        "--simulate",
        nargs="?",
        const=KINDS[0],
        choices=KINDS,
        help="do without a board, and show it in the terminal",
    )
    _add_common(serve, _COMMON)
    serve.set_defaults(run=_run_server)


def _add_simulate(commands: Any) -> None:
    text = "Run a MALOS service with a simulated board behind it, shown in the terminal."
    simulate = commands.add_parser("simulate", help="run a MALOS service without a board", description=text)
    simulate.add_argument(
        "kind", nargs="?", default=KINDS[0], choices=KINDS, help="board to simulate (%(default)s)"
    )
    simulate.add_argument("--host", default="127.0.0.1", type=_host, help="address to listen on (%(default)s)")
    simulate.add_argument(
        "--port", default=DEFAULT_PORT, type=_info_port, help="info port, 0 for any free ports (%(default)s)"
    )
    _add_common(simulate, ("log_level",))
    simulate.set_defaults(run=_run_simulator)


def _add_info(commands: Any) -> None:
    text = "Show what answers at an address: drivers, ports, delays, board, LED count. Exit status 1: nothing."
    info = commands.add_parser("info", help="show what a MALOS service has", description=text)
    info.add_argument(
        "where", nargs="?", metavar="HOST[:PORT]", help="MALOS service (--address, or 127.0.0.1:20012)"
    )
    _add_common(info, ("address", "log_level"))
    info.set_defaults(run=_run_info)


def _add_install(commands: Any) -> None:
    text = """\
    Write the driver's entry for the lists of KStars, Ekos and indi-web, and a command beside indiserver that
    starts this program. Files of others are left alone."""
    install = commands.add_parser("install", help="make KStars and indi-web list the driver", description=text)
    install.add_argument(
        "--prefix",
        default="/usr",
        type=_folder,
        metavar="DIR",
        help="write to DIR/share/indi and DIR/bin (%(default)s)",
    )
    install.add_argument(
        "--service", action="store_true", help="also a systemd unit for serve, of the board that is given here"
    )
    install.add_argument("--uninstall", action="store_true", help="remove what was installed, and nothing else")
    _add_common(install, ("name", "address", "board"))
    install.set_defaults(run=_run_install)


def _add_doctor(commands: Any) -> None:
    text = "Check all that the driver depends on, and tell what to do. Exit status 1: something failed."
    doctor = commands.add_parser("doctor", help="find out what is wrong", description=text)
    doctor.add_argument(
        "where", nargs="?", metavar="HOST[:PORT]", help="MALOS service (--address, or 127.0.0.1:20012)"
    )
    doctor.add_argument(
        "--indi-port", default=_INDI_PORT, type=_port, metavar="PORT", help="port for INDI (%(default)s)"
    )
    doctor.add_argument(
        "--prefix", default="/usr", type=_folder, metavar="DIR", help="where it was installed (%(default)s)"
    )
    _add_common(doctor, _COMMON)
    doctor.set_defaults(run=_run_doctor)


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("'' names no folder; the one that you are in is .")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"{text!a} begins with a user who has no home") from None


def _port(text: str) -> int:
    try:
        return parse_port(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _listening_port(text: str) -> int:
    try:
        return 0 if text == "0" else parse_port(text)
    except SettingsError:
        raise argparse.ArgumentTypeError(f"{text!a} is no port; a port is 1 to 65535, or 0 for any") from None


def _host(text: str) -> str:
    try:
        text.encode("idna")  # as it is looked up
    except UnicodeError:
        raise argparse.ArgumentTypeError(f"{text!a} is neither a host name nor an address") from None
    return text


def _info_port(text: str) -> int:
    """Return an info port behind which there is room for the ports of all drivers."""
    port = _listening_port(text)
    if port > _LAST_INFO_PORT:
        told = f"port {port} leaves no room for the {_PORTS_BEHIND} ports behind it; an info port"
        raise argparse.ArgumentTypeError(f"{told} is 1 to {_LAST_INFO_PORT}, or 0 for any")
    return port


def _count(text: str) -> int:
    if not re.fullmatch("0*[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text!a} is not a whole number from 1 on, of 9 digits at most")
    return int(text)


# Commands


def _run_driver(options: argparse.Namespace) -> None:
    """Be a driver on standard input and output."""
    from indi_matrix.indi.transport.stdio import run_on_stdio  # noqa: PLC0415 - the server's start-up is not the driver's

    driver = assemble(_boards(options), simulate=False)
    if sys.stdin.isatty():
        print(  # noqa: T201 - said to the person at the terminal
            "indi_matrix: waiting for INDI on standard input, as it comes from: indiserver indi_matrix\n"
            "indi_matrix: to serve clients without it: indi_matrix serve [--simulate]",
            file=sys.stderr,
        )
    asyncio.run(run_on_stdio(driver))


def _run_server(options: argparse.Namespace) -> None:
    """Serve clients until a signal ends that."""
    with _busy_port_explained(options):
        asyncio.run(_serve(options, _boards(options)))


@contextmanager
def _busy_port_explained(options: argparse.Namespace) -> Iterator[None]:
    """Have an error that a port is in use tell which, by whom, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not options.port:
            raise
        one_of_several = re.search(r"\bport ([0-9]+)", error.strerror or "")
        port = int(one_of_several[1]) if one_of_several else options.port
        who = listener(port)
        text = f"port {port} of {options.host} is in use{f' by {who}' if who else ''}; choose another with --port"
        raise OSError(errno.EADDRINUSE, text) from error


def _boards(options: argparse.Namespace) -> list[tuple[BoardSettings, SimulatedHardware]]:
    """Return the boards that were asked for, each with what stands in for it while it is simulated."""
    kind = getattr(options, "simulate", None) or KINDS[0]
    if not options.board:
        return [(BoardSettings.from_environment(options.name, options.address), SimulatedHardware(kind))]
    if options.name is not None or options.address is not None:
        raise SettingsError(
            "--board has the name and the address of each board; --name and --address do not go with it"
        )
    return [(BoardSettings.parse(board), SimulatedHardware(kind)) for board in options.board]


async def _serve(options: argparse.Namespace, boards: list[tuple[BoardSettings, SimulatedHardware]]) -> None:
    from indi_matrix.indi.server.server import Server  # noqa: PLC0415 - a driver under indiserver does without

    driver = assemble(boards, simulate=options.simulate is not None)
    server = Server(driver, host=options.host, port=options.port, maxconnections=options.max_connections)
    serving = asyncio.create_task(_serve_with_picture(server, options, boards[0][1]), name="serve")
    await _until_signalled(serving, server.shutdown)


async def _serve_with_picture(server: Any, options: argparse.Namespace, hardware: SimulatedHardware) -> None:
    """Serve; with a simulated board and a terminal, show the first board there meanwhile."""
    if options.simulate is None:
        await _serve_and_say(server, options)
        return
    from indi_matrix.simulator import TerminalPicture  # noqa: PLC0415 - a real board needs no picture

    async with TerminalPicture(hardware.board, sys.stdout, keys=sys.stdin) as picture:
        await _serve_and_say(server, options, picture)


async def _serve_and_say(server: Any, options: argparse.Namespace, picture: Any = None) -> None:
    announcing = asyncio.create_task(_announce(server, options, picture), name="announce")
    try:
        await server.asyncrun()
    finally:
        announcing.cancel()


async def _announce(server: Any, options: argparse.Namespace, picture: Any) -> None:
    """Say where clients are served, once they are."""
    await server.started.wait()
    where = f"[{options.host}]:{server.port}" if ":" in options.host else f"{options.host or '*'}:{server.port}"
    if picture is not None:
        picture.address = f"INDI {where}"
    print(f"indi_matrix: serving INDI clients on {where}", file=sys.stderr, flush=True)  # noqa: T201


def _run_simulator(options: argparse.Namespace) -> None:
    """Run a simulated MALOS service until a signal ends that."""
    with _busy_port_explained(options):
        asyncio.run(_simulate(options))


async def _simulate(options: argparse.Namespace) -> None:
    from indi_matrix.simulator import Kind, run_simulator  # noqa: PLC0415 - only this command needs it at once

    running = asyncio.create_task(
        run_simulator(Kind(options.kind), options.host, options.port, sys.stdout), name="simulator"
    )
    await _until_signalled(running, running.cancel)


def _run_info(options: argparse.Namespace) -> None:
    """Show what answers at an address."""
    from indi_matrix.doctor.service_info import inspect  # noqa: PLC0415 - only this command needs it

    settings = BoardSettings.from_environment(None, _where(options))
    findings = asyncio.run(inspect(settings.address))
    for line in findings.lines():
        _say(line)


def _where(options: argparse.Namespace) -> str | None:
    """Return the address that info or doctor is to look at, None where nobody gave any."""
    where: str | None = options.address if options.where is None else options.where
    return where


def _run_install(options: argparse.Namespace) -> None:
    """Install or uninstall the files by which others find the driver."""
    from indi_matrix.install.installation import Installation  # noqa: PLC0415 - only this command needs it

    installation = Installation.below(options.prefix)
    lines = installation.uninstall() if options.uninstall else installation.install(_serve_arguments(options))
    for line in lines:
        _say(line)


def _serve_arguments(options: argparse.Namespace) -> list[str] | None:
    """Return the arguments of serve in the systemd unit, None when there is to be none."""
    if not options.service:
        return None
    _boards(options)  # refuses what serve would refuse
    boards = [("board", board) for board in options.board or ()]
    given = [("name", options.name), ("address", options.address), *boards]
    # One word each: of two, the second could be taken for an option.
    return [f"--{option}={value}" for option, value in given if value is not None]


def _run_doctor(options: argparse.Namespace) -> None:
    """Print what the doctor finds; exit status 1 when something failed."""
    from indi_matrix.doctor.examination import Check, examine  # noqa: PLC0415 - only this command needs it

    def report(check: Check) -> None:
        _say(*check.lines())

    options.address = _where(options)
    boards = [settings for settings, _ in _boards(options)]
    if not asyncio.run(examine(boards, options.indi_port, options.prefix, report)):
        sys.exit(1)


async def _until_signalled(task: "asyncio.Task[None]", stop: Callable[[], Any]) -> None:
    """Wait for a task; on a signal that is to end the program have it stop, which is no failure."""
    with ended_by_signals(stop):
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()
