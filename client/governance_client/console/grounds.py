"""What core recommends and why, and what the policy makes of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.inert import inert, name
from governance_client.console.lines import Line, clip
from governance_client.console.quoting import fact, facts, quoted
from governance_client.console.telling import risk_style
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1

_PARAMETER_LINES: Final = 100
"""Of each parameter: as long as the contract allows, on the narrowest screen. What is approved is shown whole."""


def recommendation(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield the action, and why core wants it."""
    action = decision.proposal.action
    yield from facts([("action", _action(action))], width)
    label = "parameter"
    for parameter, given in sorted(action.parameters.items()):
        # on one line: else what stands far below would be left out of what is approved
        yield from quoted(label, inert(given), width, most=_PARAMETER_LINES, title=parameter)
        label = ""
    yield from facts([("digest", decision.action_digest.hex())], width)
    yield from quoted("core says", decision.proposal.evidence.reasoning, width)
    yield from facts([("threat", _threat(decision.proposal))], width)
    yield from _impact(decision.proposal.business_impact, width)


def assessment(assessed: v1.Assessment, width: int) -> Iterator[Line]:
    """Yield the risk, what it is made of in short, and what would lessen it."""
    risk = f"{words.risk(assessed.risk)} {assessed.score:.2f}"
    automation = _(", automation: {level}").format(level=words.automation(assessed.automation))
    yield clip(fact("risk", [(risk_style(assessed.risk), risk), ("", automation)]), width)
    concerns = ", ".join(words.factor(each) for each in assessed.key_concerns)
    if concerns:
        yield from facts([("concerns", concerns)], width)
    label = "mitigate"
    for each in assessed.mitigations:
        yield from quoted(label, each, width)
        label = ""


def _action(action: v1.Action) -> str:
    told = words.action_type(action.type)
    if action.scope:
        told = _("{action}, reaching {scope}").format(action=told, scope=words.scope(action.scope))
    if action.HasField("duration"):
        lasting = words.span(action.duration.seconds * words.SECOND_US)
        told = _("{action}, for {span}").format(action=told, span=lasting)
    return told


def _threat(proposal: v1.Proposal) -> str:
    return _("{threat}, score {score}, core is {confidence} sure").format(
        threat=name(proposal.threat.type) or _("not named"),
        score=f"{proposal.threat.score:.2f}",
        confidence=f"{proposal.confidence:.0%}",
    )


def _impact(impact: v1.BusinessImpact, width: int) -> Iterator[Line]:
    if impact.estimated_cost_usd or impact.operational or impact.reputational:
        told = _("about ${cost}, operations {operational}, reputation {reputational}").format(
            cost=f"{impact.estimated_cost_usd:,.0f}",
            operational=f"{impact.operational:.2f}",
            reputational=f"{impact.reputational:.2f}",
        )
        yield from facts([("impact", told)], width)
    yield from quoted("", impact.description, width)
