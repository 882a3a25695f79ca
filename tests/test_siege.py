"""The sieges in short: the real program, served to clients that come and go, and to greedy ones."""

from contextlib import AbstractAsyncContextManager

import pytest

from tests.siege import connects
from tests.siege.attacks import Attack, deep, endless, unread
from tests.siege.crowd import HASTY, PLACES
from tests.siege.greed import SIZE, UNFINISHED, besiege
from tests.siege.targets import Target, ours_served


def served() -> AbstractAsyncContextManager[Target]:
    return ours_served("--simulate")


async def test_all_of_a_crowd_are_served_and_leave_nothing_behind() -> None:
    figures = await connects.besiege(served, count=300, warm_up=50, quiet=0.2, limit=20)
    assert figures.alive
    assert figures.tally.served == figures.tally.asked > 100
    assert figures.tally.left == figures.tally.ways
    assert figures.heard == figures.tally.left[HASTY.name]
    assert max(figures.trips) < float("inf")
    assert figures.free == PLACES
    assert figures.after.descriptors <= figures.before.descriptors
    assert figures.after.threads <= figures.before.threads


@pytest.mark.parametrize(
    "attack",
    [endless(SIZE), endless(SIZE, UNFINISHED), deep(20_000), deep(4_000)],
    ids=["endless", "unfinished", "deep", "less deep"],
)
async def test_greed_gets_no_memory_and_does_no_harm(attack: Attack) -> None:
    figures = await besiege(served, attack, 20)
    assert figures.alive
    assert figures.growth < 10
    assert not figures.during.let_down


async def test_who_never_reads_gets_little_memory_and_does_no_harm() -> None:
    figures = await besiege(served, unread(2), 20, animated=True)
    assert figures.alive
    assert figures.growth < 10
    assert not figures.during.let_down
    assert figures.pictures[1] > 0
