"""Entries as a table for a spreadsheet: RFC 4180, one entry a row, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.audit.search import Held
from governance_client.console.inert import filed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_client.audit.search import Found

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width ones, too
"""What some spreadsheet takes for a formula at the start of a cell, whoever wrote it
(https://owasp.org/www-community/attacks/CSV_Injection)."""
_CELL: Final = 32_000
"""Characters of a cell: spreadsheets cut at 32,767."""


def header() -> str:
    """Return the first line: the columns' names."""
    return _line(list(CELLS))


def row(found: Found) -> str:
    """Return an entry's line. Every text in it is inert, and none is a formula."""
    return _line([harmless(cell(found)) for cell in CELLS.values()])


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe stands before what could be one."""
    cell = filed(text, limit=_CELL)
    shown = text.lstrip(" ")
    return f"'{cell}" if shown.startswith(_FORMULA) or cell.lstrip(" ").startswith(_FORMULA) else cell


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def word(name: Callable[..., str], value: int, prefix: str) -> str:
    """Return the contract's own name of a value, in any language; its number where this version does not know it."""
    try:
        return name(value).removeprefix(prefix).lower()
    except ValueError:
        return str(value)


def kinds(entry: v1.Entry) -> list[str]:
    """Return the names of an entry's events, as the contract has them."""
    return [event.WhichOneof("kind") or "unknown" for event in entry.events]


def _action(found: Found) -> v1.Action:
    """Return the action that an entry brought: as proposed, or as modified."""
    personal = found.personal
    return personal.modified_action if personal.HasField("modified_action") else personal.proposal.action


def _actions(found: Found) -> str:
    """Return the types of action that an entry's events name; those are never erased."""
    named = []
    for event in found.entry.events:
        if event.HasField("decision_proposed"):
            named.append(event.decision_proposed.action_type)
        elif event.HasField("action_modified"):
            named.append(event.action_modified.action_type)
    return " ".join(word(v1.ActionType.Name, each, "ACTION_TYPE_") for each in named)


def _risk(found: Found) -> str:
    risks = [event.decision_proposed.assessment.risk for event in found.entry.events]
    return " ".join(word(v1.RiskLevel.Name, risk, "RISK_LEVEL_") for risk in risks if risk)


def _said(found: Found) -> str:
    """Return what somebody wrote with it: the remark, core's reasoning, or a halt's target."""
    personal = found.personal
    evidence = personal.proposal.evidence if personal.HasField("proposal") else personal.evidence
    return personal.remark or evidence.reasoning or personal.halt_target


def _reading(found: Found) -> str:
    shown = found.entry.presentation
    return str(shown.reading.seconds) if found.entry.HasField("presentation") else ""


# the words of the table are for programs: the contract's, in every language
CELLS: Final[Mapping[str, Callable[[Found], str]]] = {
    "offset": lambda found: str(found.entry.offset),
    "recorded_at": lambda found: found.entry.recorded_at.ToJsonString(),
    "actor_kind": lambda found: word(v1.ActorKind.Name, found.entry.actor.kind, "ACTOR_KIND_"),
    "actor": lambda found: found.entry.actor.name,
    "role": lambda found: word(v1.Role.Name, found.entry.actor.role, "ROLE_") if found.entry.actor.role else "",
    "events": lambda found: " ".join(kinds(found.entry)),
    "decision_id": lambda found: found.entry.decision_id,
    "decision_version": lambda found: str(found.entry.decision_version or ""),
    "request_id": lambda found: found.entry.request_id,
    "risk": _risk,
    "action": _actions,
    "targets": lambda found: " ".join(target.value for target in _action(found).targets),
    "said": _said,
    "personal": lambda found: found.held.value if found.held is not Held.NONE else "",
    "read_s": _reading,
    "rendering_digest": lambda found: found.entry.presentation.rendering_digest.hex(),
    "batch_id": lambda found: found.entry.batch_id,
    "hash": lambda found: found.record.hash.hex(),
}
"""The columns, in order."""
