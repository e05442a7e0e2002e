"""DecisionService: where core asks leave, and where programs read and follow decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import timestamp
from governance_server.domain.visibility import visible_to
from governance_server.engine.frames import length_delimited
from governance_server.engine.ports import DecisionQuery
from governance_server.engine.session import Session
from governance_server.errors import FieldViolation, InvalidArgument, NotFound
from governance_server.rpc.answering import answer
from governance_server.rpc.handlers import BidiStream, ServerStream, Unary
from governance_server.rpc.limits import MAX_PAGE_BYTES
from governance_server.rpc.redacting import shown_changes, shown_to
from governance_server.rpc.streams import PROPOSE, Stream, check_ledger, known_head

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from governance_server.engine.bulletin import News
    from governance_server.engine.ports import DecisionPage
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Context, Rpc
    from governance_server.rpc.identity import Principal

DEFAULT_PAGE: Final = 100
"""Decisions a page where the caller does not say."""


class DecisionService:
    """The rpcs of DecisionService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {
            "Propose": BidiStream(self._propose),
            "SubmitDecision": Unary(v1.SubmitDecisionRequest, self._submit_decision),
            "GetDecision": Unary(v1.GetDecisionRequest, self._get_decision),
            "ListDecisions": Unary(v1.ListDecisionsRequest, self._list_decisions),
            "WatchDecisions": ServerStream(v1.WatchDecisionsRequest, self._watch_decisions),
            "CancelDecision": Unary(v1.CancelDecisionRequest, self._cancel_decision),
            "AcceptOrder": Unary(v1.AcceptOrderRequest, self._accept_order),
            "ReportOutcome": Unary(v1.ReportOutcomeRequest, self._report_outcome),
        }

    async def _propose(self, context: Context, principal: Principal) -> None:
        await Stream(self._edge, PROPOSE, context, principal).serve()

    async def _submit_decision(
        self, request: v1.SubmitDecisionRequest, principal: Principal
    ) -> v1.SubmitDecisionResponse:
        receipt = await self._command(principal, v1.CoreCommand(proposal=request.proposal))
        decision_id = receipt.accepted.joined or request.proposal.decision_id
        decision = await self._edge.decision(decision_id) if receipt.HasField("accepted") else None
        return v1.SubmitDecisionResponse(receipt=receipt, decision=decision)

    async def _cancel_decision(
        self, request: v1.CancelDecisionRequest, principal: Principal
    ) -> v1.CancelDecisionResponse:
        command = v1.CoreCommand(request_id=request.request_id, cancel=request.cancel)
        return v1.CancelDecisionResponse(receipt=await self._command(principal, command))

    async def _accept_order(self, request: v1.AcceptOrderRequest, principal: Principal) -> v1.AcceptOrderResponse:
        command = v1.CoreCommand(request_id=request.request_id, accept_order=request.accept_order)
        return v1.AcceptOrderResponse(receipt=await self._command(principal, command))

    async def _report_outcome(self, request: v1.ReportOutcomeRequest, principal: Principal) -> v1.ReportOutcomeResponse:
        command = v1.CoreCommand(request_id=request.request_id, report_order=request.report_order)
        return v1.ReportOutcomeResponse(receipt=await self._command(principal, command))

    async def _command(self, principal: Principal, command: v1.CoreCommand) -> v1.Receipt:
        return answer(await self._edge.ask(Command(principal.actor, command)))

    async def _get_decision(self, request: v1.GetDecisionRequest, principal: Principal) -> v1.GetDecisionResponse:
        decision = await self._edge.decision(request.decision_id)
        if not visible_to(decision, principal.actor):
            raise NotFound(
                v1.ERROR_REASON_DECISION_NOT_FOUND,
                f"There is no decision {request.decision_id} that you may see. List what there is with ListDecisions.",
            )
        response = v1.GetDecisionResponse(decision=decision, server_time=timestamp(self._edge.clock.now_us()))
        return shown_to(principal, self._edge.policy, response)

    async def _list_decisions(self, request: v1.ListDecisionsRequest, principal: Principal) -> v1.ListDecisionsResponse:
        allowed = v1.DecisionFilter()
        allowed.CopyFrom(request.filter)
        if principal.actor.role == v1.ROLE_CORE:
            del allowed.cores[:]
            allowed.cores.append(principal.actor.name)
        order = request.order or v1.DECISION_ORDER_URGENCY
        query = DecisionQuery(allowed, order, request.page_size or DEFAULT_PAGE, request.page_token)
        offset = self._edge.governor.tails.head
        try:
            page = await self._fitting_page(query)
        except ValueError as error:
            raise InvalidArgument(
                v1.ERROR_REASON_FIELD_INVALID,
                "The page token does not belong to this list. Start again with the first page.",
                field_violations=[FieldViolation("page_token", "belongs to another filter, order or server")],
            ) from error
        response = v1.ListDecisionsResponse(
            decisions=page.decisions,
            next_page_token=page.next,
            offset=offset,
            server_time=timestamp(self._edge.clock.now_us()),
        )
        return shown_to(principal, self._edge.policy, response)

    async def _fitting_page(self, query: DecisionQuery) -> DecisionPage:
        """Return a page that is shorter than asked for where its decisions are too large for one message."""
        page = await self._edge.store.list_decisions(query)
        while len(page.decisions) > 1 and sum(one.ByteSize() for one in page.decisions) > MAX_PAGE_BYTES:
            query = query._replace(limit=len(page.decisions) // 2)
            page = await self._edge.store.list_decisions(query)
        return page

    async def _watch_decisions(
        self, request: v1.WatchDecisionsRequest, principal: Principal
    ) -> AsyncGenerator[bytes, None]:
        check_ledger(self._edge, request.offset, request.ledger_id)
        core = principal.actor.name if principal.actor.role == v1.ROLE_CORE else ""
        session = Session(
            self._edge.store,
            self._edge.governor,
            core=core,
            offset=request.offset,
            only=request.decision_ids,
            known_head=await known_head(self._edge, request.offset),
            bulletins=self._edge.bulletins,
        )
        try:
            with self._edge.connections.hold(session, principal, acts=False):
                yield self._watch_frame(await session.news(0.0), principal, ledger_id=self._edge.ledger_id)
                while not self._edge.stopping.is_set():
                    yield self._watch_frame(await session.news(self._edge.limits.progress_interval_s), principal)
        finally:
            session.close()

    def _watch_frame(self, news: News, principal: Principal, ledger_id: str = "") -> bytes:
        changes = shown_changes(principal, self._edge.policy, news.changes)
        envelope = v1.Envelope(offset=news.offset, server_time=timestamp(self._edge.clock.now_us()))
        head = v1.WatchDecisionsResponse(ledger_id=ledger_id, caught_up=news.caught_up).SerializeToString()
        number = v1.WatchDecisionsResponse.ENVELOPE_FIELD_NUMBER
        return b"".join((length_delimited(number, envelope.SerializeToString()), *changes, head))
