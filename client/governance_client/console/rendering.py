"""Rendering: decisions in, styled text out. Pure; every text that someone wrote is made inert on its way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from governance import v1
from governance_client.console import words
from governance_client.console.columns import ALL, table
from governance_client.console.lines import NARROWEST, Fragment, Line, clip, line_width, plain
from governance_client.console.telling import act, actor, left, risk_style, short_id, standing, targets, urgency
from governance_client.language import pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "ALL",
    "NARROWEST",
    "Fragment",
    "Line",
    "act",
    "actor",
    "clip",
    "counted",
    "counts",
    "left",
    "line_width",
    "plain",
    "risk_style",
    "short_id",
    "spelled_counts",
    "standing",
    "summary",
    "table",
    "targets",
    "urgency",
]


def summary(decision: v1.Decision, now_us: int, width: int, *, short: Callable[[str], str] = short_id) -> Line:
    """Return one decision on one line; what is left of its time only if the server's time is known, not 0."""
    line: Line = [
        (risk_style(decision.assessment.risk), words.risk(decision.assessment.risk)),
        ("", f" {words.action_type(decision.proposal.action.type)} "),
        ("class:target", targets(decision.proposal.action)),
        ("class:id", f" {short(decision.decision_id)}"),
    ]
    if now_us and decision.state == v1.DECISION_STATE_PENDING and decision.schedule.HasField("deadline"):
        line += [("class:dim", f" {pgettext('time', 'left')} "), *left(decision, now_us)]
    return clip(line, width)


def counts(decisions: Iterable[v1.Decision]) -> Line:
    """Return how many decisions there are of each risk, as letters, worst first: `C1 H0 M4 L2`."""
    return counted(Counter(decision.assessment.risk for decision in decisions))


def counted(by_risk: Mapping[int, int]) -> Line:
    """Return how many there are of each risk, as letters, from the counts."""
    line: Line = []
    for risk in words.RISKS:
        count = by_risk.get(risk, 0)
        line += [(risk_style(risk) if count else "class:dim", f"{words.risk(risk)[0].upper()}{count}"), ("", " ")]
    return line[:-1]


def spelled_counts(decisions: Sequence[v1.Decision]) -> str:
    """Return how many decisions there are of each risk that there is any of, in words."""
    by_risk = Counter(decision.assessment.risk for decision in decisions)
    return ", ".join(f"{by_risk[risk]} {words.risk(risk)}" for risk in words.RISKS if by_risk[risk])
