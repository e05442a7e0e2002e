"""A ledger in a file, shown to a verifier by the server's real services: everything but sockets and TLS."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from governance import v1
from governance_client.audit.faults import ProofBrokenError
from governance_server.errors import FailedPrecondition
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.rpc.audit_service import AuditService
from governance_server.rpc.handlers import ServerStream, Unary
from governance_server.rpc.identity import Principal
from governance_server.rpc.limits import Limits
from governance_server.rpc.proof_service import ProofService
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.edges import edge_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from governance_server.rpc.edge import Edge

READER: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="ann", role=v1.ROLE_CISO)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Edge]:
    """Open a ledger, led to the newest revision, with what services need; time stands still at its last entry."""
    store = await SqliteStore.open(path, create=False)
    try:
        clock, entropy, limits = ManualClock((await store.head()).recorded_at_us), CountedEntropy(), Limits()
        edge = await edge_on(store, clock, entropy, limits)
        yield edge
        edge.governor.close()
    finally:
        await store.close()


class EdgeSource:
    """The verifier's Source, asked of the services themselves by one who may see everything."""

    def __init__(self, edge: Edge) -> None:
        self._rpcs = {**ProofService(edge).rpcs(), **AuditService(edge).rpcs()}
        self._reader = Principal(READER, "0" * 16, None)

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        """Return the newest checkpoint."""
        response: v1.GetCheckpointResponse = await self._ask(v1.GetCheckpointRequest(witnessed=witnessed))
        return response

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        """Return the proof of an entry."""
        request = v1.GetInclusionProofRequest(offset=offset, tree_size=size)
        response: v1.GetInclusionProofResponse = await self._proof(request, offset)
        return response

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        """Return the proof that one tree begins with another."""
        request = v1.GetConsistencyProofRequest(from_size=first, to_size=second)
        response: v1.GetConsistencyProofResponse = await self._proof(request, first)
        return response

    async def removed_up_to(self) -> int:
        """Return up to which entry some were removed."""
        request = v1.ListEntriesRequest(filter=v1.EntryFilter(events=["entries_pruned"]))
        records = [record async for frame in self._listed(request) for record in frame.records]
        events = [event for record in records for event in v1.Entry.FromString(record.entry).events]
        return max((event.entries_pruned.offset for event in events), default=0)

    def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        """Return the entries after an offset."""
        return self._listed(v1.ListEntriesRequest(offset=after, limit=limit))

    async def _listed(self, request: v1.ListEntriesRequest) -> AsyncIterator[v1.ListEntriesResponse]:
        rpc = self._rpcs["ListEntries"]
        assert isinstance(rpc, ServerStream)
        async for frame in cast("Any", rpc.call)(request, self._reader):
            yield v1.ListEntriesResponse.FromString(frame)

    async def _ask(self, request: Any) -> Any:
        rpc = self._rpcs[type(request).__name__.removesuffix("Request")]
        assert isinstance(rpc, Unary)
        return await cast("Any", rpc.call)(request, self._reader)

    async def _proof(self, request: Any, offset: int) -> Any:
        try:
            return await self._ask(request)
        except FailedPrecondition as error:
            raise ProofBrokenError(offset, str(error)) from error
