"""Proposing: what core asks about a proposal of its own, to make it and to withdraw it."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence, Reversed
from governance_server.domain.digest import action_digest
from governance_server.domain.eligibility import handed_on
from governance_server.domain.house import covers
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.ordering import issue_order
from governance_server.domain.refusal import closed, not_found, refuse, too_often, when
from governance_server.domain.requirements import requirements, with_rules
from governance_server.domain.risk import assess
from governance_server.domain.schedule import sla_times
from governance_server.domain.settling import nothing_to_undo
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State
    from governance_server.domain.house import House
    from governance_server.domain.policy import Policy
    from governance_server.domain.requirements import Requirements

GROUP_KEY_DIGITS: Final = 16
"""64 bits: among a hundred thousand open decisions, one chance in billions that two unlike ones fold together."""
HALT_RULE: Final = "halt→supervised"
"""How an assessment says that a halt took the machine's autonomy."""
_HOST_BITS: Final = {4: 8, 6: 64}
"""In how many last bits two addresses may differ that count as like each other: /24 and /64, the usual networks."""


def propose(state: State, actor: v1.Actor, proposal: v1.Proposal, now_us: int) -> Ruling:
    """Rule on a proposal. The same one again was answered before it came here, so a known id is another's.

    The risk is assessed first, since what is risky enough is never proposed too often.
    """
    if state.decision is not None:
        return _id_taken(state.decision, actor)
    policy, twin = state.house.policy, state.around.twin
    assessment = assess(proposal, policy, now_us)
    refusal = _too_often(state, assessment.risk)
    if refusal is not None:
        return refusal
    if twin is not None and twin.proposal.reverses == proposal.reverses:
        return _join(twin, proposal)
    refusal = _too_many(state) or _not_reversible(state, actor, proposal)
    if refusal is not None:
        return refusal
    rejections = state.around.rejections
    needs = requirements(policy, proposal, assessment, actor.name, now_us, rejections=rejections)
    needs = _under_halts(needs, state.house, actor.name, proposal.action)
    event = _proposed(proposal, with_rules(assessment, needs), needs, policy, now_us)
    follow_up = _follow_up(state, actor, proposal, event.decision_proposed, now_us)
    then = (Reversed(proposal.reverses, proposal.decision_id),) if proposal.reverses else ()
    return Consequence((event, *follow_up), v1.PersonalData(proposal=proposal), then=then)


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


def _too_often(state: State, risk: v1.RiskLevel.ValueType) -> v1.Refusal | None:
    wait_us = state.around.retry_after_us
    return too_often(wait_us) if wait_us and risk < state.house.policy.rate_exempt_from else None


def _too_many(state: State) -> v1.Refusal | None:
    policy, count = state.house.policy, state.around.open_decisions
    if count < policy.open_decisions_limit:
        return None
    return refuse(
        v1.REFUSAL_REASON_TOO_MANY_OPEN,
        f"{count} decisions are open, as many as this server holds. The proposal was not taken; send it again later.",
        retry_after_us=policy.retry_when_full_s * SECOND_US,
    )


def _not_reversible(state: State, actor: v1.Actor, proposal: v1.Proposal) -> v1.Refusal | None:
    """Refuse to reverse what is not the core's own, was not executed or was reversed already."""
    if not proposal.reverses:
        return None
    original = state.around.original
    if original is None or not owns(original, actor):
        return not_found()
    return nothing_to_undo(original)


def _join(twin: v1.Decision, proposal: v1.Proposal) -> Consequence:
    """Count a proposal to the open decision about the same action, so that people are not asked twice."""
    repeated = v1.ProposalRepeated(repeated_as=proposal.decision_id, occurrences=twin.occurrences + 1)
    personal = v1.PersonalData(proposal=proposal)
    return Consequence((v1.Event(proposal_repeated=repeated),), personal, joined=twin.decision_id)


def _proposed(
    proposal: v1.Proposal, assessment: v1.Assessment, needs: Requirements, policy: Policy, now_us: int
) -> v1.Event:
    action = proposal.action
    times = sla_times(policy, assessment.risk, now_us)
    event = v1.Event()
    proposed = event.decision_proposed  # filled in place: each copy of an assessment costs as much as half of assessing
    proposed.action_type = action.type
    proposed.action_scope = action.scope
    proposed.target_count = len(action.targets)
    proposed.action_digest = action_digest(action)
    proposed.assessment.CopyFrom(assessment)
    proposed.tier = needs.tier
    proposed.quorum.required = needs.required
    proposed.quorum.roles.extend(needs.roles)
    proposed.warn_at.CopyFrom(timestamp(times.warn_us))
    proposed.deadline.CopyFrom(timestamp(times.deadline_us))
    proposed.group_key = group_key(proposal)
    proposed.confidence = proposal.confidence
    return event


def _under_halts(needs: Requirements, house: House, core: str, action: v1.Action) -> Requirements:
    """Have a person look where the policy would give leave at once, while a halt covers the action."""
    halted = any(covers(halt.scope, core, action) for halt in house.halts.values())
    if not halted or needs.automation != v1.AUTOMATION_LEVEL_FULL:
        return needs
    return needs._replace(automation=v1.AUTOMATION_LEVEL_SUPERVISED, rules=(*needs.rules, HALT_RULE))


def _follow_up(
    state: State, actor: v1.Actor, proposal: v1.Proposal, proposed: v1.DecisionProposed, now_us: int
) -> tuple[v1.Event, ...]:
    """Return what follows in the same entry: leave by policy, or the call to a person."""
    if proposed.assessment.automation == v1.AUTOMATION_LEVEL_FULL:
        approved = v1.DecisionApproved(action_digest=proposed.action_digest, by_policy=True)
        order = issue_order(state.house.policy, proposal.decision_id, proposed.action_digest, now_us)
        return v1.Event(decision_approved=approved), order
    if proposed.assessment.risk != v1.RISK_LEVEL_CRITICAL and state.house.policy.assignment != "by_turns":
        return ()  # nobody is looked for; the decision below costs a copy, and this runs for every proposal
    asked = v1.Decision(
        decision_id=proposal.decision_id,
        core=actor.name,
        proposal=proposal,
        action_digest=proposed.action_digest,
        assessment=proposed.assessment,
        tier=proposed.tier,
        quorum=proposed.quorum,
    )
    return tuple(handed_on(state.house, state.around, asked))


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
