"""How much is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Counts:
    """Writes of each kind to one competitor in one round."""

    switches: int
    images: int
    bursts: int
    pieces: int


@dataclass(frozen=True)
class Plan:
    """How much of everything.

    Attributes:
        rounds: Rounds, in each of which all competitors have their turn.
        starts: Starts of each in a round.
        counts: Writes to a driver.
        slow: Writes to who takes 10 ms or more for each, as the stock one on stdin.
        flood: Pictures with 16 in flight.
        paced: Pictures one way, and changes of a pad.
        looks: Looks at what idleness and an effect cost.
        idle: Seconds of idleness before each look.
        effect: Seconds of an effect before each look.
    """

    rounds: int
    starts: int
    counts: Counts
    slow: Counts
    flood: int
    paced: int
    looks: int
    idle: float
    effect: float


FULL: Final = Plan(7, 3, Counts(300, 200, 30, 100), Counts(60, 60, 3, 10), 5000, 50, 3, 10.0, 5.0)
QUICK: Final = Plan(1, 3, Counts(100, 100, 10, 50), Counts(20, 20, 1, 5), 500, 20, 3, 1.0, 1.0)
TINY: Final = Plan(1, 1, Counts(2, 2, 1, 2), Counts(2, 2, 1, 2), 20, 2, 3, 0.1, 0.1)
