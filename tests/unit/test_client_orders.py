"""Orders: what is executed, and what no more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

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


def _standing(
    state: v1.DecisionState.ValueType, accepted_by: str = "", order_id: str = "0a1b2c3d4e5f/1"
) -> v1.Decision:
    """Return a decision with an order, accepted by an instance or by none yet."""
    ordered = decision(state=state)
    ordered.order.order_id = order_id
    ordered.order.action_digest = ordered.action_digest
    ordered.order.accepted_by = accepted_by
    return ordered


class _Leave:
    """The orders of one core, and what became of them.

    Attributes:
        pen: What was written down.
        orders: What is tested.
        executed: The orders that were executed.
        held: Whether a halt covers everything.
    """

    def __init__(self, in_flight: dict[str, Step] | None = None) -> None:
        self.pen = _Pen()
        self.executed: list[str] = []
        self.held = False
        self._outbox = Outbox()
        self._tasks: list[asyncio.Task[None]] = []
        numbers = iter(range(100))
        self.orders = Orders(
            instance="core-1",
            in_flight=in_flight or {},
            pen=cast("Pen", self.pen),
            ask=self._outbox.put,
            holds=lambda _: self.held,
            current=self._current,
            start=self._start,
            new_id=lambda: f"request-{next(numbers)}",
            fatal=lambda _: None,
        )
        self.orders.executors = {v1.ACTION_TYPE_BLOCK_IP: Executor(self._execute)}

    async def answer(self, refused: v1.RefusalReason.ValueType = v1.REFUSAL_REASON_UNSPECIFIED) -> None:
        """Give the next command its receipt."""
        await self._outbox.ready.wait()
        (command,) = self._outbox.next_frame()
        receipt = v1.Receipt(request_id=command.request_id, accepted=v1.Accepted(offset=7))
        if refused:
            receipt.refused.reason = refused
        self._outbox.settle([receipt])

    async def done(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._tasks)

    @property
    def stages(self) -> list[Stage]:
        """What was written down, in order."""
        return [step.stage for step in self.pen.steps]

    async def _execute(self, order: Order) -> str:
        self.executed.append(order.order_id)
        return "done"

    async def _current(self, _: str, __: int) -> v1.Decision:
        return _standing(v1.DECISION_STATE_EXECUTING, "core-1", self.pen.steps[-1].order_id)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self._tasks.append(asyncio.ensure_future(work))
        return self._tasks[-1]


async def test_an_accepted_order_is_executed_once() -> None:
    """It is written down before and after."""
    leave = _Leave()
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await leave.answer()
    await leave.answer()
    await leave.done()
    assert leave.executed == ["0a1b2c3d4e5f/1"]
    assert leave.stages == [Stage.INTENDED, Stage.EXECUTING, Stage.OUTCOME, Stage.REPORTED]
    assert leave.pen.steps[-1].result == v1.OUTCOME_RESULT_EXECUTED


@pytest.mark.parametrize("by", ["being closed", "a halt"])
async def test_core_that_is_told_to_stop_while_the_disk_is_slow_does_not_act(by: str) -> None:
    """What was written down as about to be executed is not executed any more, and is known not to have been."""
    leave = _Leave()

    def stop() -> None:
        if by == "a halt":
            leave.held = True
        else:
            leave.orders.close()

    leave.pen.meanwhile = stop
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await leave.answer()
    await leave.answer()
    await leave.done()
    assert leave.executed == []
    assert (leave.stages[-1], leave.pen.steps[-1].result) == (Stage.REPORTED, v1.OUTCOME_RESULT_FAILED)


async def test_a_halt_that_comes_with_the_receipt_stops_the_execution() -> None:
    """An order that was accepted a moment before the halt is not begun, and core says that it did not act."""
    leave = _Leave()
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await asyncio.sleep(0)
    leave.held = True
    await leave.answer()
    await leave.answer()
    await leave.done()
    assert (leave.executed, leave.stages[-1]) == ([], Stage.REPORTED)
    assert leave.pen.steps[-1].result == v1.OUTCOME_RESULT_FAILED


async def test_no_order_is_taken_on_while_a_halt_covers_it() -> None:
    """It is left where it is; once the halt is over it is taken on."""
    leave = _Leave()
    leave.held = True
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    assert leave.pen.steps == []
    leave.held = False
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await leave.answer()
    await leave.answer()
    await leave.done()
    assert leave.executed == ["0a1b2c3d4e5f/1"]


async def test_an_order_refused_for_a_halt_is_left_and_the_next_one_is_taken_on() -> None:
    """The server knew of the halt first; after it, leave has a new number."""
    leave = _Leave()
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED))
    await leave.answer(v1.REFUSAL_REASON_HALTED)
    await leave.done()
    assert leave.stages == [Stage.INTENDED, Stage.ABANDONED]
    leave.orders.consider(_standing(v1.DECISION_STATE_APPROVED, order_id="0a1b2c3d4e5f/2"))
    await leave.answer()
    await leave.answer()
    await leave.done()
    assert leave.executed == ["0a1b2c3d4e5f/2"]


async def test_an_order_that_was_withdrawn_while_core_was_away_is_let_go() -> None:
    """The journal has the first order, the decision has the second: the first is nobody's any more."""
    first = Step(
        order_id="0a1b2c3d4e5f/1",
        decision_id="0a1b2c3d4e5f",
        action_type=v1.ACTION_TYPE_BLOCK_IP,
        action_digest=bytes(32),
        accept_request_id="request-a",
    )
    leave = _Leave({first.order_id: first})
    leave.orders.missing({first.decision_id: _standing(v1.DECISION_STATE_APPROVED, order_id="0a1b2c3d4e5f/2")})
    await leave.done()
    assert [(step.order_id, step.stage) for step in leave.pen.steps] == [(first.order_id, Stage.ABANDONED)]
