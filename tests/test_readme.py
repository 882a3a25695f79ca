"""What README says is so."""

import asyncio
import re
from pathlib import Path

import pytest

from indi_matrix import make_driver
from tests.driver.client import piped
from tests.programs import PROGRAM, finished

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = {"serve", "simulate", "info", "install", "doctor"}
ROWS = [line for line in README.splitlines() if line.startswith("| `")]


FILTERS = (
    '<defTextVector device="Filter Simulator" name="FILTER_NAME" state="Ok" label="Filter" group="F" perm="rw">'
    '<defText name="FILTER_SLOT_NAME_1">Red</defText></defTextVector>'
)


def row_of(name: str) -> str:
    """Return the row of a property; of several numbered ones, the row of the first."""
    first = first_of(name)
    (row,) = [row for row in ROWS if row.startswith(f"| `{first}`")]
    return row


def first_of(name: str) -> str:
    return re.sub(r"_[0-9]+$", "_0" if name.startswith("PULSE") else "_1", name)


async def test_the_tables_hold_every_property_with_its_members_and_limits() -> None:
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).connect()
        await indi.write("GPIO_DIRECTION", PIN_0="On")
        await indi.write("DEBUG", ENABLE="On")
        indi.send(FILTERS)
        await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
        for name, prop in indi.known.items():
            row = row_of(name)
            kind = prop.kind.lower() + (", ro" if prop.attributes["perm"] == "ro" else "")
            assert f"| {kind} |" in row
            members = list(prop.members)
            shown = members if len(members) <= 4 else [members[0], members[-1]]
            if name.endswith("LABELS"):
                shown = [first_of(members[0])]  # the first of those that have this direction
            if name == "FLAT_LIGHT_FILTER_INTENSITY":
                continue  # its members are the filters
            assert all(f"`{member}`" in row for member in shown), row
            if kind == "number":
                (limits,) = {(one["min"], one["max"]) for one in prop.members.values()}
                assert f"{limits[0]} to {limits[1]}" in row
        names = {first_of(name) for name in indi.known}
    assert names == {name for row in ROWS for name in re.findall(r"^\| `([A-Z_0-9]+)`", row)}


@pytest.mark.parametrize("number", range(len(PYTHON)))
async def test_python(number: int) -> None:
    code = PYTHON[number]
    if "IPyServer(" in code:
        # It would serve for ever, on a port that may be taken.
        code = code.replace("asyncio.run(", "print(").replace(".asyncrun())", ")")
    status, _, errors = await finished(Path(PROGRAM).with_name("python"), "-W", "error", "-c", code)
    assert (status, errors) == (0, "")


async def test_every_option_and_command_is_known_to_the_program() -> None:
    helps = await asyncio.gather(
        *(finished(PROGRAM, *command, "--help") for command in ([], *([command] for command in sorted(COMMANDS))))
    )
    known = "".join(output for _, output, _ in helps)
    for line in README.splitlines():
        if "indi_matrix " in line and "pip" not in line:
            assert all(option in known for option in re.findall(r"--[a-z][a-z-]+", line)), line
    assert set(re.findall(rf"indi_matrix ({'|'.join(COMMANDS)})\b", README)) == COMMANDS


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("Two commands", "pipx install ."),
        ("With a real board", "up to Debian 10 (Buster)"),
        ("With a real board", "32 bits only"),
        ("Troubleshooting", "sudo apt install python3-venv"),
        ("Troubleshooting", "https://www.piwheels.org/simple"),
        ("Troubleshooting", "Protobuf has no part in C"),
        ("Troubleshooting", "the supply is too weak"),
    ],
)
def test_it_tells_of_what_users_stumble_over(section: str, told: str) -> None:
    (text,) = re.findall(rf"^## {section}\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    assert told in " ".join(text.split())


def test_what_it_links_to_is_there() -> None:
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", README, re.MULTILINE)}
    for target in re.findall(r"\]\(([^):]+)\)", README):
        assert (target[1:] in headings) if target.startswith("#") else (ROOT / target).exists(), target


def test_every_example_is_named() -> None:
    assert {path.name for path in (ROOT / "examples").iterdir() if path.is_file()} == set(
        re.findall(r"^\| \[examples/([a-z_.]+)\]", README, re.MULTILINE)
    )
