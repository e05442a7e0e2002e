"""A life: the real engine on a real ledger, with a clock that is moved by hand, so that a day takes a second."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from tests.support.messages import CORE, acceptance, make_critical, proposal

from governance import v1
from governance_server.domain.command import Command, Tick
from governance_server.domain.house import house_due_us
from governance_server.domain.moment import SECOND_US
from governance_server.domain.schedule import next_due_us
from governance_server.engine.deliberation import TIMEKEEPER
from governance_server.engine.governor import Governor
from governance_server.system import SystemEntropy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from tests.support.clock import ManualClock

    from governance_server.engine.ports import Store

OPERATOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="operator-1", role=v1.ROLE_SOC_OPERATOR)
RELIEF: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="operator-2", role=v1.ROLE_SOC_OPERATOR)
SUPERVISOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="supervisor-1", role=v1.ROLE_SOC_SUPERVISOR)
CHIEF: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chief-1", role=v1.ROLE_CISO)
DEPUTY: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chief-2", role=v1.ROLE_CISO)
PEOPLE: Final = (OPERATOR, RELIEF, SUPERVISOR, CHIEF, DEPUTY)


class Life:
    """What happens in a house, command by command.

    Attributes:
        store: The ledger.
        clock: The time.
        governor: Who decides. It runs when it is asked, and not by itself.
        there: The operators that have a stream open.
    """

    def __init__(self, store: Store, clock: ManualClock, each: Callable[[], Awaitable[None]]) -> None:
        """Prepare; `living` begins it.

        Args:
            store: The ledger.
            clock: The time.
            each: Done whenever time has passed: the notary's part.
        """
        self.store = store
        self.clock = clock
        self.there = {actor.name: actor.role for actor in PEOPLE}
        self.governor = Governor(store, clock, SystemEntropy(), self._connected)
        self._each = each
        self._asked = 0
        self._proposed = 0

    def _connected(self) -> Mapping[str, v1.Role.ValueType]:
        return self.there

    def decision(self, name: str) -> v1.Decision:
        """Return a decision as it stands, while it is open."""
        return self.governor.open_decisions[name]

    async def do(self, actor: v1.Actor, body: v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest) -> None:
        """Have a command accepted, a second later. Raises AssertionError where it is refused."""
        self.clock.advance(SECOND_US)
        if not isinstance(body, v1.CoreCommand) or not body.HasField("proposal"):
            self._asked += 1
            body.request_id = f"request-{self._asked}"
        receipt = await self._submitted(Command(actor, body))
        assert receipt.HasField("accepted"), receipt.refused

    async def propose(self, *, confidence: float = 0.85, critical: bool = False, reverses: str = "") -> str:
        """Have a proposal accepted; return the decision's id."""
        self._proposed += 1
        made = proposal(self._proposed, confidence=confidence)
        made.reverses = reverses
        if critical:
            make_critical(made)
        await self.do(CORE, v1.CoreCommand(proposal=made))
        return made.decision_id

    async def propose_again(self, name: str) -> None:
        """Have the same action proposed under another id while it is open."""
        self._proposed += 1
        made = v1.Proposal()
        made.CopyFrom(self.decision(name).proposal)
        made.decision_id = f"decision-{self._proposed:06d}"
        await self.do(CORE, v1.CoreCommand(proposal=made))

    async def verdict(self, actor: v1.Actor, name: str, verdict: v1.Verdict) -> None:
        """Have a verdict on a decision as it stands accepted; what it says beside that is kept."""
        verdict.decision_id, verdict.action_digest = name, self.decision(name).action_digest
        verdict.comment = verdict.comment or "Seen."
        await self.do(actor, v1.OperatorCommand(verdict=verdict))

    async def approve(self, actor: v1.Actor, name: str) -> None:
        """Have a decision approved."""
        await self.verdict(actor, name, v1.Verdict(approve=v1.Approve()))

    async def reject(self, actor: v1.Actor, name: str) -> None:
        """Have a decision rejected."""
        await self.verdict(actor, name, v1.Verdict(reject=v1.Reject(), comment="Not ours."))

    async def accept(self, name: str) -> None:
        """Have core accept a decision's order."""
        await self.do(CORE, acceptance(self.decision(name)))

    async def report(self, name: str, result: v1.OutcomeResult.ValueType) -> None:
        """Have core say what became of an order."""
        order = self.decision(name).order
        outcome = v1.Outcome(result=result, detail="The firewall answered.")
        report = v1.ReportOrder(
            decision_id=name, order_id=order.order_id, action_digest=order.action_digest, outcome=outcome
        )
        await self.do(CORE, v1.CoreCommand(report_order=report))

    async def wait(self, span_us: int) -> None:
        """Let time pass, and whatever falls due happen at its moment."""
        until_us = self.clock.now_us() + span_us
        while (due_us := self._due_us()) is not None and due_us <= until_us:
            self.clock.advance(max(due_us - self.clock.now_us(), 0))
            before = self.governor.head.offset
            for name in ("", *self.governor.open_decisions):
                await self._submitted(Command(TIMEKEEPER, Tick(name)))
            assert self.governor.head.offset > before, "what is due is decided"
            await self._each()
        self.clock.advance(until_us - self.clock.now_us())
        await self._each()

    def _due_us(self) -> int | None:
        dues = [house_due_us(self.governor.house), *map(next_due_us, self.governor.open_decisions.values())]
        return min((due_us for due_us in dues if due_us is not None), default=None)

    async def _submitted(self, command: Command) -> v1.Receipt:
        asking = asyncio.create_task(self.governor.ask(command))
        await asyncio.sleep(0)  # until it has its place in the queue
        await self.governor.drain()
        return await asking


@asynccontextmanager
async def living(store: Store, clock: ManualClock, each: Callable[[], Awaitable[None]]) -> AsyncIterator[Life]:
    """Have a house that goes on from a ledger while the block lasts."""
    life = Life(store, clock, each)
    await life.governor.recover()
    try:
        yield life
    finally:
        life.governor.close()
