"""Servos, outputs, duties and a dust cap, outages and disconnects in any order: the board is as told."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from indi_matrix.board import outages
from indi_matrix.devices.gpio import gpio
from tests.driver.own_loop import OwnLoop
from tests.driver.pin_life import PINS, Act, pin_life

_PIN = st.sampled_from(PINS)
_ANY_PIN = st.sampled_from((-1, 0, 0, 7, 7, 14.6, 15, 15.4, 15.6, 16, 19, 20, 40, 1000, 65536 + 3, -65536))
_ANGLE = st.integers(0, 180) | st.sampled_from((-1, -0.4, 0.5, 89.5, 180.4, 180.6, 181, 360, 1e9, 2**32, 65626))
_SWITCH = st.sampled_from(("On", "On", "Off"))
_PERCENT = st.sampled_from((0, 30, 100, -1, 101))


def _act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    return st.tuples(st.just(name), st.tuples(*arguments))


def _either(*acts: st.SearchStrategy[Act]) -> st.SearchStrategy[Act]:
    """Return any of some acts, each as likely as the others, however many it consists of."""
    return st.sampled_from(acts).flatmap(lambda one: one)


_WRITES = st.one_of(
    _act("servo", _PIN, _SWITCH),
    _act("output", _PIN, _SWITCH),
    _act("angle", _PIN, _ANGLE),
    _act("limits_of", _PIN, _ANGLE, _ANGLE),
    _act("active_low", _PIN, _SWITCH),
    _act("drive", _PIN, st.sampled_from(("OFF", "ON", "ON"))),
    _act("duty", _PIN, _PERCENT, st.sampled_from((1, 60))),
    _act("heater", st.sampled_from((-1, *PINS, 16)), _PERCENT),
    _act("on_link_loss", _PIN, st.sampled_from(("KEEP", "OFF"))),
    _act("loss_after", st.sampled_from((0, 0, 3600))),
    _act("cap", _ANY_PIN, _ANGLE, _ANGLE),
    _act("park", st.sampled_from(("PARK", "UNPARK"))),
    _act("abort"),
)
_OFF = _act("drive", _PIN, st.just("OFF"))
_REFUSED = st.lists(_either(_WRITES, _OFF), min_size=1, max_size=3)
_OUTAGES = _act("outage", st.booleans(), _REFUSED)
_EVENTS = st.one_of(
    _act("reconnect", st.booleans(), st.booleans()),
    _act("input", _PIN, st.booleans()),
    _act("save"),
    _act("load"),
    _act("settled"),
)
_ACTS = _either(_WRITES, _WRITES, _WRITES, _OUTAGES, _EVENTS)
# Most pins begin as something, so that the acts after that find it. A role is written by these acts on the pin.
_ON = [("output", "On"), ("drive", "ON")]
_SERVO = [("servo", "On")]
_ROLE_ACTS: dict[str, list[tuple[Any, ...]]] = {
    "none": [],
    "servo": [*_SERVO, ("angle", 40)],
    "cap": [*_SERVO, ("cap", 10, 60), ("angle", 20)],
    "output": [("output", "On")],
    "on": _ON,
    "on, and safe": [*_ON, ("on_link_loss", "OFF")],
    "duty": [("output", "On"), ("duty", 30, 60)],
    "heater": [("output", "On"), ("heater", 100)],
}
_ROLES = st.fixed_dictionaries(dict.fromkeys(PINS, st.sampled_from(sorted(_ROLE_ACTS))))


def _begun(roles: dict[int, str]) -> list[Act]:
    """Return the acts that give each pin its first role; outages count as long ones at first."""
    writes = [(pin, act) for pin, role in roles.items() for act in _ROLE_ACTS[role]]
    return [("loss_after", (0,)), *((name, (pin, *rest)) for pin, (name, *rest) in writes)]


def test_whatever_is_done_the_board_is_as_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure has waited for long: looking for a shorter one would wait as long again and again."""
    monkeypatch.setattr(outages, "_LONGEST", 0.05)
    monkeypatch.setattr(gpio, "_CONFIRM_EXTRA", 0.2)  # a pad with servo pulses never shows On

    async def live(acts: list[Act]) -> None:
        async with pin_life(home) as life:
            await life.live(acts)

    @settings(
        max_examples=settings().max_examples // 25,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(_ROLES, st.lists(_ACTS, min_size=6, max_size=16), st.none() | _act("hang", _WRITES))
    def holds(roles: dict[int, str], acts: list[Act], last: Act | None) -> None:
        with OwnLoop() as loop:  # timers of a minute would keep each life in memory
            loop.run(live([*_begun(roles), *acts, *([last] if last and len(acts) == 6 else [])]))

    holds()
