"""The page of one decision: everything that an operator should know before deciding. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.inert import inert, inert_lines, pad, wrap
from governance_client.console.rendering import NARROWEST, Line, actor, plain, risk_style, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LABEL: Final = 11
_QUOTE: Final = "│ "
"""Stands before every line that someone else wrote, so that none can pass for one of ours."""
_TEXT_LINES: Final = 12
"""Of each quoted text; `show ID --json` has all of it."""
_ITEMS: Final = 20
"""Of each list."""


def page(decision: v1.Decision, now_us: int, width: int) -> list[Line]:
    """Return a decision as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    return [
        [("class:title", plain(summary(decision, 0, width)))],
        *_facts(_identity(decision, now_us), width),
        *_facts(_action(decision.proposal.action, decision.action_digest), width),
        *_assessment(decision.assessment, width),
        *_facts(_grounds(decision.proposal), width),
        *_evidence(decision.proposal.evidence, width),
        *_history(decision, width),
    ]


def _facts(facts: Iterable[tuple[str, str]], width: int) -> Iterator[Line]:
    """Yield labelled facts. They are inert already; long ones go on below."""
    for label, text in facts:
        for number, piece in enumerate(wrap(text, width - _LABEL)):
            yield [("class:label", pad("" if number else label, _LABEL)), ("", piece)]


def _identity(decision: v1.Decision, now_us: int) -> Iterator[tuple[str, str]]:
    yield "decision", f"{inert(decision.decision_id)}, version {decision.version}, entry {decision.offset}"
    yield "state", _state(decision)
    yield "proposed", f"{words.moment(decision.proposed_at)} by core {inert(decision.core)}"
    if decision.state == v1.DECISION_STATE_PENDING:
        yield "decides", f"{words.role(decision.tier)} or above{_quorum(decision.quorum)}"
        if decision.schedule.HasField("deadline"):
            yield "deadline", _deadline(decision.schedule, now_us)
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
        ("class:label", pad("risk", _LABEL)),
        (risk_style(assessment.risk), f"{words.risk(assessment.risk)} {assessment.score:.2f}"),
        ("", f", {words.automation(assessment.automation)}"),
    ]
    scores = ", ".join(f"{words.category(each.category)} {each.value:.2f}" for each in assessment.categories)
    concerns = ", ".join(words.factor(each) for each in assessment.key_concerns)
    facts = (("", scores), ("concerns", concerns), ("", inert(assessment.justification)))
    yield from _facts(((label, text) for label, text in facts if text), width)
    yield from _facts((("mitigate", inert(text)) for text in assessment.mitigations), width)


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
    yield from _quoted("core says", evidence.reasoning, width)
    if evidence.indicators:
        yield from _quoted("indicators", "\n".join(evidence.indicators), width)
    for exhibit in evidence.exhibits[:_ITEMS]:
        yield from _quoted(inert(exhibit.name, limit=width - 2), exhibit.text, width)
    if len(evidence.exhibits) > _ITEMS:
        yield [("class:dim", f"and {len(evidence.exhibits) - _ITEMS} more exhibits")]


def _quoted(title: str, text: str, width: int) -> Iterator[Line]:
    if not text:
        return
    if title:
        yield from ([("class:label", piece)] for piece in wrap(title, width))
    for line in inert_lines(text, width - len(_QUOTE), _TEXT_LINES):
        yield [("class:dim", _QUOTE), ("", line)]


def _history(decision: v1.Decision, width: int) -> Iterator[Line]:
    for vote in decision.votes:
        yield from _facts([("vote", f"{'for' if vote.approved else 'against'}, {actor(vote.actor)}")], width)
        if vote.comment != decision.approval.reason:
            yield from _quoted("", vote.comment, width)
    yield from _resolution("approved", decision.approval, width)
    if decision.HasField("order"):
        yield from _facts([("order", _order(decision.order))], width)
    if decision.HasField("outcome"):
        outcome = decision.outcome
        told = f"{words.outcome(outcome.result)}, {words.moment(outcome.reported_at)} by {actor(outcome.reported_by)}"
        yield from _facts([("outcome", told)], width)
        yield from _quoted("", outcome.detail, width)
    yield from _resolution("ended", decision.ending, width)
    for note in decision.notes:
        yield from _facts([("note", f"{words.moment(note.noted_at)} by {actor(note.actor)}")], width)
        yield from _quoted("", note.text, width)


def _order(order: v1.Order) -> str:
    if order.accepted_by:
        return f"{inert(order.order_id)}, accepted by {inert(order.accepted_by)} at {words.moment(order.accepted_at)}"
    return f"{inert(order.order_id)}, waits for core until {words.moment(order.accept_by)}"


def _resolution(label: str, resolution: v1.Resolution, width: int) -> Iterator[Line]:
    if not resolution.HasField("actor"):
        return
    told = f"{words.moment(resolution.resolved_at)} by {actor(resolution.actor)}"
    yield from _facts([(label, told)], width)
    yield from _quoted("", resolution.reason, width)
