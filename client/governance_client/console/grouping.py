"""Groups: decisions that share a group key, and the members that stand out among them. Pure.

A member stands out if its risk, kind of action, scope or number of targets is not the commonest of the group, or if
core is surer or less sure of it than of the others: farther from the group's median confidence than `FAR`, and than
`SPREADS` times what the members are off it in the median. Medians, since a few strays cannot move those (Hampel);
`FAR`, since in a storm all are alike and the spread is nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance import v1

FAR: Final = 0.15
"""Less is no other conclusion: the default policy's levels of confidence lie at least so far apart."""
SPREADS: Final = 3.0
"""Of what is spread evenly around a middle, hardly any lies farther off."""
TRAITS: Final = ("risk", "action", "scope", "targets")
CONFIDENCE: Final = "confidence"
_HAIR: Final = 1e-9
"""How far a figure is off for being written as a float."""


class Outstanding(NamedTuple):
    """A member that stands out.

    Attributes:
        decision: It.
        differs: In what: of `TRAITS`, and `CONFIDENCE`.
    """

    decision: v1.Decision
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Like decisions. Its figures are found when they are first asked for, since of many groups few are looked at.

    Attributes:
        key: What they share.
        members: In the order they were given; at least one.
        risk_low: The least risk among them.
        risk_high: The worst.
    """

    key: str
    members: tuple[v1.Decision, ...]
    risk_low: int
    risk_high: int

    @cached_property
    def confidence_low(self) -> float:
        """How sure core is of them at least."""
        return min(each.proposal.confidence for each in self.members)

    @cached_property
    def confidence_high(self) -> float:
        """How sure core is of them at most."""
        return max(each.proposal.confidence for each in self.members)

    @cached_property
    def score(self) -> float:
        """The sum of their scores."""
        return sum(each.assessment.score for each in self.members)

    @cached_property
    def deadline_us(self) -> int:
        """The nearest deadline; 0 where none has one."""
        # one that is not set is at 0
        deadlines = (words.microseconds(each.schedule.deadline) for each in self.members)
        return min(filter(None, deadlines), default=0)

    @cached_property
    def outstanding(self) -> tuple[Outstanding, ...]:
        """The members that stand out, in their order."""
        return tuple(_outstanding(self.members))


def groups_of(decisions: Iterable[v1.Decision]) -> list[Group]:
    """Return decisions in groups: those of the worst risk first, then the largest, then by key.

    Deterministic in the decisions and their order. A decision without a key is a group of its own, under its own id.
    """
    by_key: dict[str, list[v1.Decision]] = {}
    for each in decisions:
        by_key.setdefault(each.group_key or each.decision_id, []).append(each)
    groups = [_group(key, members) for key, members in by_key.items()]
    groups.sort(key=lambda group: (-group.risk_high, -len(group.members), group.key))
    return groups


def _group(key: str, members: list[v1.Decision]) -> Group:
    risks = [each.assessment.risk for each in members]
    return Group(key, tuple(members), min(risks), max(risks))


def _outstanding(members: Sequence[v1.Decision]) -> Iterator[Outstanding]:
    traits = [_traits(each) for each in members]
    usual = tuple(map(_commonest, zip(*traits, strict=True)))
    confidences = [each.proposal.confidence for each in members]
    middle = median(confidences)
    off = [abs(each - middle) for each in confidences]
    far = max(FAR, SPREADS * median(off)) + _HAIR
    for each, trait, distance in zip(members, traits, off, strict=True):
        if trait == usual and distance <= far:
            continue
        differs = [name for name, found, most in zip(TRAITS, trait, usual, strict=True) if found != most]
        yield Outstanding(each, (*differs, CONFIDENCE) if distance > far else tuple(differs))


def _traits(decision: v1.Decision) -> tuple[int, ...]:
    action = decision.proposal.action
    return (decision.assessment.risk, action.type, action.scope, len(action.targets))


def _commonest(values: Sequence[int]) -> int:
    """Return the value there is most of; of several, the lowest, so that what is worse stands out."""
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))
