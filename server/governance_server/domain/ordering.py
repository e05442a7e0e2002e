"""Ordering: the leave to act that an approval gives, now or once no halt holds it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.house import covering_halts
from governance_server.domain.moment import SECOND_US, set_moment, timestamp

if TYPE_CHECKING:
    from governance_server.domain.house import House
    from governance_server.domain.policy import Policy


def leave(house: House, decision: v1.Decision, now_us: int) -> v1.Event:
    """Return the event that follows an approval: an order, or, where a halt covers the decision, that it is held.

    Args:
        house: What holds now.
        decision: The decision with the action that was approved, before the approval or while it is held.
        now_us: The present moment.
    """
    if covering_halts(house, decision):
        held_until = timestamp(now_us + house.policy.accept_within_s * SECOND_US)
        return v1.Event(order_held=v1.OrderHeld(held_until=held_until))
    number = decision.orders + 1
    return issue_order(house.policy, decision.decision_id, decision.action_digest, now_us, number=number)


def issue_order(policy: Policy, decision_id: str, digest: bytes, now_us: int, *, number: int = 1) -> v1.Event:
    """Return the event that gives leave for exactly the action with this digest, whatever halts there are.

    A decision has one order at a time, and a new one only after a halt withdrew or held back the one before: none is
    offered again once it lapsed.
    """
    event = v1.Event()
    order = event.order_issued  # filled in place: a message that is given as an argument is serialised and parsed again
    order.order_id = f"{decision_id}/{number}"
    order.action_digest = digest
    set_moment(order.accept_by, now_us + policy.accept_within_s * SECOND_US)
    return event
