"""What a candidate policy would have made of the recorded proposals, as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.console import words
from governance_client.console.glyphs import GLYPHS
from governance_client.console.inert import name, pad
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1
    from governance_client.console.lines import Line


def replay_report(report: v1.ReplayPolicyResponse) -> Iterator[Line]:
    """Yield the report of a replay, for people."""
    looked = ngettext("{count} proposal looked at", "{count} proposals looked at", report.looked_at)
    looked = looked.format(count=f"{report.looked_at:,}")
    if not report.changed:
        yield [("class:done", _("{looked}: none would have gone otherwise.").format(looked=looked))]
        return
    told = _("{looked}: {changed} would have gone otherwise.").format(looked=looked, changed=f"{report.changed:,}")
    yield [("class:title", told)]
    yield from _moves(report)
    yield from _tiers(report)
    if report.differences:
        yield []
        yield [("class:header", _("the most consequential"))]
    for each in report.differences:
        moved = "; ".join(_moved(each)) or _("other rules")
        yield [("class:id", name(each.decision_id)), ("", f"  {moved}")]


def _moves(report: v1.ReplayPolicyResponse) -> Iterator[Line]:
    if report.moves:
        yield []
        head = (pgettext("column", "automation"), pgettext("column", "would be"), pgettext("column", "decisions"))
        yield [("class:header", f"{pad(head[0], 14)}{pad(head[1], 14)}{head[2]:>10}")]
    for move in report.moves:
        before, after = words.automation(getattr(move, "from")), words.automation(move.to)
        yield [("", f"{pad(before, 14)}{pad(after, 14)}{move.count:>10,}")]


def _tiers(report: v1.ReplayPolicyResponse) -> Iterator[Line]:
    if report.tiers:
        yield []
        head = (pgettext("column", "first decided by"), pgettext("column", "did"), pgettext("column", "would"))
        yield [("class:header", f"{pad(head[0], 20)}{head[1]:>10}{head[2]:>10}")]
    for tier in report.tiers:
        yield [("", f"{pad(_tier(tier.tier), 20)}{tier.before:>10,}{tier.after:>10,}")]


def _tier(role: int) -> str:
    return words.role(role) if role else _("policy, no person")


def _moved(each: v1.ReplayDifference) -> Iterator[str]:
    if each.automation_before != each.automation_after:
        yield _change(words.automation(each.automation_before), words.automation(each.automation_after))
    if each.risk_before != each.risk_after:
        change = _change(words.risk(each.risk_before), words.risk(each.risk_after))
        yield _("risk {change}").format(change=change)
    if each.score_before != each.score_after:
        yield _("score {change}").format(change=_change(f"{each.score_before:.2f}", f"{each.score_after:.2f}"))
    if each.tier_before != each.tier_after:
        yield _("for {change}").format(change=_change(_tier(each.tier_before), _tier(each.tier_after)))
    if each.required_before != each.required_after:
        change = _change(str(each.required_before), str(each.required_after))
        yield _("approvals {change}").format(change=change)


def _change(before: str, after: str) -> str:
    return f"{before} {GLYPHS.arrow} {after}"
