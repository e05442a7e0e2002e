"""Rendering: decisions in, styled text out. Pure; every text that someone wrote is made inert on its way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from governance import v1
from governance_client.console import words
from governance_client.console.inert import CUT, fit, inert, pad, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Fragment: TypeAlias = tuple[str, str]
"""A style and a text in it, as prompt-toolkit takes them. Styles are named in `theme`."""
Line: TypeAlias = list[Fragment]

NARROWEST: Final = 40
"""A terminal below this many columns is drawn as if it had so many."""
_ID_COLUMNS: Final = 12
_ID_SHORT: Final = 8
_COLUMNS: Final = (("#", 3), ("risk", 8), ("left", 10), ("state", 11), ("action", 20), ("id", _ID_COLUMNS))
_PART: Final = "  "


def risk_style(risk: int) -> str:
    """Return the style that a risk is shown in."""
    return f"class:risk.{words.risk(risk)}" if risk in words.RISKS else "class:risk"


def urgency(decision: v1.Decision) -> tuple[int, bool, int, int, str]:
    """Return what sorts decisions: what waits for a person first, worst risk, nearest deadline, id."""
    return (
        0 if decision.state == v1.DECISION_STATE_PENDING else 1,
        not decision.HasField("schedule"),
        -decision.assessment.risk,
        words.microseconds(decision.schedule.deadline),
        decision.decision_id,
    )


def short_id(decision_id: str) -> str:
    """Return enough of an id to type. A short id stays whole."""
    text = inert(decision_id)
    return text if len(text) <= _ID_COLUMNS else text[:_ID_SHORT]


def targets(action: v1.Action, most: int = 1) -> str:
    """Return what an action acts on: the first targets, and how many more there are."""
    if not action.targets:
        return "no target"
    named = ", ".join(inert(target.value) for target in action.targets[:most])
    more = len(action.targets) - most
    return f"{named} +{more} more" if more > 0 else named


def act(decision: v1.Decision) -> str:
    """Return an action in a few words: its type and its first target."""
    return f"{words.action_type(decision.proposal.action.type)} {targets(decision.proposal.action)}"


def actor(who: v1.Actor) -> str:
    """Return who did something, with the role it was done in."""
    name = inert(who.name) or words.actor_kind(who.kind)
    return f"{name} ({words.role(who.role)})" if who.role else name


def table(decisions: Sequence[v1.Decision], now_us: int, width: int, *, numbered: bool = True) -> list[Line]:
    """Return decisions as a table, in the order given, a header before them.

    Args:
        decisions: What to list.
        now_us: The server's time, for what is left until the deadline.
        width: Columns of the terminal; no line is wider.
        numbered: Number the rows, for commands that take a row's number.
    """
    columns = _COLUMNS if numbered else _COLUMNS[1:]
    header = _PART.join(pad(name, size) for name, size in columns) + _PART + "target"
    return [
        [("class:header", fit(header, max(width, NARROWEST)))],
        *(_row(number, each, now_us, width, numbered=numbered) for number, each in enumerate(decisions, 1)),
    ]


def _row(number: int, decision: v1.Decision, now_us: int, width: int, *, numbered: bool) -> Line:
    risk = words.risk(decision.assessment.risk)
    cells: list[Fragment] = [
        (risk_style(decision.assessment.risk), risk),
        *_left(decision, now_us),
        ("", _state_cell(decision)),
        ("", words.action_type(decision.proposal.action.type)),
        ("class:id", short_id(decision.decision_id)),
    ]
    if numbered:
        cells.insert(0, ("class:dim", str(number)))
    sizes = [size for _, size in (_COLUMNS if numbered else _COLUMNS[1:])]
    line: Line = []
    for (style, text), size in zip(cells, sizes, strict=True):
        line += [(style, pad(text, size)), ("", _PART)]
    line.append(("", targets(decision.proposal.action)))
    return clip(line, max(width, NARROWEST))


def _left(decision: v1.Decision, now_us: int) -> Line:
    if not decision.schedule.HasField("deadline") or decision.state != v1.DECISION_STATE_PENDING:
        return [("class:dim", "-")]
    urgent = decision.schedule.warned or decision.schedule.breaches > 0
    return [("class:late" if urgent else "", words.countdown(decision.schedule.deadline, now_us))]


def _state_cell(decision: v1.Decision) -> str:
    if decision.state == v1.DECISION_STATE_PENDING and decision.claim.operator:
        return f"@{inert(decision.claim.operator)}"
    if decision.held:
        return "held"
    if decision.state == v1.DECISION_STATE_PENDING and decision.votes:
        return f"{len(decision.votes)} of {max(decision.quorum.required, 1)} yes"
    return words.state(decision.state)


def summary(decision: v1.Decision, now_us: int, width: int) -> Line:
    """Return one decision on one line; what is left of its time only if the server's time is known, not 0."""
    line: Line = [
        (risk_style(decision.assessment.risk), words.risk(decision.assessment.risk)),
        ("", f" {words.action_type(decision.proposal.action.type)} "),
        ("class:target", targets(decision.proposal.action)),
        ("class:id", f" {short_id(decision.decision_id)}"),
    ]
    if now_us and decision.state == v1.DECISION_STATE_PENDING and decision.schedule.HasField("deadline"):
        line += [("class:dim", " left "), *_left(decision, now_us)]
    return clip(line, width)


def counts(decisions: Iterable[v1.Decision]) -> Line:
    """Return how many decisions there are of each risk, as letters, worst first: `C1 H0 M4 L2`."""
    by_risk = Counter(decision.assessment.risk for decision in decisions)
    line: Line = []
    for risk in words.RISKS:
        style = risk_style(risk) if by_risk[risk] else "class:dim"
        line += [(style, f"{words.risk(risk)[0].upper()}{by_risk[risk]}"), ("", " ")]
    return line[:-1]


def spelled_counts(decisions: Sequence[v1.Decision]) -> str:
    """Return how many decisions there are of each risk that there is any of, in words."""
    by_risk = Counter(decision.assessment.risk for decision in decisions)
    return ", ".join(f"{by_risk[risk]} {words.risk(risk)}" for risk in words.RISKS if by_risk[risk])


def clip(line: Line, width: int) -> Line:
    """Return a line cut to at most `width` columns, with a mark where it was cut."""
    if sum(width_of(text) for _, text in line) <= width:
        return line
    clipped: Line = []
    left = max(width - 1, 0)  # a column is the mark's
    for style, text in line:
        if width_of(text) > left:
            return [*clipped, (style, fit(text + CUT, left + 1))]
        clipped.append((style, text))
        left -= width_of(text)
    return clipped


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(text for _, text in line)
