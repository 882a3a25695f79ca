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
        processor: Writes whose processor time is measured: as many of each kind, and none in pieces.
        processor_slow: The same for who takes 10 ms or more for each.
        flood: Pictures with 16 in flight.
        paced: Pictures one way, and changes of a pad.
        looks: Looks at what idleness and an effect cost.
        idle: Seconds of idleness before each look.
        effect: Seconds of an effect before each look.
        scale: Seconds of effects on so many boards before each look.
        animation: Pictures that so many clients read, before each look.
    """

    rounds: int
    starts: int
    counts: Counts
    slow: Counts
    processor: Counts
    processor_slow: Counts
    flood: int
    paced: int
    looks: int
    idle: float
    effect: float
    scale: float
    animation: int


FULL: Final = Plan(
    rounds=5, starts=3,
    counts=Counts(300, 200, 30, 100), slow=Counts(60, 60, 3, 10),
    processor=Counts(5000, 5000, 143, 0), processor_slow=Counts(50, 50, 5, 0),
    flood=5000, paced=50,
    looks=3, idle=10.0, effect=5.0, scale=2.0, animation=2000,
)  # fmt: skip
QUICK: Final = Plan(
    rounds=1, starts=2,
    counts=Counts(100, 100, 10, 50), slow=Counts(10, 10, 1, 5),
    processor=Counts(1000, 1000, 29, 0), processor_slow=Counts(10, 10, 1, 0),
    flood=500, paced=10,
    looks=2, idle=0.5, effect=0.5, scale=0.2, animation=200,
)  # fmt: skip
TINY: Final = Plan(
    rounds=1, starts=1,
    counts=Counts(2, 2, 1, 2), slow=Counts(2, 2, 1, 2),
    processor=Counts(2, 2, 1, 0), processor_slow=Counts(2, 2, 1, 0),
    flood=20, paced=2,
    looks=3, idle=0.1, effect=0.1, scale=0.1, animation=5,
)  # fmt: skip
