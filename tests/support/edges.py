"""What services share, on a ledger that is there: put together as the server does, without sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server.engine.governor import Governor
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge

if TYPE_CHECKING:
    from governance_server.engine.ports import Clock, Entropy, Store
    from governance_server.rpc.limits import Limits


async def edge_on(store: Store, clock: Clock, entropy: Entropy, limits: Limits) -> Edge:
    """Return what services need on a ledger; its governor has recovered, and does not run yet."""
    connections = Connections(limits)
    governor = Governor(store, clock, entropy, connections.operators)
    await governor.recover()
    return Edge(
        store=store,
        governor=governor,
        clock=clock,
        entropy=entropy,
        authenticator=Authenticator(store, clock, cache_s=limits.credential_cache_s),
        limits=limits,
        connections=connections,
        ledger_id=await store.ledger_id(),
        version="0",
        started_us=clock.now_us(),
    )
