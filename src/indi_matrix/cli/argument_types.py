"""The types of arguments: each function returns the value of a text, or refuses the text in one line."""

import re
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Final

from indi_matrix.errors import SettingsError
from indi_matrix.malos.places import LAST_OFFSET
from indi_matrix.settings import HIGHEST_PORT, INDI_PORT, LONGEST_DAY, SHORTEST_DAY, Address, parse_port

_LAST_INFO_PORT: Final = HIGHEST_PORT - LAST_OFFSET


def folder(text: str) -> Path:
    """Return the absolute path of a folder, which need not exist."""
    if not text:
        raise ArgumentTypeError("'' names no folder; the one that you are in is .")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ArgumentTypeError(f"{text!a} begins with a user who has no home") from None


def host(text: str) -> str:
    """Return a host name or an address."""
    try:
        text.encode("idna")  # as getaddrinfo does; its error would be a traceback
    except UnicodeError:
        raise ArgumentTypeError(f"{text!a} is neither a host name nor an address") from None
    return text


def indi_address(text: str) -> Address:
    """Return the address of an INDI server."""
    try:
        return Address.parse(text, INDI_PORT)
    except SettingsError as error:
        raise ArgumentTypeError(str(error)) from None


def port(text: str) -> int:
    """Return a TCP port, 1 to 65535."""
    try:
        return parse_port(text)
    except SettingsError as error:
        raise ArgumentTypeError(str(error)) from None


def listening_port(text: str) -> int:
    """Return a TCP port to listen on: 1 to 65535, or 0 for any free port."""
    try:
        return 0 if text == "0" else parse_port(text)
    except SettingsError:
        told = f"{text!a} is no port; a port is 1 to {HIGHEST_PORT}, or 0 for any"
        raise ArgumentTypeError(told) from None


def info_port(text: str) -> int:
    """Return an info port with room for the ports of all drivers behind it, or 0 for any free ports."""
    number = listening_port(text)
    if number > _LAST_INFO_PORT:
        told = f"port {number} leaves no room for the {LAST_OFFSET} ports behind it; an info port"
        raise ArgumentTypeError(f"{told} is 1 to {_LAST_INFO_PORT}, or 0 for any")
    return number


def count(text: str) -> int:
    """Return a whole number, 1 or more."""
    if not re.fullmatch("0*[1-9][0-9]{0,8}", text):
        raise ArgumentTypeError(f"{text!a} is not a whole number from 1 on, of 9 digits at most")
    return int(text)


def day(text: str) -> int:
    """Return the seconds that a day takes, or 0 for no days."""
    seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else -1
    if seconds and not SHORTEST_DAY <= seconds <= LONGEST_DAY:
        told = f"{text!a} is no length of a day; it is {SHORTEST_DAY} to {LONGEST_DAY} whole seconds"
        raise ArgumentTypeError(f"{told}, or 0 for sensors whose readings stay")
    return seconds
