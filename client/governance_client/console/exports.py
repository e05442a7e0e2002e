"""Exports: decisions as a file, JSON lines or a table, written whole or not at all, for their owner's eyes alone."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import IO, TYPE_CHECKING, Final

from google.protobuf import json_format

from governance import v1
from governance_client.console.inert import filed, inert
from governance_client.console.telling import short_id
from governance_client.language import _
from governance_client.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from google.protobuf.timestamp_pb2 import Timestamp

_AT_ONCE: Final = 100
"""Decisions that are written before others get their turn: a few milliseconds' worth."""
_FORMULA: Final = ("=", "+", "-", "@", "\t")
"""What a spreadsheet takes for a formula at the start of a cell, whoever wrote it."""
_CELL: Final = 32_000
"""Characters of a cell: spreadsheets cut at 32,767."""


class UnwritableError(Exception):
    """A decision has something in it that the format cannot say; the sentence names both."""


async def write(file_name: str, form: str, decisions: Sequence[v1.Decision], *, force: bool = False) -> None:
    """Write decisions to a file of mode 0600, whole or not at all.

    Args:
        file_name: Which; `~` is the home directory.
        form: "json" for protobuf's JSON mapping, one decision a line, or "csv" for a spreadsheet.
        decisions: In the order in which they are written.
        force: Take another file's place.

    Raises:
        FileExistsError: There is one, and no force.
        UnwritableError: A decision cannot be written in this form.
        OSError: It cannot be written.
    """
    with whole_file(file_name, force=force) as whole:
        file = io.TextIOWrapper(whole, "utf-8", newline="")
        try:
            await _FORMS[form](file, decisions)
        finally:
            file.detach()  # which writes what is left, and leaves the file itself open


async def _write_json(file: IO[str], decisions: Sequence[v1.Decision]) -> None:
    """Write protobuf's JSON mapping, in ASCII, one decision a line."""
    for number, decision in enumerate(decisions):
        file.write(_json(decision) + "\n")
        await _give_way(number)


def _json(decision: v1.Decision) -> str:
    try:
        return json_format.MessageToJson(decision, indent=None)
    except json_format.Error as error:
        text = _("{decision} has a value that JSON cannot say: {why}")
        raise UnwritableError(text.format(decision=short_id(decision.decision_id), why=inert(str(error)))) from None


async def _write_csv(file: IO[str], decisions: Sequence[v1.Decision]) -> None:
    """Write a table for a spreadsheet, a header before it (RFC 4180). Every text in it is inert."""
    writer = csv.writer(file)
    writer.writerow(_CELLS)
    for number, decision in enumerate(decisions):
        writer.writerow([_harmless(cell(decision)) for cell in _CELLS.values()])
        await _give_way(number)


async def _give_way(number: int) -> None:
    if number % _AT_ONCE == _AT_ONCE - 1:
        await asyncio.sleep(0)


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    cell = filed(text, limit=_CELL)
    return f"'{cell}" if text.startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def _deadline(decision: v1.Decision) -> str:
    return _moment(decision.schedule.deadline) if decision.schedule.HasField("deadline") else ""


def _moment(when: Timestamp) -> str:
    """Return a moment as protobuf's JSON has it; its seconds since 1970 where that has no such moment."""
    try:
        return when.ToJsonString()
    except ValueError:
        return str(when.seconds)


def _word(name: Callable[..., str], value: int, prefix: str) -> str:
    """Return the contract's own name of a value; its number where this version does not know it."""
    try:
        return name(value).removeprefix(prefix).lower()
    except ValueError:
        return str(value)


# the words of the table are for programs: the contract's, in every language
_CELLS: Final[Mapping[str, Callable[[v1.Decision], str]]] = {
    "decision_id": lambda each: each.decision_id,
    "state": lambda each: _word(v1.DecisionState.Name, each.state, "DECISION_STATE_"),
    "risk": lambda each: _word(v1.RiskLevel.Name, each.assessment.risk, "RISK_LEVEL_"),
    "score": lambda each: f"{each.assessment.score:.3f}",
    "action": lambda each: _word(v1.ActionType.Name, each.proposal.action.type, "ACTION_TYPE_"),
    "targets": lambda each: " ".join(target.value for target in each.proposal.action.targets),
    "confidence": lambda each: f"{each.proposal.confidence:.3f}",
    "core": lambda each: each.core,
    "group": lambda each: each.group_key,
    "tier": lambda each: _word(v1.Role.Name, each.tier, "ROLE_"),
    "proposed_at": lambda each: _moment(each.proposed_at),
    "deadline": _deadline,
    "claimed_by": lambda each: each.claim.operator,
    "assigned_to": lambda each: each.assignee,
    "reasoning": lambda each: each.proposal.evidence.reasoning,
    "version": lambda each: str(each.version),
    "action_digest": lambda each: each.action_digest.hex(),
}
_FORMS: Final = {"json": _write_json, "csv": _write_csv}
