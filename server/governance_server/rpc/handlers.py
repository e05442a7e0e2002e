"""Handlers: what stands around every rpc, so that a service holds only what it is for.

Bytes come in, a principal is found, the bytes become a value, the service is called, bytes go out. A fault ends the
call with its status; a store that fails ends it with UNAVAILABLE; anything else is a bug and ends it with INTERNAL,
logged whole and told to nobody.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import grpc
import structlog

from governance import v1
from governance_server.engine.ports import StoreError
from governance_server.errors import Fault, Internal, Unavailable
from governance_server.rpc import validation
from governance_server.rpc.authentication import Standing
from governance_server.rpc.identity import ALLOWED
from governance_server.rpc.outlet import ClientGoneError, Outlet
from governance_server.rpc.status import abort

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping

    from google.protobuf.message import Message

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.identity import Principal

log = structlog.get_logger(__name__)

FIRST_FRAME_S: Final = 0.5
"""How long a stream that is refused is heard before it is told; its frame is thrown away."""

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


STATUS_TIMEOUT_S: Final = 2.0
"""How long a status is waited for to leave: an ordinary one goes at once."""


class Unary(NamedTuple):
    """An rpc of one request and one response.

    Attributes:
        request: The request's message type.
        call: Serves it.
    """

    request: type[Message]
    call: Callable[[Any, Principal], Awaitable[Message]]


class ServerStream(NamedTuple):
    """An rpc of one request and many responses.

    Attributes:
        request: The request's message type.
        call: Serves it; yields responses as bytes. Its caller's credential is looked at again between them.
    """

    request: type[Message]
    call: Callable[[Any, Principal], AsyncGenerator[bytes, None]]


class BidiStream(NamedTuple):
    """An rpc of many requests and many responses.

    Attributes:
        call: Serves it, reading and writing bytes.
    """

    call: Callable[[Context, Principal], Awaitable[None]]


Rpc: TypeAlias = Unary | ServerStream | BidiStream


@asynccontextmanager
async def faults_end_the_call(method: str, context: Context) -> AsyncIterator[None]:
    """Turn whatever goes wrong in the block into the call's status, and log it."""
    try:
        yield
    except Fault as fault:
        log.info("call ended", method=method, status=type(fault).__name__, reason=v1.ErrorReason.Name(fault.reason))
        await _told(abort(context, fault))
    except StoreError as error:
        log.error("ledger failed", method=method, error=str(error))  # noqa: TRY400 - the message is the whole fact
        unread = Unavailable(v1.ERROR_REASON_LEDGER_UNAVAILABLE, "The ledger cannot be read. Try again.")
        await _told(abort(context, unread))
    except (grpc.aio.AbortError, asyncio.CancelledError):
        raise
    except ClientGoneError as gone:
        log.info("client gone", method=method, how=str(gone))
        message = f"The stream was ended: {gone}. Connect again and resume."
        await _told(abort(context, Unavailable(v1.ERROR_REASON_CLIENT_TOO_SLOW, message)))
    except Exception:
        log.exception("bug", method=method)
        message = "Something went wrong in the server. Ask again with the same request_id to learn whether it counted."
        await _told(abort(context, Internal(v1.ERROR_REASON_INTERNAL, message)))


async def _told(status: Awaitable[None]) -> None:
    """Have a status sent. Never returns: grpc.aio leaves it by an exception of its own.

    A status waits behind the frames that were not taken, and goes out after them if they ever are; nobody waits here.
    """
    try:
        async with asyncio.timeout(STATUS_TIMEOUT_S):
            await status
    except (TimeoutError, grpc.aio.InternalError):
        raise asyncio.CancelledError from None


def service_handler(edge: Edge, service: str, rpcs: Mapping[str, Rpc]) -> grpc.GenericRpcHandler:
    """Return the handler of a whole service.

    Args:
        edge: What the rpcs need.
        service: Its full name, such as "governance.v1.DecisionService".
        rpcs: Its rpcs by their short names.
    """
    handlers = {name: _handler(edge, f"/{service}/{name}", rpc) for name, rpc in rpcs.items()}
    return grpc.method_handlers_generic_handler(service, handlers)


def _handler(edge: Edge, method: str, rpc: Rpc) -> grpc.RpcMethodHandler[Any, Any]:
    if isinstance(rpc, Unary):
        return grpc.unary_unary_rpc_method_handler(_unary(edge, method, rpc))
    if isinstance(rpc, ServerStream):
        return grpc.unary_stream_rpc_method_handler(_server_stream(edge, method, rpc))
    return grpc.stream_stream_rpc_method_handler(_bidi_stream(edge, method, rpc))


def _value(request: type[Message], data: bytes) -> Message:
    message = validation.parse(request, data)
    validation.validate(message)
    return message


def _unary(edge: Edge, method: str, rpc: Unary) -> Any:
    async def serve(data: bytes, context: Context) -> bytes:
        async with faults_end_the_call(method, context):
            principal = await edge.authenticator.admit(method, context)
            response = await rpc.call(_value(rpc.request, data), principal)
            return response.SerializeToString()
        raise AssertionError

    return serve


def _server_stream(edge: Edge, method: str, rpc: ServerStream) -> Any:
    async def serve(data: bytes, context: Context) -> None:
        async with faults_end_the_call(method, context):
            principal = await edge.authenticator.admit(method, context)
            limits = edge.limits
            standing = Standing(edge.authenticator, edge.clock, context, principal, limits.progress_interval_s)
            async with aclosing(rpc.call(_value(rpc.request, data), principal)) as responses:
                with Outlet(context, limits.write_timeout_s) as outlet:
                    async for response in responses:
                        if standing.is_due:
                            await standing.assure()
                        await outlet.send(response)

    return serve


def _bidi_stream(edge: Edge, method: str, rpc: BidiStream) -> Any:
    async def serve(_: Any, context: Context) -> None:
        async with faults_end_the_call(method, context):
            await rpc.call(context, await _heard(_with_room(edge, method, context), context))

    return serve


async def _with_room(edge: Edge, method: str, context: Context) -> Principal:
    """Return who opened a stream, and may have one more."""
    principal = await edge.authenticator.admit(method, context)
    edge.connections.check(principal)
    return principal


async def _heard(admission: Awaitable[Principal], context: Context) -> Principal:
    """Return who opened a stream.

    Whoever is not let in is told so after its first frame has come, or shortly after: grpc.aio loses the status of a
    stream that ends while the client writes to it, and says INTERNAL.
    """
    try:
        return await admission
    except Fault:
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_FRAME_S):
                await context.read()
        raise


class _Bounded:
    """A call's context on which nobody writes for longer than a stream's client may take nothing."""

    def __init__(self, context: Context, timeout_s: float) -> None:
        self._context = context
        self._timeout_s = timeout_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def write(self, response: Any) -> None:
        """Send one response. Raises ClientGoneError as `Outlet.send` does, from whichever task it is."""
        with Outlet(self._context, self._timeout_s) as outlet:
            await outlet.send(response)


class Gate(grpc.aio.ServerInterceptor):
    """Lets nobody anonymous reach what is not ours to serve: health and reflection."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler, behind an authentication where it has none of its own."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method in ALLOWED:
            return handler
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(method, handler.stream_stream), handler.request_deserializer, handler.response_serializer
            )
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method, handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )

    def _unary(self, method: str, inner: Any) -> Any:
        async def serve(request: Any, context: Context) -> Any:
            async with faults_end_the_call(method, context):
                await self._edge.authenticator.authenticate(context)
                try:
                    return await inner(request, context)
                except NotImplementedError:  # of a generated servicer: the library knows the rpc and does not offer it
                    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "This server does not offer it.")

        return serve

    def _stream(self, method: str, inner: Any) -> Any:
        async def serve(request: Any, context: Context) -> None:
            async with faults_end_the_call(method, context):
                principal = await _heard(self._edge.authenticator.authenticate(context), context)
                # these libraries write through the context themselves, and health holds a lock meanwhile
                bounded = _Bounded(context, self._edge.limits.write_timeout_s)
                await self._while_it_stands(self._respond(inner(request, bounded), bounded), context, principal)

        return serve

    async def _respond(self, responses: Any, context: _Bounded) -> None:
        if not inspect.isasyncgen(responses):
            await responses
            return
        async for response in responses:
            await context.write(response)

    async def _while_it_stands(
        self, serving: Coroutine[Any, Any, None], context: Context, principal: Principal
    ) -> None:
        """Serve to the end, or until the caller's credential is no longer good; these streams may say nothing for long.

        Raises:
            Unauthenticated: It is no longer good.
        """
        edge, interval_s = self._edge, self._edge.limits.progress_interval_s
        standing = Standing(edge.authenticator, edge.clock, context, principal, interval_s)
        served = asyncio.create_task(serving)
        try:
            while not served.done():
                await asyncio.wait([served], timeout=interval_s)
                await standing.assure()
            await served
        finally:
            served.cancel()
            await asyncio.gather(served, return_exceptions=True)  # whatever it ended with is looked at
