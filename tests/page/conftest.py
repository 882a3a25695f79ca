"""One program for all tests of a module: a simulated board that is served, and its page."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.programs import PROGRAM


class Program(NamedTuple):
    """The ports of `indi_matrix serve --simulate --page`."""

    page: int
    indi: int


@contextmanager
def program(home: Path, *arguments: str) -> Iterator[Callable[[str], int]]:
    """Run our program; yield what returns the port behind a text on its standard error."""
    environ = {**os.environ, "HOME": str(home)}
    with subprocess.Popen(
        [PROGRAM, *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True
    ) as process:
        assert process.stderr is not None
        stderr = process.stderr

        def port_behind(text: str) -> int:
            for line in stderr:
                if text in line:
                    return int(re.findall(r":([0-9]+)", line)[-1])
            raise AssertionError(f"{text!r} was not said")

        try:
            yield port_behind
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A creator whose weather stays, served to INDI clients and browsers."""
    options = ("--simulate", "--day", "0", "--port", "0", "--page", "0", "--max-connections", "20")
    with program(tmp_path_factory.mktemp("home"), "serve", *options) as port_behind:
        yield Program(port_behind("the page is"), port_behind("serving INDI clients"))
