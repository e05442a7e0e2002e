"""Halts and who could decide, as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.inert import inert, name, pad, value
from governance_client.console.lines import Line, clip
from governance_client.console.telling import TARGET_CHARACTERS, actor
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance import v1

_REACHED: Final = 14
"""Columns of whether somebody can be reached."""


def scope_told(scope: v1.HaltScope) -> str:
    """Return what a halt covers, in words that are inert."""
    match scope.WhichOneof("scope"):
        case "all":
            return _("everything")
        case "core":
            return _("core {core}").format(core=name(scope.core))
        case "action":
            return words.action_type(scope.action)
        case "target":
            return _("target {target}").format(target=value(scope.target, TARGET_CHARACTERS))
        case _other:
            return _("something that this version does not know")


def halt_line(halt: v1.Halt, now_us: int, width: int) -> Line:
    """Return a halt on one line: what it covers, who declared it, until when, why (quoted), and its name."""
    since = _(" by {who} since {moment}").format(who=actor(halt.actor), moment=words.moment(halt.declared_at))
    line: Line = [("class:late", _("HALTED {scope}").format(scope=scope_told(halt.scope))), ("", since)]
    if halt.HasField("expires_at"):
        left = words.countdown(halt.expires_at, now_us)
        line.append(("", _(", ends by itself in {span}").format(span=left)))
    if halt.released_by:
        asked = ", ".join(actor(each) for each in halt.released_by)
        line.append(("", _(", {who} asked to release it and another has to").format(who=asked)))
    line += [("class:id", f" {name(halt.halt_id)}"), ("", f": {value(halt.reason)}")]
    return clip(line, width)


def halt_news(before: Mapping[str, v1.Halt], after: Mapping[str, v1.Halt], now_us: int, width: int) -> list[Line]:
    """Return the lines that tell which halts came, which moved towards their end, and which ended."""
    lines = [
        halt_line(halt, now_us, width)
        for halt_id, halt in after.items()
        if halt_id not in before or len(halt.released_by) != len(before[halt_id].released_by)
    ]
    for halt_id, halt in before.items():
        if halt_id not in after:
            told = _("the halt of {scope} is over").format(scope=scope_told(halt.scope))
            lines.append(clip([("class:news", f"{told} "), ("class:id", inert(halt_id))], width))
    return lines


def who_lines(found: v1.ListEligibleOperatorsResponse) -> Iterator[Line]:
    """Yield who could decide a decision now, the reachable first, and how many have to."""
    for each in found.operators:
        told = f"{name(each.operator.name)} ({words.role(each.operator.role)})"
        told = _("{who}, voted already").format(who=told) if each.voted else told
        yield [("class:done" if each.reachable else "class:dim", pad(_reached(each), _REACHED)), ("", told)]
    if not found.operators:
        yield [("class:late", _("Nobody may decide it now."))]
    elif not any(each.reachable for each in found.operators):
        yield [("class:late", _("None of them can be reached."))]
    yield [("class:dim", needed(found.quorum))]


def _reached(each: v1.EligibleOperator) -> str:
    if each.reachable:
        return pgettext("operator", "reachable")
    return pgettext("operator", "away") if each.operator.away else pgettext("operator", "not connected")


def needed(quorum: v1.Quorum) -> str:
    """Return how many have to approve, and of whom, as words."""
    required = max(quorum.required, 1)
    people = ngettext("one has to approve", "{count} different people have to approve", required).format(count=required)
    if not quorum.roles:
        return people
    roles = _(" and ").join(_("a {role}").format(role=words.role(each)) for each in quorum.roles)
    return _("{people}, among them {roles} or above").format(people=people, roles=roles)
