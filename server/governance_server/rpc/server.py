"""The gRPC server: its services, its listeners and its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from governance import v1
from governance_server.rpc.administration_service import AdministrationService
from governance_server.rpc.audit_service import AuditService
from governance_server.rpc.console_service import ConsoleService
from governance_server.rpc.decision_service import DecisionService
from governance_server.rpc.handlers import Gate, service_handler
from governance_server.rpc.limits import channel_options
from governance_server.rpc.proof_service import ProofService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc

SERVICES: tuple[str, ...] = tuple(
    service.full_name
    for file in (
        v1.SubmitDecisionRequest.DESCRIPTOR.file,
        v1.SubmitVerdictRequest.DESCRIPTOR.file,
        v1.ListEntriesRequest.DESCRIPTOR.file,
        v1.ListCredentialsRequest.DESCRIPTOR.file,
    )
    for service in file.services_by_name.values()
)
"""The contract's services, by their full names."""

LAST_HEALTH_S: Final = 1.0
"""How long a stop waits until whoever watches the health was told: each is told in turn, and one may take nothing."""


class Tls(NamedTuple):
    """What the listeners prove themselves with, and check clients' certificates against. All PEM.

    Attributes:
        certificate: The server's certificate.
        key: Its private key.
        authority: The CA that client certificates have to come from.
    """

    certificate: bytes
    key: bytes
    authority: bytes


class PortTakenError(Exception):
    """A listener could not be opened; the message says which."""


class RpcServer:
    """A gRPC server with TLS listeners alone.

    Attributes:
        port: Where callers with bearer tokens connect.
        mutual_port: Where callers with client certificates connect; 0 where there is no such listener.
    """

    def __init__(self, edge: Edge, tls: Tls, *, listen: str, listen_mutual: str | None = None) -> None:
        """Open the listeners; nothing is served before `start`.

        Two listeners, since grpcio can require a client certificate or not ask for one, and nothing in between.

        Raises:
            PortTakenError: A listener cannot be opened.
        """
        self._edge = edge
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(interceptors=[Gate(edge)], options=channel_options(edge.limits))
        for service, rpcs in _rpcs(edge).items():
            self._server.add_generic_rpc_handlers([service_handler(edge, service, rpcs)])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        pair = [(tls.key, tls.certificate)]
        self.port = self._listen(listen, grpc.ssl_server_credentials(pair))
        self.mutual_port = 0
        if listen_mutual is not None:
            credentials = grpc.ssl_server_credentials(pair, tls.authority, require_client_auth=True)
            self.mutual_port = self._listen(listen_mutual, credentials)

    def _listen(self, address: str, credentials: grpc.ServerCredentials) -> int:
        try:
            port = self._server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise PortTakenError(_not_opened(address)) from error
        if not port:
            raise PortTakenError(_not_opened(address))
        return port

    async def start(self) -> None:
        """Serve."""
        await self._server.start()
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Take no new call, tell the streams, let what is under way end, and cut off what has not ended in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_HEALTH_S):
                await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        self._edge.stopping.set()
        self._edge.connections.wake()
        await self._server.stop(self._edge.limits.stop_grace_s)

    async def _set_health(self, status: int) -> None:
        await asyncio.gather(*(self._health.set(service, status) for service in ("", *SERVICES)))


def _rpcs(edge: Edge) -> Mapping[str, Mapping[str, Rpc]]:
    return {
        "governance.v1.DecisionService": DecisionService(edge).rpcs(),
        "governance.v1.ConsoleService": ConsoleService(edge).rpcs(),
        "governance.v1.AuditService": {**AuditService(edge).rpcs(), **ProofService(edge).rpcs()},
        "governance.v1.AdministrationService": AdministrationService(edge).rpcs(),
    }


def _not_opened(address: str) -> str:
    return f"Cannot listen on {address}: it is taken by another program, or is no address of this machine."
