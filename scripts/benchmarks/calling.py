"""Unary calls, as scripts and CI make them: one at a time, and some at once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import grpc

    from benchmarks.proposals import Drawing

PAGE: Final = 100
"""Decisions on a page that is listed."""


class Calling:
    """Calls by the generated stubs."""

    def __init__(self, core: grpc.aio.Channel, operator: grpc.aio.Channel, drawing: Drawing) -> None:
        self._core: Any = DecisionServiceStub(core)
        self._decisions: Any = DecisionServiceStub(operator)
        self._console: Any = ConsoleServiceStub(operator)
        self._drawing = drawing

    async def call(self, rpc: str, count: int, at_once: int) -> dict[str, Any]:
        """Make so many calls of an rpc, some at once; return how long each took and all together.

        Each is about a decision of its own, which is proposed before the clock starts.
        """
        decisions = [await self._propose() for _ in range(count)]
        calls: dict[str, Callable[[v1.Decision], Awaitable[Any]]] = {
            "SubmitVerdict": self._approve,
            "GetDecision": self._get,
            "ListDecisions": self._list,
        }
        call, samples_s = calls[rpc], list[float]()
        left = iter(decisions)

        async def work() -> None:
            for decision in left:
                began = time.perf_counter()
                await call(decision)
                samples_s.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        took_s = time.perf_counter() - began
        await self._end(decisions)
        return {"took_s": took_s, "samples_s": samples_s}

    async def _propose(self) -> v1.Decision:
        (proposal,) = self._drawing.proposals(1)
        answer = await self._core.SubmitDecision(v1.SubmitDecisionRequest(proposal=proposal))
        decision: v1.Decision = answer.decision
        return decision

    async def _approve(self, decision: v1.Decision) -> None:
        verdict = v1.Verdict(
            decision_id=decision.decision_id, action_digest=decision.action_digest, approve=v1.Approve()
        )
        command = v1.OperatorCommand(request_id=self._drawing.name(), verdict=verdict)
        answer = await self._console.SubmitVerdict(v1.SubmitVerdictRequest(command=command))
        assert answer.receipt.HasField("accepted"), answer.receipt

    async def _get(self, decision: v1.Decision) -> None:
        answer = await self._decisions.GetDecision(v1.GetDecisionRequest(decision_id=decision.decision_id))
        assert answer.decision.version == decision.version

    async def _list(self, _decision: v1.Decision) -> None:
        wanted = v1.ListDecisionsRequest(filter=v1.DecisionFilter(open_only=True), page_size=PAGE)
        answer = await self._decisions.ListDecisions(wanted)
        assert answer.decisions

    async def _end(self, decisions: list[v1.Decision]) -> None:
        """Withdraw them, so that they do not stay open."""
        for decision in decisions:
            cancel = v1.Cancel(decision_id=decision.decision_id, reason="Only measured.")
            await self._core.CancelDecision(v1.CancelDecisionRequest(request_id=self._drawing.name(), cancel=cancel))
