"""ConsoleService: where operators are shown what waits for them, and decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.eligibility import has_approved, may_decide
from governance_server.domain.moment import duration, microseconds, timestamp
from governance_server.domain.sufficiency import needs
from governance_server.rpc.answering import answer
from governance_server.rpc.handlers import BidiStream, Unary
from governance_server.rpc.operator_statistics import operator_statistics
from governance_server.rpc.paging import page_of
from governance_server.rpc.redacting import shown_to
from governance_server.rpc.similar import similar_decisions
from governance_server.rpc.streams import OPERATE, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Context, Rpc
    from governance_server.rpc.identity import Principal

NOT_OPERATORS: Final = frozenset({v1.ROLE_CORE, v1.ROLE_AUDITOR})


class ConsoleService:
    """The rpcs of ConsoleService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {
            "Operate": BidiStream(self._operate),
            "SubmitVerdict": Unary(v1.SubmitVerdictRequest, self._submit_verdict),
            "GetStatistics": Unary(v1.GetStatisticsRequest, self._get_statistics),
            "ListOperators": Unary(v1.ListOperatorsRequest, self._list_operators),
            "ListEligibleOperators": Unary(v1.ListEligibleOperatorsRequest, self._list_eligible_operators),
            "ListHalts": Unary(v1.ListHaltsRequest, self._list_halts),
            "ListSimilarDecisions": Unary(v1.ListSimilarDecisionsRequest, self._list_similar_decisions),
            "GetOperatorStatistics": Unary(v1.GetOperatorStatisticsRequest, self._get_operator_statistics),
        }

    async def _operate(self, context: Context, principal: Principal) -> None:
        await Stream(self._edge, OPERATE, context, principal).serve()

    async def _submit_verdict(self, request: v1.SubmitVerdictRequest, principal: Principal) -> v1.SubmitVerdictResponse:
        command = Command(principal.actor, request.command)
        receipt = answer(await self._edge.ask(command))
        decision_id = request.command.verdict.decision_id or _named(request.command)
        found = decision_id and receipt.HasField("accepted")
        return v1.SubmitVerdictResponse(
            receipt=receipt, decision=await self._edge.decision(decision_id) if found else None
        )

    async def _get_statistics(self, _: v1.GetStatisticsRequest, principal: Principal) -> v1.GetStatisticsResponse:
        counts = await self._edge.store.counts()
        now_us = self._edge.clock.now_us()
        nearest_us = counts.nearest_deadline_us
        connections = self._edge.connections
        risks = sorted((risk for risk in v1.RiskLevel.values() if risk), reverse=True)
        response = v1.GetStatisticsResponse(
            risks=[_risk_count(risk, *counts.by_risk.get(risk, (0, 0))) for risk in risks],
            states=[
                v1.StateCount(state=state, count=count) for state, count in sorted(_states(counts.by_state).items())
            ],
            open_breached=counts.open_breached,
            nearest_deadline=timestamp(nearest_us) if nearest_us else None,
            approved_by_policy=counts.approved_by_policy,
            operators_connected=len(connections.names(v1.ACTOR_KIND_OPERATOR)),
            cores_connected=len(connections.names(v1.ACTOR_KIND_CORE)),
            offset=self._edge.governor.tails.head,
            server_time=timestamp(now_us),
            uptime=duration(now_us - self._edge.started_us),
            halts=self._edge.governor.house.halts.values(),
            alarms=self._edge.governor.alarms,
        )
        return shown_to(principal, self._edge.policy, response)

    async def _list_operators(self, request: v1.ListOperatorsRequest, _: Principal) -> v1.ListOperatorsResponse:
        operators = await self._operators()
        names, following = page_of(sorted(operators), request.page_size, request.page_token)
        return v1.ListOperatorsResponse(operators=[operators[name] for name in names], next_page_token=following)

    async def _list_eligible_operators(
        self, request: v1.ListEligibleOperatorsRequest, _: Principal
    ) -> v1.ListEligibleOperatorsResponse:
        decision = await self._edge.decision(request.decision_id)
        if decision.state != v1.DECISION_STATE_PENDING:
            return v1.ListEligibleOperatorsResponse(quorum=decision.quorum)
        policy = self._edge.governor.house.policy
        eligible = [
            v1.EligibleOperator(
                operator=operator,
                reachable=operator.connected and not operator.away,
                voted=has_approved(decision, operator.name),
            )
            for operator in (await self._operators()).values()
            if may_decide(policy, decision, operator.name, operator.role)
        ]
        eligible.sort(key=lambda one: (not one.reachable, one.operator.name))
        needed = needs(policy, decision, self._edge.clock.now_us())
        return v1.ListEligibleOperatorsResponse(
            operators=eligible, quorum=v1.Quorum(required=needed.required, roles=needed.roles)
        )

    async def _list_halts(self, _: v1.ListHaltsRequest, principal: Principal) -> v1.ListHaltsResponse:
        now = timestamp(self._edge.clock.now_us())
        response = v1.ListHaltsResponse(halts=self._edge.governor.house.halts.values(), server_time=now)
        return shown_to(principal, self._edge.policy, response)

    async def _list_similar_decisions(
        self, request: v1.ListSimilarDecisionsRequest, principal: Principal
    ) -> v1.ListSimilarDecisionsResponse:
        return await similar_decisions(self._edge, request, principal)

    async def _get_operator_statistics(
        self, request: v1.GetOperatorStatisticsRequest, principal: Principal
    ) -> v1.GetOperatorStatisticsResponse:
        return await operator_statistics(self._edge, request, principal)

    async def _operators(self) -> dict[str, v1.Operator]:
        """Return everybody whose credential is an operator's and good, by name."""
        connected = self._edge.connections.names(v1.ACTOR_KIND_OPERATOR)
        away = self._edge.governor.house.away
        now_us = self._edge.clock.now_us()
        credentials = [stored.credential for stored in await self._edge.store.credentials()]
        return {
            one.name: v1.Operator(name=one.name, role=one.role, connected=one.name in connected, away=one.name in away)
            for one in credentials
            if one.role not in NOT_OPERATORS and not (one.revoked or _expired(one, now_us))
        }


def _expired(credential: v1.Credential, now_us: int) -> bool:
    return credential.HasField("expires_at") and now_us >= microseconds(credential.expires_at)


def _named(command: v1.OperatorCommand) -> str:
    """Return the decision that a command other than a verdict names; empty where it names none."""
    kind = command.WhichOneof("command")
    return getattr(getattr(command, kind), "decision_id", "") if kind else ""


def _states(counts: Mapping[int, int]) -> dict[v1.DecisionState.ValueType, int]:
    return {state: counts[state] for state in v1.DecisionState.values() if counts.get(state)}


def _risk_count(risk: v1.RiskLevel.ValueType, count_open: int, total: int) -> v1.RiskCount:
    return v1.RiskCount(risk=risk, open=count_open, total=total)
