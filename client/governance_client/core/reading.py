"""Reading decisions that the stream does not tell of, since they ended while nobody listened."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import grpc
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from governance import v1
from governance_client.errors import LimitError, ServerError, UnreachableError, from_rpc_error

if TYPE_CHECKING:
    from governance.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub
    from governance_client.core.connection import Backoff

LOOK_UP_TIMEOUT_S: Final = 10.0
_MOST_AT_ONCE: Final = 16
_PASSING: Final = (UnreachableError, LimitError, ServerError)
_log = logging.getLogger(__name__)


class Reader:
    """Reads decisions; what may be better after a while is tried again, for as long as the caller waits."""

    def __init__(
        self, stub: DecisionServiceAsyncStub, backoff: Backoff, *, timeout_s: float = LOOK_UP_TIMEOUT_S
    ) -> None:
        """Prepare.

        Args:
            stub: Asks the server.
            backoff: How to wait between attempts.
            timeout_s: How long one attempt may take.
        """
        self._stub = stub
        self._backoff = backoff
        self._timeout_s = timeout_s
        self._at_once = asyncio.Semaphore(_MOST_AT_ONCE)

    async def decision(self, decision_id: str) -> v1.Decision:
        """Return a decision as it stands. Raises ClientError: what trying again does not mend."""
        found = v1.Decision()
        async for attempt in self._attempts():
            with attempt:
                found = await self._read(decision_id)
        return found

    async def _read(self, decision_id: str) -> v1.Decision:
        request = v1.GetDecisionRequest(decision_id=decision_id)
        try:
            async with self._at_once:
                response = await self._stub.GetDecision(request, timeout=self._timeout_s)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        return response.decision

    def _attempts(self) -> AsyncRetrying:
        return AsyncRetrying(retry=retry_if_exception_type(_PASSING), wait=self._wait_s, reraise=True)

    def _wait_s(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome is not None else None
        _log.debug("reading again: %s", failure)
        asked_s = getattr(failure, "retry_after_s", None) or 0.0
        return float(asked_s) + wait_random_exponential(self._backoff.first_s, self._backoff.most_s)(state)
