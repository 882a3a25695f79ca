"""What README says is so."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from indi_matrix import make_driver
from tests.driver.client import piped
from tests.programs import PROGRAM, finished

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = {"serve", "simulate", "page", "info", "install", "doctor"}
PAGES = ["README.md", "tests/bench/README.md", "tests/siege/README.md"]
ROWS = [line for line in README.splitlines() if line.startswith("| `")]


FILTERS = (
    '<defTextVector device="Filter Simulator" name="FILTER_NAME" state="Ok" label="Filter" group="F" perm="rw">'
    '<defText name="FILTER_SLOT_NAME_1">Red</defText></defTextVector>'
)


def row_of(name: str) -> str:
    """Return the row of a property; of several numbered ones, the row of the first."""
    first = first_of(name)
    (row,) = [row for row in ROWS if first in names_in(row)]
    return row


def names_in(row: str) -> list[str]:
    """Return the properties that a row is about."""
    return re.findall(r"`([A-Z_0-9]+)`", row.split("|")[1])


def first_of(name: str) -> str:
    return re.sub(r"_[0-9]+$", "_0" if name.startswith(("PULSE", "DUTY", "ON_LINK", "SERVO")) else "_1", name)


async def test_the_tables_hold_every_property_with_its_members_and_limits() -> None:
    async with piped(make_driver(simulate="creator")) as indi:
        await (await indi.get_properties()).connect()
        await indi.write("GPIO_DIRECTION", PIN_0="On")
        await indi.write("SERVO_PINS", PIN_1="On")
        await indi.write("DUST_CAP", PIN=1)
        await indi.write("DEBUG", ENABLE="On")
        await indi.write("WEATHER_CRITICAL", WEATHER_HUMIDITY="On")
        indi.send(FILTERS)
        await indi.until(lambda: "FLAT_LIGHT_FILTER_INTENSITY" in indi.known)
        for name, prop in indi.known.items():
            row = row_of(name)
            kind = prop.kind.lower() + (", ro" if prop.attributes.get("perm") == "ro" else "")
            assert f"| {kind} |" in row
            members = list(prop.members)
            shown = members if len(members) <= 4 else [members[0], members[-1]]
            if name.endswith("LABELS"):
                shown = [first_of(members[0])]  # the first of those that have this direction
            if name in {"FLAT_LIGHT_FILTER_INTENSITY", "WEATHER_STATUS"}:
                continue  # their members are the filters, and the critical parameters
            assert all(f"`{member}`" in row for member in shown), row
            if kind == "number":
                limits = {f"{one['min']} to {one['max']}" for one in prop.members.values()}
                assert all(limit in row for limit in limits), row
        names = {first_of(name) for name in indi.known}
    assert names == {name for row in ROWS for name in names_in(row)}


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


@pytest.mark.parametrize("page", PAGES)
def test_what_it_links_to_is_there(page: str) -> None:
    path = ROOT / page
    targets = re.findall(r"\]\(([^):]+)\)", path.read_text())
    assert targets
    for target in targets:
        file, _, anchor = target.partition("#")
        other = path.parent / file if file else path
        assert other.exists(), target
        assert not anchor or anchor in headings(other), target


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made of them."""
    return {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^##+ (.*)$", page.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
async def test_every_command_that_it_names_for_developers_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    programs = set(re.findall(r"^\.venv/bin/([a-z-]+)", text, re.MULTILINE))
    assert programs
    assert all((Path(sys.executable).parent / program).exists() for program in programs)
    files = re.findall(r"(?:^|[ `])(\.ci/run|tests/[a-z_/]+\.py|tests(?:/[a-z_]+)+)\b", text, re.MULTILINE)
    assert all((ROOT / file).exists() for file in files)
    modules = sorted(set(re.findall(r"python -m (tests[a-z._]*[a-z])", text)))
    assert modules
    environ = {"PYTHONPATH": str(ROOT)}
    for module in modules:
        status, output, errors = await finished(sys.executable, "-m", module, "--help", environ=environ)
        assert (status, errors) == (0, "")
        given = re.findall(rf"python -m {re.escape(module)} (--[a-z]+)", text)
        assert all(option in output for option in given)


def test_the_sieges_are_all_told() -> None:
    told = set(re.findall(r"python -m tests\.([a-z.]+)", (ROOT / "tests/siege/README.md").read_text()))
    runnable = {
        path.stem for path in (ROOT / "tests/siege").glob("*.py") if '__name__ == "__main__"' in path.read_text()
    }
    assert told == {"soak", *(f"siege.{name}" for name in runnable - {"malos"})}


def test_it_is_read_in_one_sitting() -> None:
    assert len(README.splitlines()) < 300


def test_every_example_is_named() -> None:
    assert {path.name for path in (ROOT / "examples").iterdir() if path.is_file()} == set(
        re.findall(r"^\| \[examples/([a-z_.]+)\]", README, re.MULTILINE)
    )


def test_the_sensor_that_is_shown_is_the_one_that_is_served_in_a_test() -> None:
    assert (ROOT / "tests/driver/humidity.py").read_text() in PYTHON
