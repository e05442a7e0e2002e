"""What a period's decisions come to: the numbers that the figures of a report are made of. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum

from governance_client.audit.report_spread import Spread


class How(Enum):
    """How a decision came to wait for nobody any more."""

    APPROVED = "approved"
    """People approved."""
    REJECTED = "rejected"
    """Somebody rejected."""
    RETURNED = "returned"
    """Somebody returned it for revision."""
    BY_POLICY = "by_policy"
    """The policy approved, and no person did."""
    UNDECIDED = "undecided"
    """Nobody decided in time: denied."""
    WITHDRAWN = "withdrawn"
    """Core withdrew it before anybody decided."""


BY_PEOPLE = frozenset({How.APPROVED, How.REJECTED, How.RETURNED})
"""A person decided."""
ASKED_OF_PEOPLE = BY_PEOPLE | {How.UNDECIDED}
"""A person decided, or should have."""
DECIDED = ASKED_OF_PEOPLE | {How.BY_POLICY}
"""It was decided, by somebody, by the policy, or by silence."""


class End(Enum):
    """How a decision ended."""

    EXECUTED = "executed"
    FAILED = "failed"
    REJECTED = "rejected"
    RETURNED = "returned"
    UNDECIDED = "expired_undecided"
    NOT_ACCEPTED = "expired_order_not_accepted"
    POLICY_CHANGED = "expired_policy_changed"
    CANCELLED = "cancelled"


class Surfacing(Enum):
    """How an unknown outcome came to be, or to be known."""

    REPORTED = "reported_by_core"
    """Core reported that it does not know."""
    SILENT = "nothing_reported"
    """Core reported nothing in time."""
    RECONCILED = "reconciled"
    """An operator settled it."""
    LATE = "reported_late"
    """Core reported after all."""


@dataclass(slots=True)
class Counts:
    """How often what happened in the period; risks, tiers, levels and kinds by their numbers in the contract.

    Attributes:
        kinds: Events, by their names in the contract.
        proposed: Proposals, by risk and automation level.
        settled: Decisions that came to wait for nobody any more, by risk and how.
        late: Of those that people decided or should have: after a deadline had passed; by risk.
        times: From the proposal to the decision, of what people decided; by risk.
        ends: Decisions that ended.
        escalated: Escalations, by the tier that was asked and whether an operator did it by hand.
        escalated_settled: Decisions that had been escalated, by their last tier and how they were settled.
        quorum: Decisions that took more than one approval and were settled, by how.
        modified: Approvals by people of an action that they had changed.
        narrowing: Changes of the action that made it do less or the same.
        surfacing: Unknown outcomes that came to be, or to be known.
        alarms: Alarms, by kind.
        proposed_in: Proposals, by the span of the period and risk.
        settled_in: Decisions settled, by the span of the period and how.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    proposed: Counter[tuple[int, int]] = field(default_factory=Counter)
    settled: Counter[tuple[int, How]] = field(default_factory=Counter)
    late: Counter[int] = field(default_factory=Counter)
    times: defaultdict[int, Spread] = field(default_factory=lambda: defaultdict(Spread))
    ends: Counter[End] = field(default_factory=Counter)
    escalated: Counter[tuple[int, bool]] = field(default_factory=Counter)
    escalated_settled: Counter[tuple[int, How]] = field(default_factory=Counter)
    quorum: Counter[How] = field(default_factory=Counter)
    modified: int = 0
    narrowing: int = 0
    surfacing: Counter[Surfacing] = field(default_factory=Counter)
    alarms: Counter[int] = field(default_factory=Counter)
    proposed_in: Counter[tuple[int, int]] = field(default_factory=Counter)
    settled_in: Counter[tuple[int, How]] = field(default_factory=Counter)

    def settled_how(self, *hows: How, risk: int | None = None) -> int:
        """Return how many were settled in one of these ways, of all risks or of one."""
        return sum(count for (of, how), count in self.settled.items() if how in hows and (risk is None or risk == of))

    def all_times(self) -> Spread:
        """Return the times of all risks."""
        every = Spread()
        for each in self.times.values():
            every.merge(each)
        return every
