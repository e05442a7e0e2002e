"""The page of one decision: everything that an operator should know before deciding. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.history import alarms, history
from governance_client.console.inert import inert, pad
from governance_client.console.quoting import LABEL, facts, quoted
from governance_client.console.rendering import NARROWEST, Line, plain, risk_style, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

_ITEMS: Final = 20
"""Of each list."""


def page(decision: v1.Decision, now_us: int, width: int) -> list[Line]:
    """Return a decision as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    return [
        [("class:title", plain(summary(decision, 0, width)))],
        *alarms(decision, width),
        *facts(_identity(decision, now_us), width),
        *facts(_action(decision.proposal.action, decision.action_digest), width),
        *_assessment(decision.assessment, width),
        *facts(_grounds(decision.proposal), width),
        *_evidence(decision.proposal.evidence, width),
        *history(decision, width),
    ]


def _identity(decision: v1.Decision, now_us: int) -> Iterator[tuple[str, str]]:
    yield "decision", f"{inert(decision.decision_id)}, version {decision.version}, entry {decision.offset}"
    yield "state", _state(decision)
    yield "proposed", f"{words.moment(decision.proposed_at)} by core {inert(decision.core)}"
    if decision.state == v1.DECISION_STATE_PENDING:
        yield "decides", f"{words.role(decision.tier)} or above{_quorum(decision.quorum)}"
        if decision.schedule.HasField("deadline"):
            yield "deadline", _deadline(decision.schedule, now_us)
        if decision.schedule.HasField("deferred_until"):
            yield "deferred", f"until {words.moment(decision.schedule.deferred_until)}; the deadline stays"
    if decision.assignee:
        yield "assigned", f"to {inert(decision.assignee)}"
    if decision.occurrences > 1:
        yield "proposed", f"{decision.occurrences} times, the same each time"
    if decision.claim.operator:
        yield "claimed", f"by {inert(decision.claim.operator)} until {words.moment(decision.claim.expires_at)}"


def _state(decision: v1.Decision) -> str:
    name = words.state(decision.state)
    return f"{name}: {words.expiry(decision.expiry_reason)}" if decision.expiry_reason else name


def _quorum(quorum: v1.Quorum) -> str:
    return f", {quorum.required} of them" if quorum.required > 1 else ""


def _deadline(schedule: v1.Schedule, now_us: int) -> str:
    left = words.countdown(schedule.deadline, now_us)
    breached = f", missed {schedule.breaches} before" if schedule.breaches else ""
    return f"{words.moment(schedule.deadline)} (left: {left}){breached}"


def _action(action: v1.Action, digest: bytes) -> Iterator[tuple[str, str]]:
    reach = f", reaching {words.scope(action.scope)}" if action.scope else ""
    lasting = f", for {words.span(action.duration.seconds * words.SECOND_US)}" if action.HasField("duration") else ""
    yield "action", words.action_type(action.type) + reach + lasting
    for target in action.targets:
        # all of them: what is approved is shown
        yield "  on", f"{words.target_kind(target.kind)} {inert(target.value)}"
    for name, value in sorted(action.parameters.items()):
        yield "  with", f"{inert(name)} = {inert(value)}"
    yield "digest", digest.hex()


def _assessment(assessment: v1.Assessment, width: int) -> Iterator[Line]:
    yield [
        ("class:label", pad("risk", LABEL)),
        (risk_style(assessment.risk), f"{words.risk(assessment.risk)} {assessment.score:.2f}"),
        ("", f", {words.automation(assessment.automation)}"),
    ]
    scores = ", ".join(f"{words.category(each.category)} {each.value:.2f}" for each in assessment.categories)
    concerns = ", ".join(words.factor(each) for each in assessment.key_concerns)
    told = (("", scores), ("concerns", concerns), ("", inert(assessment.justification)))
    yield from facts(((label, text) for label, text in told if text), width)
    yield from facts((("mitigate", inert(text)) for text in assessment.mitigations), width)


def _grounds(proposal: v1.Proposal) -> Iterator[tuple[str, str]]:
    threat = inert(proposal.threat.type) or "not named"
    yield "threat", f"{threat}, score {proposal.threat.score:.2f}, core is {proposal.confidence:.0%} sure"
    for asset in proposal.assets[:_ITEMS]:
        kind = f" ({inert(asset.type)})" if asset.type else ""
        yield "asset", f"{inert(asset.name)}{kind}, criticality {words.criticality(asset.criticality)}"
    if len(proposal.assets) > _ITEMS:
        yield "", f"and {len(proposal.assets) - _ITEMS} more assets"
    impact = proposal.business_impact
    if impact.estimated_cost_usd or impact.operational or impact.reputational:
        yield (
            "impact",
            (
                f"about ${impact.estimated_cost_usd:,.0f}, operations {impact.operational:.2f}, "
                f"reputation {impact.reputational:.2f}"
            ),
        )


def _evidence(evidence: v1.Evidence, width: int) -> Iterator[Line]:
    yield from quoted("core says", evidence.reasoning, width)
    if evidence.indicators:
        yield from quoted("indicators", "\n".join(evidence.indicators), width)
    for exhibit in evidence.exhibits[:_ITEMS]:
        yield from quoted(inert(exhibit.name, limit=width - 2), exhibit.text, width)
    if len(evidence.exhibits) > _ITEMS:
        yield [("class:dim", f"and {len(evidence.exhibits) - _ITEMS} more exhibits")]
