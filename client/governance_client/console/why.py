"""Why a decision has its risk and waits where it waits: its score as bars, and the policy's rules. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import words
from governance_client.console.glyphs import GLYPHS, bar
from governance_client.console.halts import needed
from governance_client.console.inert import name, pad, width_of
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import fact, facts, quoted
from governance_client.console.telling import risk_style, short_id
from governance_client.language import _, pgettext

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROM: Final = ((v1.RISK_LEVEL_MEDIUM, 0.30), (v1.RISK_LEVEL_HIGH, 0.50), (v1.RISK_LEVEL_CRITICAL, 0.75))
"""Where each risk begins, as the contract says (RiskLevel), where the policy does not say otherwise."""
_INDENT: Final = "  "
_BAR_LEAST: Final = 6
_BAR_MOST: Final = 40
_FIGURES: Final = 22
"""Columns of `0.60 x 0.30 = 0.180` and what stands beside it."""
_DIGEST: Final = 16
"""Digits of the policy's digest: enough to find it among all there ever were."""


def why(decision: v1.Decision, width: int) -> list[Line]:
    """Return how a decision came by its risk, as lines of at most `width` columns."""
    width = max(width, NARROWEST)
    assessed = decision.assessment
    about = _("Why {decision} is {risk}").format(
        decision=short_id(decision.decision_id), risk=words.risk(assessed.risk)
    )
    return [
        clip([("class:title", about)], width),
        _score(assessed, width),
        *_categories(assessed, width),
        *_rules(decision, width),
        *quoted("", assessed.justification, width),
    ]


def _score(assessed: v1.Assessment, width: int) -> Line:
    said = [(risk_style(assessed.risk), f"{assessed.score:.2f}"), ("", f"  ({_levels(assessed)})")]
    return clip(fact("score", said), width)


def _levels(assessed: v1.Assessment) -> str:
    """Return where the levels begin. Consoles are not told what the policy says of it; that it differs can be seen."""
    usual = max((level for level, least in _FROM if assessed.score >= least), default=v1.RISK_LEVEL_LOW)
    if usual != assessed.risk:
        return _("{risk} by levels of the policy's own").format(risk=words.risk(assessed.risk))
    return ", ".join(
        _("{risk} from {score}").format(risk=words.risk(level), score=f"{least:.2f}") for level, least in _FROM
    )


def _categories(assessed: v1.Assessment, width: int) -> Iterator[Line]:
    named = [words.category(each.category) for each in assessed.categories]
    named += [f"{_INDENT}{words.factor(each.kind)}" for part in assessed.categories for each in part.factors]
    label = min(max(map(width_of, named), default=0), width - _FIGURES - _BAR_LEAST - 4)
    room = max(min(width - label - _FIGURES - 4, _BAR_MOST), 0)
    concerns = frozenset(assessed.key_concerns)
    for part in assessed.categories:
        yield clip(_bar(words.category(part.category), part.value, part.weight, (label, room), "class:title"), width)
        for each in part.factors:
            marked = each.kind in concerns
            line = _bar(f"{_INDENT}{words.factor(each.kind)}", each.value, each.weight, (label, room), "")
            yield clip([*line, ("class:warning", f" {GLYPHS.marker}" if marked else "")], width)
    if concerns:
        told = _("{marker} a key concern").format(marker=GLYPHS.marker)
        yield [("class:warning", told)]


def _bar(told: str, value: float, weight: float, columns: tuple[int, int], style: str) -> Line:
    label, room = columns
    drawn, rest = bar(value, room)
    figures = f"{value:.2f} x {weight:.2f} = {value * weight:.3f}"
    return [
        (style, f"{pad(told, label)} "),
        ("class:bar", drawn),
        ("class:bar.rest", rest),
        (style, f" {figures}"),
    ]


def _rules(decision: v1.Decision, width: int) -> Iterator[Line]:
    assessed = decision.assessment
    # rules have arrows in their names
    rules = ", ".join(GLYPHS.arrow.join(map(name, each.split("→"))) for each in assessed.policy_rules)
    told = [("automation", words.automation(assessed.automation)), ("rules", rules or pgettext("rules", "none"))]
    role = _("{role} or above").format(role=words.role(decision.tier))
    told.append(("decides", f"{role}; {needed(decision.quorum)}"))
    told.append(("policy", assessed.policy_digest.hex()[:_DIGEST] or pgettext("policy", "not named")))
    yield from facts(told, width)
