"""A scenario: what a seed decides before the first moment. Every seed switches kinds of trouble on or off of its own.

Swarm testing: a run with everything on at once hides what only shows where something else is missing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FAULTS: Final = (
    "kills",
    "stops",
    "store fails before",
    "store fails after",
    "store busy",
    "reads fail",
    "store stalls",
    "cuts",
    "silence",
    "slow readers",
    "clock steps",
)
"""What can go wrong around the people."""
TEMPERS: Final = (
    "hasty",
    "duplicating",
    "racing",
    "malicious",
    "modifying",
    "escalating",
    "claiming",
    "remarking",
    "undoing",
    "reconciling",
    "halting",
    "changing policy",
    "enrolling",
    "withdrawing",
    "dying cores",
    "asking anew",
    "unary",
    "batches",
)
"""What people may be like."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a run is like.

    Attributes:
        seed: What everything else in the run is drawn from.
        steps: How many steps it takes before it is brought to rest.
        faults: The troubles that are on.
        tempers: What people are like.
        cores: How many cores there are.
        instances: How many instances the first of them has.
        operators: How many operators there are.
        policy: Which of the policies is first in force.
        pace_s: How long a person thinks, on average.
        delay_s: How long the network takes, on average.
        disk_s: How long the disk takes, on average.
        trouble_s: How far apart troubles of one kind are, on average.
        tail: How many items a tail keeps.
        page: How many decisions a session reads from the store at once.
        news_bytes: How large a frame's changes grow.
        batch: How many commands a transaction takes.
        window: How many frames a stream holds that nobody has taken.
        progress_s: How often an idle stream is told so.
    """

    seed: int
    steps: int
    faults: frozenset[str]
    tempers: frozenset[str]
    cores: int
    instances: int
    operators: int
    policy: int
    pace_s: float
    delay_s: float
    disk_s: float
    trouble_s: float
    tail: int
    page: int
    news_bytes: int
    batch: int
    window: int
    progress_s: float


def scenario(seed: int) -> Scenario:
    """Draw the scenario of a seed."""
    chance = random.Random(f"scenario {seed}")
    return Scenario(
        seed=seed,
        steps=chance.choice((700, 1200, 1800, 2600)),
        faults=_some(chance, FAULTS),
        tempers=_some(chance, TEMPERS),
        cores=chance.randint(1, 3),
        instances=chance.choice((1, 2, 2, 3)),
        operators=chance.randint(3, 9),
        policy=chance.randrange(100),
        pace_s=chance.choice((0.5, 1.5, 4.0)),
        delay_s=chance.choice((0.001, 0.02, 0.2)),
        disk_s=chance.choice((0.0005, 0.01, 0.1)),
        trouble_s=chance.choice((4.0, 10.0, 30.0)),
        tail=chance.choice((1, 2, 8, 8192)),
        page=chance.choice((1, 2, 256)),
        news_bytes=chance.choice((1, 6_000, 524_288)),
        batch=chance.choice((1, 4, 1024)),
        window=chance.choice((1, 3, 16)),
        progress_s=chance.choice((1.0, 5.0)),
    )


def _some(chance: random.Random, names: Sequence[str]) -> frozenset[str]:
    """Draw a subset: sometimes nothing, sometimes all, mostly about half."""
    share = chance.choice((0.0, 0.3, 0.6, 0.6, 1.0))
    return frozenset(name for name in names if chance.random() < share)
