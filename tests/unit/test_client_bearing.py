"""The token on the way: in the metadata of every call, once, and in nothing that is printed."""

from __future__ import annotations

from typing import Any

import grpc

from governance_client.bearing import BearingChannel

TOKEN = "gw1.0123456789abcdef.not-a-secret"
KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class Heard(grpc.GenericRpcHandler):
    """Serves every kind of call, and keeps what metadata each came with."""

    def __init__(self) -> None:
        self.metadata: dict[str, list[str | bytes]] = {}

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Note the metadata; answer as the kind that the method is named for does."""
        kind = details.method.rpartition("/")[2]
        sent = details.invocation_metadata or ()
        self.metadata[kind] = [value for key, value in sent if key in ("authorization", "beside")]

        async def one(_request: Any, _context: Any) -> bytes:
            return b"done"

        async def many(_request: Any, _context: Any) -> Any:
            yield b"done"

        make: Any = getattr(grpc, f"{kind}_rpc_method_handler")
        return make(many if kind.endswith("stream") else one)


async def test_every_call_bears_the_token() -> None:
    """Of every kind, beside what the caller adds itself."""
    heard, server = Heard(), grpc.aio.server()
    server.add_generic_rpc_handlers((heard,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with BearingChannel(grpc.aio.insecure_channel(f"127.0.0.1:{port}"), TOKEN) as channel:
        for kind in KINDS:
            request: Any = b"" if kind.startswith("unary") else iter((b"",))
            call = getattr(channel, kind)(f"/kinds/{kind}")(request, metadata=(("beside", "mine"),))
            answer = [each async for each in call] if kind.endswith("stream") else [await call]
            assert answer == [b"done"]
    await server.stop(None)
    assert heard.metadata == {kind: ["mine", f"Bearer {TOKEN}"] for kind in KINDS}


async def test_nobody_reads_the_token_from_what_is_printed() -> None:
    """Neither from the channel nor from a call on it."""
    async with BearingChannel(grpc.aio.insecure_channel("127.0.0.1:1"), TOKEN) as channel:
        call = channel.unary_unary("/kinds/none")
        assert TOKEN not in f"{channel!r} {call!r} {call(b'')!r}"
