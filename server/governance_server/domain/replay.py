"""Replay: what a policy would have made of the proposals that are recorded. Its memory does not grow with them."""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from governance import v1
from governance_server.domain.moment import microseconds
from governance_server.domain.proposing import HALT_RULE
from governance_server.domain.requirements import requirements
from governance_server.domain.risk import assess

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy

    Weight: TypeAlias = tuple[int, int, int, int, float, int]

MOST_DIFFERENCES: Final = 10
MOST_REJECTED: Final = 65_536
"""Rejected actions that are kept in mind, the latest: some megabytes. What was rejected longer ago counts as new."""


class Treatment(NamedTuple):
    """How a policy treats a proposal.

    Attributes:
        score: The risk's score.
        risk: The risk.
        automation: The autonomy.
        tier: Who has to decide first; UNSPECIFIED where policy approves.
        required: How many have to approve; 0 where policy approves.
        roles: Which roles have to be among them.
    """

    score: float
    risk: v1.RiskLevel.ValueType
    automation: v1.AutomationLevel.ValueType
    tier: v1.Role.ValueType
    required: int
    roles: tuple[v1.Role.ValueType, ...]


class Replay:
    """Looks at the entries of a ledger, in their order, and adds up what would have been otherwise.

    Attributes:
        looked_at: The proposals looked at so far, with those whose contents were erased, which cannot be compared.
    """

    def __init__(self, policy: Policy) -> None:
        self.looked_at = 0
        self._policy = policy
        self._rejected: OrderedDict[bytes, int] = OrderedDict()
        self._moves: Counter[tuple[v1.AutomationLevel.ValueType, v1.AutomationLevel.ValueType]] = Counter()
        self._before: Counter[v1.Role.ValueType] = Counter()
        self._after: Counter[v1.Role.ValueType] = Counter()
        self._changed = 0
        self._worst: list[tuple[Weight, v1.ReplayDifference]] = []

    def look_at(self, entry: v1.Entry, personal: v1.PersonalData | None) -> None:
        """Take in an entry.

        Args:
            entry: The entry.
            personal: What belongs to it; None where there is nothing, or nothing any more.
        """
        for event in entry.events:
            if event.WhichOneof("kind") == "decision_proposed":
                self.looked_at += 1
                if personal is not None and personal.HasField("proposal"):
                    self._compare(entry, event.decision_proposed, personal.proposal)
        self.pass_over(entry)

    def pass_over(self, entry: v1.Entry) -> None:
        """Take in an entry from before the proposals that are asked about: what was rejected then still counts."""
        for event in entry.events:
            if event.WhichOneof("kind") == "decision_rejected":
                digest = event.decision_rejected.action_digest
                self._rejected[digest] = self._rejected.pop(digest, 0) + 1
                if len(self._rejected) > MOST_REJECTED:
                    self._rejected.popitem(last=False)

    def report(self) -> v1.ReplayPolicyResponse:
        """Return the last frame: what would have been otherwise among what was looked at."""
        moves = sorted(self._moves.items(), key=lambda move: (-move[1], move[0]))
        tiers = sorted({*self._before, *self._after})
        return v1.ReplayPolicyResponse(
            looked_at=self.looked_at,
            total=self.looked_at,
            changed=self._changed,
            moves=[_move(before, after, count) for (before, after), count in moves],
            tiers=[v1.TierCount(tier=tier, before=self._before[tier], after=self._after[tier]) for tier in tiers],
            differences=[difference for _, difference in sorted(self._worst, key=lambda one: one[0], reverse=True)],
            done=True,
        )

    def _compare(self, entry: v1.Entry, proposed: v1.DecisionProposed, proposal: v1.Proposal) -> None:
        before, after = _recorded(proposed), self._treat(entry, proposed, proposal)
        self._before[before.tier] += 1
        self._after[after.tier] += 1
        if before[1:] == after[1:]:
            return
        self._changed += 1
        if before.automation != after.automation:
            self._moves[before.automation, after.automation] += 1
        weight = _weight(before, after, -entry.offset)
        if len(self._worst) < MOST_DIFFERENCES:
            heapq.heappush(self._worst, (weight, _difference(entry.decision_id, before, after)))
        elif weight > self._worst[0][0]:
            heapq.heapreplace(self._worst, (weight, _difference(entry.decision_id, before, after)))

    def _treat(self, entry: v1.Entry, proposed: v1.DecisionProposed, proposal: v1.Proposal) -> Treatment:
        now_us, policy = microseconds(entry.recorded_at), self._policy
        assessment = assess(proposal, policy, now_us)
        rejections = self._rejected.get(proposed.action_digest, 0)
        needed = requirements(policy, proposal, assessment, entry.actor.name, now_us, rejections=rejections)
        automation = needed.automation
        if HALT_RULE in proposed.assessment.policy_rules:  # no policy outweighs a halt
            automation = min(automation, v1.AUTOMATION_LEVEL_SUPERVISED)
        return _treatment(
            Treatment(assessment.score, assessment.risk, automation, needed.tier, needed.required, needed.roles)
        )


def _move(before: v1.AutomationLevel.ValueType, after: v1.AutomationLevel.ValueType, count: int) -> v1.AutomationMove:
    move = v1.AutomationMove(to=after, count=count)
    setattr(move, "from", before)  # a word of Python's own
    return move


def _recorded(proposed: v1.DecisionProposed) -> Treatment:
    assessment, quorum = proposed.assessment, proposed.quorum
    return _treatment(
        Treatment(
            assessment.score,
            assessment.risk,
            assessment.automation,
            proposed.tier,
            quorum.required,
            tuple(quorum.roles),
        )
    )


def _treatment(found: Treatment) -> Treatment:
    """Return a treatment that says of people only what people had to do."""
    if found.automation != v1.AUTOMATION_LEVEL_FULL:
        return found
    return found._replace(tier=v1.ROLE_UNSPECIFIED, required=0, roles=())


def _weight(before: Treatment, after: Treatment, earlier: int) -> Weight:
    """Return how consequential a difference is: what takes away people's say first, then how far the risk moved."""
    return (
        after.automation - before.automation,
        before.required - after.required,
        before.tier - after.tier,
        abs(after.risk - before.risk),
        abs(after.score - before.score),
        earlier,
    )


def _difference(decision_id: str, before: Treatment, after: Treatment) -> v1.ReplayDifference:
    return v1.ReplayDifference(
        decision_id=decision_id,
        risk_before=before.risk,
        risk_after=after.risk,
        automation_before=before.automation,
        automation_after=after.automation,
        tier_before=before.tier,
        tier_after=after.tier,
        required_before=before.required,
        required_after=after.required,
        score_before=before.score,
        score_after=after.score,
    )
