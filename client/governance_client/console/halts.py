"""Halts and who could decide, as lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.console import words
from governance_client.console.inert import inert
from governance_client.console.rendering import Line, actor, clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance import v1


def scope_told(scope: v1.HaltScope) -> str:
    """Return what a halt covers, in words that are inert."""
    match scope.WhichOneof("scope"):
        case "all":
            return "everything"
        case "core":
            return f"core {inert(scope.core)}"
        case "action":
            return words.action_type(scope.action)
        case "target":
            return f"target {inert(scope.target)}"
        case _:
            return "something that this version does not know"


def halt_line(halt: v1.Halt, now_us: int, width: int) -> Line:
    """Return a halt on one line: what it covers, who declared it, until when, why, and its name."""
    line: Line = [
        ("class:late", f"HALTED {scope_told(halt.scope)}"),
        ("", f" by {actor(halt.actor)} since {words.moment(halt.declared_at)}"),
    ]
    if halt.HasField("expires_at"):
        line.append(("", f", ends by itself in {words.countdown(halt.expires_at, now_us)}"))
    if halt.released_by:
        asked = ", ".join(actor(each) for each in halt.released_by)
        line.append(("", f", {asked} asked to release it and another has to"))
    line += [("class:id", f" {inert(halt.halt_id)}"), ("", f": {inert(halt.reason)}")]
    return clip(line, width)


def halt_news(before: Mapping[str, v1.Halt], after: Mapping[str, v1.Halt], now_us: int, width: int) -> list[Line]:
    """Return the lines that tell which halts came, which moved towards their end, and which ended."""
    lines = [
        halt_line(halt, now_us, width)
        for name, halt in after.items()
        if name not in before or len(halt.released_by) != len(before[name].released_by)
    ]
    for name, halt in before.items():
        if name not in after:
            told = f"the halt of {scope_told(halt.scope)} is over "
            lines.append(clip([("class:news", told), ("class:id", inert(name))], width))
    return lines


def who_lines(found: v1.ListEligibleOperatorsResponse) -> Iterator[Line]:
    """Yield who could decide a decision now, the reachable first, and how many have to."""
    for each in found.operators:
        reached = "reachable" if each.reachable else "away" if each.operator.away else "not connected"
        voted = ", voted already" if each.voted else ""
        yield [
            ("class:done" if each.reachable else "class:dim", f"{reached:<14}"),
            ("", f"{inert(each.operator.name)} ({words.role(each.operator.role)}){voted}"),
        ]
    if not found.operators:
        yield [("class:late", "Nobody may decide it now.")]
    elif not any(each.reachable for each in found.operators):
        yield [("class:late", "None of them can be reached.")]
    yield [("class:dim", needed(found.quorum))]


def needed(quorum: v1.Quorum) -> str:
    """Return how many have to approve, and of whom, as words."""
    required = max(quorum.required, 1)
    people = "one has to approve" if required == 1 else f"{required} different people have to approve"
    roles = " and ".join(f"a {words.role(each)}" for each in quorum.roles)
    return f"{people}, among them {roles} or above" if roles else people
