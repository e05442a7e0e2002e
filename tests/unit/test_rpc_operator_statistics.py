"""What one operator did, counted from the entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.operator import commands
from governance_server.domain.moment import SECOND_US, microseconds, timestamp
from governance_server.engine.enrolment import revoke_credential
from governance_server.errors import InvalidArgument, NotFound
from governance_server.rpc import operator_statistics
from governance_server.rpc.operator_statistics import DAY_US, EARLIEST_US
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2, approval, rejection
from tests.support.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AUDITOR = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="auditor-1", role=v1.ROLE_AUDITOR)
MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="manager-1", role=v1.ROLE_SECURITY_MANAGER)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        await running.let_in(OPERATOR_1, OPERATOR_2, CORE, AUDITOR)
        yield running


async def counted(
    served: Served, operator: str = "", caller: v1.Actor = OPERATOR_1, since_us: int | None = None
) -> v1.GetOperatorStatisticsResponse:
    since: Any = None if since_us is None else timestamp(since_us)
    request = v1.GetOperatorStatisticsRequest(operator=operator, since=since)
    response: v1.GetOperatorStatisticsResponse = await served.call("GetOperatorStatistics", request, caller)
    return response


async def decide(served: Served, number: int, after_s: int, *, reject: bool = False, reading_s: int = 0) -> None:
    """Propose, let time pass, and decide as the first operator."""
    decision = await served.propose(number)
    served.clock.advance(after_s * SECOND_US)
    command = (rejection if reject else approval)(decision, f"v-{number}")
    command.verdict.batch_id = "batch-1" if reading_s else ""
    if reading_s:
        shown = v1.Presentation(
            rendering_digest=bytes(32), version=decision.version, reading=Duration(seconds=reading_s)
        )
        command.verdict.presentation.CopyFrom(shown)
    await served.do(OPERATOR_1, command)


class TestCounted:
    async def test_nothing_done(self, served: Served) -> None:
        """Of an operator who did nothing, the name, the role and the times are told, and nothing else."""
        now = timestamp(served.clock.now_us())
        assert await counted(served) == v1.GetOperatorStatisticsResponse(
            operator="operator-1",
            since=timestamp(served.clock.now_us() - DAY_US),
            server_time=now,
            role=v1.ROLE_SOC_OPERATOR,
        )

    async def test_verdicts(self, served: Served) -> None:
        """Approvals and rejections are counted, with the medians of the times to decide and to read."""
        began = served.clock.now_us()
        await decide(served, 1, 10)
        await decide(served, 2, 20, reading_s=4)
        await decide(served, 3, 60, reject=True, reading_s=7)
        found = await counted(served)
        assert (found.approved, found.rejected, found.in_batches) == (2, 1, 2)
        assert found.median_to_decide == Duration(seconds=20)
        assert found.median_reading == Duration(seconds=5, nanos=500_000_000)
        assert microseconds(found.first_at) == began + 10 * SECOND_US
        assert microseconds(found.last_at) == began + 90 * SECOND_US

    async def test_events(self, served: Served) -> None:
        """What the commands brought about is counted by its kind, the most frequent first and then by name."""
        await decide(served, 1, 1)
        await served.propose(2)
        for _ in range(2):
            await served.do(OPERATOR_1, commands.claim("decision-000002"))
            await served.do(OPERATOR_1, commands.release("decision-000002"))
        await served.do(OPERATOR_2, commands.note("decision-000002", "Not mine."))
        assert [(one.event, one.count) for one in (await counted(served)).events] == [
            ("decision_claimed", 2),
            ("decision_released", 2),
            ("decision_approved", 1),
            ("order_issued", 1),
        ]

    async def test_across_pages(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """The pages that entries are read in make no difference."""
        for number in range(1, 6):
            await decide(served, number, number)
        whole = await counted(served)
        monkeypatch.setattr(operator_statistics, "PAGE", 2)
        assert await counted(served) == whole
        assert whole.approved == 5

    async def test_since(self, served: Served) -> None:
        """What was done before the moment that is asked for is left out; what was done at it is not."""
        await decide(served, 1, 10)
        await decide(served, 2, 10)
        now_us = served.clock.now_us()
        assert (await counted(served, since_us=now_us)).approved == 1
        assert (await counted(served, since_us=now_us - 10 * SECOND_US)).approved == 2
        served.clock.advance(DAY_US)
        assert (await counted(served)).approved == 1
        assert (await counted(served, since_us=now_us - 10 * SECOND_US)).approved == 2

    async def test_an_approval_anew_is_no_other_decision(self, served: Served) -> None:
        """A decision that was approved, modified by another and approved anew counts once."""
        await served.apply("[approvals.required_approvals]\nlow = 3\nmedium = 3\nhigh = 3\ncritical = 3\n", MANAGER)
        decision = await served.propose(1)
        await served.do(OPERATOR_1, approval(decision, "a-1"))
        action = v1.Action()
        action.CopyFrom(decision.proposal.action)
        action.duration.seconds = 600
        await served.do(OPERATOR_2, commands.modify(decision.decision_id, decision.action_digest, action))
        await served.do(OPERATOR_1, approval(await served.edge.decision(decision.decision_id), "a-2"))
        found = await counted(served)
        assert found.approved == 1
        assert [(one.event, one.count) for one in found.events] == [("vote_cast", 2)]


class TestWho:
    async def test_anybody_may_ask_about_an_operator(self, served: Served) -> None:
        """An operator and an auditor may ask about another operator."""
        await decide(served, 1, 1)
        for caller in (OPERATOR_2, AUDITOR):
            assert (await counted(served, "operator-1", caller)).approved == 1

    @pytest.mark.parametrize("name", ["nobody", "maximus", "auditor-1"])
    async def test_no_operator(self, served: Served, name: str) -> None:
        """There are no figures of whoever never was an operator."""
        with pytest.raises(NotFound) as caught:
            await counted(served, name)
        assert caught.value.reason == v1.ERROR_REASON_OPERATOR_NOT_FOUND

    async def test_one_who_has_left(self, served: Served) -> None:
        """What an operator did is told also after the credential was revoked, without a role."""
        await decide(served, 1, 1)
        await revoke_credential(served.edge.store, served.clock, served.edge.entropy, name="operator-1")
        found = await counted(served, "operator-1", OPERATOR_2)
        assert (found.approved, found.role) == (1, v1.ROLE_UNSPECIFIED)


class TestBounds:
    async def test_how_far_back(self, served: Served) -> None:
        """31 days back may be asked for, and not a microsecond more; the field is named."""
        earliest = served.clock.now_us() - EARLIEST_US
        assert microseconds((await counted(served, since_us=earliest)).since) == earliest
        with pytest.raises(InvalidArgument, match="31 days") as caught:
            await counted(served, since_us=earliest - 1)
        assert [each.field for each in caught.value.field_violations] == ["since"]

    async def test_how_much(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where more was done than one answer counts, a later moment has to be asked for."""
        monkeypatch.setattr(operator_statistics, "MOST_DEEDS", 2)
        await decide(served, 1, 10)
        await decide(served, 2, 10)
        assert (await counted(served)).approved == 2
        await decide(served, 3, 10)
        with pytest.raises(InvalidArgument, match="later moment"):
            await counted(served)
        assert (await counted(served, since_us=served.clock.now_us() - SECOND_US)).approved == 1
