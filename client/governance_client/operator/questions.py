"""What an operator's session can be asked one call at a time, beside its stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import grpc

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.errors import ClientError, error_reason, from_rpc_error
from governance_client.language import _
from governance_client.operator.inflight import DisconnectedError
from governance_client.verify import ChainReader

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from google.protobuf.timestamp_pb2 import Timestamp

    from governance.v1.console_service_pb2_grpc import ConsoleServiceAsyncStub

R = TypeVar("R")

_HEALTH_CHECK: Final = "/grpc.health.v1.Health/Check"
_EVERY_SERVICE: Final = b""
"""A HealthCheckRequest that names no service asks for the server as a whole."""
_SERVING: Final = b"\x08\x01"
"""A HealthCheckResponse of status SERVING; its package is not installed where only clients run."""
_OPERATORS_A_PAGE: Final = 1000


class JudgementRequiredError(ClientError):
    """The policy tells this only to whoever has judged first: voted, asked, noted or deferred."""


class Health(NamedTuple):
    """How the server answers.

    Attributes:
        serving: It says that it serves.
        took_s: How long its answer took, in seconds.
    """

    serving: bool
    took_s: float


class Questions:
    """Asks over a session's channel. Every question raises the ClientError that says why it has no answer.

    Args:
        timeout_s: How long an answer may take.
    """

    def __init__(self, timeout_s: float) -> None:
        self._channel: grpc.aio.Channel | None = None
        self._timeout_s = timeout_s

    async def eligible(self, decision_id: str) -> v1.ListEligibleOperatorsResponse:
        """Return who could decide a decision now, and who of them can be reached."""
        request = v1.ListEligibleOperatorsRequest(decision_id=decision_id)
        return await _answer(self._console().ListEligibleOperators(request, timeout=self._timeout_s))

    async def similar(self, decision_id: str, most: int = 0) -> v1.ListSimilarDecisionsResponse:
        """Return how decisions like one ended; at most so many of them, 0 for the server's choice.

        Raises:
            JudgementRequiredError: The policy wants our own judgement first.
        """
        request = v1.ListSimilarDecisionsRequest(decision_id=decision_id, page_size=most)
        return await _answer(self._console().ListSimilarDecisions(request, timeout=self._timeout_s))

    async def operator_statistics(
        self, name: str = "", since: Timestamp | None = None
    ) -> v1.GetOperatorStatisticsResponse:
        """Return what one operator did, we ourselves where nobody is named; in the last 24 hours unless it is said."""
        request = v1.GetOperatorStatisticsRequest(operator=name, since=since)
        return await _answer(self._console().GetOperatorStatistics(request, timeout=self._timeout_s))

    async def statistics(self) -> v1.GetStatisticsResponse:
        """Return how many decisions there are of each kind."""
        return await _answer(self._console().GetStatistics(v1.GetStatisticsRequest(), timeout=self._timeout_s))

    async def operators(self) -> list[v1.Operator]:
        """Return everybody who is let in as an operator, by name."""
        operators: list[v1.Operator] = []
        token = ""
        while True:
            request = v1.ListOperatorsRequest(page_size=_OPERATORS_A_PAGE, page_token=token)
            page = await _answer(self._console().ListOperators(request, timeout=self._timeout_s))
            operators += page.operators
            token = page.next_page_token
            if not token:
                return operators

    async def entries(self, decision_id: str) -> list[v1.LedgerRecord]:
        """Return the ledger's entries about a decision, oldest first, each checked to be what was hashed.

        Raises:
            ChainBrokenError: One is not.
        """
        request = v1.ListEntriesRequest(decision_id=decision_id)
        reader = ChainReader()
        records: list[v1.LedgerRecord] = []
        try:
            async for response in AuditServiceStub(self._connected()).ListEntries(request, timeout=self._timeout_s):
                for record in response.records:
                    reader.read(record)
                    records.append(record)
        except grpc.aio.AioRpcError as error:
            raise _fault(error) from None
        return records

    async def health(self) -> Health:
        """Return whether the server serves, and how long its answer took, a new connection included."""
        check: Any = self._connected().unary_unary(_HEALTH_CHECK)
        asked_ns = time.perf_counter_ns()
        status: bytes = await _answer(check(_EVERY_SERVICE, timeout=self._timeout_s))
        return Health(status == _SERVING, (time.perf_counter_ns() - asked_ns) / 1e9)

    def _console(self) -> ConsoleServiceAsyncStub:
        return ConsoleServiceStub(self._connected())

    def _connected(self) -> grpc.aio.Channel:
        if self._channel is None:
            raise DisconnectedError(_("Not asked: there is no connection yet."))
        return self._channel


async def _answer(call: Awaitable[R]) -> R:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise _fault(error) from None


def _fault(error: grpc.aio.AioRpcError) -> ClientError:
    if error_reason(error) == v1.ERROR_REASON_JUDGEMENT_REQUIRED:
        return JudgementRequiredError(
            _(
                "The policy tells how like decisions ended only to whoever has judged this one. Vote on it, ask about"
                " it, note something or defer it, then ask again."
            )
        )
    return from_rpc_error(error)
