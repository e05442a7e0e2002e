"""What the policy asks of consoles, and which verdicts are refused for not keeping it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_server.domain.command import Surroundings, Tally
from governance_server.domain.consoles import console_rules
from governance_server.domain.moment import SECOND_US
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from tests.unit.deciding import (
    ALICE,
    BOB,
    CISO,
    MINUTE_US,
    Desk,
    approval,
    by_risk,
    critical_proposal,
    proposal,
    rejection,
)
from tests.unit.verdicts import action, deferral, modification, question, returning, wide_proposal

TEN_S = Policy(reading_s=dict.fromkeys(DEFAULT_POLICY.reading_s, 10))
LATE = v1.REFUSAL_REASON_READ_TOO_SHORTLY
APART = v1.REFUSAL_REASON_NOT_IN_BATCH
ALL_CRITICAL = by_risk(0.0, 0.01, 0.02, 0.03)


def shown(command: v1.OperatorCommand, seconds: float = 10, version: int = 1) -> v1.OperatorCommand:
    """Say that a page was in view for so long."""
    reading = Duration(seconds=int(seconds), nanos=round(seconds % 1 * 1e9))
    command.verdict.presentation.CopyFrom(v1.Presentation(rendering_digest=bytes(32), version=version, reading=reading))
    return command


def along(command: v1.OperatorCommand, batch_id: str = "batch-1") -> v1.OperatorCommand:
    """Give a verdict along with others."""
    command.verdict.batch_id = batch_id
    return command


def test_rules_of_the_default_policy() -> None:
    """Consoles are told to ask for the target of what is high or critical, and to group at most 50 decisions."""
    assert console_rules(DEFAULT_POLICY) == v1.ConsoleRules(
        retype=[v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL], batch_decisions=50, batch_score=20.0
    )


def test_rules_of_another_policy() -> None:
    """They are told every reading time that there is, and nothing of risks without one."""
    policy = Policy(
        reading_s=by_risk(0, 0, 5, 60),
        retype_target=frozenset(),
        similar="after_judgement",
        batch_decisions=1,
        batch_score=0.5,
    )
    assert console_rules(policy) == v1.ConsoleRules(
        reading=[
            v1.ReadingTime(risk=v1.RISK_LEVEL_HIGH, least=Duration(seconds=5)),
            v1.ReadingTime(risk=v1.RISK_LEVEL_CRITICAL, least=Duration(seconds=60)),
        ],
        batch_decisions=1,
        batch_score=0.5,
        similar_after_judgement=True,
    )


def test_an_approval_that_says_nothing_of_reading() -> None:
    """Where the policy asks for a time, an approval that does not say that it was kept is refused, until it does."""
    desk = Desk(policy=TEN_S).propose()
    refusal = desk.refused(ALICE, approval(desk.current))
    assert refusal.reason == LATE
    assert refusal.current == desk.current
    assert refusal.message == (
        "The policy asks for 10 s with a decision of medium risk before it is approved, and your console does not say "
        "that you had it in view. Nothing was changed; read on and approve it then, or reject it."
    )
    desk.accepted(ALICE, shown(approval(desk.current)))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


@pytest.mark.parametrize("seconds", [0, 9, 9.999999])
def test_an_approval_that_came_too_soon(seconds: float) -> None:
    """It is refused up to the last microsecond, and told how long it was and how long it has to be."""
    desk = Desk(policy=TEN_S).propose()
    refusal = desk.refused(ALICE, shown(approval(desk.current), seconds))
    assert refusal.reason == LATE
    assert f"your console says that you had it in view for {seconds:.1f} s" in refusal.message


def test_a_vote_is_an_approval() -> None:
    """The first of two who have to approve reads as long as the second."""
    desk = Desk(policy=TEN_S).propose(critical_proposal())
    assert desk.refused(ALICE, approval(desk.current)).reason == LATE
    desk.accepted(ALICE, shown(approval(desk.current)))
    assert desk.refused(BOB, shown(approval(desk.current), 1)).reason == LATE
    desk.accepted(BOB, shown(approval(desk.current)))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_a_modification_is_an_approval() -> None:
    """Whoever approves another action has read the one that was there."""
    desk = Desk(policy=TEN_S).propose(wide_proposal())
    command = modification(desk.current, action("203.0.113.9", seconds=60))
    assert desk.refused(ALICE, command).reason == LATE
    desk.accepted(ALICE, shown(command))


def test_nothing_else_is_refused_for_it() -> None:
    """To reject, to defer, to ask and to return takes no time: what stops or slows an action is never too soon."""
    for command in (rejection, lambda one: deferral(one, 60), question, returning):
        desk = Desk(policy=TEN_S).propose()
        desk.accepted(ALICE, command(desk.current))


def test_the_risk_that_has_no_time() -> None:
    """A time for what is critical asks nothing of what is not."""
    desk = Desk(policy=Policy(reading_s=by_risk(0, 0, 0, 60))).propose()
    desk.accepted(ALICE, approval(desk.current))


def test_the_time_of_the_risk_by_the_policy_in_force() -> None:
    """Where another policy came into force that finds a higher risk, the time of that risk is asked for."""
    desk = Desk().propose()
    desk.policy = Policy(risk_from=ALL_CRITICAL, reading_s=by_risk(0, 10, 10, 60))
    assert "60 s with a decision of critical risk" in desk.refused(ALICE, shown(approval(desk.current))).message
    desk.accepted(ALICE, shown(approval(desk.current), 60))


@pytest.mark.parametrize("version", [0, 3])
def test_a_version_that_has_never_been(version: int) -> None:
    """A verdict whose author was shown what cannot have been is refused as stale, whatever it says."""
    desk = Desk().propose().wait(MINUTE_US)
    desk.accepted(ALICE, question(desk.current))
    for command in (approval(desk.current), rejection(desk.current), deferral(desk.current, 60)):
        refusal = desk.refused(ALICE, shown(command, version=version))
        assert refusal.reason == v1.REFUSAL_REASON_VERSION_STALE
        assert f"at version 2, and your console says that it showed you version {version}" in refusal.message
        assert refusal.current == desk.current
    for known in (1, 2):
        Desk(decision=desk.current, now_us=desk.now_us, offset=desk.offset).accepted(
            ALICE, shown(approval(desk.current), version=known)
        )


def test_what_is_critical_is_in_no_batch() -> None:
    """It is neither approved nor rejected along with others."""
    desk = Desk().propose(critical_proposal())
    for command in (approval(desk.current), rejection(desk.current)):
        refusal = desk.refused(CISO, along(command))
        assert refusal.reason == APART
        assert refusal.message == (
            "What is critical is never decided along with others. This one was not decided; look at it and decide it "
            "by itself."
        )
    desk.accepted(CISO, rejection(desk.current))


def test_what_is_critical_by_the_policy_in_force() -> None:
    """What another policy finds critical meanwhile is not approved along with others; rejecting it takes no more."""
    desk = Desk().propose()
    desk.policy = Policy(risk_from=ALL_CRITICAL)
    assert desk.refused(ALICE, along(approval(desk.current))).reason == APART
    desk.accepted(ALICE, along(rejection(desk.current)))


@pytest.mark.parametrize("judgement", [approval, rejection])
def test_a_batch_of_as_many_as_may_be(judgement: object) -> None:
    """The last that the policy lets a batch have is decided, and the next one is not."""
    assert callable(judgement)
    desk = Desk(policy=Policy(batch_decisions=3), around=Surroundings(batch=Tally(3, 0.1))).propose()
    refusal = desk.refused(ALICE, along(judgement(desk.current)))
    assert refusal.reason == APART
    assert "The policy lets at most 3 be decided at once, and so many of this batch were." in refusal.message
    assert refusal.current == desk.current
    desk.around = Surroundings(batch=Tally(2, 0.1))
    desk.accepted(ALICE, along(judgement(desk.current)))


def test_a_batch_of_as_much_risk_as_may_be() -> None:
    """The scores come to the policy's bound, to the digit, and no further."""
    score = Desk().propose().current.assessment.score
    policy = Policy(batch_score=1.5)
    desk = Desk(policy=policy, around=Surroundings(batch=Tally(4, 1.5 - score + 1e-6))).propose()
    refusal = desk.refused(ALICE, along(approval(desk.current)))
    assert refusal.reason == APART
    assert "a risk of at most 1.5 in all be decided at once, and with this one the batch would come to 1.50" in (
        refusal.message
    )
    desk.around = Surroundings(batch=Tally(4, 1.5 - score))
    desk.accepted(ALICE, along(approval(desk.current)))


def test_what_stands_alone_meets_no_cap() -> None:
    """A verdict of no batch is decided whatever was decided before."""
    desk = Desk(policy=replace(DEFAULT_POLICY, batch_decisions=1, batch_score=0.01)).propose()
    desk.around = Surroundings(batch=Tally(1000, 1000.0))
    desk.accepted(ALICE, approval(desk.current))


def test_who_was_first_is_told_before_the_cap() -> None:
    """The loser of a race learns who won, not that its batch is full."""
    desk = Desk(around=Surroundings(batch=Tally(50, 0.0))).propose(proposal()).wait(SECOND_US)
    seen = desk.current
    desk.accepted(BOB, rejection(desk.current))
    assert desk.refused(ALICE, along(approval(seen))).reason == v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED
