"""The parser of the command line: the options of each command, and those that many commands have."""

import argparse
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, NoReturn

from indi_matrix.cli.argument_types import count, day, folder, host, indi_address, info_port, listening_port, port
from indi_matrix.cli.output import fail
from indi_matrix.errors import SettingsError
from indi_matrix.logs import DEFAULT_LEVEL, LEVELS
from indi_matrix.settings import (
    DEFAULT_HOST,
    DEFAULT_NAME,
    DEFAULT_PREFIX,
    INDI_PORT,
    INFO_PORT,
    KINDS,
    LONGEST_DAY,
    PAGE_PORT,
    SIMULATED_DAY,
    Address,
)
from indi_matrix.version import __version__

_DESCRIPTION: Final = "INDI driver for MATRIX Creator and MATRIX Voice boards."
_EPILOG: Final = """\
without a command: be a driver on standard input and output, as indiserver starts it:
  indiserver indi_matrix

try it without a board:
  indi_matrix serve --simulate --page
  indi_setprop "MATRIX.CONNECTION.CONNECT=On"
  indi_setprop -n "MATRIX.EVERLOOP_LED_3.RED;GREEN;BLUE;WHITE=255;0;0;0"

environment:
  INDIDEV               the name; it goes before --name, for indiserver sets it
  INDI_MATRIX_ADDRESS   the address, where --address is not given
  INDICONFIG            the config file (~/.indi/<name>_config.xml)
"""
_ANY_WIDTH: Final = 80

_COMMON: Final[Mapping[str, dict[str, Any]]] = {
    "name": {"help": f"name of the INDI device ({DEFAULT_NAME})"},
    "address": {"metavar": "HOST[:PORT]", "help": f"MALOS service and its info port ({Address()})"},
    "board": {
        "action": "append",
        "metavar": "NAME=HOST[:PORT]",
        "help": "a board, in place of --name and --address; repeated, each is a device of its own",
    },
    "log_level": {"choices": LEVELS, "help": f"what is logged to stderr ({DEFAULT_LEVEL})"},
}
"""Options that may stand before or after a command."""


def parse(arguments: Sequence[str]) -> SimpleNamespace:
    """Return the options, or exit with status 2 where they cannot be used."""
    options = _parser().parse_args(arguments, SimpleNamespace())
    _refuse_meaningless(options)
    options.log_level = options.log_level or DEFAULT_LEVEL
    if getattr(options, "day", 0) is None:
        options.day = SIMULATED_DAY
    return options


class _Parser(argparse.ArgumentParser):
    """Complains in one line; argparse's own would write the usage too.

    It learns how wide the terminal is for help only: that takes a tenth of a driver's start.
    """

    def __init__(
        self, prog: str, formatter_class: type[argparse.HelpFormatter] = argparse.HelpFormatter, **settings: Any
    ) -> None:
        super().__init__(prog, formatter_class=partial(formatter_class, width=_ANY_WIDTH), **settings)
        self._for_help = formatter_class

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = self._for_help
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        fail(SettingsError(f"{message} (see {self.prog} --help)"), 2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        "indi_matrix",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(parser, _COMMON)
    nothing = dict.fromkeys(_COMMON)
    parser.set_defaults(command=None, takes=_COMMON, **nothing)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    _add_serve(commands)
    _add_simulate(commands)
    _add_page(commands)
    _add_info(commands)
    _add_install(commands)
    _add_doctor(commands)
    return parser


# Common options


def _add_common(parser: argparse.ArgumentParser, takes: Collection[str]) -> None:
    """Add all common options; those that the command does not take are hidden, and refused after parsing."""
    parser.add_argument("--version", action="version", version=f"indi_matrix {__version__}")
    for name, settings in _COMMON.items():
        # Without SUPPRESS, a command's own default would override an option that stands before the command.
        shown = settings if name in takes else {**settings, "help": argparse.SUPPRESS}
        parser.add_argument(_option(name), default=argparse.SUPPRESS, **shown)
    parser.set_defaults(takes=takes)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _refuse_meaningless(options: SimpleNamespace) -> None:
    """Exit with status 2 where an option is given that means nothing for the command."""
    if options.command == "serve" and options.simulate is None and options.day is not None:
        fail(SettingsError("--day means nothing for serve without --simulate"), 2)
    if getattr(options, "read_only", False) and getattr(options, "page", 0) is None:
        fail(SettingsError(f"--read-only means nothing for {options.command} without --page"), 2)
    for name in _COMMON:
        if getattr(options, name) is None:
            continue
        if name not in options.takes:
            fail(SettingsError(f"{_option(name)} means nothing for {options.command}"), 2)
        if options.command == "install" and not options.service:
            fail(SettingsError(f"{_option(name)} means nothing for install without --service"), 2)


# Commands


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser(
        "serve", help="serve INDI clients over TCP", description="Serve INDI clients over TCP."
    )
    _add_host(serve)
    serve.add_argument(
        "--port",
        default=INDI_PORT,
        type=listening_port,
        help="port to listen on, 0 for any free one (%(default)s)",
    )
    serve.add_argument("--max-connections", default=5, type=count, metavar="N", help="most clients (%(default)s)")
    serve.add_argument(
        "--simulate",
        nargs="?",
        const=KINDS[0],
        choices=KINDS,
        help="do without a board, and show it in the terminal",
    )
    _add_day(serve)
    _add_page_option(serve)
    _add_common(serve, _COMMON)


def _add_simulate(commands: Any) -> None:
    text = "Run a MALOS service with a simulated board behind it, shown in the terminal."
    simulate = commands.add_parser("simulate", help="run a MALOS service without a board", description=text)
    simulate.add_argument(
        "kind", nargs="?", default=KINDS[0], choices=KINDS, help="board to simulate (%(default)s)"
    )
    _add_host(simulate)
    simulate.add_argument(
        "--port", default=INFO_PORT, type=info_port, help="info port, 0 for any free ports (%(default)s)"
    )
    _add_day(simulate)
    _add_page_option(simulate)
    _add_common(simulate, ("log_level",))


def _add_page(commands: Any) -> None:
    text = "Serve a web page that shows the MATRIX boards of an INDI server. It needs the package websockets."
    page = commands.add_parser("page", help="show the boards of an INDI server in browsers", description=text)
    page.add_argument(
        "where",
        nargs="?",
        default=Address(DEFAULT_HOST, INDI_PORT),
        type=indi_address,
        metavar="HOST[:PORT]",
        help="INDI server (%(default)s)",
    )
    _add_host(page)
    page.add_argument(
        "--port", default=PAGE_PORT, type=listening_port, help="port of the page, 0 for any free one (%(default)s)"
    )
    _add_read_only(page, "let browsers change nothing")
    _add_common(page, ("log_level",))


def _add_info(commands: Any) -> None:
    text = "Show what answers at an address: drivers, ports, delays, board, LED count. Exit status 1: nothing."
    info = commands.add_parser("info", help="show what a MALOS service has", description=text)
    _add_where(info)
    _add_common(info, ("address", "log_level"))


def _add_install(commands: Any) -> None:
    text = """\
    Write the driver's entry for the lists of KStars, Ekos and indi-web, and a command beside indiserver that
    starts this program. Files of others are left alone."""
    install = commands.add_parser("install", help="make KStars and indi-web list the driver", description=text)
    _add_prefix(install, "write to DIR/share/indi and DIR/bin (%(default)s)")
    install.add_argument(
        "--service", action="store_true", help="also a systemd unit for serve, of the board that is given here"
    )
    install.add_argument("--uninstall", action="store_true", help="remove what was installed, and nothing else")
    _add_common(install, ("name", "address", "board"))


def _add_doctor(commands: Any) -> None:
    text = "Check all that the driver depends on, and tell what to do. Exit status 1: something failed."
    doctor = commands.add_parser("doctor", help="find out what is wrong", description=text)
    _add_where(doctor)
    doctor.add_argument(
        "--indi-port", default=INDI_PORT, type=port, metavar="PORT", help="port for INDI (%(default)s)"
    )
    _add_prefix(doctor, "where it was installed (%(default)s)")
    _add_common(doctor, _COMMON)


# Arguments that two commands have


def _add_host(parser: Any) -> None:
    parser.add_argument("--host", default=DEFAULT_HOST, type=host, help="address to listen on (%(default)s)")


def _add_day(parser: Any) -> None:
    parser.add_argument(
        "--day",
        type=day,
        metavar="SECONDS",
        help=f"length of a day of simulated weather ({SIMULATED_DAY}); {LONGEST_DAY} is real time, 0 no change",
    )


def _add_page_option(parser: Any) -> None:
    parser.add_argument(
        "--page",
        nargs="?",
        const=PAGE_PORT,
        type=listening_port,
        metavar="PORT",
        help=f"serve a web page that shows it, too ({PAGE_PORT}; 0 for any free port)",
    )
    _add_read_only(
        parser, "let browsers change nothing, neither the board nor the world that is simulated around it"
    )


def _add_read_only(parser: Any, text: str) -> None:
    parser.add_argument("--read-only", action="store_true", help=text)


def _add_where(parser: Any) -> None:
    parser.add_argument(
        "where", nargs="?", metavar="HOST[:PORT]", help=f"MALOS service (--address, or {Address()})"
    )


def _add_prefix(parser: Any, text: str) -> None:
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, type=folder, metavar="DIR", help=text)
