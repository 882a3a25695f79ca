"""All measures, in rounds."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.bench.competitors import Driver
from tests.bench.costs import effects, idle
from tests.bench.one_way import one_way
from tests.bench.pages import pages_served, pages_under_indiserver
from tests.bench.plan import Plan
from tests.bench.scale import animation, boards_with_effects
from tests.bench.starts import starts, warm_up
from tests.bench.subjects import Figures
from tests.bench.trips import indiserver, indiserver_over_tcp, pipes, pipes_alone, tcp

Measure = Callable[[Plan, Sequence[Driver], Figures], None]

IN_ROUNDS: Final[tuple[Measure, ...]] = (
    starts,
    pipes,
    pipes_alone,
    indiserver,
    indiserver_over_tcp,
    tcp,
    one_way,
)
ONCE: Final[tuple[Measure, ...]] = (
    idle,
    effects,
    boards_with_effects,
    animation,
    pages_served,
    pages_under_indiserver,
)


def measure(plan: Plan, competitors: Sequence[Driver]) -> Figures:
    """Measure in rounds, in each of which another competitor is the first; then, at length, what they cost."""
    figures = Figures()
    warm_up(competitors)
    for number in range(plan.rounds):
        for one in IN_ROUNDS:
            one(plan, rotated(competitors, number), figures)
    for one in ONCE:
        one(plan, competitors, figures)
    return figures


def rotated(competitors: Sequence[Driver], number: int) -> list[Driver]:
    """Return the competitors in the order of a round: what a machine does in the long run meets all alike."""
    first = number % len(competitors)
    return [*competitors[first:], *competitors[:first]]
