"""Promise 2 again, the approval itself: who approved, what they saw of it, and whether they are enough."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from governance import v1
from governance_client.digest import action_digest
from tests.simulation.checkers.moments import us
from tests.simulation.checkers.origin import verdicts
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.checkers.ledger import Ledger, Row
    from tests.simulation.checkers.origin import Command

_JUDGED = {"decision_approved", "vote_cast", "decision_rejected", "action_modified", "proposal_returned"}
_SEEN = _JUDGED | {"decision_deferred", "information_requested"}


class Quorum:
    """Counts votes by itself, from what operators sent and the entries hold."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def event(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check an event that counts towards an approval."""
        kind = event.WhichOneof("kind")
        if kind not in _JUDGED:
            return
        if kind == "decision_approved" and event.decision_approved.by_policy:
            self._by_policy(row, now)
            return
        digest = (
            getattr(event, kind).previous_digest if kind == "action_modified" else getattr(event, kind).action_digest
        )
        _assure(digest == now.action_digest, row, "is about another action than the present one")
        _assure(row.entry.actor.kind == v1.ACTOR_KIND_OPERATOR, row, "judges, and is no operator")
        _assure(row.entry.actor.role >= now.tier, row, "judges below the decision's tier")
        if kind == "action_modified":
            self._modified(row, event.action_modified, now)
        if kind in {"decision_approved", "vote_cast"}:
            self._approves(row, now, enough=kind == "decision_approved")

    def seen(self, row: Row, commands: Sequence[Command]) -> None:
        """Check that a verdict's author saw what it was counted for."""
        if row.before is None or row.kinds[0] not in _SEEN:
            return
        before = row.before
        _assure(
            any(
                each.version == before.version
                if each.WhichOneof("seen") == "version"
                else each.action_digest == before.action_digest
                for each in verdicts(commands)
            ),
            row,
            "counts a verdict on what is not current any more",
        )

    def _by_policy(self, row: Row, now: v1.Decision) -> None:
        _assure(now.assessment.automation == v1.AUTOMATION_LEVEL_FULL, row, "approves what a person has to")
        _assure(now.assessment.risk <= v1.RISK_LEVEL_MEDIUM, row, "approves by policy what is too risky")
        _assure(now.proposal.confidence >= row.rules.full_from, row, "approves by policy what core is not sure of")
        _assure(not self._ledger.covering(row, now), row, "approves by policy within a halt")

    def _modified(self, row: Row, event: v1.ActionModified, now: v1.Decision) -> None:
        action = row.personal.modified_action
        _assure(action_digest(action) == event.action_digest, row, "has another digest than its action")
        _assure(event.action_digest != now.action_digest, row, "modifies nothing")
        if event.narrowing:
            _assure(_narrower(action, now.proposal.action), row, "is called narrowing, and does more")
        else:
            _assure(row.entry.actor.role >= row.rules.free_modification_from, row, "does more, and may only narrow")

    def _approves(self, row: Row, now: v1.Decision, *, enough: bool) -> None:
        name = row.entry.actor.name
        voters = {vote.actor.name: vote.actor.role for vote in now.votes if vote.approved}
        _assure(name not in voters, row, "approves a second time")
        _assure(not row.rules.stands_behind(now.core, name), row, f"approves, and stands behind {now.core}")
        claimed = now.HasField("claim") and row.recorded_us < us(now.claim.expires_at)
        _assure(not claimed or now.claim.operator == name, row, f"approves what {now.claim.operator} has in hand")
        if enough:
            self._enough(row, now, voters | {name: row.entry.actor.role})

    def _enough(self, row: Row, now: v1.Decision, voters: dict[str, v1.Role.ValueType]) -> None:
        """Hold the votes to the decision's quorum, and to the least that the policy in force can ask."""
        rules, own = row.rules, now.quorum
        required, roles, tier = own.required, list(own.roles), 0
        if self._ledger.proposed_under[now.decision_id] != self._ledger.policy_offset:
            # Assessed anew, its risk may be lower than it was: what the policy asks at any risk is the least.
            required = max(required, rules.least(v1.RISK_LEVEL_LOW))
            tier = rules.chain[0]
        counting = {
            name: role for name, role in voters.items() if role >= tier and not rules.stands_behind(now.core, name)
        }
        _assure(len(counting) >= max(1, required), row, f"is approved by {len(counting)} of {required} people")
        held = sorted(counting.values(), reverse=True)
        wanted = sorted(roles, reverse=True)
        filled = len(held) >= len(wanted) and all(has >= want for has, want in zip(held, wanted, strict=False))
        _assure(filled, row, "is approved without the roles that have to be among them")


def _narrower(action: v1.Action, other: v1.Action) -> bool:
    """Tell whether an action does no more than another, target by target and second by second."""
    targets, others = (Counter((each.kind, each.value) for each in one.targets) for one in (action, other))
    lasts, other_lasts = (one.duration.seconds + one.duration.nanos / 1e9 or float("inf") for one in (action, other))
    return (
        action.type == other.type
        and dict(action.parameters) == dict(other.parameters)
        and action.scope <= other.scope
        and not targets - others
        and bool(targets) == bool(others)
        and lasts <= other_lasts
    )


def _assure(holds: bool, row: Row, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(
            2, f"entry {row.offset} ({', '.join(row.kinds)} on {row.entry.decision_id}) by {row.who} {sentence}"
        )
