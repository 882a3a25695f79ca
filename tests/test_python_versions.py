"""Pythons that are too old are told so in one sentence; what is claimed for others is tried."""

import re
import shutil
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from tests.programs import PROGRAM, finished

ROOT = Path(__file__).parents[1]
TOO_OLD = ("3.6", "3.7", "3.8", "3.9", "3.10")
TOLD = r"indi_matrix needs Python 3\.11 or later, and this is {version}\.[0-9]+"


async def run(version: str, *arguments: str) -> tuple[int, str, str]:
    """Run the Python of a version, with our sources."""
    environ = {
        "PYENV_VERSION": version,  # of pyenv's commands only those run that it is told to use
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    found = shutil.which(f"python{version}")
    if found is None or (await finished(found, "-c", "", environ=environ))[0] != 0:
        pytest.skip(f"there is no Python {version}")
    return await finished(found, *arguments, environ=environ)


@pytest.mark.parametrize("version", TOO_OLD)
async def test_a_python_that_is_too_old_is_told_in_one_sentence(version: str, tmp_path: Path) -> None:
    script = tmp_path / "indi_matrix"  # as pip writes it
    script.write_text(re.sub("^#!.*\n", "", PROGRAM.read_text()))
    for command in (["-m", "indi_matrix"], ["-m", "indi_matrix", "serve"], [str(script)]):
        status, output, errors = await run(version, *command)
        assert (status, output) == (1, "")
        assert re.fullmatch(f"indi_matrix: error: {TOLD.format(version=version)}\n", errors)


@pytest.mark.parametrize("version", ["2.7", *TOO_OLD])
async def test_a_program_that_imports_it_there_may_catch_the_error(version: str) -> None:
    code = "try:\n import indi_matrix\nexcept ImportError as error:\n print(error)"
    status, output, errors = await run(version, "-c", code)
    assert (status, errors) == (0, "")
    assert re.fullmatch(f"{TOLD.format(version=version)}\n", output)


def test_the_versions_claimed_are_those_that_are_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    claimed = re.findall(r"Python :: ([0-9.]+)", " ".join(project["classifiers"]))
    tried = re.findall(r"^for version in (.*); do", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert claimed == [project["requires-python"].removeprefix(">="), *" ".join(tried).split()]


def test_the_page_for_pypi_has_no_link_that_leads_nowhere_there() -> None:
    page = metadata("indi-matrix")["Description"]
    assert "# indi_matrix" in page
    assert not [link for link in re.findall(r"\]\(([^)]+)\)", page) if not link.startswith(("#", "https://"))]
    assert "examples/flat_panel.sh" in page
