"""The real unary services behind grpcio-testing: everything of the server but sockets, TLS and the disk."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from governance_server.engine.enrolment import create_ledger
from governance_server.rpc import validation
from governance_server.rpc.handlers import Unary
from governance_server.rpc.identity import Principal
from governance_server.rpc.limits import Limits
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.edges import edge_on
from tests.support.in_memory_store import InMemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from governance import v1
    from governance_server.rpc.console_service import ConsoleService
    from governance_server.rpc.decision_service import DecisionService
    from governance_server.rpc.edge import Edge


class InProcessServer:
    """An engine on an event loop of its own, for synchronous tests.

    Attributes:
        clock: Its time, which stands still.
    """

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="in-process server")
        self._thread.start()
        self._edge = self._run(self._start())

    async def _start(self) -> Edge:
        store, entropy, limits = InMemoryStore(), CountedEntropy(), Limits()
        await create_ledger(store, self.clock, entropy)
        edge = await edge_on(store, self.clock, entropy, limits)
        self._governing = asyncio.create_task(edge.governor.run())
        return edge

    def close(self) -> None:
        """Stop the engine and its loop."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._governing.cancel()
        await asyncio.wait([self._governing])

    def servicer(self, service: type[DecisionService | ConsoleService], caller: v1.Actor) -> Any:
        """Return a synchronous servicer of a service's unary rpcs, every call of which comes from one caller."""
        principal = Principal(caller, "0" * 16, None)
        unary = {name: rpc for name, rpc in service(self._edge).rpcs().items() if isinstance(rpc, Unary)}
        return type("Servicer", (), {name: self._method(rpc, principal) for name, rpc in unary.items()})()

    def _method(self, rpc: Unary, principal: Principal) -> Callable[[Any, Any, Any], Any]:
        def serve(_self: Any, request: Any, _context: Any) -> Any:
            message = validation.parse(rpc.request, request.SerializeToString())
            validation.validate(message)
            return self._run(rpc.call(message, principal))  # type: ignore[arg-type]  # every call is a coroutine

        return serve

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
