"""The channels, seen from a client that does not behave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest

from governance import v1
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.enrolment import create_ledger, issue_credential, revoke_credential
from governance_server.engine.governor import Governor
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge
from governance_server.rpc.identity import Principal, issue_token
from governance_server.rpc.limits import Limits
from governance_server.rpc.streams import OPERATE, Stream
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import OPERATOR_1, approval, operator_frame, proposing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message


class Peer:
    """A client of one stream, in place of grpcio's context.

    Attributes:
        reads: It reads; while cleared, the server's writing waits, as behind a full HTTP/2 window.
        frames: What it has read.
    """

    def __init__(self, token: str) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.frames: list[v1.OperateResponse] = []
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._up: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, frame: Message) -> None:
        self._up.put_nowait(frame.SerializeToString())

    def end(self) -> None:
        self._up.put_nowait(grpc.aio.EOF)

    async def read(self) -> Any:
        return await self._up.get()

    async def write(self, data: bytes) -> None:
        await self.reads.wait()
        self.frames.append(v1.OperateResponse.FromString(data))

    def auth_context(self) -> dict[str, Any]:
        return {}

    def invocation_metadata(self) -> Any:
        return self._metadata


class Scene:
    """An edge without sockets, an operator's credential, and one pending decision."""

    def __init__(self) -> None:
        self.store, self.clock, self.entropy = InMemoryStore(), ManualClock(), CountedEntropy()

    async def begin(self) -> None:
        await create_ledger(self.store, self.clock, self.entropy)
        token = issue_token(self.entropy)
        credential = v1.Credential(
            credential_id=token.credential_id,
            name=OPERATOR_1.name,
            role=OPERATOR_1.role,
            expires_at=timestamp(self.clock.now_us() + 3600 * SECOND_US),
        )
        await issue_credential(self.store, self.clock, self.entropy, credential=credential, proof=token.proof)
        self.governor = Governor(self.store, self.clock, self.entropy)
        await self.governor.recover()
        self.governing = asyncio.create_task(self.governor.run())
        await self.governor.ask(proposing())
        edge = Edge(
            store=self.store,
            governor=self.governor,
            clock=self.clock,
            entropy=self.entropy,
            authenticator=Authenticator(self.store, self.clock, cache_s=2.0),
            limits=Limits(progress_interval_s=0.01),
            connections=Connections(Limits()),
            ledger_id="0" * 32,
            version="0",
            started_us=self.clock.now_us(),
        )
        self.peer = Peer(token.token)
        principal = Principal(OPERATOR_1, token.credential_id, None)
        self.stream = asyncio.create_task(Stream(edge, OPERATE, cast("Any", self.peer), principal).serve())
        self.peer.send(v1.OperateRequest(hello=v1.ClientHello()))

    @property
    def decision(self) -> v1.Decision:
        return self.governor.open_decisions["decision-000001"]

    async def close(self) -> None:
        self.stream.cancel()
        self.governing.cancel()
        await asyncio.wait([self.stream, self.governing])


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    await scene.begin()
    yield scene
    await scene.close()


async def turns() -> None:
    """Let every task have its turn, many times over."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_a_revoked_operator_who_does_not_read_decides_nothing_more(scene: Scene) -> None:
    """The end of a credential is seen before a frame is taken, however stuck the way down is."""
    await turns()
    scene.peer.reads.clear()
    await revoke_credential(scene.store, scene.clock, scene.entropy, name=OPERATOR_1.name)
    scene.clock.advance(10 * SECOND_US)
    scene.peer.send(operator_frame([approval(scene.decision)]))
    await turns()
    assert scene.decision.state == v1.DECISION_STATE_PENDING
    scene.peer.reads.set()
    async with asyncio.timeout(5):
        await scene.stream
    assert scene.peer.frames[-1].goodbye.reason == v1.GOODBYE_REASON_CREDENTIAL_ENDED


async def test_an_operator_who_does_not_read_still_decides(scene: Scene) -> None:
    """As long as the credential is good, a slow way down does not hold up what comes up."""
    await turns()
    scene.peer.reads.clear()
    scene.clock.advance(10 * SECOND_US)
    scene.peer.send(operator_frame([approval(scene.decision)]))
    scene.peer.end()
    await turns()
    assert scene.decision.state == v1.DECISION_STATE_APPROVED
    scene.peer.reads.set()
    async with asyncio.timeout(5):
        await scene.stream
    receipts = [receipt for frame in scene.peer.frames for receipt in frame.news.receipts]
    assert [receipt.HasField("accepted") for receipt in receipts] == [True]
