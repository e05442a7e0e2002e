"""Proposing: what core asks about a proposal of its own, to make it and to withdraw it."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.digest import action_digest
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.ordering import issue_order
from governance_server.domain.refusal import closed, not_found, refuse, when
from governance_server.domain.risk import assess
from governance_server.domain.schedule import sla_times
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State
    from governance_server.domain.policy import Policy

GROUP_KEY_DIGITS: Final = 16
"""64 bits: among a hundred thousand open decisions, one chance in billions that two unlike ones fold together."""
_HOST_BITS: Final = {4: 8, 6: 64}
"""In how many last bits two addresses may differ that count as like each other: /24 and /64, the usual networks."""


def propose(state: State, actor: v1.Actor, proposal: v1.Proposal, now_us: int) -> Ruling:
    """Rule on a proposal. The same one again was answered before it came here, so a known id is another's."""
    if state.decision is not None:
        return _id_taken(state.decision, actor)
    policy = state.house.policy
    if state.around.open_decisions >= policy.open_decisions_limit:
        return refuse(
            v1.REFUSAL_REASON_TOO_MANY_OPEN,
            f"{state.around.open_decisions} decisions are open, as many as this server holds. The proposal was not "
            "taken; send it again later.",
            retry_after_us=policy.retry_when_full_s * SECOND_US,
        )
    event = _proposed(proposal, policy, now_us)
    events, proposed = [event], event.decision_proposed
    if proposed.assessment.automation == v1.AUTOMATION_LEVEL_FULL:
        approved = v1.DecisionApproved(action_digest=proposed.action_digest, by_policy=True)
        events.append(v1.Event(decision_approved=approved))
        events.append(issue_order(policy, proposal.decision_id, proposed.action_digest, now_us))
    return Consequence(tuple(events), v1.PersonalData(proposal=proposal))


def cancel(state: State, actor: v1.Actor, command: v1.Cancel, _now_us: int) -> Ruling:
    """Rule on core's withdrawal: possible until the order was accepted."""
    decision = state.decision
    if decision is None or not owns(decision, actor):
        return not_found()
    if not is_open(decision.state):
        return closed(decision, "withdrawal")
    if decision.state not in (v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED):
        order = decision.order
        return refuse(
            v1.REFUSAL_REASON_ORDER_ALREADY_ACCEPTED,
            f"Instance {order.accepted_by} accepted the order at {when(order.accepted_at)} and may have acted; it "
            "cannot be withdrawn any more. Report the outcome.",
            decision,
        )
    personal = v1.PersonalData(remark=command.reason) if command.reason else None
    return Consequence((v1.Event(decision_cancelled=v1.DecisionCancelled()),), personal)


def _id_taken(decision: v1.Decision, actor: v1.Actor) -> v1.Refusal:
    return refuse(
        v1.REFUSAL_REASON_DECISION_ID_TAKEN,
        "This decision_id was used for another proposal. The new one was not taken; send it with an id of its own.",
        decision if owns(decision, actor) else None,
    )


def _proposed(proposal: v1.Proposal, policy: Policy, now_us: int) -> v1.Event:
    action = proposal.action
    assessment = assess(proposal, policy, now_us)
    times = sla_times(policy, assessment.risk, now_us)
    event = v1.Event()
    proposed = event.decision_proposed  # filled in place: each copy of an assessment costs as much as half of assessing
    proposed.action_type = action.type
    proposed.action_scope = action.scope
    proposed.target_count = len(action.targets)
    proposed.action_digest = action_digest(action)
    proposed.assessment.CopyFrom(assessment)
    proposed.tier = policy.chain[0]
    proposed.quorum.required = policy.required_approvals[assessment.risk]
    proposed.warn_at.CopyFrom(timestamp(times.warn_us))
    proposed.deadline.CopyFrom(timestamp(times.deadline_us))
    proposed.group_key = group_key(proposal)
    proposed.confidence = proposal.confidence
    return event


def group_key(proposal: v1.Proposal) -> str:
    """Return what like proposals share: type of action, type of threat, and the network of the first address.

    It stands in the entry, so it is a hash: nobody reads an address from it. Where no target is an address, the first
    target takes its place.
    """
    parts = (str(proposal.action.type), proposal.threat.type, _neighbourhood(proposal.action))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:GROUP_KEY_DIGITS]


def _neighbourhood(action: v1.Action) -> str:
    for target in action.targets:
        if target.kind == v1.TARGET_KIND_IP_ADDRESS:
            return _network(target.value)
    return action.targets[0].value if action.targets else ""


def _network(value: str) -> str:
    try:
        address = ip_address(value)
    except ValueError:
        return value  # core's own notation; alike only if it is written alike
    return f"{address.version}/{int(address) >> _HOST_BITS[address.version]}"
