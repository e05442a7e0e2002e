"""Synthetic entries: a ledger as long as it is wanted, of decisions that were proposed and rejected.

They are what a verifier asks for: they follow each other, commit to personal data, and keep the rules. What is
projected from entries for other questions is not made, since proofs do not read it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from tests.support.messages import CORE, OPERATOR_1, proposal

from governance import v1
from governance_server.domain.digest import action_digest, entry_hash, personal_commitment
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import Appendage, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.engine.ports import Head

STEP_US: Final = 10
"""Between two entries: ten million of them span less time than appending them takes, so that none is of the future."""
_PROPOSAL: Final = proposal()
_DIGEST: Final = action_digest(_PROPOSAL.action)
_PERSONAL: Final = v1.PersonalData(proposal=_PROPOSAL).SerializeToString(deterministic=True)
_PROPOSED: Final = v1.Event(
    decision_proposed=v1.DecisionProposed(
        action_type=_PROPOSAL.action.type,
        action_scope=_PROPOSAL.action.scope,
        target_count=1,
        action_digest=_DIGEST,
        assessment=v1.Assessment(
            risk=v1.RISK_LEVEL_LOW, score=0.25, automation=v1.AUTOMATION_LEVEL_SUPERVISED, policy_digest=_DIGEST
        ),
        tier=v1.ROLE_SOC_OPERATOR,
        quorum=v1.Quorum(required=1),
        confidence=_PROPOSAL.confidence,
    )
)
_REJECTED: Final = v1.Event(decision_rejected=v1.DecisionRejected(action_digest=_DIGEST))
_STEPS: Final = ((_PROPOSED, CORE, _PERSONAL), (_REJECTED, OPERATOR_1, b""))


def batches(head: Head, count: int, size: int) -> Iterator[Appendage]:
    """Yield so many entries that follow a head, in batches of a size."""
    records: list[Record] = []
    for record in _records(head, count):
        records.append(record)
        if len(records) == size:
            yield Appendage(records)
            records = []
    if records:
        yield Appendage(records)


def _records(head: Head, count: int) -> Iterator[Record]:
    former, recorded_us = head.hash, head.recorded_at_us
    for place in range(count):
        offset = head.offset + 1 + place
        decision, step = divmod(place, len(_STEPS))
        event, actor, personal = _STEPS[step]
        recorded_us += STEP_US
        salt = hashlib.sha256(b"salt %d" % offset).digest() if personal else b""
        decision_id = f"synthetic-{decision:08d}"
        entry = v1.Entry(
            offset=offset,
            previous_hash=former,
            recorded_at=timestamp(recorded_us),
            actor=actor,
            request_id=decision_id if step == 0 else f"reject-{decision:08d}",
            decision_id=decision_id,
            personal_commitment=personal_commitment(salt, personal) if personal else b"",
            events=(event,),
            decision_version=step + 1,
        ).SerializeToString(deterministic=True)
        former = entry_hash(entry)
        yield Record(offset, decision_id, entry, former, salt, personal)
