"""TLS that somebody meddles with: the connection ends, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
from typing import TYPE_CHECKING

import pytest

from governance_client.credentials import Credentials
from governance_client.operator.freshness import Link
from governance_client.operator.session import OperatorSession, SessionSettings
from tests.support.bystanders import Bystanders, bystanders
from tests.support.proxy import proxied
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

QUICK = SessionSettings(backoff_first_s=0.02, backoff_most_s=0.2)
_HELLO = b"\3\3" + bytes(32) + bytes.fromhex("000006130113021303010000")
CLIENT_HELLO = b"\x16\3\1\0" + bytes([len(_HELLO) + 4]) + b"\1\0\0" + bytes([len(_HELLO)]) + _HELLO
"""A handshake begun anew, in the clear."""


@pytest.fixture(scope="module")
def meddled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all of them."""
    process = ServerProcess(tmp_path_factory.mktemp("tls") / "server")
    process.start()
    for name, role in (("maximus", "core"), ("operator-1", "soc_operator"), ("operator-2", "soc_operator")):
        process.add(name, role)
    yield process
    assert process.stop() == 0


@pytest.mark.parametrize("injected", [b"GET / HTTP/1.1\r\n\r\n", CLIENT_HELLO, b"\x17\x03\x03\x00\x04evil", b"\0" * 64])
@pytest.mark.parametrize("to_server", [True, False], ids=["to-server", "to-client"])
async def test_what_is_put_into_a_connection_ends_it(
    meddled: ServerProcess, injected: bytes, *, to_server: bool
) -> None:
    """Plaintext, a second handshake or a forged record: neither side takes it, and the client comes back by itself."""
    folder = meddled.directory / "credentials"
    async with proxied(meddled.address) as proxy:
        victim = Credentials.load(folder / "operator-2.toml", server=proxy.address)
        async with (
            bystanders_of(meddled) as honest,
            OperatorSession(victim, QUICK) as desk,
            asyncio.timeout(30),
        ):
            before = proxy.accepted
            proxy.inject(injected, to_server=to_server)
            await proxy.connections(before + 1)
            while desk.link is not Link.UP:
                await desk.news()
            await honest.cycle()
            while desk.replica.offset < honest.offset:  # on a connection that is whole
                await desk.news()


def bystanders_of(server: ServerProcess) -> AbstractAsyncContextManager[Bystanders]:
    folder = server.directory / "credentials"
    return bystanders(folder / "maximus.toml", folder / "operator-1.toml")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_an_older_tls_is_not_spoken(meddled: ServerProcess, version: ssl.TLSVersion) -> None:
    """A client that offers nothing newer is refused in the handshake."""
    context = ssl.create_default_context(cafile=str(meddled.directory / "tls" / "authority.pem"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = context.maximum_version = version
    host, _, port = meddled.address.rpartition(":")
    offer = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):  # on this side it can be spoken
        offer.do_handshake()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(host, int(port), ssl=context, server_hostname="localhost")


async def test_who_does_not_agree_on_http2_is_not_served(meddled: ServerProcess) -> None:
    """A client that offers another protocol, or none, gets no further than the handshake."""
    host, _, port = meddled.address.rpartition(":")
    for protocols in ([], ["http/1.1"]):
        context = ssl.create_default_context(cafile=str(meddled.directory / "tls" / "authority.pem"))
        if protocols:
            context.set_alpn_protocols(protocols)
        try:
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname="localhost")
        except (ssl.SSLError, ConnectionError):
            continue
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.transport.abort()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="renegotiation needs the openssl program")
async def test_a_connection_is_not_negotiated_anew(meddled: ServerProcess) -> None:
    """TLS 1.2 lets a client ask for another handshake on a connection; the server does not take part."""
    authority = meddled.directory / "tls" / "authority.pem"
    program = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-tls1_2", "-alpn", "h2", "-connect", meddled.address, "-CAfile", str(authority)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        async with asyncio.timeout(30):
            said = await program.stdout.readuntil(b"Verify return code")
            program.stdin.write(b"R\n")
            said += await program.stdout.read()
    finally:
        if program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
        await program.wait()
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said or b"unexpected eof" in said or b"reset" in said
