"""CONNECTION is what the tables in the docstring of Phase say: each event in each phase, on a real service."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from indi_matrix.board import session
from indi_matrix.board.connection import Phase
from indi_matrix.devices.gpio.gpio import Gpio
from tests.driver.conftest import Rig


def _tables() -> list[dict[str, list[str]]]:
    """Return the tables of the docstring, each with its cells by the first one of their row."""
    tables: list[dict[str, list[str]]] = []
    for line in (Phase.__doc__ or "").splitlines():
        first, *cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if first in {"phase", "event"}:
            tables.append({"": cells})
        elif cells and not first.startswith("-"):
            tables[-1][first] = cells
    return tables


SHOWN, EVENTS = _tables()
PHASES: Final = EVENTS.pop("")
CASES: Final = [
    (phase, event, phase if cell == "-" else cell)
    for event, cells in EVENTS.items()
    for phase, cell in zip(PHASES, cells, strict=True)
    if cell
]


def test_the_tables_are_whole() -> None:
    assert [phase.name for phase in Phase] == PHASES
    assert set(SHOWN) == {"", *PHASES}
    assert set(EVENTS) == set(ACTS)


def _expected(event: str, phase: str, after: str) -> str:
    """Return what CONNECTION is to be, with the note (1) of the table."""
    if after == "AWAY" != phase and event != "DISCONNECT written":
        return "DISCONNECT Alert"
    return "DISCONNECT Ok" if (event, phase) == ("DISCONNECT written", "AWAY") else SHOWN[after][0]


def _shown(rig: Rig) -> str:
    known = rig.indi.known["CONNECTION"]
    return f"{' '.join(known.on)} {known.state}"


async def _into(rig: Rig, phase: str) -> None:
    """Have the connection get into a phase."""
    if phase == "CONNECTING":
        rig.service.hang()
    if phase != "AWAY":
        rig.indi.put("CONNECTION", CONNECT="On")
    if phase in {"ONLINE", "LOST"}:
        await rig.indi.until(lambda: _shown(rig) == "CONNECT Ok")
    if phase == "LOST":
        await rig.service.stop()
    await rig.indi.until(lambda: _shown(rig) == SHOWN[phase][0])


async def _answer(rig: Rig) -> None:
    rig.service.resume()
    if not rig.service.running:
        await rig.service.start()


async def _fail_to_answer(rig: Rig) -> None:
    if rig.service.running and not rig.service.hung:
        await rig.service.stop()


def _written(member: str) -> Callable[[Rig], Awaitable[None]]:
    async def write(rig: Rig) -> None:
        await rig.indi.write("CONNECTION", **{member: "On"})

    return write


def _err(*_: object) -> None:
    raise ZeroDivisionError("a fault of ours")


ACTS: Final[dict[str, Callable[[Rig], Awaitable[None]]]] = {
    "CONNECT written": _written("CONNECT"),
    "DISCONNECT written": _written("DISCONNECT"),
    "service answers": _answer,
    "visit fails": _fail_to_answer,
    "fault of ours": _answer,
}


@pytest.mark.parametrize("case", CASES, ids=" ".join)
async def test_the_table_is_true(
    away: Rig, case: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    phase, event, after = case
    await away.indi.write("DEBUG", ENABLE="On")
    await away.indi.write("LOGGING_LEVEL", LOG_DEBUG="On")
    if (event, phase) == ("visit fails", "CONNECTING"):
        monkeypatch.setattr(session, "ANSWER_LIMIT", 1.0)  # in place of 5 s
    await _into(away, phase)
    if event == "fault of ours":
        monkeypatch.setattr(Gpio, "_take", _err)
    await ACTS[event](away)
    if (event, phase) == ("visit fails", "LOST"):
        await away.indi.until(lambda: any("no way back yet" in text for text in away.indi.messages))
    await away.indi.until(lambda: _shown(away) == _expected(event, phase, after))
    if event == "fault of ours":
        assert "internal error" in away.indi.answers[-1].message
        assert "a fault of ours" in caplog.text
        caplog.clear()
    away.service.resume()
