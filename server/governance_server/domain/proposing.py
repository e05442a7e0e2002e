"""Proposing: what core asks about a proposal of its own, to make it and to withdraw it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence, Reversed
from governance_server.domain.digest import action_digest
from governance_server.domain.eligibility import handed_on
from governance_server.domain.house import covers
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import SECOND_US, set_moment
from governance_server.domain.ordering import issue_order
from governance_server.domain.refusal import closed, not_found, refuse, too_often, when
from governance_server.domain.requirements import requirements, with_rules
from governance_server.domain.risk import weigh
from governance_server.domain.schedule import sla_times
from governance_server.domain.settling import nothing_to_undo
from governance_server.domain.visibility import owns

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State
    from governance_server.domain.house import House
    from governance_server.domain.policy import Policy
    from governance_server.domain.requirements import Requirements
    from governance_server.domain.risk import Weighed

GROUP_KEY_DIGITS: Final = 16
"""64 bits: among a hundred thousand open decisions, one chance in billions that two unlike ones fold together."""
HALT_RULE: Final = "halt→supervised"
"""How an assessment says that a halt took the machine's autonomy."""
_HOST_BITS: Final = {4: 8, 6: 64}
"""In how many last bits two addresses may differ that count as like each other: /24 and /64, the usual networks."""
_LAST_OCTETS: Final = frozenset(map(str, range(256)))
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")
_LAST_DIGITS: Final = 4


def propose(state: State, actor: v1.Actor, proposal: v1.Proposal, now_us: int) -> Ruling:
    """Rule on a proposal. The same one again was answered before it came here, so a known id is another's.

    The risk is assessed first, since what is risky enough is never proposed too often.
    """
    if state.decision is not None:
        return _id_taken(state.decision, actor)
    house, around = state.house, state.around
    policy, twin = house.policy, around.twin
    weighed = weigh(proposal, policy, now_us)
    refusal = _too_often(state, weighed.risk)
    if refusal is not None:
        return refusal
    reverses = proposal.reverses
    if twin is not None and twin.proposal.reverses == reverses:
        return _join(twin, proposal)
    refusal = _too_many(state) or (_not_reversible(state, actor) if reverses else None)
    if refusal is not None:
        return refusal
    core = actor.name
    needs = requirements(policy, proposal, weighed.assessment, core, now_us, rejections=around.rejections)
    if house.halts:
        needs = _under_halts(needs, house, core, proposal.action)
    event = _proposed(state, proposal, weighed, needs, now_us)
    personal = v1.PersonalData()
    personal.proposal.CopyFrom(proposal)
    then = (Reversed(reverses, proposal.decision_id),) if reverses else ()
    follow_up: tuple[v1.Event, ...] = ()
    if needs.automation == v1.AUTOMATION_LEVEL_FULL:
        follow_up = _leave_by_policy(policy, proposal, event, now_us)
    elif weighed.risk == v1.RISK_LEVEL_CRITICAL or policy.assignment == "by_turns":
        follow_up = _call(state, core, proposal, event)
    return Consequence((event, *follow_up), personal, then=then)


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


def _not_reversible(state: State, actor: v1.Actor) -> v1.Refusal | None:
    """Refuse to reverse what is not the core's own, was not executed or was reversed already."""
    original = state.around.original
    if original is None or not owns(original, actor):
        return not_found()
    return nothing_to_undo(original)


def _join(twin: v1.Decision, proposal: v1.Proposal) -> Consequence:
    """Count a proposal to the open decision about the same action, so that people are not asked twice."""
    repeated = v1.ProposalRepeated(repeated_as=proposal.decision_id, occurrences=twin.occurrences + 1)
    personal = v1.PersonalData(proposal=proposal)
    return Consequence((v1.Event(proposal_repeated=repeated),), personal, joined=twin.decision_id)


def _proposed(state: State, proposal: v1.Proposal, weighed: Weighed, needs: Requirements, now_us: int) -> v1.Event:
    """Return the event of a proposal: a copy of what many have in common in one moment, and what is this one's."""
    action = proposal.action
    kind = (weighed.action_type, weighed.action_scope, weighed.risk)
    event = v1.Event()
    event.CopyFrom(_template(state.house.policy, kind, needs, now_us))
    proposed = event.decision_proposed
    proposed.assessment.CopyFrom(with_rules(weighed.assessment, needs))
    proposed.target_count = len(action.targets)
    proposed.action_digest = state.around.action_digest or action_digest(action)
    proposed.group_key = group_key(proposal)
    proposed.confidence = proposal.confidence
    return event


@lru_cache(maxsize=256)  # all of a batch has one moment, and is of as many kinds as there are actions and risks
def _template(
    policy: Policy,
    kind: tuple[v1.ActionType.ValueType, v1.ActionScope.ValueType, v1.RiskLevel.ValueType],
    needs: Requirements,
    now_us: int,
) -> v1.Event:
    """Return what the events of proposals have in common that come in one moment, beside their assessments."""
    action_type, action_scope, risk = kind
    times = sla_times(policy, risk, now_us)
    event = v1.Event()
    proposed = event.decision_proposed
    proposed.action_type = action_type
    proposed.action_scope = action_scope
    proposed.tier = needs.tier
    proposed.quorum.required = needs.required
    proposed.quorum.roles.extend(needs.roles)
    set_moment(proposed.warn_at, times.warn_us)
    set_moment(proposed.deadline, times.deadline_us)
    return event


def _under_halts(needs: Requirements, house: House, core: str, action: v1.Action) -> Requirements:
    """Have a person look where the policy would give leave at once, while a halt covers the action."""
    halted = any(covers(halt.scope, core, action) for halt in house.halts.values())
    if not halted or needs.automation != v1.AUTOMATION_LEVEL_FULL:
        return needs
    return needs._replace(automation=v1.AUTOMATION_LEVEL_SUPERVISED, rules=(*needs.rules, HALT_RULE))


def _leave_by_policy(policy: Policy, proposal: v1.Proposal, event: v1.Event, now_us: int) -> tuple[v1.Event, ...]:
    """Return what follows in the same entry where the policy gives leave at once."""
    digest = event.decision_proposed.action_digest
    approved = v1.DecisionApproved(action_digest=digest, by_policy=True)
    return v1.Event(decision_approved=approved), issue_order(policy, proposal.decision_id, digest, now_us)


def _call(state: State, core: str, proposal: v1.Proposal, event: v1.Event) -> tuple[v1.Event, ...]:
    """Return what follows in the same entry where a person is looked for: the assignment, or that nobody is there."""
    proposed = event.decision_proposed
    asked = v1.Decision(
        decision_id=proposal.decision_id,
        core=core,
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
    action = proposal.action
    targets = action.targets[:]  # a slice: protobuf's own list is slow to go through
    threat = proposal.threat.type
    for target in targets:
        if target.kind == v1.TARGET_KIND_IP_ADDRESS:
            return _key_of_address(action.type, threat, target.value)
    return _key(action.type, threat, targets[0].value if targets else "")


def _key_of_address(action_type: int, threat: str, address: str) -> str:
    """Return the key of an address, found by what stands before its last part where that is all that counts.

    Whether an address is one, and in which network, does not depend on which number from 0 to 255 stands behind its
    last dot, nor on which hexadecimal digits, four at the most, behind its last colon; and a storm comes from few
    networks. To read an address costs more than all the rest of a group's key.
    """
    before, dot, last = address.rpartition(".")
    if dot:
        is_number = last in _LAST_OCTETS
    else:
        before, dot, last = address.rpartition(":")
        is_number = 0 < len(last) <= _LAST_DIGITS and _HEXADECIMAL.issuperset(last)
    if is_number:
        network = _key_of_network(action_type, threat, before + dot)
        if network:
            return network
    return _key(action_type, threat, _network(address))


@lru_cache(maxsize=4096)  # the networks of a storm, with what is done about them; some 1 MiB
def _key_of_network(action_type: int, threat: str, before: str) -> str:
    """Return the key of all addresses that differ after their last dot or colon; empty where they are no addresses."""
    try:
        ip_address(f"{before}0")
    except ValueError:
        return ""
    return _key(action_type, threat, _network(f"{before}0"))


def _key(action_type: int, threat: str, neighbourhood: str) -> str:
    parts = (str(action_type), threat, neighbourhood)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:GROUP_KEY_DIGITS]


def _network(value: str) -> str:
    try:
        address = ip_address(value)
    except ValueError:
        return value  # core's own notation; alike only if it is written alike
    return f"{address.version}/{int(address) >> _HOST_BITS[address.version]}"
