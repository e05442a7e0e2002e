"""Questions beside the stream: what comes back is checked, and what is wrong is told."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import error_details_pb2, status_pb2

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceServicer, add_AuditServiceServicer_to_server
from governance.v1.console_service_pb2_grpc import ConsoleServiceServicer, add_ConsoleServiceServicer_to_server
from governance_client.errors import ServerError, UnreachableError
from governance_client.operator import DisconnectedError, JudgementRequiredError
from governance_client.operator.questions import Questions
from governance_client.verify import ChainBrokenError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DETAILS = "grpc-status-details-bin"
HELD_BACK = grpc.StatusCode.FAILED_PRECONDITION
_BEFORE = bytes(32)


class Asked(Questions):
    """Questions over a channel of the test's own."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        super().__init__(timeout_s=10)
        self._channel = channel


def record(offset: int) -> v1.LedgerRecord:
    entry = v1.Entry(offset=offset, previous_hash=_BEFORE, decision_id="decision-1").SerializeToString()
    return v1.LedgerRecord(entry=entry, hash=hashlib.sha256(b"\0" + entry).digest())


class Audit(AuditServiceServicer):
    """Lists the records it is given, one a frame."""

    def __init__(self, records: list[v1.LedgerRecord]) -> None:
        self.records = records

    async def ListEntries(self, request: Any, context: Any) -> AsyncIterator[v1.ListEntriesResponse]:  # noqa: N802 - the contract's name
        """Play the rpc."""
        del context
        assert request.decision_id == "decision-1"
        for each in self.records:
            yield v1.ListEntriesResponse(records=[each])

    async def GetCheckpoint(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        """Not played."""
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not played")

    GetInclusionProof = GetConsistencyProof = AddCosignature = GetCheckpoint


class HoldsBack(ConsoleServiceServicer):
    """Ends every question with a reason of the contract."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def ListSimilarDecisions(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        """Play the rpc."""
        del request
        info = Packed()
        info.Pack(error_details_pb2.ErrorInfo(reason=self.reason, domain="governance.v1"))
        status = status_pb2.Status(code=HELD_BACK.value[0], message="held back", details=[info])
        await context.abort(HELD_BACK, "held back", ((DETAILS, status.SerializeToString()),))

    async def Operate(self, request_iterator: Any, context: Any) -> AsyncIterator[v1.OperateResponse]:  # noqa: N802 - the contract's name
        """Not played."""
        del request_iterator
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not played")
        yield v1.OperateResponse()

    SubmitVerdict = GetStatistics = ListOperators = ListEligibleOperators = ListHalts = ListSimilarDecisions
    GetOperatorStatistics = ListSimilarDecisions


@asynccontextmanager
async def asking(audit: Audit, reason: str = "JUDGEMENT_REQUIRED") -> AsyncIterator[Asked]:
    server = grpc.aio.server()
    add_AuditServiceServicer_to_server(audit, server)
    add_ConsoleServiceServicer_to_server(HoldsBack(reason), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Asked(channel)
    finally:
        await server.stop(None)


async def test_entries_in_order() -> None:
    """The entries about a decision are returned as they came, from however many frames."""
    records = [record(2), record(5), record(9)]
    async with asking(Audit(records)) as questions:
        assert await questions.entries("decision-1") == records


@pytest.mark.parametrize("field", ["entry", "hash", "personal"])
async def test_an_entry_that_was_changed(field: str) -> None:
    """An entry that is not what was hashed and committed to is told, and nothing of it is returned."""
    forged = record(5)
    setattr(forged, field, record(6).entry)
    forged.salt = bytes(32) if field == "personal" else b""
    async with asking(Audit([record(2), forged])) as questions:
        with pytest.raises(ChainBrokenError):
            await questions.entries("decision-1")


async def test_a_judgement_is_required() -> None:
    """Where the policy wants a judgement first, the error says what to do; another reason stays what it is."""
    async with asking(Audit([])) as questions:
        with pytest.raises(JudgementRequiredError, match="Vote on it, ask about it, note something or defer it"):
            await questions.similar("decision-1")
    async with asking(Audit([]), reason="SOMETHING_ELSE") as questions:
        with pytest.raises(ServerError):
            await questions.similar("decision-1")


async def test_nobody_there() -> None:
    """Without a server, a question says so; before a session has connected, it is not even asked."""
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        with pytest.raises(UnreachableError):
            await Asked(channel).health()
    with pytest.raises(DisconnectedError, match="no connection"):
        await Questions(timeout_s=1).statistics()
