"""Cores: they propose at a steady rate, accept orders, act once, report, answer questions and withdraw."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.digest import action_digest
from soaking.proposals import Doing, Fate, decision_id, doing_of, fate_of, is_left_open, number_of, proposal
from soaking.tally import PROPOSED

if TYPE_CHECKING:
    from soaking.hub import Hub
    from soaking.line import Line, Sent

TICK_S: Final = 0.02
"""How often what is due is proposed."""
WINDOW: Final = 256
"""In the closed loop so many decisions are under way at once, of all cores together."""
HOLD_BACK_S: Final = 20.0
"""Beyond so many seconds' worth of decisions that have not ended, cores hold back, as the server's pressure asks."""
_TWICE: Final = 200
"""One proposal in so many is sent twice."""
_ENDS: Final = frozenset(
    {
        v1.DECISION_STATE_EXECUTED,
        v1.DECISION_STATE_FAILED,
        v1.DECISION_STATE_REJECTED,
        v1.DECISION_STATE_EXPIRED,
        v1.DECISION_STATE_CANCELLED,
    }
)


class Core:
    """One instance of a core.

    Attributes:
        line: Its channel.
    """

    def __init__(self, hub: Hub, line: Line, *, place: int, places: int, share: float) -> None:
        """Make one.

        Args:
            hub: What is shared.
            line: Its channel.
            place: Which of the core's instances it is, from 0; its numbers are those that leave this remainder.
            places: How many instances there are.
            share: Which share of all proposals is its own.
        """
        self._hub = hub
        self._places = places
        self._place = place
        self._number = place or places
        self._share = share
        self._mine: set[str] = set()
        self.line = line
        line.on_change = self._changed
        line.on_receipt = self._answered

    async def propose(self) -> None:
        """Propose until cancelled."""
        due, last = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._hub.closed_loop:
                due = self._share * (WINDOW - self._hub.in_cycle)
            else:
                due += self._share * self._hub.rate * (now - last)
            last = now
            if self._hub.stopping or not self.line.connected:
                due = 0.0
            if not self._hub.closed_loop and self._hub.in_cycle > HOLD_BACK_S * self._hub.rate:
                self._hub.tally.counts["held back"] += int(due)
                due -= int(due)
            while due >= 1:
                due -= 1
                self._propose(now)

    def _propose(self, now: float, reverses: str = "") -> None:
        core, number = self.line.name, self._number
        self._number += self._places
        command = v1.CoreCommand(proposal=proposal(core, number, reverses))
        name = decision_id(core, number)
        self._hub.proposed_at[name] = now
        if not is_left_open(number):
            self._hub.in_cycle += 1
            self._mine.add(name)
        self.line.send(command, now)
        if number % _TWICE == 0:
            self.line.send(command, now)

    def _answered(self, receipt: v1.Receipt, sent: Sent) -> None:
        kind = sent.command.WhichOneof("command")
        if kind == "proposal" and sent.at:
            self._hub.tally.time(PROPOSED, time.monotonic() - sent.at)
        if kind == "proposal" and receipt.HasField("refused"):
            self._over(receipt.request_id)
        if kind == "accept_order" and receipt.HasField("accepted"):
            self._act(sent.command.accept_order)

    def _act(self, leave: v1.AcceptOrder) -> None:
        """Act, and report it, unless nobody is to hear of it."""
        self._hub.journal.executed(leave.order_id, self.line.title)
        self._hub.tally.counts["executed"] += 1
        doing = doing_of(number_of(leave.decision_id)[1])
        if doing is Doing.KEEP_SILENT:
            return
        failed = doing is Doing.FAIL
        result = v1.OUTCOME_RESULT_FAILED if failed else v1.OUTCOME_RESULT_EXECUTED
        report = v1.ReportOrder(
            decision_id=leave.decision_id,
            order_id=leave.order_id,
            action_digest=leave.action_digest,
            outcome=v1.Outcome(result=result, detail="The firewall did not answer." if failed else ""),
        )
        self.line.send(v1.CoreCommand(request_id=self.line.key(), report_order=report))

    def _changed(self, change: v1.Change) -> None:
        decision = change.decision
        number = number_of(decision.decision_id)[1]
        if decision.state in _ENDS:
            self._over(decision.decision_id)
        if number % self._places != self._place and doing_of(number) is not Doing.RACE:
            return
        if decision.state == v1.DECISION_STATE_APPROVED:
            self._look_at_order(decision, number)
        elif decision.state == v1.DECISION_STATE_PENDING:
            self._look_at_pending(decision, number)
        elif "undo_requested" in change.cause.events and self._first(number):
            self._propose(time.monotonic(), decision.decision_id)

    def _first(self, number: int) -> bool:
        """Tell whether the number is one's own, so that of several instances one does it."""
        return number % self._places == self._place

    def _over(self, name: str) -> None:
        if name in self._mine:
            self._mine.discard(name)
            self._hub.in_cycle -= 1
            self._hub.ended += 1

    def _look_at_order(self, decision: v1.Decision, number: int) -> None:
        order = decision.order
        if decision.held or not order.order_id or order.accepted_by or doing_of(number) is Doing.FORGET:
            return
        digest = action_digest(decision.proposal.action)
        if digest != order.action_digest:
            self._hub.journal.wrong(f"the order {order.order_id} is for another action than the decision's")
            return
        leave = v1.AcceptOrder(
            decision_id=decision.decision_id,
            order_id=order.order_id,
            action_digest=digest,
            instance=self.line.instance,
        )
        self.line.send(v1.CoreCommand(request_id=self.line.key(), accept_order=leave))

    def _look_at_pending(self, decision: v1.Decision, number: int) -> None:
        if not self._first(number):
            return
        if any(not inquiry.HasField("answered_at") for inquiry in decision.inquiries):
            answer = v1.Evidence(reasoning="The same address was seen on three other sensors.")
            information = v1.ProvideInformation(decision_id=decision.decision_id, evidence=answer)
            self.line.send(v1.CoreCommand(request_id=self.line.key(), provide_information=information))
        elif fate_of(number) is Fate.WITHDRAW:
            cancel = v1.Cancel(decision_id=decision.decision_id, reason="Seen to be harmless.")
            self.line.send(v1.CoreCommand(request_id=self.line.key(), cancel=cancel))
