"""A pin, without a loop: what each event makes of each phase, as the table in the docstring of Phase has it."""

from collections.abc import Callable
from typing import Final

import pytest

from indi_matrix.devices.gpio.pins.duty_cycle import DutyCycle
from indi_matrix.devices.gpio.pins.phase import Phase
from indi_matrix.devices.gpio.pins.pin import Pin

_SOON, _LATER = 1.0, 60.0


def _new() -> Pin:
    return Pin(0, lambda pin, on: pin.tell(on, _SOON), _drive, lambda _: True)


def _drive(pin: Pin, percent: float, period: float) -> None:
    pin.follow_duty(DutyCycle(percent, period, 0.0), 0.0)


def _see(level: bool) -> Callable[[Pin], None]:
    return lambda pin: pin.see(level, 0.0, 0.0)


def _write(level: bool) -> Callable[[Pin], None]:
    return lambda pin: pin.tell(level, _SOON)


def _pulse(pin: Pin) -> None:
    pin.tell(True, _SOON, _LATER)


def _duty(pin: Pin) -> None:
    _drive(pin, 50.0, 60.0)


def _end(pin: Pin) -> None:
    pin.end_pulse(_SOON)


def _settled(pin: Pin) -> None:
    pin.drive(False, _SOON)
    pin.see(False, 0.0, 0.0)


PATHS: Final[dict[Phase, list[Callable[[Pin], None]]]] = {
    Phase.INPUT: [],
    Phase.SETTLED: [_settled],
    Phase.WAITING: [_settled, _write(True)],
    Phase.PULSING: [_settled, _pulse, _see(True)],
    Phase.ENDING: [_settled, _pulse, _see(True), _end],
    Phase.FAILED: [_settled, _write(True), Pin.expire],
    Phase.STRAYED: [_settled, _see(True)],
    Phase.MISSED: [_settled, _pulse, _end, _see(False)],
    Phase.DRIVEN: [_settled, _duty],
}
"""How an output gets into each phase."""


def _turn(pin: Pin) -> None:
    if pin.is_output:
        pin.release()
    else:
        pin.drive(False, _SOON)


EVENTS: Final[dict[str, Callable[[Pin], object]]] = {
    "turned": _turn,
    "written": _write(True),
    "seen as told (2)": lambda pin: pin.see(bool(pin.told), 0.0, 0.0),
    "seen otherwise": lambda pin: pin.see(not pin.told, 0.0, 0.0),
    "not seen in time": Pin.expire,
    "duty written": _duty,
    "pulse over": _end,
    "contradicted (4)": Pin.end_duty,
    "write refused": lambda pin: str(pin.keep_off({"OFF": True, "ON": False})),
    "switched off": lambda pin: pin.switch_off(sent=True),
    "link lost": lambda pin: pin.abandon(lost=True),
    "sent again (3)": lambda pin: pin.resend(_SOON),
    "let go (5)": lambda pin: pin.doubt(_SOON),
}


def _table() -> dict[str, dict[Phase, str]]:
    """Return the second table of the docstring: by event, what becomes of each phase."""
    lines = [line.strip() for line in (Phase.__doc__ or "").splitlines() if line.strip().startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head = next(number for number, row in enumerate(rows) if row[0] == "event")
    phases = [Phase[name] for name in rows[head][1:]]
    return {row[0]: dict(zip(phases, row[1:], strict=True)) for row in rows[head + 2 :]}


def _after(phase: Phase, event: str) -> Phase:
    pin = _new()
    for step in PATHS[phase]:
        step(pin)
    assert pin.phase is phase
    EVENTS[event](pin)
    return pin.phase


CASES = [(event, phase, cell) for event, row in _table().items() for phase, cell in row.items() if cell]


@pytest.mark.parametrize(("event", "phase", "cell"), CASES)
def test_the_table_is_true(event: str, phase: Phase, cell: str) -> None:
    assert _after(phase, event) is (phase if cell == "-" else Phase[cell])


def test_the_table_is_whole() -> None:
    assert set(_table()) == set(EVENTS)
    assert {phase for row in _table().values() for phase in row} == set(Phase)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.INPUT])
def test_an_off_that_was_refused_is_waited_for_when_it_is_sent(phase: Phase) -> None:
    pin = _new()
    for step in PATHS[phase]:
        step(pin)
    pin.keep_off({"OFF": True, "ON": False})
    pin.resend(_SOON)
    assert (pin.phase, pin.told) == (Phase.WAITING, False)


@pytest.mark.parametrize("proven", [False, True])
def test_a_level_that_was_not_seen_is_not_what_a_pin_goes_back_to(proven: bool) -> None:
    pin = _new()
    pin.drive(False, _SOON)
    pin.tell(proven, _SOON)
    pin.see(proven, 0.0, 0.0)
    pin.tell(True, _SOON)
    pin.abandon(lost=True)
    assert pin.told is proven


def test_off_that_was_not_seen_stays_off() -> None:
    pin = _new()
    pin.drive(False, _SOON)
    pin.tell(True, _SOON)
    pin.see(True, 0.0, 0.0)
    pin.tell(False, _SOON)
    pin.abandon(lost=True)
    assert pin.told is False


def test_the_level_of_a_pulse_is_not_proven() -> None:
    pin = _new()
    _settled(pin)
    _pulse(pin)
    pin.see(True, 0.0, 0.0)
    pin.tell(True, _SOON)
    pin.abandon(lost=True)
    assert pin.told is False
