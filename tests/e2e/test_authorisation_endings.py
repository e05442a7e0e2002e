"""A credential that ends while streams are open, and certificates: who is out is out, and nothing counts after it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import grpc
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.credentials import Credentials
from governance_server.rpc import certificates
from governance_server.system import SystemClock, SystemEntropy
from tests.support.admission import admit, expel, issue, token_of
from tests.support.bearing import bearing, reason_of
from tests.support.messages import proposal, rejection
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED: Final = ("UNAUTHENTICATED", "CREDENTIAL_REFUSED")
EXPIRED: Final = ("UNAUTHENTICATED", "CREDENTIAL_EXPIRED")
LET_IN: Final = ("OK", "")
DAY_US: Final = 24 * 3600 * 1_000_000
ENDED_S: Final = 60
"""A credential is looked at anew within twice the progress interval, 10 s; and room for a busy machine."""
ENDS_IN_S: Final = 8
"""Long enough for a busy machine to open the streams that end with it."""


class Ground:
    """A server, and what opens it. Has no repr of its own, so that a test that fails prints no token."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "server", mutual=True)
        self.server.start()
        root = self.server.directory
        self.token = token_of(admit(root, "duty", "soc_operator"))
        self.core = token_of(admit(root, "maximus", "core"))
        self.file = admit(root, "chief", "ciso", certificate=True)

    @property
    def certificate(self) -> tuple[bytes, bytes]:
        """The chief's."""
        own = Credentials.load(self.file)
        assert own.client_certificate is not None
        assert own.client_key is not None
        return own.client_certificate.encode(), own.client_key.encode()

    def authority(self) -> certificates.Authority:
        tls = self.server.directory / "tls"
        return certificates.Authority((tls / "authority.pem").read_bytes(), (tls / "authority.key").read_bytes())


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One server for all of them: it outlives every attempt."""
    made = Ground(tmp_path_factory.mktemp("endings"))
    yield made
    assert made.server.stop() == 0


async def presented(channel: grpc.aio.Channel) -> tuple[str, str]:
    """Call what every credential may call; return the status and the reason."""
    try:
        await cast("Any", DecisionServiceStub(channel)).ListDecisions(v1.ListDecisionsRequest(), timeout=20)
    except grpc.aio.AioRpcError as error:
        return error.code().name, reason_of(error)
    return LET_IN


def issued_by(authority: certificates.Authority, ends_us: int, now_us: int) -> tuple[bytes, bytes]:
    """A client certificate that nobody was given, and its key."""
    issued = certificates.issue_client_certificate(authority, "chief", ends_us, now_us=now_us, entropy=SystemEntropy())
    return issued.certificate, issued.key


async def test_a_certificate_counts_and_a_token_beside_it_does_not(ground: Ground) -> None:
    """Who connects with a certificate is who that says: neither a good token nor a bad one changes it."""
    for token in (None, ground.token, f"{ground.token[:-5]}AAAAA"):
        async with bearing(ground.server, token, certificate=ground.certificate) as channel:
            call: Any = ConsoleServiceStub(channel).Operate()
            await call.write(v1.OperateRequest(hello=v1.ClientHello()))
            assert (await call.read()).hello.you.name == "chief"
            call.cancel()


async def test_a_certificate_that_nobody_was_given_opens_nothing_whatever_comes_with_it(ground: Ground) -> None:
    """One that the house's authority signed and the ledger does not know, with a good token: refused all the same."""
    now_us = SystemClock().now_us()
    pair = issued_by(ground.authority(), now_us + DAY_US, now_us)
    for token in (None, ground.token):
        async with bearing(ground.server, token, certificate=pair) as channel:
            assert await presented(channel) == REFUSED


async def test_certificates_that_the_handshake_does_not_take(ground: Ground) -> None:
    """Of another authority, expired, the server's own, and none at all, each with a good token beside it."""
    now_us = SystemClock().now_us()
    ours, tls = ground.authority(), ground.server.directory / "tls"
    foreign = certificates.create_authority(now_us=now_us, entropy=SystemEntropy())
    past_us = now_us - 4 * 60 * 1_000_000  # no certificate begins before its authority, which is five minutes older
    pairs = (
        issued_by(foreign, now_us + DAY_US, now_us),
        issued_by(ours, past_us + 1_000_000, past_us),
        ((tls / "server.pem").read_bytes(), (tls / "server.key").read_bytes()),
    )
    for pair in pairs:
        async with bearing(ground.server, ground.token, certificate=pair) as channel:
            assert (await presented(channel))[0] == "UNAVAILABLE"
    address, ground.server.address = ground.server.address, ground.server.mutual_address
    try:
        async with bearing(ground.server, ground.token) as channel:
            assert (await presented(channel))[0] == "UNAVAILABLE"
    finally:
        ground.server.address = address


def test_a_client_certificate_is_of_no_use_as_a_servers(ground: Ground) -> None:
    """It is issued for clients: whoever has one cannot pose as the server."""
    issued = x509.load_pem_x509_certificate(ground.certificate[0])
    usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


async def last_of(call: Any) -> tuple[str, str]:
    """Read a stream to its end; return the status and the reason."""
    try:
        async with asyncio.timeout(ENDED_S):
            while await call.read() is not grpc.aio.EOF:
                pass
    except grpc.aio.AioRpcError as error:
        return error.code().name, reason_of(error)
    return (await call.code()).name, ""


async def opened(channel: grpc.aio.Channel) -> dict[str, Any]:
    """Open one stream of every kind that lasts, and read its first frame."""
    health: Any = cast("Any", channel).unary_stream(
        "/grpc.health.v1.Health/Watch",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )(health_pb2.HealthCheckRequest())
    reflection: Any = cast("Any", channel).stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )()
    await reflection.write(reflection_pb2.ServerReflectionRequest(list_services="*"))
    operate: Any = ConsoleServiceStub(channel).Operate()
    await operate.write(v1.OperateRequest(hello=v1.ClientHello()))
    watch: Any = DecisionServiceStub(channel).WatchDecisions(v1.WatchDecisionsRequest())
    acting: Any = ConsoleServiceStub(channel).Operate()
    await acting.write(v1.OperateRequest(hello=v1.ClientHello()))
    streams = {"operate": operate, "acting": acting, "watch": watch, "health": health, "reflection": reflection}
    for name, call in streams.items():
        assert await call.read() is not grpc.aio.EOF, name
    return streams


@pytest.mark.parametrize(("number", "how"), [(1, REFUSED), (2, EXPIRED)], ids=["revoked", "expired"])
async def test_streams_end_with_their_credential(ground: Ground, number: int, how: tuple[str, str]) -> None:
    """Of every kind, health and reflection too: Operate with a goodbye, the others with why; nothing counts after."""
    root, name = ground.server.directory, f"late-{number}"
    if how == REFUSED:
        token = token_of(await asyncio.to_thread(admit, root, name, "soc_operator"))
    else:
        token = await asyncio.to_thread(issue, root, name, "soc_operator", ends_in_s=ENDS_IN_S)
    async with bearing(ground.server, ground.core) as up, bearing(ground.server, token) as channel:
        core: Any = DecisionServiceStub(up)
        decision = (await core.SubmitDecision(v1.SubmitDecisionRequest(proposal=proposal(number)))).decision
        streams = await opened(channel)
        if how == REFUSED:
            await asyncio.to_thread(expel, root, name)
        ends = await asyncio.gather(*(last_of(streams[each]) for each in ("watch", "health", "reflection")))
        assert ends == [how] * 3
        assert await last_of(streams["operate"]) == LET_IN
        late = v1.OperatorCommands(commands=[rejection(decision, "late")])
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):  # it has ended, or is about to
            await streams["acting"].write(v1.OperateRequest(sequence=2, commands=late))
        await last_of(streams["acting"])
        assert await presented(channel) == how
        stands = await core.GetDecision(v1.GetDecisionRequest(decision_id=decision.decision_id))
    assert stands.decision.version == decision.version
