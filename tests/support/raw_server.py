"""A server that says exactly what a test wants said, byte for byte, for what a real one never says."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from governance import v1
from governance_client.credentials import Credentials
from tests.support.client import TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LEDGER = "0123456789abcdef" * 2


class RawStream:
    """One Propose stream, seen from the server.

    Attributes:
        number: Which stream it is, from 1.
        hello: What the client began with.
        received: The commands that came up so far.
    """

    def __init__(self, number: int, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        self.number = number
        self.hello = v1.ClientHello()
        self.received: list[v1.CoreCommand] = []
        self._context = context

    async def say(self, frame: v1.ProposeResponse | bytes) -> None:
        """Send a frame."""
        await self._context.write(frame if isinstance(frame, bytes) else frame.SerializeToString())

    async def greet(self) -> None:
        """Read the client's hello and answer it with ours: an empty ledger."""
        content = await self._context.read()
        assert isinstance(content, bytes)
        self.hello = v1.ProposeRequest.FromString(content).hello
        await self.say(v1.ProposeResponse(hello=v1.ServerHello(ledger_id=LEDGER, snapshot=not self.hello.offset)))

    async def hear(self) -> list[v1.CoreCommand]:
        """Return the commands of the next frame."""
        content = await self._context.read()
        assert isinstance(content, bytes)
        commands = list(v1.ProposeRequest.FromString(content).commands.commands)
        self.received += commands
        return commands

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        """End the stream with a status."""
        await self._context.abort(code, details)

    async def hold(self) -> None:
        """Say nothing until the client goes."""
        await asyncio.get_running_loop().create_future()


@contextlib.asynccontextmanager
async def raw_server(script: Callable[[RawStream], Awaitable[None]]) -> AsyncIterator[Credentials]:
    """Serve on a free port of 127.0.0.1, each stream by the script; give credentials."""
    streams = 0

    async def propose(_: object, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        nonlocal streams
        streams += 1
        await script(RawStream(streams, context))

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(propose)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("governance.v1.DecisionService", {"Propose": handler}),)
    )
    certificate, key = _certificate()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    await server.start()
    try:
        yield Credentials("maximus", "core", f"127.0.0.1:{port}", "localhost", certificate.decode(), token=TOKEN)
    finally:
        await server.stop(None)


def _certificate() -> tuple[bytes, bytes]:
    """Return a certificate that is its own authority, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return (
        certificate.public_bytes(encoding),
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain),
    )
