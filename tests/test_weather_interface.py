"""Our weather beside that of libindi's own simulator, as the real indiserver passes both on."""

from dataclasses import replace
from typing import Final

from indi_matrix.simulator import MalosService, SimulatedBoard
from tests.programs import PROGRAM, becomes, indiserver, need, setprop
from tests.test_golden import Definition, definitions

THEIRS: Final = "Weather Simulator"
SHARED: Final = [
    "WEATHER_UPDATE", "WEATHER_REFRESH", "WEATHER_OVERRIDE", "WEATHER_STATUS", "WEATHER_PARAMETERS",
    "WEATHER_TEMPERATURE",
]  # fmt: skip
"""In libindi's order."""

# Debian has libindi 1.9.9. What 2.2.4 has else is in its indiweatherinterface.cpp: SAFETY_STATUS behind
# WEATHER_STATUS, "%.2f" for "%4.2f", PERC_WARN as "%.f" in steps of 5, and ALERT_TYPE as the fourth of a range.
SINCE: Final = {"%4.2f": "%.2f"}
PERC_WARN: Final = ("PERC_WARN", "% for Warning", "%.f", "0", "100", "5")
ALERT_TYPE: Final = ("ALERT_TYPE", "Flip alerting to in-bounds", "%.f", "0", "1", "1")

# On purpose: our label of a range is without the unit, as KStars cuts labels of vectors after 11 characters.
OTHER_LABEL: Final = {"WEATHER_TEMPERATURE": "Temperature"}
# On purpose: the range of temperature is that of libindi's dew controllers, and colder than the simulator's.
OTHER_LIMITS: Final = {"WEATHER_TEMPERATURE": ("-15", "35")}
MEMBERS: Final = [
    ("WEATHER_TEMPERATURE", "Temperature (C)"), ("WEATHER_HUMIDITY", "Humidity (%)"),
    ("WEATHER_PRESSURE", "Pressure (hPa)"), ("WEATHER_DEWPOINT", "Dew point (C)"), ("WEATHER_UV", "UV index"),
]  # fmt: skip


def today(their: Definition) -> Definition:
    """Return what libindi 2.2.4 defines in place of what 1.9.9 does."""
    members = [tuple(SINCE.get(text, text) for text in member) for member in their.members]
    if [member[0] for member in members] == ["MIN_OK", "MAX_OK", "PERC_WARN"]:
        members[2:] = [PERC_WARN, ALERT_TYPE]
    return replace(their, members=tuple(members))


async def test_the_weather_is_defined_as_libindi_does() -> None:
    async with (
        MalosService(SimulatedBoard(), info_port=0) as service,
        indiserver(PROGRAM, need("indi_simulator_weather"), environ={"INDI_MATRIX_ADDRESS": service.address}) as (
            _,
            port,
        ),
    ):
        for device in ("MATRIX", THEIRS):
            await becomes(port, f'"{device}.CONNECTION.CONNECT">=0')
            await setprop(port, "-s", f"{device}.CONNECTION.CONNECT=On")
            await becomes(port, f'"{device}.WEATHER_PARAMETERS._STATE"==1')
        await setprop(port, "-s", "MATRIX.WEATHER_CRITICAL.WEATHER_TEMPERATURE;WEATHER_UV=On;On")
        await becomes(port, '"MATRIX.WEATHER_STATUS._STATE"==1')
        # Their critical parameters are fixed; the lights of ours are in their place from the next connect on.
        await setprop(port, "-s", "MATRIX.CONNECTION.DISCONNECT=On")
        await becomes(port, '"MATRIX.CONNECTION._STATE"==0')
        await setprop(port, "-s", "MATRIX.CONNECTION.CONNECT=On")
        await becomes(port, '"MATRIX.WEATHER_STATUS._STATE"==1')
        last = {"MATRIX": "TEMPERATURE_CALIBRATION", THEIRS: "WEATHER_CONTROL"}
        found = await definitions(port, last)
    ours, theirs = found["MATRIX"], found[THEIRS]
    both = [name for name in ours if name in theirs and ("WEATHER" in name or name == "SAFETY_STATUS")]
    assert both == [name for name in theirs if name in both] == SHARED
    order = [name for name in ours if "WEATHER" in name or name == "SAFETY_STATUS"]
    assert order[3:6] == ["WEATHER_STATUS", "SAFETY_STATUS", "WEATHER_PARAMETERS"]
    assert order[6:] == [*(name for name, _ in MEMBERS), "WEATHER_CRITICAL"]
    for name in SHARED:
        our, their = ours[name], today(theirs[name])
        assert replace(our, members=(), label="") == replace(their, members=(), label=""), name
        assert our.label == OTHER_LABEL.get(name, their.label), name
        if name in {"WEATHER_PARAMETERS", "WEATHER_STATUS"}:
            shared = dict(zip((member[0] for member in their.members), their.members, strict=True))
            for member in our.members:
                same = shared.get(member[0])
                limits = OTHER_LIMITS.get(member[0], member[3:5]) if name == "WEATHER_PARAMETERS" else member[3:5]
                assert same is None or member == (*same[:3], *limits, *same[5:]), member[0]
        else:
            assert our.members == their.members, name
    assert [member[:2] for member in ours["WEATHER_PARAMETERS"].members] == MEMBERS
    assert {member[2] for member in ours["WEATHER_PARAMETERS"].members} == {"%.2f"}
    assert [member[:2] for member in ours["WEATHER_STATUS"].members] == [MEMBERS[0], MEMBERS[4]]
    assert ours["SAFETY_STATUS"] == replace(
        ours["WEATHER_STATUS"], label="Safety", members=(("SAFETY", "Safety", "", "", "", ""),)
    )
    for name, _ in MEMBERS:
        assert replace(ours[name], label="") == replace(ours["WEATHER_TEMPERATURE"], label="")
