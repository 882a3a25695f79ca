"""Our standard properties beside those of libindi's own drivers, as the real indiserver passes both on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.programs import PROGRAM, becomes, indiserver, need, setprop

PANEL = "Light Panel Simulator"
LONGEST_LABEL = 11  # KStars cuts what is longer; there ours are shorter than libindi's

# Where a group of our own says more than "General Info".
OTHER_GROUP = {"DRIVER_INFO"}
SHARED = {
    "CONNECTION", "DRIVER_INFO", "DEBUG", "LOGGING_LEVEL", "LOG_OUTPUT", "SIMULATION", "CONFIG_PROCESS",
    "POLLING_PERIOD", "ACTIVE_DEVICES", "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_INTENSITY",
}  # fmt: skip


@dataclass(frozen=True)
class Definition:
    kind: str
    perm: str
    rule: str
    group: str
    label: str
    timeout: float
    members: tuple[tuple[str, ...], ...]


def definition(element: ET.Element) -> Definition:
    perm, rule, group, label = (element.get(name, "") for name in ("perm", "rule", "group", "label"))
    attributes = ("name", "label", "format", "min", "max", "step")
    members = tuple(tuple(one.get(name, "") for name in attributes) for one in element)
    timeout = float(element.get("timeout", "-1"))  # lights have none
    return Definition(element.tag, perm, rule, group, label, timeout, members)


async def definitions(port: int, last: Mapping[str, str]) -> dict[str, dict[str, Definition]]:
    """Return what devices define, by device and name; each has answered when its last property has come.

    Args:
        port: Port of the server.
        last: Name of the last property of each device.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: dict[str, dict[str, Definition]] = {device: {} for device in last}
    parser: Any = ET.XMLPullParser(("end",))
    parser.feed(b"<stream>")
    writer.write(b'<getProperties version="1.7"/>')
    async with asyncio.timeout(10):
        while not all(last[device] in known for device, known in found.items()):
            parser.feed(await reader.read(1 << 16))
            for _, element in parser.read_events():
                if element.tag.startswith("def") and element.get("device") in found:
                    found[element.get("device")][element.get("name")] = definition(element)
    writer.close()
    return found


async def test_shared_properties_are_defined_as_libindi_does() -> None:
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        indiserver(
            PROGRAM, need("indi_simulator_lightpanel"), environ={"INDI_MATRIX_ADDRESS": service.address}
        ) as (_, port),
    ):
        for device in ("MATRIX", PANEL):
            await becomes(port, f'"{device}.CONNECTION.CONNECT">=0')
            await setprop(port, "-s", f"{device}.DEBUG.ENABLE=On", "-s", f"{device}.CONNECTION.CONNECT=On")
            await becomes(port, f'"{device}.CONNECTION.CONNECT"==1 && "{device}.CONNECTION._STATE"==1')
        found = await definitions(port, dict.fromkeys(("MATRIX", PANEL), "FLAT_LIGHT_INTENSITY"))
    ours, theirs = found["MATRIX"], found[PANEL]
    assert set(theirs) >= SHARED
    for name in sorted(SHARED):
        our, their = ours[name], theirs[name]
        assert replace(our, group="", label="", members=()) == replace(their, group="", label="", members=()), name
        assert our.label == their.label or len(their.label) > LONGEST_LABEL, name
        if name == "LOGGING_LEVEL":
            their = replace(their, members=their.members[:4])  # beyond them are levels of single drivers
        assert our.members[: len(their.members)] == their.members, name
        assert len(our.members) == len(their.members) or name == "ACTIVE_DEVICES"
        assert our.group == their.group or name in OTHER_GROUP, name
