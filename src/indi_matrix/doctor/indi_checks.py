"""Checks of the INDI server on this machine."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast
from xml.etree import ElementTree as ET

from indi_matrix.doctor.check import LIMIT, Check, failed, ok, warning
from indi_matrix.install.driver_list import EXECUTABLE
from indi_matrix.texts import listed, printable
from indi_matrix.version import __version__

_HOST: Final = "127.0.0.1"
_INDI: Final = ("def", "set", "del", "message", "get")
_QUIET: Final = 1.0
"""Seconds of silence after which a server has answered in full."""
_MOST_READ: Final = 4 << 20  # bytes: more than the definitions of all devices of an observatory
_SHORT: Final = 40  # characters of a version


@dataclass
class _Heard:
    """What a server has sent.

    Attributes:
        devices: Names of its devices, in the order of their definitions.
        ours: Versions of this driver, by the names of the devices that it runs.
        size: Bytes that the server has sent.
        indi: Whether the server has sent INDI.
    """

    devices: dict[str, None] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)
    size: int = 0
    indi: bool = False

    def add(self, element: ET.Element) -> None:
        """Record the device that an element names, and the version if the element is our DRIVER_INFO."""
        self.indi = self.indi or element.tag.startswith(_INDI)
        device = element.get("device")
        if device is None or not element.tag.startswith("def"):
            return
        self.devices[device] = None
        if element.get("name") == "DRIVER_INFO":
            info = {str(member.get("name")): (member.text or "").strip() for member in element}
            if info.get("DRIVER_EXEC") == EXECUTABLE:
                self.ours[device] = info.get("DRIVER_VERSION", "")


async def examine_server(port: int, device: str) -> list[Check]:
    """Check that the INDI port is free, or that a server with the device listens there."""
    try:
        async with asyncio.timeout(LIMIT):
            reader, writer = await asyncio.open_connection(_HOST, port)
    except ConnectionRefusedError:
        return [ok(f"INDI port {port} is free")]
    except (TimeoutError, OSError) as error:
        return [failed(f"INDI port {port} cannot be tried: {error}", "look at the firewall of this machine")]
    try:
        writer.write(b'<getProperties version="1.7"/>\n')
        heard = await _listen(reader, device)
    finally:
        writer.close()
    return list(_judge(heard, port, device))


async def _listen(reader: asyncio.StreamReader, device: str) -> _Heard:
    """Return what the server sends until it has defined the device, or is silent for a second."""
    heard = _Heard()
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["end"])
    parser.feed("<indi>")
    try:
        async with asyncio.timeout(LIMIT - _QUIET):
            while device not in heard.ours and (data := await _some(reader)) and heard.size < _MOST_READ:
                heard.size += len(data)
                parser.feed(data)
                for event in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
                    heard.add(event[1])
    except (ET.ParseError, TimeoutError, OSError):
        pass  # what came before counts
    return heard


async def _some(reader: asyncio.StreamReader) -> bytes:
    """Return the next bytes, none at the end of the stream or after a second of silence."""
    try:
        async with asyncio.timeout(_QUIET):
            return await reader.read(65536)
    except TimeoutError:
        return b""


def _judge(heard: _Heard, port: int, device: str) -> Iterator[Check]:
    if device in heard.ours:
        version = printable(heard.ours[device], _SHORT)
        if version == __version__:
            yield ok(f"INDI port {port}: a server with {device}, version {version}")
        else:
            yield warning(
                f"INDI port {port}: {device} is of version {version}, this is {__version__}", "restart that server"
            )
    elif heard.ours:
        names = listed(list(heard.ours))
        yield warning(
            f"INDI port {port}: a server with {names}, not {device}", "clients must use the name that it has"
        )
    elif heard.devices:
        names = listed(list(heard.devices))
        yield warning(
            f"INDI port {port}: a server with {names}, without {device}",
            f"add the driver: indiserver ... {EXECUTABLE}; or: {EXECUTABLE} serve --port {port + 1}",
        )
    elif heard.size and not heard.indi:
        yield failed(
            f"INDI port {port}: what listens there does not speak INDI",
            f"stop it, or take another port: {EXECUTABLE} serve --port {port + 1}",
        )
    else:
        yield warning(
            f"INDI port {port}: what listens there says nothing, like an indiserver without drivers",
            f"add the driver: indiserver ... {EXECUTABLE}; or: {EXECUTABLE} serve --port {port + 1}",
        )
