"""The real unary services on the test's own event loop: everything of the server but sockets, TLS and the disk."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from governance import v1
from governance_server.domain.command import Command
from governance_server.engine.enrolment import create_ledger, issue_credential
from governance_server.rpc import validation
from governance_server.rpc.administration_service import AdministrationService
from governance_server.rpc.console_service import ConsoleService
from governance_server.rpc.handlers import Unary
from governance_server.rpc.identity import Principal
from governance_server.rpc.limits import Limits
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.edges import edge_on
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from governance_server.rpc.edge import Edge


@dataclass(frozen=True, slots=True)
class Served:
    """A running engine and its services.

    Attributes:
        edge: What the services share.
        clock: The time, which stands still until it is moved.
    """

    edge: Edge
    clock: ManualClock

    async def let_in(self, *actors: v1.Actor) -> None:
        """Issue credentials."""
        for actor in actors:
            number = (await self.edge.store.head()).offset
            credential = v1.Credential(credential_id=f"{number:016x}", name=actor.name, role=actor.role)
            await issue_credential(
                self.edge.store, self.clock, self.edge.entropy, credential=credential, proof=bytes(32)
            )

    async def call(self, rpc: str, request: Any, caller: v1.Actor) -> Any:
        """Call a unary rpc, as the edge would after it has let the caller in."""
        rpcs = {**ConsoleService(self.edge).rpcs(), **AdministrationService(self.edge).rpcs()}
        called = rpcs[rpc]
        assert isinstance(called, Unary)
        message = validation.parse(called.request, request.SerializeToString())
        validation.validate(message)
        return await cast("Any", called.call)(message, Principal(caller, "0" * 16, None))

    async def propose(self, number: int, *, threat: str = "port_scan", confidence: float = 0.85) -> v1.Decision:
        """Have a proposal decided on, which is alike with the others of its threat; return the decision."""
        made = proposal(number, confidence=confidence)
        made.threat.type = threat
        receipt = await self.edge.ask(Command(CORE, v1.CoreCommand(proposal=made)))
        assert receipt.HasField("accepted"), receipt.refused.message
        return await self.edge.decision(made.decision_id)

    async def do(self, caller: v1.Actor, command: v1.OperatorCommand) -> v1.Receipt:
        """Have an operator's command accepted."""
        receipt = await self.edge.ask(Command(caller, command))
        assert receipt.HasField("accepted"), receipt.refused.message
        return receipt

    async def apply(self, document: str, manager: v1.Actor) -> None:
        """Put another policy in force."""
        request = v1.ApplyPolicyRequest(request_id="policy-1", document=document, reason="For a test.")
        applied = await self.call("ApplyPolicy", request, manager)
        assert applied.receipt.HasField("accepted"), applied


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    """Run an engine on an empty ledger for as long as the block lasts."""
    clock, store, entropy, limits = ManualClock(), InMemoryStore(), CountedEntropy(), Limits()
    await create_ledger(store, clock, entropy)
    edge = await edge_on(store, clock, entropy, limits)
    governing = asyncio.create_task(edge.governor.run())
    try:
        yield Served(edge, clock)
    finally:
        governing.cancel()
        await asyncio.wait([governing])
