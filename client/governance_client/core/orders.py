"""Orders: from leave to outcome, at most once, also across crashes.

```text
change: APPROVED, not accepted ─► recompute the digest ─► journal: intended ─► AcceptOrder
   accepted ─► the decision is EXECUTING, by this instance ─► journal: executing ─► executor ─► journal: outcome
   ─► ReportOrder ─► journal: reported
```

While a halt in force covers an action, its orders are left where they are: a halt withdraws what was not accepted, and
once it is over the server issues an order with a new number, or none.

Whatever does not fit (another digest, another instance, leave that has ended meanwhile) is not executed. After a crash
the journal says where to go on; see `governance_client.journal`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from governance import v1
from governance_client.core.executors import Order, action_name
from governance_client.digest import action_digest
from governance_client.errors import ClientError, JournalError, reason_name
from governance_client.journal import Stage, Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from governance_client.core.executors import Executor
    from governance_client.core.pen import Pen

_log = logging.getLogger(__name__)
_MAY_BE_EXECUTED = frozenset({v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTING})
_NOT_EXECUTED = "Not executed: the leave had ended before it began."
_CRASHED = "Core went down while it executed this, and its executor must not run twice. Find out what was done."


class Orders:
    """Takes on the orders that there are executors for.

    Attributes:
        in_flight: What the journal holds of unfinished orders.
        executors: What to do, by type of action.
    """

    def __init__(  # noqa: PLR0913 - one collaborator each; only Core builds it
        self,
        *,
        instance: str,
        in_flight: Mapping[str, Step],
        pen: Pen,
        ask: Callable[[v1.CoreCommand], Awaitable[v1.Receipt]],
        holds: Callable[[v1.Action], bool],
        current: Callable[[str, int], Awaitable[v1.Decision]],
        start: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        new_id: Callable[[], str],
        fatal: Callable[[ClientError], None],
    ) -> None:
        """Prepare.

        Args:
            instance: The name orders are accepted under.
            in_flight: What the journal holds.
            pen: Writes the journal.
            ask: Sends a command and returns its receipt.
            holds: Tells whether a halt in force covers an action.
            current: Returns a decision as it stands at an offset or after it.
            start: Starts a task that ends with Core.
            new_id: Makes request ids.
            fatal: Told what Core must stop for.
        """
        self.in_flight = in_flight
        self.executors: dict[int, Executor] = {}
        self._instance = instance
        self._pen = pen
        self._ask = ask
        self._holds = holds
        self._current = current
        self._start_task = start
        self._new_id = new_id
        self._fatal = fatal
        self._running: dict[str, asyncio.Task[None]] = {}
        self._left_alone: set[int] = set()
        self._closed = False

    def consider(self, decision: v1.Decision) -> None:
        """Take on a decision's order if it is ours to take, and nobody is at it."""
        order = decision.order
        if self._closed or not decision.HasField("order") or order.order_id in self._running:
            return
        step = self.in_flight.get(order.order_id)
        fresh = decision.state == v1.DECISION_STATE_APPROVED and not order.accepted_by
        if step is None and not fresh:
            return
        executor = self.executors.get(decision.proposal.action.type)
        if self._holds(decision.proposal.action):
            _log.info("order %s is left where it is: a halt covers it", order.order_id)
        elif executor is None:
            self._leave_alone(decision)
        elif step is None:
            self._start(order.order_id, self._take_on(decision, executor))
        elif step.stage is not Stage.OUTCOME:
            self._start(order.order_id, self._go_on(decision, executor, step))

    def recover(self) -> None:
        """Finish what needs no more than the journal: outcomes not reported, and executions that a crash cut off."""
        for step in list(self.in_flight.values()):
            executor = self.executors.get(step.action_type)
            if self._closed or step.order_id in self._running:
                continue
            if step.stage is Stage.OUTCOME:
                self._start(step.order_id, self._report(step))
            elif step.stage is Stage.EXECUTING and executor is not None and not executor.idempotent:
                self._start(step.order_id, self._conclude(step, v1.OUTCOME_RESULT_UNKNOWN, _CRASHED))

    def missing(self, open_decisions: Mapping[str, v1.Decision]) -> None:
        """Finish the orders whose decisions, as a whole snapshot shows, are not open any more."""
        for step in list(self.in_flight.values()):
            if self._closed or step.order_id in self._running:
                continue
            if step.decision_id in open_decisions:
                self._superseded(step, open_decisions[step.decision_id])
                continue
            if step.stage is Stage.INTENDED:
                self._start(step.order_id, self._abandon(step, "its decision has ended"))
            elif step.stage is Stage.EXECUTING:
                self._start(step.order_id, self._conclude(step, v1.OUTCOME_RESULT_UNKNOWN, _CRASHED))

    def _superseded(self, step: Step, decision: v1.Decision) -> None:
        """Let go of an order that was not accepted and that the decision no longer has."""
        if step.stage is Stage.INTENDED and decision.order.order_id != step.order_id:
            self._start(step.order_id, self._abandon(step, "it was withdrawn"))

    def close(self) -> None:
        """Take on nothing more. What is being executed goes on."""
        self._closed = True

    async def drain(self, within_s: float) -> None:
        """Wait for what is being executed and reported, at most that long; cancel the rest."""
        running = set(self._running.values())
        if running:
            await asyncio.wait(running, timeout=within_s)
        for task in self._running.values():
            task.cancel()

    def _start(self, order_id: str, work: Coroutine[None, None, None]) -> None:
        task = self._start_task(self._guarded(order_id, work))
        self._running[order_id] = task
        task.add_done_callback(lambda _: self._running.pop(order_id, None))

    async def _guarded(self, order_id: str, work: Awaitable[None]) -> None:
        """Do the work; what fails leaves the order where the journal says it is."""
        try:
            await work
        except JournalError as error:
            self._fatal(error)
        except ClientError as error:
            _log.warning("order %s waits in the journal: %s", order_id, error)

    async def _take_on(self, decision: v1.Decision, executor: Executor) -> None:
        step = Step(
            order_id=decision.order.order_id,
            decision_id=decision.decision_id,
            action_type=decision.proposal.action.type,
            action_digest=decision.order.action_digest,
            accept_request_id=self._new_id(),
        )
        order = self._checked(decision, step)
        if order is not None:
            await self._pen.note(step)
            await self._accept(order, executor, step)

    async def _go_on(self, decision: v1.Decision, executor: Executor, step: Step) -> None:
        """Take an order up where a crash left it."""
        order = self._checked(decision, step)
        ours = decision.order.accepted_by in ("", self._instance) and decision.state in _MAY_BE_EXECUTED
        if step.stage is Stage.INTENDED:
            if order is None or not ours:
                await self._abandon(step, "the leave it was given has ended")
            else:
                await self._accept(order, executor, step)
        elif order is None or not ours or not executor.idempotent:
            await self._conclude(step, v1.OUTCOME_RESULT_UNKNOWN, _CRASHED)
        else:
            await self._execute(order, executor, step)

    def _checked(self, decision: v1.Decision, step: Step) -> Order | None:
        """Return the order with the action it gives leave for; None where the digests do not agree."""
        action = v1.Action()
        action.CopyFrom(decision.proposal.action)  # nobody else has this one
        computed = action_digest(action)
        if computed == decision.order.action_digest == decision.action_digest == step.action_digest:
            return Order(step.order_id, action, decision)
        _log.error("order %s is not for the action that came with it; it will not be executed", step.order_id)
        return None

    async def _accept(self, order: Order, executor: Executor, step: Step) -> None:
        command = v1.CoreCommand(request_id=step.accept_request_id)
        command.accept_order.decision_id = step.decision_id
        command.accept_order.order_id = step.order_id
        command.accept_order.action_digest = step.action_digest
        command.accept_order.instance = self._instance
        receipt = await self._ask(command)
        if receipt.WhichOneof("result") != "accepted":
            await self._abandon(step, f"the server refused: {reason_name(receipt.refused)}")
            return
        # the receipt may be for an acceptance that was long ago: what holds is how the decision stands
        current = await self._current(step.decision_id, receipt.accepted.offset)
        if self._stands(current, step):
            await self._execute(order, executor, step)
        else:
            _log.warning("order %s is not executed: the leave has ended", step.order_id)
            await self._conclude(step, v1.OUTCOME_RESULT_FAILED, _NOT_EXECUTED)

    def _stands(self, current: v1.Decision, step: Step) -> bool:
        return (
            not self._closed
            and not self._holds(current.proposal.action)
            and current.state == v1.DECISION_STATE_EXECUTING
            and current.order.order_id == step.order_id
            and current.order.accepted_by == self._instance
            and current.order.action_digest == current.action_digest == step.action_digest
        )

    async def _execute(self, order: Order, executor: Executor, step: Step) -> None:
        executing = step._replace(stage=Stage.EXECUTING)
        await self._pen.note(executing)
        if self._closed or self._holds(order.action):  # told to stop while the disk was waited for
            await self._conclude(executing, v1.OUTCOME_RESULT_FAILED, _NOT_EXECUTED)
            return
        _log.info("executing order %s: %s", step.order_id, action_name(step.action_type))
        outcome = await executor.run(order)
        await self._conclude(executing, outcome.result, outcome.detail)

    async def _conclude(self, step: Step, result: v1.OutcomeResult.ValueType, detail: str) -> None:
        concluded = step._replace(stage=Stage.OUTCOME, report_request_id=self._new_id(), result=result, detail=detail)
        await self._pen.note(concluded)
        await self._report(concluded)

    async def _report(self, step: Step) -> None:
        command = v1.CoreCommand(request_id=step.report_request_id)
        command.report_order.decision_id = step.decision_id
        command.report_order.order_id = step.order_id
        command.report_order.action_digest = step.action_digest
        command.report_order.outcome.result = step.result
        command.report_order.outcome.detail = step.detail
        receipt = await self._ask(command)
        if receipt.WhichOneof("result") != "accepted":
            _log.error("the report on order %s was refused: %s", step.order_id, reason_name(receipt.refused))
        await self._pen.note(step._replace(stage=Stage.REPORTED))

    async def _abandon(self, step: Step, why: str) -> None:
        _log.warning("order %s is not executed: %s", step.order_id, why)
        await self._pen.note(step._replace(stage=Stage.ABANDONED))

    def _leave_alone(self, decision: v1.Decision) -> None:
        kind = decision.proposal.action.type
        if kind not in self._left_alone:
            self._left_alone.add(kind)
            _log.warning("orders to %s are left alone: no executor is registered for them", action_name(kind))
