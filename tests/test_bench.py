"""The benchmark in short: it measures all that it has goals for, and says which are met, however fast."""

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bench import loops, subjects
from tests.bench.__main__ import _see_what_is_there
from tests.bench.competitors import CPP, FAST, FLOOR, OURS, STOCK, Driver, compiled, drivers, fast, with_uvloop
from tests.bench.goals import GOALS
from tests.bench.interpreter import interpreter
from tests.bench.kinds import ALONE, IN_SERVER, NAGLE_IN_SERVER, NAGLE_SERVED, ON_PIPES, OVER_TCP, Trip
from tests.bench.measures import IN_ROUNDS, ONCE, Measure, rotated
from tests.bench.pages import BROWSERS
from tests.bench.plan import TINY
from tests.bench.plot import plot
from tests.bench.processor import IN_SERVER_PROCESSOR, ON_PIPES_PROCESSOR
from tests.bench.programs import malos
from tests.bench.report import report
from tests.bench.scale import BOARDS, CLIENTS
from tests.bench.scale_goals import SCALE_GOALS
from tests.bench.subjects import Figures, Subject
from tests.bench.trips import astray
from tests.programs import finished

ALL = (OURS, CPP, STOCK)
EACH = (OURS, FAST, CPP, STOCK)
SIZES: dict[Subject, tuple[int, ...]] = {
    subjects.BOARDS_FRAME_CPU: BOARDS,
    subjects.BOARDS_TRIP: BOARDS,
    subjects.CLIENTS_FRAME_CPU: CLIENTS,
    subjects.CLIENTS_TRIP: CLIENTS,
    subjects.PAGES_CPU: BROWSERS,
    subjects.PAGES_TRIP: BROWSERS,
    subjects.PAGES_SERVER_CPU: BROWSERS,
    subjects.PAGES_SERVER_TRIP: BROWSERS,
}


def of_trips(trips: Sequence[Trip], of: tuple[str, ...] = EACH) -> dict[Subject, tuple[str, ...]]:
    return dict.fromkeys((trip.subject for trip in trips), of)


YIELDS: dict[str, dict[Subject, tuple[str, ...]]] = {
    "starts": {subjects.START: EACH},
    "pipes": {
        **of_trips(ON_PIPES),
        **dict.fromkeys((subject for subject, _ in ON_PIPES_PROCESSOR), EACH),
        subjects.RATE_PIPES: (OURS, FAST, CPP),
        subjects.ASTRAY: (OURS, FAST),
        subjects.CLIENT: (OURS, FAST, CPP),
        subjects.MEMORY: EACH,
    },
    "pipes_alone": of_trips(ALONE, (FLOOR,)),
    "indiserver": {
        **of_trips(IN_SERVER),
        **dict.fromkeys((subject for subject, _ in IN_SERVER_PROCESSOR), EACH),
    },
    "indiserver_over_tcp": of_trips((*OVER_TCP, *NAGLE_IN_SERVER)),
    "tcp": {
        **of_trips(NAGLE_SERVED, (OURS, STOCK)),
        subjects.RATE_SERVED: (OURS, STOCK),
        subjects.RATE_CROWD: (OURS, STOCK),
        subjects.ASTRAY: (OURS,),
        subjects.CLIENT: (OURS, STOCK),
    },
    "one_way": {subjects.ONE_WAY: (OURS, FAST, FLOOR), subjects.PAD: (OURS, FAST)},
    "idle": {
        subjects.IDLE_CPU: ALL,
        subjects.IDLE_WAKES: ALL,
        subjects.SENSORS_CPU: (OURS,),
        subjects.SENSORS_WAKES: (OURS,),
        subjects.BOARDS_CPU: (OURS,),
        subjects.BOARDS_WAKES: (OURS,),
        subjects.BOARDS_MEMORY: (OURS,),
    },
    "effects": {subjects.EFFECT_CPU: (OURS,), subjects.EFFECT_JITTER: (OURS,)},
    "boards_with_effects": {subjects.BOARDS_FRAME_CPU: (), subjects.BOARDS_TRIP: ()},
    "animation": {subjects.CLIENTS_FRAME_CPU: (), subjects.CLIENTS_TRIP: ()},
    "pages_served": {subjects.SHOWN: (OURS,), subjects.PAGES_CPU: (), subjects.PAGES_TRIP: ()},
    "pages_under_indiserver": {
        subjects.SHOWN_SERVER: (OURS,),
        subjects.PAGES_SERVER_CPU: (),
        subjects.PAGES_SERVER_TRIP: (),
    },
}
"""What each measure is to yield, and of whom."""


@pytest.fixture(scope="module")
def competitors(tmp_path_factory: pytest.TempPathFactory) -> list[Driver]:
    cpp, reason = compiled(tmp_path_factory.mktemp("compiled"))
    assert cpp is not None or "CI" not in os.environ, reason
    return drivers(cpp, with_uvloop()[0])


@pytest.mark.parametrize("measure", IN_ROUNDS + ONCE, ids=lambda measure: measure.__name__)
def test_every_measure_yields_figures(measure: Measure, competitors: list[Driver]) -> None:
    figures = Figures()
    measure(TINY, competitors, figures)
    wanted = YIELDS[measure.__name__]
    assert set(figures.subjects) == set(wanted)
    present = (*(driver.name for driver in competitors), FLOOR)
    for subject, names in wanted.items():
        found = [name for name in (*EACH, FLOOR) if figures.median(subject, name) is not None]
        assert found == [name for name in (*EACH, FLOOR) if name in names and name in present], subject.name
        assert all(figures.median(subject, str(size)) is not None for size in SIZES.get(subject, ()))
    assert not figures.highest(subjects.ASTRAY, OURS)


def filled(*names: str, ours: float = 1.0) -> Figures:
    """Return figures of everything, with 100 of whatever it is for all but ours."""
    figures = Figures()
    for subject, of in (pair for wanted in YIELDS.values() for pair in wanted.items()):
        for name in (name for name in of if name in names):
            figures.add(subject, name, [ours if name in (OURS, FAST) else 100.0])
    for subject, sizes in SIZES.items():
        for size in sizes:
            figures.add(subject, str(size), [100.0 + size])
    return figures


def lines(figures: Figures) -> list[str]:
    """Return the lines of the last table, of the goals."""
    return report(figures).rpartition("\n\n")[2].splitlines()[2:]


def test_each_goal_has_a_verdict() -> None:
    said = lines(filled(*ALL, FLOOR))
    assert len(said) == len(GOALS)
    assert all(line.endswith(("| met     |", "| MISSED  |")) for line in said)
    switch = next(line for line in said if "x C++" in line)
    assert [cell.strip() for cell in switch.split("|")[1:-1]] == [
        "switch, pipes, processor time",
        "at most 2.5 x C++",
        "0.01 x",
        "met",
    ]


def test_with_uvloop_some_goals_are_higher() -> None:
    head, _, first, *_ = report(filled(*EACH, FLOOR)).rpartition("\n\n")[2].splitlines()
    assert [cell.strip() for cell in head.split("|")[-4:-1]] == ["with uvloop", "is", "verdict"]
    assert [cell.strip() for cell in first.split("|")[-4:-1]] == ["at most 2 x", "0.01 x", "met"]
    assert FAST not in report(filled(*ALL, FLOOR))


def test_ours_is_measured_with_uvloop_only_where_there_is_one() -> None:
    assert [driver.name for driver in drivers(Path("cpp"), fast)] == [OURS, FAST, CPP, STOCK]


@pytest.mark.parametrize("loaded", [False, True])
async def test_which_event_loop_a_program_has_loaded(loaded: bool) -> None:
    """Looked up in another process: in this one other tests may have loaded uvloop."""
    code = "import os; from tests.bench import loops; print(loops.runs_on_uvloop(os.getpid()))"
    status, said, errors = await finished(sys.executable, "-c", f"{'import uvloop; ' if loaded else ''}{code}")
    assert (status, said.strip(), errors) == (0, str(loaded), "")


async def test_uvloop_is_kept_from_who_is_measured_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "INSTALLED", True)
    status, _, errors = await finished(sys.executable, "-c", "import uvloop", environ=loops.without_uvloop())
    assert status == 1
    assert "ImportError: the benchmark measures this program without uvloop" in errors


def test_it_says_how_the_interpreter_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = "--enable-optimizations --without-lto"
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: flags)
    assert interpreter().startswith("Interpreter: with PGO, without LTO")


@pytest.mark.parametrize(
    ("subject", "medians", "verdict"),
    [
        (subjects.BOARDS_FRAME_CPU, {1: 100, 4: 120, 16: 150}, "met"),
        (subjects.BOARDS_FRAME_CPU, {1: 100, 4: 120, 16: 151}, "MISSED"),
        (subjects.BOARDS_FRAME_CPU, {1: 100, 4: 120}, "not measured"),
        (subjects.CLIENTS_FRAME_CPU, {0: 50, 10: 150, 49: 785}, "met"),
        (subjects.CLIENTS_FRAME_CPU, {0: 50, 10: 150, 49: 786}, "MISSED"),
        (subjects.CLIENTS_FRAME_CPU, {0: 50, 10: 50, 49: 60}, "MISSED"),
        (subjects.CLIENTS_FRAME_CPU, {0: 50, 10: 50, 49: 50}, "met"),
        (subjects.PAGES_CPU, {0: 100, 1: 200, 5: 105}, "met"),
        (subjects.PAGES_CPU, {0: 100, 1: 100, 5: 106}, "MISSED"),
    ],
)
def test_what_costs_more_among_many_is_a_bend(subject: Subject, medians: dict[int, float], verdict: str) -> None:
    figures = Figures()
    for size, median in medians.items():
        figures.add(subject, str(size), [median])
    (goal,) = (one.goal for one in SCALE_GOALS if one.goal.subject == subject)
    assert goal.verdict(figures) == verdict


def test_readme_tells_what_became_of_each_goal() -> None:
    readme = (Path(__file__).parent / "bench" / "README.md").read_text()
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in readme.splitlines() if line.startswith("|")
    ]
    told = {(row[0], row[1]) for row in rows if {"met", "MISSED"} & set(row[2:])}
    assert told == {(goal.subject.name, goal.text) for goal in (*GOALS, *(one.goal for one in SCALE_GOALS))}


def test_what_is_missed_is_said() -> None:
    said = lines(filled(*ALL, FLOOR, ours=1000.0))
    assert "MISSED" in next(line for line in said if "at most 2.5 x C++" in line)
    assert "MISSED" in next(line for line in said if "at most 1.5 x stock" in line)


def test_without_the_cpp_driver_its_goals_are_not_measured() -> None:
    said = lines(filled(OURS, STOCK, FLOOR))
    assert all("not measured" in line for line in said if "x C++" in line)
    assert not any("not measured" in line for line in said if "x C++" not in line)
    assert [driver.name for driver in drivers(None)] == [OURS, STOCK]


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program, reason = compiled(tmp_path / "compiled")
    assert program is None
    assert "apt-get install g++ libindi-dev" in reason


def test_what_is_missing_is_said_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    _see_what_is_there(None)
    with pytest.raises(SystemExit, match="matplotlib is missing"):
        _see_what_is_there(tmp_path / "bench.png")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt-get install indi-bin"):
        _see_what_is_there(None)


def test_median_and_p99() -> None:
    figures = Figures()
    figures.add(subjects.START, OURS, range(1, 101))
    figures.add(subjects.RATE_PIPES, OURS, range(1, 101))
    assert (figures.median(subjects.START, OURS), figures.worst(subjects.START, OURS)) == (50.5, 99)
    assert figures.worst(subjects.RATE_PIPES, OURS) == 2


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ([1, 2, 3], 0),
        ([1, 3], 0),  # 2 was superseded
        ([2, 1, 3], 1),
        ([1, 1, 3], 1),
        ([1, 2], 1),
        ([], 1),
        ([3, 1], 1),
        ([2, 1], 2),
    ],
)
def test_what_comes_late_or_again_is_astray_and_the_last_one_if_it_never_comes(
    shown: list[int], count: int
) -> None:
    assert astray(shown, last=3) == count


def test_a_picture_that_never_comes_does_not_hold_up_the_benchmark() -> None:
    with malos() as board:
        assert board.frames(last=1) == []


def test_a_service_that_has_ended_is_said_to_have() -> None:
    with malos() as board:
        board.tell("no such command")
        with pytest.raises(EOFError, match="the MALOS service ended"):
            board.hear()


def test_all_are_the_first_in_turn() -> None:
    competitors = drivers(Path("cpp"))
    orders = [[driver.name for driver in rotated(competitors, number)] for number in range(4)]
    assert orders == [[OURS, CPP, STOCK], [CPP, STOCK, OURS], [STOCK, OURS, CPP], [OURS, CPP, STOCK]]


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    plot(filled(*ALL, FLOOR), tmp_path / "new" / "bench.png")
    assert (tmp_path / "new" / "bench.png").read_bytes().startswith(b"\x89PNG")
