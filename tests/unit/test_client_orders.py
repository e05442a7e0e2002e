"""Orders: what is executed, and what no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from governance import v1
from governance_client.core.executors import Executor, Order
from governance_client.core.orders import Orders
from governance_client.core.outbox import Outbox
from governance_client.journal import Stage, Step
from tests.console.examples import decision

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from governance_client.core.pen import Pen


class _Pen:
    """A pen that remembers, and that something happens to when an execution is written down."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.meanwhile: Callable[[], None] = lambda: None

    async def note(self, step: Step) -> None:
        self.steps.append(step)
        if step.stage is Stage.EXECUTING:
            self.meanwhile()


def _standing(state: v1.DecisionState.ValueType, accepted_by: str = "") -> v1.Decision:
    """Return a decision with an order, accepted by an instance or by none yet."""
    ordered = decision(state=state)
    ordered.order.order_id = f"{ordered.decision_id}/1"
    ordered.order.action_digest = ordered.action_digest
    ordered.order.accepted_by = accepted_by
    return ordered


async def _accept_next(outbox: Outbox) -> None:
    await outbox.ready.wait()
    (command,) = outbox.next_frame()
    outbox.settle([v1.Receipt(request_id=command.request_id, accepted=v1.Accepted(offset=7))])


async def _given(pen: _Pen, *, stops: bool) -> list[str]:
    """Give leave once; return the orders that were executed."""
    outbox, executed, tasks = Outbox(), list[str](), list[asyncio.Task[None]]()

    async def execute(order: Order) -> str:
        executed.append(order.order_id)
        return "done"

    async def current(_: str, __: int) -> v1.Decision:
        return _standing(v1.DECISION_STATE_EXECUTING, "core-1")

    def start(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        tasks.append(asyncio.ensure_future(work))
        return tasks[-1]

    numbers = iter(range(100))
    orders = Orders(
        instance="core-1",
        in_flight={},
        pen=cast("Pen", pen),
        outbox=outbox,
        current=current,
        start=start,
        new_id=lambda: f"request-{next(numbers)}",
        fatal=lambda _: None,
    )
    orders.executors = {v1.ACTION_TYPE_BLOCK_IP: Executor(execute)}
    if stops:
        pen.meanwhile = orders.close
    orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await _accept_next(outbox)
    await _accept_next(outbox)
    await asyncio.gather(*tasks)
    return executed


async def test_an_accepted_order_is_executed_once() -> None:
    """It is written down before and after."""
    pen = _Pen()
    assert await _given(pen, stops=False) == ["0a1b2c3d4e5f/1"]
    assert [step.stage for step in pen.steps] == [Stage.INTENDED, Stage.EXECUTING, Stage.OUTCOME, Stage.REPORTED]
    assert pen.steps[-1].result == v1.OUTCOME_RESULT_EXECUTED


async def test_core_that_is_told_to_stop_while_the_disk_is_slow_does_not_act() -> None:
    """What was written down as about to be executed is not executed any more, and is known not to have been."""
    pen = _Pen()
    assert await _given(pen, stops=True) == []
    assert (pen.steps[-1].stage, pen.steps[-1].result) == (Stage.REPORTED, v1.OUTCOME_RESULT_FAILED)
