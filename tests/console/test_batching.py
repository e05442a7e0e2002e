"""Groups at the console: what is listed and shown, and one verdict for each member, never more than was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.console.script import Outcome
from governance_client.operator import SessionSettings
from tests.console.examples import change, decision
from tests.console.operating import CTRL_C, MEDIUM, at_console
from tests.console.talking import talking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.console.operating import Place

KEY = "block_ip/scanner"
RULES = v1.ConsoleRules(retype=[v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL], batch_decisions=3, batch_score=20)


def _member(number: int, risk: v1.RiskLevel.ValueType = MEDIUM, key: str = KEY, offset: int = 5) -> v1.Decision:
    made = decision(f"{number}{number}{number}{number}cafe{number:04}", f"203.0.113.{number}", risk, offset=offset)
    made.group_key = key
    made.assessment.score = 0.4
    return made


def _members(count: int) -> list[v1.Decision]:
    return [_member(number) for number in range(1, count + 1)]


@pytest.fixture
async def desk() -> AsyncIterator[Place]:
    alone = _member(9, key="isolate_host/alone")
    critical = [_member(number, v1.RISK_LEVEL_CRITICAL, "delete_data/db") for number in (7, 8)]
    async with at_console([*_members(3), alone, *critical], RULES) as place:
        yield place


async def test_groups_are_listed(desk: Place) -> None:
    """Groups of two and more are listed; what is alone or critical is not among them."""
    await desk.line("batch")
    await desk.screen.until("block_ip 203.0.113.1")
    await desk.screen.until("`batch 1` shows the first")
    assert "delete_data/db" not in desk.screen.getvalue()
    assert "isolate_host/alone" not in desk.screen.getvalue()


async def test_one_verdict_each(desk: Place) -> None:
    """A group is shown, asked about by count and key, and each member gets a verdict under one batch id."""
    await desk.line("batch")
    await desk.screen.until("`batch 1` shows the first")
    since = await desk.line("batch 1 approve known scanner")
    await desk.answer(
        f"type yes to approve 3 decisions like block_ip 203.0.113.1, group {KEY}",
        "yes\r",
        await desk.screen.until("203.0.113.", since),
    )
    await desk.screen.until("3 approvals taken")
    assert {verdict.decision_id for verdict in desk.verdicts} == {each.decision_id for each in _members(3)}
    assert {verdict.WhichOneof("judgement") for verdict in desk.verdicts} == {"approve"}
    assert {verdict.action_digest for verdict in desk.verdicts} == {each.action_digest for each in _members(3)}
    (batch_id,) = {verdict.batch_id for verdict in desk.verdicts}
    assert batch_id
    assert all(len(verdict.presentation.rendering_digest) == 32 for verdict in desk.verdicts)


async def test_rejecting_asks_for_a_reason(desk: Place) -> None:
    """One reason serves for all of them; the start of the key names the group too."""
    await desk.line("batch block reject")
    await desk.answer("why reject it?", "ours\r")
    await desk.answer("type yes to reject 3 decisions", "yes\r")
    await desk.screen.until("3 rejections taken")
    assert {verdict.comment for verdict in desk.verdicts} == {"ours"}


@pytest.mark.parametrize("answer", ["\r", "no\r", "3\r", CTRL_C])
async def test_anything_but_yes(desk: Place, answer: str) -> None:
    """Whatever is not `yes` decides nothing."""
    await desk.line("batch block approve")
    await desk.answer("type yes to approve", answer)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_what_came_later_does_not_ride_along(desk: Place) -> None:
    """A member that arrived after the group was shown is not decided with it, and one that changed is left out."""
    await desk.line("batch block")
    await desk.screen.until("203.0.113.1")
    changed = _member(1, offset=12)
    changed.version, changed.action_digest = 2, b"y" * 32
    desk.script.send(change(_member(4, offset=11), "decision_proposed"), change(changed, "action_modified"))
    await desk.screen.until("new ")
    since = await desk.line("batch block approve")
    await desk.screen.until("1 came since it was shown and is not among them", since)
    await desk.screen.until("Left out: 1 changed since they were shown", since)
    await desk.answer("type yes to approve 2 decisions", "yes\r", since)
    await desk.screen.until("2 approvals taken")
    assert {verdict.decision_id[:1] for verdict in desk.verdicts} == {"2", "3"}


async def test_what_ends_while_it_is_asked_about(desk: Place) -> None:
    """A member that is decided between question and answer is left out, and that is said."""
    await desk.line("batch block approve")
    question = await desk.screen.until("type yes to approve 3 decisions")
    ended = _member(1, offset=12)
    ended.version, ended.state = 2, v1.DECISION_STATE_REJECTED
    desk.script.send(change(ended, "decision_rejected", by="operator-2"))
    await desk.screen.until("rejected by operator-2", question)
    desk.type("yes\r")
    await desk.screen.until("Left out: 1 decided or gone meanwhile")
    await desk.screen.until("2 approvals taken")


async def test_refusals_are_counted(desk: Place) -> None:
    """What the server refuses is counted by why."""
    desk.script.answer = lambda command: v1.Receipt(
        request_id=command.request_id,
        **(
            {"accepted": v1.Accepted(offset=50)}
            if command.verdict.decision_id.startswith("1")
            else {"refused": v1.Refusal(reason=v1.REFUSAL_REASON_ALREADY_VOTED, message="You voted.")}
        ),
    )
    await desk.line("batch block approve")
    await desk.answer("type yes to approve 3", "yes\r")
    await desk.screen.until("1 approval taken")
    await desk.screen.until("2 refused: You have voted on it already")


async def test_the_cap_is_told() -> None:
    """What is beyond the policy's cap is left out, and can be taken next."""
    async with at_console(_members(5), RULES) as desk:
        await desk.line("batch block approve")
        await desk.screen.until("Left out: 2 beyond the 3 decisions")
        await desk.answer("type yes to approve 3 decisions", "yes\r")
        await desk.screen.until("3 approvals taken")


async def test_high_members_want_their_number() -> None:
    """With a high one among them, the count is typed back."""
    async with at_console([_member(1), _member(2, v1.RISK_LEVEL_HIGH)], RULES) as desk:
        await desk.line("batch block approve")
        await desk.answer("type 2 to approve 2 decisions", "2\r")
        await desk.screen.until("2 approvals taken")


async def test_least_reading_time() -> None:
    """The group has to be read as long as its members would."""
    rules = v1.ConsoleRules()
    rules.CopyFrom(RULES)
    rules.reading.add(risk=MEDIUM, least=Duration(seconds=10))
    async with at_console(_members(2), rules) as desk:
        await desk.line("batch block approve")
        early = await desk.answer("type yes to approve", "yes\r")
        again = await desk.screen.until("10 s are left", early)
        desk.clock.now_s += 10
        await desk.answer("type yes to approve", "yes\r", again)
        await desk.screen.until("2 approvals taken")
        assert all(verdict.presentation.reading.seconds == 10 for verdict in desk.verdicts)


async def test_no_receipts() -> None:
    """Where no receipts come, it is said that nobody knows."""
    async with at_console(_members(2), RULES, SessionSettings(receipt_s=0.01)) as desk:
        desk.script.answer = lambda _command: None
        await desk.line("batch block approve")
        await desk.answer("type yes to approve", "yes\r")
        await desk.screen.until("It is unknown whether that counted: no receipt came for 2 of them")


async def test_a_server_without_rules() -> None:
    """A server that does not say how many lets none be decided at once."""
    async with at_console(_members(2)) as desk:
        await desk.line("batch block approve")
        await desk.screen.until("Decide them one by one")
        assert desk.script.commands == []


async def test_there_is_no_such_group(desk: Place) -> None:
    """What names no group is said so; what fits several is not guessed."""
    await desk.line("batch nothing approve")
    await desk.screen.until("There is no group `nothing`")
    assert desk.script.commands == []


async def test_a_number_that_was_not_listed_is_no_group() -> None:
    """A number means a group of the last list: a group whose key starts so is not decided in its place."""
    members = [decision(f"aaaaaaaa{number}", risk=MEDIUM) for number in range(2)]
    for each in members:
        each.group_key = "1f00"
    async with talking(*members, rules=RULES) as room:
        assert await room.run("batch 1 reject no") is Outcome.REFUSED
        assert "listed no group 1" in room.complaints[0]
        assert room.server.commands == []
        await room.say("batch", "batch 1 reject no")
        assert len(room.server.commands) == 2


async def test_a_script_is_asked_nothing() -> None:
    """A script's line decides at once; with a high one among them it names their number."""
    async with talking(_member(1), _member(2), rules=RULES) as room:
        assert "2 approvals taken" in await room.say("batch block approve")
    async with talking(_member(1), _member(2, v1.RISK_LEVEL_HIGH), rules=RULES) as room:
        assert await room.run("batch block approve") is Outcome.REFUSED
        assert "--target 2" in room.complaints[-1]
        assert "2 approvals taken" in await room.say("batch block approve --target 2")
