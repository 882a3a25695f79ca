"""Names and addresses of boards, from arguments and environment, and facts that many modules need."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self, TypeVar

from indi_matrix.errors import SettingsError

T = TypeVar("T")

DEFAULT_NAME: Final = "MATRIX"
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PREFIX: Final = Path("/usr")
INDI_PORT: Final = 7624
INFO_PORT: Final = 20012
PAGE_PORT: Final = 7627
HIGHEST_PORT: Final = 65535

LED_COUNTS: Final = {"creator": 35, "voice": 18}
KINDS: Final = tuple(LED_COUNTS)
PIN_COUNT: Final = 16

SIMULATED_DAY: Final = 600
SHORTEST_DAY: Final = 10
LONGEST_DAY: Final = 86400
"""Seconds that a day of a simulated board's weather takes: by default, and within these limits."""

_NAME_LIMIT: Final = 63
_HOST_LIMIT: Final = 253
_SHORT_HOST: Final = 60
# These are compiled when they are first used, as nearly all patterns that a start does not need.
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"

_ZONE: Final = r"[A-Za-z0-9_.-]{1,15}"
"""Interface names that are accepted, as eth0 in fe80::1%eth0; the kernel itself allows more characters."""


class _HostAndPort(NamedTuple):
    host: str
    port: int


class Address(_HostAndPort):
    """Host and port of a service: of MALOS, the info port."""

    __slots__ = ()

    def __new__(cls, host: str = DEFAULT_HOST, port: int = INFO_PORT) -> Self:
        """Refuse a host or a port that no socket can use.

        Raises:
            SettingsError: The host holds other characters than a name or an address, or the port is out of range.
        """
        if not _is_host(host):
            raise SettingsError(f"{host!a} is neither a host name nor an address")
        return super().__new__(cls, host, check_port(port))

    @classmethod
    def parse(cls, text: str, default_port: int = INFO_PORT) -> Self:
        """Return the address written as HOST, HOST:PORT, [IPV6]:PORT or IPV6.

        Raises:
            SettingsError: The text is none of these, or host or port cannot be used.
        """
        bracketed = re.fullmatch(r"\[(.+)\](?::(.*))?", text)
        if bracketed:
            host, port = bracketed.groups()
        elif text.count(":") == 1:
            host, port = text.split(":")
        else:
            host, port = text, None
        return cls(host, default_port if port is None else parse_port(port))

    @property
    def short(self) -> str:
        """HOST:PORT for a message; a host of more than 60 characters is cut to its first and last 30."""
        if len(self.host) <= _SHORT_HOST:
            return str(self)
        half = _SHORT_HOST // 2
        return f"{self.host[:half]}...{self.host[-half:]}:{self.port}"

    def __str__(self) -> str:
        """Return HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _is_host(text: str) -> bool:
    """Return whether a text can be a host name or an IP address."""
    if ":" in text:
        try:
            zone = ipaddress.IPv6Address(text).scope_id
        except ValueError:
            return False
        return zone is None or bool(re.fullmatch(_ZONE, zone))
    return len(text) <= _HOST_LIMIT and all(re.fullmatch(_LABEL, label) for label in text.split("."))


def parse_port(text: str) -> int:
    """Return a TCP port.

    Raises:
        SettingsError: It is no whole number from 1 to 65535.
    """
    if not re.fullmatch("[0-9]{1,5}", text):
        raise SettingsError(f"{text!a} is no port; a port is a whole number from 1 to {HIGHEST_PORT}")
    return check_port(int(text))


def check_port(port: int) -> int:
    """Return the port.

    Raises:
        SettingsError: It is out of range.
    """
    if not 1 <= port <= HIGHEST_PORT:
        raise SettingsError(f"port {port} is out of range; a port is a whole number from 1 to {HIGHEST_PORT}")
    return port


def check_name(name: str) -> str:
    """Return the name of a device.

    Raises:
        SettingsError: It is empty, longer than 63 characters, or not printable ASCII.
    """
    if not (0 < len(name) <= _NAME_LIMIT and name.isascii() and name.isprintable()):
        raise SettingsError(
            f"{name!a} cannot name a device; a name is 1 to {_NAME_LIMIT} printable ASCII characters"
        )
    return name


def indi_folder() -> Path:
    """Return the folder in which INDI drivers keep their files."""
    return Path(os.path.expanduser("~/.indi"))  # noqa: PTH111 - pathlib's own fails where there is no home


_HERE: Final = Address()


class _Board(NamedTuple):
    name: str
    address: Address
    address_given: bool
    config: str


class BoardSettings(_Board):
    """One board: the name of its INDI device, and the address of its MALOS service at the start.

    Attributes:
        address_given: Whether an argument or the environment gave the address; else it is the default.
        config: Path of the config file; empty: libindi's path for the name.
    """

    __slots__ = ()

    def __new__(
        cls,
        name: str = DEFAULT_NAME,
        address: Address = _HERE,
        address_given: bool = True,  # noqa: FBT001, FBT002 - as the tuple has it
        config: str = "",
    ) -> Self:
        """Refuse a name that cannot be the name of an INDI device.

        Raises:
            SettingsError: The name is no device name.
        """
        return super().__new__(cls, check_name(name), address, address_given, config)

    @property
    def config_file(self) -> Path:
        """Path of the config file."""
        default = indi_folder() / f"{self.name.replace('/', '_')}_config.xml"
        return Path(os.path.expanduser(self.config)) if self.config else default  # noqa: PTH111 - as above

    @classmethod
    def from_environment(
        cls, name: str | None = None, address: str | None = None, environ: Mapping[str, str] = os.environ
    ) -> Self:
        """Return the settings from environment and arguments, with defaults for what neither gives.

        INDIDEV, which indiserver sets, overrides `name`; `address` overrides INDI_MATRIX_ADDRESS. INDICONFIG gives
        the config file. `name` is checked even if INDIDEV overrides it.

        Raises:
            SettingsError: Name or address cannot be used; the text says which and where it came from.
        """
        if name is not None:
            _from("name", check_name, name)
        device, config = environ.get("INDIDEV"), environ.get("INDICONFIG", "")
        chosen = _from("INDIDEV", check_name, device) if device else name or DEFAULT_NAME
        if address is not None:
            return cls(chosen, _from("address", Address.parse, address), config=config)
        variable = environ.get("INDI_MATRIX_ADDRESS")
        where = _from("INDI_MATRIX_ADDRESS", Address.parse, variable) if variable else Address()
        return cls(chosen, where, bool(variable), config)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the settings written as NAME=HOST or NAME=HOST:PORT.

        Raises:
            SettingsError: The text has neither form, or name or address cannot be used.
        """
        name, equals, address = text.partition("=")
        if not equals:
            raise SettingsError(f"{text!a} is no board; a board is NAME=HOST or NAME=HOST:PORT")
        return cls(name, Address.parse(address))


def check_names(boards: Sequence[BoardSettings]) -> None:
    """Refuse boards that share a name or a config file.

    Raises:
        SettingsError: Two boards share one; the text names it.
    """
    names = [board.name for board in boards]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"two boards are named {name!a}; each is an INDI device with a name of its own")
    files = [board.config_file for board in boards]
    for file in files:
        if files.count(file) > 1:
            raise SettingsError(f"two boards have the config file {file}; names that differ in / alone share one")


def _from(source: str, parse: Callable[[str], T], text: str) -> T:
    """Return `parse(text)`; an error begins with the source of the text.

    Raises:
        SettingsError: The text cannot be used.
    """
    try:
        return parse(text)
    except SettingsError as error:
        raise SettingsError(f"{source}: {error}") from error
