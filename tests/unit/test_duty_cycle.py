"""A duty cycle as a function of the time, and what proves that an output does not follow it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indi_matrix.devices.gpio.pins.duty_cycle import Contradictions, Duty, DutyCycle
from indi_matrix.indi.properties.base import State

PERCENTS = st.integers(1, 99).map(float)
PERIODS = st.integers(1, 60).map(float)
TIMES = st.floats(0, 1e8)
"""Seconds since a machine was started, for three years."""


def edges(cycle: DutyCycle, now: float, count: int) -> list[tuple[float, bool]]:
    """Return the next edges, each with its time and what follows it."""
    found = []
    for _ in range(count):
        _, edge = cycle.at(now)
        assert edge is not None
        found.append((edge, cycle.at(edge)[0]))
        now = edge
    return found


@given(PERCENTS, PERIODS, TIMES)
def test_ten_periods_are_exact_in_the_mean(percent: float, period: float, begin: float) -> None:
    cycle = DutyCycle(percent, period, begin)
    assert cycle.at(begin)[0]
    found = [(begin, True), *edges(cycle, begin, 20)]
    assert [on for _, on in found] == [True, False] * 10 + [True]
    on = sum(later - earlier for (earlier, is_on), (later, _) in pairwise(found) if is_on)
    assert on == pytest.approx(percent / 10 * period, abs=1e-6)
    assert found[-1][0] == pytest.approx(begin + 10 * period, abs=1e-6)


@given(PERCENTS, PERIODS, st.floats(0, 1e5), st.integers(0, 10**6), st.floats(0.001, 0.999))
def test_nothing_adds_up(percent: float, period: float, begin: float, number: int, part: float) -> None:
    """After any number of periods, however late one asks, an edge is where it was in the first one."""
    cycle = DutyCycle(percent, period, begin)
    on, edge = cycle.at(begin + (number + part) * period)
    share = percent / 100
    if abs(part - share) > 1e-4:
        assert on is (part < share)
        assert edge == pytest.approx(begin + (number + (share if on else 1)) * period, abs=1e-6)


@given(st.tuples(PERCENTS, PERCENTS), PERIODS, PERIODS, st.floats(0, 1e4), st.floats(0.001, 0.999))
def test_a_change_goes_on_with_the_period_that_is_under_way(
    percents: tuple[float, float], period: float, other: float, begin: float, part: float
) -> None:
    before, after = percents
    now = begin + (3 + part) * period
    on, edge = DutyCycle(before, period, begin).changed(after, other, now).at(now)
    if abs(part - after / 100) > 1e-4:
        assert on is (part < after / 100)
        assert edge == pytest.approx(now + ((after / 100 if on else 1) - part) * other, abs=1e-6)


@pytest.mark.parametrize("before", [0.0, 100.0])
def test_what_had_no_edges_begins_a_period(before: float) -> None:
    assert DutyCycle(before, 10.0, 0.0).changed(30.0, 10.0, 7.0).at(7.0) == (True, 10.0)


@pytest.mark.parametrize(("percent", "on"), [(0.0, False), (100.0, True)])
def test_all_and_nothing_have_no_edges(percent: float, on: bool) -> None:
    assert DutyCycle(percent, 10.0, 5.0).at(77.0) == (on, None)
    duty = Duty(0, lambda _: State.OK)
    assert (duty.follow(DutyCycle(percent, 10.0, 5.0), 77.0), duty.next_edge) == (on, None)


# What updates prove


def proven(*updates: tuple[float, bool, bool], edge: float = 0.0) -> bool:
    found = Contradictions()
    found.edge(edge)
    for now, sent, seen in updates:
        found.see(sent, seen, now)
    return found.proven


@pytest.mark.parametrize(
    ("updates", "is_proven"),
    [
        ([(1, True, False), (2, True, False), (3, True, False)], True),
        ([(1, True, False), (2, True, False), (3, True, True), (4, True, False)], False),
        ([(1, True, False), (2, True, False)], False),  # two may be chance
        ([(1, True, False), (1.1, True, False), (1.2, True, False), (2.9, True, False)], False),  # a stall
        ([(1, True, False), (1.1, True, False), (3.0, True, False)], True),
        ([(0.1, True, False), (0.2, True, False), (2.5, True, False)], False),  # under way at the edge
        # Off is seen as it was sent, which says nothing of On.
        ([(1, True, False), (2, False, False), (3, True, False), (4, False, False), (5, True, False)], True),
        ([(1, True, False), (2, False, True), (3, True, False), (4, False, True)], False),
    ],
)
def test_what_proves_that_an_output_does_not_follow(
    updates: list[tuple[float, bool, bool]], is_proven: bool
) -> None:
    assert proven(*updates) is is_proven


def test_another_duty_begins_with_no_proof() -> None:
    duty = Duty(0, lambda _: State.OK)
    duty.follow(DutyCycle(50.0, 60.0, 0.0), 0.0)
    for now in (1, 2, 3):
        duty.contradictions.see(sent=True, seen=False, now=now)
    assert duty.contradictions.proven
    duty.end()
    assert not duty.contradictions.proven
