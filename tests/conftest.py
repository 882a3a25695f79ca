"""What holds for every test."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from indi_matrix.simulator import service
from tests.ports import PORTS

# "plain" and "ci" do the same in each run; the others do not, and take a --hypothesis-seed. One that goes on for
# minutes needs more time: --hypothesis-profile=long --timeout=900.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, max_examples=200, stateful_step_count=12
)
settings.register_profile("plain", settings.get_profile("ci"), max_examples=60)
settings.register_profile("chance", settings.get_profile("ci"), derandomize=False)
settings.register_profile("long", settings.get_profile("chance"), max_examples=1500, stateful_step_count=40)
# The lives of pins and of weather are a 25th of the examples: 500. They need --timeout=3600, too.
settings.register_profile("lives", settings.get_profile("chance"), max_examples=12500)
settings.load_profile("plain")


class OneProcessForAFile(LoadScopeScheduling):
    """Gives all tests of some files to one process, and those of all others to any that is free.

    Those files have a fixture that costs much: a compiled driver, a browser, a served page. They are begun with,
    as their groups are the largest. The marker xdist_group would do as much, but pytest 9.2 takes no heed of it.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/page/test_browser"):
            return "browser"
        return file if file.startswith("tests/page/") or file == "tests/test_bench.py" else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneProcessForAFile:
    return OneProcessForAFile(config, log)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test and the programs that it runs, and no setting from outside."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("INDICONFIG", "INDIDEV", "INDI_MATRIX_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def asyncio_alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the programs that a test runs find no uvloop."""
    folder = tmp_path_factory.mktemp("asyncio")
    (folder / "uvloop.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture(autouse=True, scope="session")
def _ports_of_its_own() -> Iterator[None]:
    """Give the services in this process ports that no other process takes while such a service is stopped."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(service, "blocks_to_try", PORTS.blocks)
        yield


@pytest.fixture(autouse=True, scope="session")
def _programs_heed_signals() -> None:
    """Have the programs that tests run end by each signal, also where the tests' own process ignores it.

    It does beneath nohup, and in the background of a script. The programs that a process starts ignore what it
    ignores; but a handler, even one that does nothing, ends with the process.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest_asyncio.fixture(autouse=True)
async def _no_task_is_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task running: what opens must close."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks left running: {left}"
