"""Waiting for decisions: what is read is read until there is an answer, and a joined one is followed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.core.connection import Backoff
from governance_client.core.decisions import Decisions
from governance_client.core.reading import Reader
from governance_client.core.waiting import Waiting
from governance_client.errors import NotFoundError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from governance.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub

SOON = Backoff(first_s=0.001, most_s=0.002, healthy_s=0.0)
ID = "decision-000001"
OTHER = "decision-000002"
ENDED = v1.Decision(decision_id=ID, version=3, state=v1.DECISION_STATE_REJECTED)


class _Server:
    """Answers each GetDecision as the script says; then with the decision.

    Attributes:
        script: A status to end with, or None not to answer at all.
        asked: For which decisions.
    """

    def __init__(self, *script: grpc.StatusCode | None) -> None:
        self.script = list(script)
        self.asked: list[str] = []
        self.reached = asyncio.Event()

    async def answer(self, request: v1.GetDecisionRequest, context: Any) -> v1.GetDecisionResponse:
        self.asked.append(request.decision_id)
        self.reached.set()
        if self.script:
            status = self.script.pop(0)
            if status is None:
                await asyncio.Event().wait()
            await context.abort(status, "as the script says")
        return v1.GetDecisionResponse(
            decision=v1.Decision(decision_id=request.decision_id, version=3, state=ENDED.state)
        )


@asynccontextmanager
async def _stub(played: _Server) -> AsyncIterator[DecisionServiceAsyncStub]:
    server = grpc.aio.server()
    rpc = grpc.unary_unary_rpc_method_handler(
        played.answer, v1.GetDecisionRequest.FromString, v1.GetDecisionResponse.SerializeToString
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("governance.v1.DecisionService", {"GetDecision": rpc}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    try:
        yield DecisionServiceStub(channel)
    finally:
        await channel.close(None)
        await server.stop(None)


def ended(decision: v1.Decision) -> bool:
    return decision.state == v1.DECISION_STATE_REJECTED


async def test_a_reading_that_fails_for_now_is_tried_again() -> None:
    """A limit, a fault and no answer in time are not the end of the wait."""
    played = _Server(grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL, None)
    async with _stub(played) as stub:
        waiting = Waiting(Decisions(), Reader(stub, SOON, timeout_s=0.3))
        assert (await waiting.until(ID, ended)).version == 3
    assert len(played.asked) == 4


async def test_what_does_not_pass_is_told() -> None:
    """A decision that is not there is not waited for."""
    async with _stub(_Server(grpc.StatusCode.NOT_FOUND)) as stub:
        with pytest.raises(NotFoundError):
            await Waiting(Decisions(), Reader(stub, SOON)).until(ID, ended)


async def test_the_stream_may_tell_first() -> None:
    """While a reading gets no answer, what the stream tells is taken."""
    decisions, played = Decisions(), _Server(None)
    async with _stub(played) as stub:
        wait = asyncio.ensure_future(Waiting(decisions, Reader(stub, SOON)).until(ID, ended))
        await played.reached.wait()
        decisions.apply(v1.Change(offset=3, decision=ENDED))
        assert (await wait).version == 3


async def test_a_wait_ends_with_core_whatever_becomes_of_the_reading() -> None:
    """Nobody waits for ever for a core that has stopped."""
    decisions, played = Decisions(), _Server(None)
    async with _stub(played) as stub:
        wait = asyncio.ensure_future(Waiting(decisions, Reader(stub, SOON)).until(ID, ended))
        await played.reached.wait()
        decisions.end(ProtocolError("stopped"))
        with pytest.raises(ProtocolError):
            await wait


async def test_a_joined_decision_is_followed_under_either_id() -> None:
    """Who waits for a proposal that joined another waits for that one, also if the wait began before."""
    decisions = Decisions()
    early = decisions.begin(OTHER, ended)
    decisions.join(OTHER, ID)
    late = decisions.begin(OTHER, ended)
    assert list(decisions.waited_for_unseen()) == [ID]
    decisions.apply(v1.Change(offset=3, decision=ENDED))
    assert (await early.decision).decision_id == (await late.decision).decision_id == ID
    decisions.finish(OTHER, early)
    decisions.finish(OTHER, late)
    assert list(decisions.waited_for_unseen()) == []


async def test_a_joined_decision_that_has_ended_is_read() -> None:
    """The stream tells no more of it; the server is asked for the decision that was joined."""
    decisions, played = Decisions(), _Server()
    decisions.join(OTHER, ID)
    async with _stub(played) as stub:
        assert (await Waiting(decisions, Reader(stub, SOON)).until(OTHER, ended)).decision_id == ID
    assert played.asked == [ID]
