"""What readers below the policy's `see_personal_from` are shown instead of personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from governance import v1
from governance_server.domain.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from governance_server.domain.policy import Policy
    from governance_server.engine.ports import Record
    from governance_server.rpc.identity import Principal

M = TypeVar("M", bound="Message")


def sees_records(principal: Principal, policy: Policy) -> bool:
    """Tell whether a reader of the ledger may see what entries hold of personal data."""
    return principal.actor.role >= policy.see_personal_from


def sees_decisions(principal: Principal, policy: Policy) -> bool:
    """Tell whether a reader may see what decisions and halts hold of personal data.

    Cores see their own, and operators what they have to decide, whatever the policy says.
    """
    return principal.actor.role != v1.ROLE_AUDITOR or sees_records(principal, policy)


def redacted_record(record: Record, principal: Principal, policy: Policy) -> v1.LedgerRecord:
    """Return an entry as a reader of the ledger may see it.

    Whoever may not see personal data gets its shape in `redacted`, and neither salt nor personal data: with the salt, a
    guess could be confirmed by the commitment.
    """
    if sees_records(principal, policy):
        return v1.LedgerRecord(entry=record.entry, hash=record.hash, salt=record.salt, personal=record.personal)
    shape = redacted(v1.PersonalData.FromString(record.personal)) if record.salt else None
    return v1.LedgerRecord(entry=record.entry, hash=record.hash, redacted=shape)


def shown_to(principal: Principal, policy: Policy, message: M) -> M:
    """Return a decision, a halt, or what holds some, as a reader may see it."""
    return message if sees_decisions(principal, policy) else redacted(message)


def shown_changes(principal: Principal, policy: Policy, changes: Sequence[bytes]) -> Sequence[bytes]:
    """Return the items of a frame's `changes`, as `frames.change_item` encodes them, as a reader may see them.

    All who may see share the bytes of a change; for who may not, they are made anew. Auditors that watch are few.
    """
    if not changes or sees_decisions(principal, policy):
        return changes
    return [redacted(v1.WatchDecisionsResponse.FromString(b"".join(changes))).SerializeToString()]
