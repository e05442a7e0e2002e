"""The channels, seen from a client that does not behave, and at a stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.consoles import console_rules
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.policy_document import policy_of
from governance_server.engine.enrolment import create_ledger, issue_credential, revoke_credential
from governance_server.engine.governor import Governor
from governance_server.errors import Unavailable
from governance_server.rpc.audit_service import AuditService
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge
from governance_server.rpc.handlers import ServerStream, faults_end_the_call
from governance_server.rpc.identity import Principal, issue_token
from governance_server.rpc.limits import Limits
from governance_server.rpc.outlet import ClientGoneError
from governance_server.rpc.streams import OPERATE, PROPOSE, Stream
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, approval, operator_frame, proposing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.message import Message


class Peer:
    """A client of one stream, in place of grpcio's context.

    Attributes:
        reads: It reads; while cleared, the server's writing waits, as behind a full HTTP/2 window.
        left: It has gone; whatever is written to it fails.
        frames: What it has read.
    """

    def __init__(self, token: str) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.left = False
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
        if self.left:
            raise grpc.aio.InternalError
        self.frames.append(v1.OperateResponse.FromString(data))

    async def abort(self, *_status: object) -> None:
        raise grpc.aio.InternalError

    def auth_context(self) -> dict[str, Any]:
        return {}

    def invocation_metadata(self) -> Any:
        return self._metadata


class Scene:
    """An edge without sockets, an operator's credential, and one pending decision."""

    def __init__(self, write_timeout_s: float = 60.0) -> None:
        self.store, self.clock, self.entropy = InMemoryStore(), ManualClock(), CountedEntropy()
        self.write_timeout_s = write_timeout_s

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
        self.edge = edge = Edge(
            store=self.store,
            governor=self.governor,
            clock=self.clock,
            entropy=self.entropy,
            authenticator=Authenticator(self.store, self.clock, cache_s=2.0),
            limits=Limits(progress_interval_s=0.01, write_timeout_s=self.write_timeout_s),
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


async def test_an_operator_is_told_what_the_policy_asks_of_consoles(scene: Scene) -> None:
    """In the hello, and in the news once another policy is in force that asks otherwise."""
    await turns()
    assert scene.peer.frames[0].hello.console_rules == console_rules(DEFAULT_POLICY)
    manager = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
    document = "[console.reading_s]\ncritical = 30\n"
    await scene.governor.ask(
        Command(manager, v1.ApplyPolicyRequest(request_id="p", document=document, reason="To be read."))
    )
    await turns()
    told = [frame.news.console_rules for frame in scene.peer.frames if frame.news.HasField("console_rules")]
    assert told == [console_rules(policy_of(document))]


async def test_a_core_is_not_told_what_the_policy_asks_of_consoles(scene: Scene) -> None:
    """It shows nothing to anybody."""
    await turns()
    peer = Peer("")
    stream = Stream(scene.edge, PROPOSE, cast("Any", peer), Principal(CORE, "0" * 16, None))
    serving = asyncio.create_task(stream.serve())
    peer.send(v1.ProposeRequest(hello=v1.ClientHello(instance="core-1")))
    await turns()
    hello = peer.frames[0].hello
    assert hello.you == CORE
    assert not hello.HasField("console_rules")
    serving.cancel()
    await asyncio.wait([serving])


async def test_at_a_stop_the_receipts_come_before_the_goodbye(scene: Scene) -> None:
    """What was taken is answered first, however long the ledger takes, and nothing comes after the goodbye."""
    await turns()
    async with scene.store.contents.writing:
        scene.peer.send(operator_frame([approval(scene.decision)]))
        await turns()
        scene.edge.stopping.set()
        scene.edge.connections.wake()
        await turns()
        assert not any(frame.HasField("goodbye") for frame in scene.peer.frames)
    async with asyncio.timeout(5):
        await scene.stream
    told = [(len(frame.news.receipts), frame.HasField("goodbye")) for frame in scene.peer.frames]
    assert [one for one in told if any(one)] == [(1, False), (0, True)]
    assert told[-1] == (0, True)


async def test_who_is_told_the_same_frame_never_sees_the_time_go_back(scene: Scene) -> None:
    """A frame that was made for another stream a moment ago is made anew for who has seen a later time since."""
    await turns()
    peer = Peer("")
    stream = Stream(scene.edge, OPERATE, cast("Any", peer), Principal(OPERATOR_1, "0" * 16, None))
    serving = asyncio.create_task(stream.serve())
    before = scene.governor.head.offset
    await scene.governor.ask(proposing(2))
    await turns()
    scene.clock.advance(5_000)
    peer.send(v1.OperateRequest(hello=v1.ClientHello(offset=before, ledger_id="0" * 32)))
    await turns()
    for one in (peer, scene.peer):
        times = [frame.envelope.server_time.ToMicroseconds() for frame in one.frames]
        assert times == sorted(times)
        told = [change.decision.decision_id for frame in one.frames for change in frame.news.changes]
        assert told[-1] == "decision-000002"
    serving.cancel()
    await asyncio.wait([serving])


async def test_a_client_that_takes_nothing_does_not_hold_its_stream_for_ever() -> None:
    """After the write timeout its stream ends, and its place is free for another."""
    scene = Scene(write_timeout_s=0.02)
    await scene.begin()
    scene.peer.reads.clear()
    async with asyncio.timeout(5):
        with pytest.raises(ClientGoneError, match=r"took nothing for 0\.02 s"):
            await scene.stream
    assert not scene.edge.connections.names(v1.ACTOR_KIND_OPERATOR)
    await scene.close()


async def test_a_client_that_leaves_while_it_is_written_to_ends_its_session(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is no bug: it is logged in a line, and nobody is told a status."""
    await turns()
    scene.peer.left = True
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            async with faults_end_the_call("/governance.v1.ConsoleService/Operate", cast("Any", scene.peer)):
                await scene.stream
    logged = capsys.readouterr().out
    assert "it left while it was written to" in logged
    assert "session ended" in logged
    assert "bug" not in logged
    assert "Traceback" not in logged


async def test_a_ledger_that_is_cut_off_by_a_stop_does_not_look_whole(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lists entries while the server stops is told that there are more, and not that this was all."""
    monkeypatch.setattr("governance_server.rpc.searching.PAGE", 1)
    rpc = AuditService(scene.edge).rpcs()["ListEntries"]
    assert isinstance(rpc, ServerStream)
    entries = rpc.call(v1.ListEntriesRequest(), Principal(OPERATOR_1, "0" * 16, None))
    await anext(entries)
    scene.edge.stopping.set()
    with pytest.raises(Unavailable) as ended:
        await anext(entries)
    assert ended.value.reason == v1.ERROR_REASON_SERVER_STOPPING
    whole = rpc.call(v1.ListEntriesRequest(offset=3), Principal(OPERATOR_1, "0" * 16, None))
    assert [v1.ListEntriesResponse.FromString(frame).head_offset async for frame in whole] == [3]
