"""Errands: what core has done beside what is timed, one receipt a command."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from benchmarks.lines import command_item
from governance import v1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.lines import Line
    from benchmarks.proposals import Drawing
    from benchmarks.rounds import Leave


class RefusedError(Exception):
    """The server refused what a benchmark's load never has refused."""


def accepted(receipt: v1.Receipt) -> int:
    """Return the offset at which a command was accepted.

    Raises:
        RefusedError: It was not.
    """
    if not receipt.HasField("accepted"):
        raise RefusedError(f"{receipt.request_id}: {receipt.refused.message}")
    return receipt.accepted.offset


def acceptance(leave: Leave, request_id: str) -> v1.CoreCommand:
    """Return core's acceptance of an order."""
    order = v1.AcceptOrder(
        decision_id=leave.decision_id, order_id=leave.order_id, action_digest=leave.action_digest, instance="bench"
    )
    return v1.CoreCommand(request_id=request_id, accept_order=order)


def report(leave: Leave, request_id: str) -> v1.CoreCommand:
    """Return core's report that an order was executed."""
    outcome = v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="Done.")
    order = v1.ReportOrder(
        decision_id=leave.decision_id, order_id=leave.order_id, action_digest=leave.action_digest, outcome=outcome
    )
    return v1.CoreCommand(request_id=request_id, report_order=order)


async def settle(core: Line, orders: Sequence[Leave], drawing: Drawing) -> None:
    """Accept orders and report them executed, so that their decisions have ended."""
    await _run(core, [acceptance(leave, drawing.name()) for leave in orders])
    await _run(core, [report(leave, drawing.name()) for leave in orders])


async def withdraw(core: Line, names: Sequence[str], drawing: Drawing) -> None:
    """Withdraw decisions."""
    cancels = [v1.Cancel(decision_id=name, reason="Only measured.") for name in names]
    await _run(core, [v1.CoreCommand(request_id=drawing.name(), cancel=cancel) for cancel in cancels])


async def _run(core: Line, commands: Sequence[v1.CoreCommand]) -> None:
    """Have commands done; return once all are durable."""
    waiting = {command.request_id for command in commands}
    done = asyncio.Event()

    def take(data: bytes) -> None:
        for receipt in v1.ProposeResponse.FromString(data).news.receipts:
            accepted(receipt)
            waiting.discard(receipt.request_id)
        if not waiting:
            done.set()

    core.hand_on = take
    core.put([command_item(command) for command in commands])
    await core.until(done)
