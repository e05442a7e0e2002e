"""Builds ledgers for tests: entries that follow each other, and the decisions they make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict, Unpack

from governance import v1
from governance_server.domain.digest import NO_HASH, SALT_BYTES, entry_hash, personal_commitment
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import Appendage, DecisionRow, Head, KnownRequest, Record

if TYPE_CHECKING:
    from governance_server.engine.ports import Store

START_US = 1_750_000_000_000_000
LEDGER_ID = "0123456789abcdef0123456789abcdef"


class DecisionFields(TypedDict, total=False):
    """What a test may say about a decision; `decision_row` knows the rest."""

    state: int
    risk: int
    core: str
    action: int
    deadline_us: int
    breaches: int
    by_policy: bool
    group: str


@dataclass
class LedgerBuilder:
    """Makes one entry after the other; knows nothing of any store."""

    offset: int = 0
    hash: bytes = NO_HASH
    recorded_us: int = START_US
    records: list[Record] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def after(cls, head: Head) -> LedgerBuilder:
        """Return a builder that goes on where a ledger ends."""
        return cls(offset=head.offset, hash=head.hash, recorded_us=max(head.recorded_at_us, START_US))

    def entry(
        self,
        *events: v1.Event,
        decision_id: str = "",
        personal: bytes = b"",
        salt: bytes = b"",
        actor: v1.Actor | None = None,
        request_id: str = "",
    ) -> Record:
        """Make the next entry, a second after the one before."""
        self.offset += 1
        self.recorded_us += 1_000_000
        if personal and not salt:
            salt = hashlib.sha256(b"salt %d" % self.offset).digest()
        assert len(salt) in (0, SALT_BYTES)
        entry = v1.Entry(
            offset=self.offset,
            previous_hash=self.hash,
            recorded_at=timestamp(self.recorded_us),
            actor=actor,
            request_id=request_id,
            decision_id=decision_id,
            personal_commitment=personal_commitment(salt, personal) if salt else b"",
            events=events,
        ).SerializeToString(deterministic=True)
        self.hash = entry_hash(entry)
        operator = actor.name if actor is not None and actor.kind == v1.ACTOR_KIND_OPERATOR else ""
        record = Record(self.offset, decision_id, entry, self.hash, salt, personal, operator)
        self.records.append(record)
        return record

    def created(self) -> Record:
        """Make the first entry of a ledger."""
        return self.entry(v1.Event(ledger_created=v1.LedgerCreated(ledger_id=LEDGER_ID)))

    def decided(
        self,
        decision_id: str,
        *,
        personal: bytes = b"",
        actor: v1.Actor | None = None,
        **fields: Unpack[DecisionFields],
    ) -> Appendage:
        """Make the next entry, about a decision, with the decision's new state and the request that made it."""
        record = self.entry(
            v1.Event(decision_proposed=v1.DecisionProposed()), decision_id=decision_id, personal=personal, actor=actor
        )
        self.versions[decision_id] = self.versions.get(decision_id, 0) + 1
        row = decision_row(decision_id, offset=record.offset, version=self.versions[decision_id], **fields)
        known = KnownRequest(hashlib.sha256(record.entry).digest(), record.offset)
        return Appendage(records=[record], decisions=[row], requests=[(f"request-{record.offset}", known)])


def decision_row(
    decision_id: str,
    *,
    offset: int,
    version: int = 1,
    state: int = v1.DECISION_STATE_PENDING,
    risk: int = v1.RISK_LEVEL_MEDIUM,
    core: str = "maximus",
    action: int = v1.ACTION_TYPE_BLOCK_IP,
    deadline_us: int = 0,
    breaches: int = 0,
    by_policy: bool = False,
    group: str = "",
) -> DecisionRow:
    """Make a decision as the governor would project it."""
    decision = v1.Decision(
        decision_id=decision_id,
        version=version,
        offset=offset,
        state=v1.DecisionState.ValueType(state),
        core=core,
        proposed_at=timestamp(START_US),
        assessment=v1.Assessment(risk=v1.RiskLevel.ValueType(risk)),
        tier=v1.ROLE_SOC_OPERATOR,
        group_key=group,
    )
    decision.proposal.decision_id = decision_id
    decision.proposal.action.type = v1.ActionType.ValueType(action)
    if deadline_us:
        decision.schedule.deadline.CopyFrom(timestamp(deadline_us))
        decision.schedule.breaches = breaches
    if by_policy:
        decision.approval.actor.kind = v1.ACTOR_KIND_POLICY
    return DecisionRow(decision, decision.SerializeToString(deterministic=True))


def joined(*appendages: Appendage) -> Appendage:
    """Return what several appendages add, as one; a decision's newest state counts."""
    newest = {row.decision.decision_id: row for one in appendages for row in one.decisions}
    return Appendage(
        records=[record for one in appendages for record in one.records],
        decisions=list(newest.values()),
        requests=[request for one in appendages for request in one.requests],
        credentials=[stored for one in appendages for stored in one.credentials],
    )


async def append(store: Store, *appendages: Appendage) -> None:
    """Append in one transaction."""
    async with store.transaction() as transaction:
        await transaction.append(joined(*appendages))
