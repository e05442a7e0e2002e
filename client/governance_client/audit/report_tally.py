"""Tallies a ledger's entries, one after the other, for a report about a period. Pure.

Of decisions only the open ones are kept, of halts those in force, and of everybody who ever decided a few numbers: so
memory does not grow with the ledger. Entries before the period are taken in for what they began; nothing is counted.
Whoever gives entries here has had them verified, so that what follows what needs no second look; what does not fit
nevertheless, since it holds events that this version does not know, is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_client.audit.report_counts import ASKED_OF_PEOPLE, BY_PEOPLE, Counts, End, How, Surfacing
from governance_client.audit.report_halts import Halts
from governance_client.audit.report_operators import Borne, Operators, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_client.audit.report_period import Period

_EXPIRIES: Final = {
    v1.EXPIRY_REASON_ORDER_NOT_ACCEPTED: End.NOT_ACCEPTED,
    v1.EXPIRY_REASON_POLICY_CHANGED: End.POLICY_CHANGED,
}
_OUTCOMES: Final = {v1.OUTCOME_RESULT_EXECUTED: End.EXECUTED, v1.OUTCOME_RESULT_FAILED: End.FAILED}
_OVERRULED: Final = frozenset({End.REJECTED, End.RETURNED})


class PolicyChange(NamedTuple):
    """A policy that was applied.

    Attributes:
        offset: The entry that says so.
        recorded_us: When.
        actor: By whom.
        digest: The policy's digest.
    """

    offset: int
    recorded_us: int
    actor: v1.Actor
    digest: bytes


@dataclass(slots=True)
class _Open:
    """A decision that has not ended."""

    risk: int
    proposed_us: int
    tier: int
    required: int
    settled: bool = False
    late: bool = False
    escalated: bool = False
    modified: bool = False
    unknown: bool = False
    approved: bytes = b""
    votes: dict[str, bytes] = field(default_factory=dict)


class _At(NamedTuple):
    """The entry at hand."""

    entry: v1.Entry
    us: int
    inside: bool


class Tally:
    """One reading of a ledger for one period.

    Attributes:
        period: The period.
        counts: What was counted.
        halts: What was counted of halts.
        operators: What was counted of each operator.
        policies: The policies that were applied in the period.
        entries: How many entries were recorded in the period.
        first_offset: The first of them; 0 where there is none.
        last_offset: The last of them.
        open_before: How many decisions were open when the period began.
        began_us: When the ledger's first entry was recorded; 0 before it was seen.
        removed_before_us: Entries recorded before then may have been removed after their retention; 0 where none were.
    """

    def __init__(self, period: Period) -> None:
        self.period = period
        self.counts = Counts()
        self.halts = Halts(period)
        self.operators = Operators()
        self.policies: list[PolicyChange] = []
        self.entries = self.first_offset = self.last_offset = 0
        self.open_before = 0
        self.began_us = self.removed_before_us = 0
        self._open: dict[str, _Open] = {}

    @property
    def open(self) -> int:
        """How many decisions were open at the period's end."""
        return len(self._open)

    @property
    def waiting(self) -> int:
        """How many of them waited for a person."""
        return sum(not each.settled for each in self._open.values())

    @property
    def unknown(self) -> int:
        """Of how many of them nobody knew the outcome."""
        return sum(each.unknown for each in self._open.values())

    def take(self, entry: v1.Entry) -> None:
        """Take in the next entry of the ledger."""
        us = entry.recorded_at.ToMicroseconds()
        self.began_us = self.began_us or us
        for event in entry.events:
            if event.HasField("entries_pruned"):  # whenever that was: it is about what was recorded before
                before_us = event.entries_pruned.before.ToMicroseconds()
                self.removed_before_us = max(self.removed_before_us, before_us)
        if us >= self.period.to_us:
            return
        at = _At(entry, us, us >= self.period.from_us)
        if at.inside:
            self.entries += 1
            self.first_offset = self.first_offset or entry.offset
            self.last_offset = entry.offset
        for event in entry.events:
            self._take_event(event, at)
        if not at.inside:
            self.open_before = len(self._open)

    def _take_event(self, event: v1.Event, at: _At) -> None:
        kind = event.WhichOneof("kind")
        if kind is None:
            return
        if at.inside:
            self.counts.kinds[kind] += 1
        of_house, of_decision = _HOUSE.get(kind), _DECISION.get(kind)
        if of_house is not None:
            of_house(self, getattr(event, kind), at)
        elif kind == "decision_proposed":
            self._propose(event.decision_proposed, at)
        elif of_decision is not None:
            found = self._open.get(at.entry.decision_id)
            if found is not None:
                of_decision(self, getattr(event, kind), found, at)

    def _declare(self, event: v1.HaltDeclared, at: _At) -> None:
        self.halts.declare(event, at.us, inside=at.inside)

    def _end_halt(self, event: v1.HaltEnded, at: _At) -> None:
        self.halts.end(event, at.us, inside=at.inside)

    def _apply(self, event: v1.PolicyApplied, at: _At) -> None:
        if at.inside:
            self.policies.append(PolicyChange(at.entry.offset, at.us, at.entry.actor, event.policy_digest))

    def _propose(self, event: v1.DecisionProposed, at: _At) -> None:
        risk = event.assessment.risk
        self._open[at.entry.decision_id] = _Open(risk, at.us, event.tier, event.quorum.required)
        if at.inside:
            self.counts.proposed[risk, event.assessment.automation] += 1
            self.counts.proposed_in[self._span(at), risk] += 1

    def _vote(self, event: v1.VoteCast, found: _Open, at: _At) -> None:
        self._judge(Verdict.APPROVED, found, at, event.action_digest)

    def _approve(self, event: v1.DecisionApproved, found: _Open, at: _At) -> None:
        found.approved = event.action_digest
        if event.by_policy:
            self._settle(How.BY_POLICY, found, at)
            return
        self._judge(Verdict.APPROVED, found, at, event.action_digest)
        if at.inside:
            self.counts.modified += found.modified
        self._settle(How.APPROVED, found, at)

    def _reject(self, _: v1.DecisionRejected, found: _Open, at: _At) -> None:
        self._judge(Verdict.REJECTED, found, at)
        self._settle(How.REJECTED, found, at)
        self._end(End.REJECTED, found, at)

    def _return(self, _: v1.ProposalReturned, found: _Open, at: _At) -> None:
        self._judge(Verdict.RETURNED, found, at)
        self._settle(How.RETURNED, found, at)
        self._end(End.RETURNED, found, at)

    def _judge(self, verdict: Verdict, found: _Open, at: _At, digest: bytes = b"") -> None:
        """Count what an operator said; of an approval, keep what it was for until the decision ends."""
        name = at.entry.actor.name
        if verdict is Verdict.APPROVED:
            found.votes[name] = digest
        if at.inside:
            modified = any(event.HasField("action_modified") for event in at.entry.events)
            self.operators[name].judge(verdict, at.entry, at.us, modified=modified)

    def _modify(self, event: v1.ActionModified, found: _Open, at: _At) -> None:
        found.modified = True
        if at.inside:
            self.counts.narrowing += event.narrowing

    def _escalate(self, event: v1.DecisionEscalated, found: _Open, at: _At) -> None:
        found.tier, found.escalated = event.tier, True
        by_hand = at.entry.actor.kind == v1.ACTOR_KIND_OPERATOR
        if at.inside:
            self.counts.escalated[event.tier, by_hand] += 1
            if by_hand:
                self.operators[at.entry.actor.name].escalated += 1

    def _ask(self, _: v1.InformationRequested, __: _Open, at: _At) -> None:
        if at.inside:
            self.operators[at.entry.actor.name].asked += 1

    def _breach(self, _: v1.SlaBreached, found: _Open, __: _At) -> None:
        found.late = True

    def _alarm(self, event: v1.AlarmRaised, _: _Open, at: _At) -> None:
        if at.inside:
            self.counts.alarms[event.kind] += 1

    def _report(self, event: v1.OutcomeReported, found: _Open, at: _At) -> None:
        if event.result == v1.OUTCOME_RESULT_UNKNOWN:
            by_core = at.entry.actor.kind == v1.ACTOR_KIND_CORE
            if at.inside and not found.unknown:
                self.counts.surfacing[Surfacing.REPORTED if by_core else Surfacing.SILENT] += 1
            found.unknown = True
        else:
            self._come_out(event.result, Surfacing.LATE, found, at)

    def _reconcile(self, event: v1.OutcomeReconciled, found: _Open, at: _At) -> None:
        self._come_out(event.result, Surfacing.RECONCILED, found, at)

    def _come_out(self, result: int, surfacing: Surfacing, found: _Open, at: _At) -> None:
        end = _OUTCOMES.get(v1.OutcomeResult.ValueType(result))
        if end is None:
            return
        if at.inside and found.unknown:
            self.counts.surfacing[surfacing] += 1
        self._end(end, found, at)

    def _expire(self, event: v1.DecisionExpired, found: _Open, at: _At) -> None:
        if not found.settled:
            self._settle(How.UNDECIDED, found, at)
        self._end(_EXPIRIES.get(event.reason, End.UNDECIDED), found, at)

    def _cancel(self, _: v1.DecisionCancelled, found: _Open, at: _At) -> None:
        if not found.settled:
            self._settle(How.WITHDRAWN, found, at)
        self._end(End.CANCELLED, found, at)

    def _settle(self, how: How, found: _Open, at: _At) -> None:
        found.settled = True
        if not at.inside:
            return
        counts = self.counts
        counts.settled[found.risk, how] += 1
        counts.settled_in[self._span(at), how] += 1
        if found.escalated:
            counts.escalated_settled[found.tier, how] += 1
        if found.required > 1 and how is not How.BY_POLICY:
            counts.quorum[how] += 1
        if how in ASKED_OF_PEOPLE:
            counts.late[found.risk] += found.late
        if how in BY_PEOPLE:
            counts.times[found.risk].add(at.us - found.proposed_us)

    def _end(self, end: End, found: _Open, at: _At) -> None:
        del self._open[at.entry.decision_id]
        if not at.inside:
            return
        self.counts.ends[end] += 1
        for name, digest in found.votes.items():
            self.operators[name].borne[_borne(end, same=digest == found.approved)] += 1

    def _span(self, at: _At) -> int:
        return self.period.span_of(at.us)


def _borne(end: End, *, same: bool) -> Borne:
    """Return what became of an approval, of the action that was approved in the end, if one was, or of another one."""
    if end in _OVERRULED or (end in _OUTCOMES.values() and not same):
        return Borne.OVERRULED
    if end is End.EXECUTED:
        return Borne.EXECUTED
    return Borne.FAILED if end is End.FAILED else Borne.LAPSED


_HOUSE: Final[Mapping[str, Callable[[Tally, Any, _At], None]]] = {
    "halt_declared": Tally._declare,  # noqa: SLF001 - the table is the class's own
    "halt_ended": Tally._end_halt,  # noqa: SLF001 - as above
    "policy_applied": Tally._apply,  # noqa: SLF001 - as above
}
_DECISION: Final[Mapping[str, Callable[[Tally, Any, _Open, _At], None]]] = {
    "vote_cast": Tally._vote,  # noqa: SLF001 - as above
    "decision_approved": Tally._approve,  # noqa: SLF001 - as above
    "decision_rejected": Tally._reject,  # noqa: SLF001 - as above
    "proposal_returned": Tally._return,  # noqa: SLF001 - as above
    "action_modified": Tally._modify,  # noqa: SLF001 - as above
    "decision_escalated": Tally._escalate,  # noqa: SLF001 - as above
    "information_requested": Tally._ask,  # noqa: SLF001 - as above
    "sla_breached": Tally._breach,  # noqa: SLF001 - as above
    "alarm_raised": Tally._alarm,  # noqa: SLF001 - as above
    "outcome_reported": Tally._report,  # noqa: SLF001 - as above
    "outcome_reconciled": Tally._reconcile,  # noqa: SLF001 - as above
    "decision_expired": Tally._expire,  # noqa: SLF001 - as above
    "decision_cancelled": Tally._cancel,  # noqa: SLF001 - as above
}
