"""Ordering: the leave to act that an approval gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.moment import SECOND_US, timestamp

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy


def issue_order(policy: Policy, decision_id: str, digest: bytes, now_us: int, *, number: int = 1) -> v1.Event:
    """Return the event that gives leave for exactly the action with this digest.

    A decision has one order at a time, and a new one only after a halt withdrew or held back the one before: none is
    offered again once it lapsed.
    """
    return v1.Event(
        order_issued=v1.OrderIssued(
            order_id=f"{decision_id}/{number}",
            action_digest=digest,
            accept_by=timestamp(now_us + policy.accept_within_s * SECOND_US),
        )
    )
