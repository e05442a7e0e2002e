"""The real server in the test's own process, under limits of the test's own: everything but the disk."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.credentials import Credentials
from governance_server.engine.enrolment import create_ledger, issue_credential
from governance_server.rpc import certificates
from governance_server.rpc.identity import issue_token, role_name
from governance_server.rpc.server import RpcServer, Tls
from governance_server.system import SystemClock, SystemEntropy
from tests.support.edges import edge_on
from tests.support.in_memory_store import InMemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.limits import Limits

UNLIMITED_RATES: Final = "[limits]\noperator_requests_per_minute = 0\nproposals_per_hour = 0\n"


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that listens on 127.0.0.1.

    Attributes:
        edge: What its services share.
        address: Where it listens, as HOST:PORT.
        authority: Its authority's certificate, in PEM.
    """

    edge: Edge
    address: str
    authority: str
    _entropy: SystemEntropy = field(default_factory=SystemEntropy)

    async def let_in(self, name: str, role: v1.Role.ValueType, address: str = "") -> Credentials:
        """Issue a credential; return what its holder needs.

        Args:
            name: Whose.
            role: What its holder may be.
            address: Where its holder connects, if not at the server itself.
        """
        token = issue_token(self._entropy)
        credential = v1.Credential(credential_id=token.credential_id, name=name, role=role)
        edge = self.edge
        await issue_credential(edge.store, edge.clock, edge.entropy, credential=credential, proof=token.proof)
        server = address or self.address
        return Credentials(name, role_name(role), server, "localhost", self.authority, token=token.token)


@asynccontextmanager
async def listening(limits: Limits) -> AsyncIterator[Listening]:
    """Serve on a free port of 127.0.0.1 while the block lasts.

    Args:
        limits: The bounds in force.
    """
    clock, entropy, store = SystemClock(), SystemEntropy(), InMemoryStore()
    await create_ledger(store, clock, entropy, policy=UNLIMITED_RATES)
    edge = await edge_on(store, clock, entropy, limits)
    tls, authority = _tls(clock, entropy)
    server = RpcServer(edge, tls, listen="127.0.0.1:0")
    governing = asyncio.create_task(edge.governor.run())
    await server.start()
    try:
        yield Listening(edge, f"127.0.0.1:{server.port}", authority)
    finally:
        await server.stop()
        governing.cancel()
        await asyncio.wait([governing])


def _tls(clock: SystemClock, entropy: SystemEntropy) -> tuple[Tls, str]:
    """Return what the server shows, and in PEM whom to trust for it."""
    authority = certificates.create_authority(now_us=clock.now_us(), entropy=entropy)
    issued = certificates.issue_server_certificate(authority, ["localhost"], now_us=clock.now_us(), entropy=entropy)
    return Tls(issued.certificate, issued.key, authority.certificate), authority.certificate.decode()
