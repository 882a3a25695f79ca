"""Our config files and log files beside those of libindi's own drivers, under the real indiserver."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from indi_matrix.board.config.config_file import to_bytes, write_bytes
from tests.programs import PROGRAM, becomes, getprop, indiserver, need, setprop

PANEL = "Light Panel Simulator"
SIMULATOR = need("indi_simulator_lightpanel")


def vector(kind: str, name: str, /, **members: str) -> Element:
    made = Element(f"new{kind}Vector", device=PANEL, name=name)
    for member, value in members.items():
        SubElement(made, f"one{kind}", name=member).text = value
    return made


async def test_libindi_reads_what_we_write(home: Path) -> None:
    file = home / ".indi" / f"{PANEL}_config.xml"
    vectors = [
        vector("Switch", "DEBUG", ENABLE="On", DISABLE="Off"),
        vector("Switch", "SIMULATION", ENABLE="On", DISABLE="Off"),
        vector("Number", "POLLING_PERIOD", PERIOD_MS="1234"),
        vector("Text", "ACTIVE_DEVICES", ACTIVE_FILTER="a <b> & 'c' \"d\""),
    ]
    write_bytes(file, to_bytes(vectors))
    async with indiserver(SIMULATOR) as (_, port):
        await becomes(port, f'"{PANEL}.POLLING_PERIOD.PERIOD_MS"==1234')  # read at its start
        await becomes(port, f'"{PANEL}.DEBUG.ENABLE"==1')
        await setprop(port, f"{PANEL}.CONFIG_PROCESS.CONFIG_LOAD=On")
        await becomes(port, f'"{PANEL}.CONFIG_PROCESS._STATE"==1 && "{PANEL}.SIMULATION.ENABLE"==1')
        shown = await getprop(port, f"{PANEL}.ACTIVE_DEVICES.*")
    assert shown == {f"{PANEL}.ACTIVE_DEVICES.ACTIVE_FILTER": "a <b> & 'c' \"d\""}


async def test_we_read_and_write_what_libindi_writes(home: Path) -> None:
    """All our driver has to be is of the same name."""
    file = home / ".indi" / f"{PANEL}_config.xml"
    async with indiserver(SIMULATOR) as (_, port):
        await becomes(port, f'"{PANEL}.DEBUG.DISABLE"==1')
        await setprop(port, f"{PANEL}.DEBUG.ENABLE=On", f"{PANEL}.POLLING_PERIOD.PERIOD_MS=4321")
        await becomes(port, f'"{PANEL}.LOG_OUTPUT.CLIENT_DEBUG"==1')
        await setprop(port, f"{PANEL}.LOGGING_LEVEL.LOG_DEBUG=On")
        await setprop(port, f"{PANEL}.CONFIG_PROCESS.CONFIG_SAVE=On")
        await becomes(port, f'"{PANEL}.CONFIG_PROCESS._STATE"==1')
    theirs = file.read_bytes().splitlines()
    async with indiserver(PROGRAM, environ={"INDIDEV": PANEL}) as (_, port):
        await becomes(port, f'"{PANEL}.POLLING_PERIOD.PERIOD_MS"==4321 && "{PANEL}.LOGGING_LEVEL.LOG_DEBUG"==1')
        await setprop(port, f"{PANEL}.CONFIG_PROCESS.CONFIG_SAVE=On")
        await becomes(port, f'"{PANEL}.CONFIG_PROCESS._STATE"==1')
    # Every line of theirs is in ours, also of what only their driver knows.
    assert set(theirs) <= set(file.read_bytes().splitlines())


async def test_our_log_file_lies_where_theirs_does(home: Path) -> None:
    async with indiserver(SIMULATOR, PROGRAM) as (_, port):
        for device in (PANEL, "MATRIX"):
            await becomes(port, f'"{device}.DEBUG.DISABLE"==1')
            await setprop(port, f"{device}.DEBUG.ENABLE=On")
            await becomes(port, f'"{device}.LOG_OUTPUT.CLIENT_DEBUG"==1')
            await setprop(port, f"{device}.LOG_OUTPUT.FILE_DEBUG=On")
            await becomes(port, f'"{device}.LOG_OUTPUT.FILE_DEBUG"==1')
    paths = list(home.glob(".indi/logs/*/*/*.log"))
    assert {path.parent.name for path in paths} == {"indi_simulator_lightpanel", "indi_matrix"}
    for path in paths:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", path.parents[1].name)
        assert re.fullmatch(rf"{path.parent.name}_\d\d:\d\d:\d\d(_\d+)?\.log", path.name)  # ours: of each process
        assert re.match(rf"INFO\t\d+\.\d{{6}} sec\t: .* {path}\n", path.read_text())
