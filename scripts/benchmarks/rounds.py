"""A round: a number of decisions on their way from core over the operator and back, with what is timed of them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.errands import acceptance, accepted, report
from benchmarks.lines import FRAME, command_item
from governance import v1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.lines import Line
    from benchmarks.proposals import Drawing


class Leave(NamedTuple):
    """An order as core was told of it.

    Attributes:
        decision_id: The decision.
        order_id: The order.
        action_digest: For which action.
    """

    decision_id: str
    order_id: str
    action_digest: bytes


class Round:
    """Decisions under way. From its making on, both lines hand what comes on to it.

    Attributes:
        names: The decisions' ids, in the order in which they are sent.
        seen: Those that the operator has seen.
        seen_at: When the last of them was, by `perf_counter`.
        offsets: The offset of each proposal's entry, by the decision's id.
        orders: The orders that core has.
        samples_s: How long each took from its sending until core had the order, or the whole life.
        acknowledged: Every proposal has its receipt.
        all_seen: The operator has seen every one.
    """

    def __init__(
        self,
        core: Line,
        operator: Line,
        proposals: Sequence[v1.Proposal],
        drawing: Drawing,
        *,
        decides: bool,
        whole: bool,
    ) -> None:
        """Make the proposals ready.

        Args:
            core: Core's line.
            operator: The operator's.
            proposals: What is proposed.
            drawing: Draws request ids.
            decides: The operator approves what it sees.
            whole: Core accepts and reports at once.
        """
        self.names = [each.decision_id for each in proposals]
        self.seen: set[str] = set()
        self.seen_at = 0.0
        self.offsets: dict[str, int] = {}
        self.orders: list[Leave] = []
        self.samples_s: list[float] = []
        self.acknowledged = asyncio.Event()
        self.all_seen = asyncio.Event()
        self._items = [command_item(v1.CoreCommand(proposal=each)) for each in proposals]
        self._mine = frozenset(self.names)
        self._core = core
        self._operator = operator
        self._drawing = drawing
        self._decides = decides
        self._whole = whole
        self._sent = 0
        self._sent_at: dict[str, float] = {}
        self._room = asyncio.Event()
        core.hand_on = self._at_core
        operator.hand_on = self._at_operator

    async def lead(self, at_once: int) -> None:
        """Lead all to their order, or through their whole life, some at once; in frames of 64 where that many are."""
        frame = min(FRAME, at_once)
        while self._sent < len(self.names):
            size = min(frame, len(self.names) - self._sent)
            while len(self._sent_at) + size > at_once:
                await self._next_done()
            self.send(size)
        while self._sent_at:
            await self._next_done()

    def send(self, count: int) -> None:
        """Send that many of the proposals that are left."""
        end = self._sent + count
        now = time.perf_counter()
        self._sent_at.update(dict.fromkeys(self.names[self._sent : end], now))
        self._core.put(self._items[self._sent : end])
        self._sent = end

    async def _next_done(self) -> None:
        self._room.clear()
        await self._core.until(self._room)

    def _at_core(self, data: bytes) -> None:
        news = v1.ProposeResponse.FromString(data).news
        for receipt in news.receipts:
            offset = accepted(receipt)
            if receipt.request_id in self._mine:
                self.offsets[receipt.request_id] = offset
        if len(self.offsets) == len(self.names):
            self.acknowledged.set()
        if self._decides:
            for change in news.changes:
                self._take(change.decision)

    def _take(self, decision: v1.Decision) -> None:
        """Take in a decision's state at core."""
        state = decision.state
        if state == v1.DECISION_STATE_APPROVED:
            name, order = decision.decision_id, decision.order
            leave = Leave(name, order.order_id, order.action_digest)
            if not leave.order_id or name not in self._sent_at:
                return
            if self._whole:
                self._core.put([command_item(acceptance(leave, self._drawing.name()))])
            else:
                self.orders.append(leave)
                self._finish(name)
        elif self._whole and state == v1.DECISION_STATE_EXECUTING:
            order = decision.order
            leave = Leave(decision.decision_id, order.order_id, order.action_digest)
            self._core.put([command_item(report(leave, self._drawing.name()))])
        elif self._whole and state == v1.DECISION_STATE_EXECUTED:
            self._finish(decision.decision_id)

    def _finish(self, name: str) -> None:
        self.samples_s.append(time.perf_counter() - self._sent_at.pop(name))
        self._room.set()

    def _at_operator(self, data: bytes) -> None:
        news = v1.OperateResponse.FromString(data).news
        for receipt in news.receipts:
            accepted(receipt)
        verdicts = []
        for change in news.changes:
            decision = change.decision
            name = decision.decision_id
            if decision.state == v1.DECISION_STATE_PENDING and name in self._mine and name not in self.seen:
                self.seen.add(name)
                if self._decides:
                    verdict = v1.Verdict(decision_id=name, action_digest=decision.action_digest, approve=v1.Approve())
                    verdicts.append(command_item(v1.OperatorCommand(request_id=self._drawing.name(), verdict=verdict)))
        if verdicts:
            self._operator.put(verdicts)
        if len(self.seen) == len(self.names) and not self.all_seen.is_set():
            self.seen_at = time.perf_counter()
            self.all_seen.set()
