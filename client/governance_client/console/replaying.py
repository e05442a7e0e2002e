"""What a candidate policy would have made of the recorded proposals, as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.console import words
from governance_client.console.inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1
    from governance_client.console.rendering import Line


def replay_report(report: v1.ReplayPolicyResponse) -> Iterator[Line]:
    """Yield the report of a replay, for people."""
    looked = f"{report.looked_at:,} {'proposal' if report.looked_at == 1 else 'proposals'} looked at"
    if not report.changed:
        yield [("class:done", f"{looked}: none would have gone otherwise.")]
        return
    yield [("class:title", f"{looked}: {report.changed:,} would have gone otherwise.")]
    if report.moves:
        yield []
        yield [("class:header", f"{'automation':<14}{'would be':<14}{'decisions':>10}")]
    for move in report.moves:
        before, after = words.automation(getattr(move, "from")), words.automation(move.to)
        yield [("", f"{before:<14}{after:<14}{move.count:>10,}")]
    if report.tiers:
        yield []
        yield [("class:header", f"{'first decided by':<20}{'did':>10}{'would':>10}")]
    for tier in report.tiers:
        yield [("", f"{_tier(tier.tier):<20}{tier.before:>10,}{tier.after:>10,}")]
    if report.differences:
        yield []
        yield [("class:header", "the most consequential")]
    for each in report.differences:
        yield [("class:id", inert(each.decision_id)), ("", f"  {'; '.join(_moved(each)) or 'other rules'}")]


def _tier(role: int) -> str:
    return words.role(role) if role else "policy, no person"


def _moved(each: v1.ReplayDifference) -> Iterator[str]:
    if each.automation_before != each.automation_after:
        yield f"{words.automation(each.automation_before)} → {words.automation(each.automation_after)}"
    if each.risk_before != each.risk_after:
        yield f"risk {words.risk(each.risk_before)} → {words.risk(each.risk_after)}"
    if each.score_before != each.score_after:
        yield f"score {each.score_before:.2f} → {each.score_after:.2f}"
    if each.tier_before != each.tier_after:
        yield f"for {_tier(each.tier_before)} → {_tier(each.tier_after)}"
    if each.required_before != each.required_after:
        yield f"approvals {each.required_before} → {each.required_after}"
