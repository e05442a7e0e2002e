"""Operators make another action of the one that was proposed, and approve it."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_server.domain.digest import action_digest
from governance_server.domain.house import House
from governance_server.domain.modifying import changes, narrower
from governance_server.domain.policy import Policy
from tests.unit.deciding import (
    ALICE,
    BOB,
    CISO,
    CORE,
    NOON_US,
    SUPERVISOR,
    Desk,
    acceptance,
    approval,
    claiming,
    critical_proposal,
    kinds,
)
from tests.unit.verdicts import action, modification, targets, wide_proposal

MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
WHOLE = action("a", "b", seconds=3600, parameters={"port": "22"})
NARROWER = {
    "the same": WHOLE,
    "a lower scope": action("a", "b", scope=v1.ACTION_SCOPE_HOST, seconds=3600, parameters={"port": "22"}),
    "no scope": action("a", "b", scope=v1.ACTION_SCOPE_UNSPECIFIED, seconds=3600, parameters={"port": "22"}),
    "fewer targets": action("b", seconds=3600, parameters={"port": "22"}),
    "another order": action("b", "a", seconds=3600, parameters={"port": "22"}),
    "a shorter time": action("a", "b", seconds=3599, parameters={"port": "22"}),
}
WIDER = {
    "a higher scope": action("a", "b", scope=v1.ACTION_SCOPE_GLOBAL, seconds=3600, parameters={"port": "22"}),
    "another target": action("a", "c", seconds=3600, parameters={"port": "22"}),
    "a target twice": action("a", "a", seconds=3600, parameters={"port": "22"}),
    "no targets": action(seconds=3600, parameters={"port": "22"}),
    "a longer time": action("a", "b", seconds=3601, parameters={"port": "22"}),
    "for ever": action("a", "b", parameters={"port": "22"}),
    "another parameter": action("a", "b", seconds=3600, parameters={"port": "23"}),
    "no parameter": action("a", "b", seconds=3600),
    "another type": v1.Action(type=v1.ACTION_TYPE_BLOCK_PORT, targets=targets("a"), duration=Duration(seconds=1)),
}


@pytest.mark.parametrize("how", NARROWER)
def test_narrower(how: str) -> None:
    """Less scope, fewer targets and a shorter time are narrower, and so is nothing new."""
    assert narrower(NARROWER[how], WHOLE)


@pytest.mark.parametrize("how", WIDER)
def test_not_narrower(how: str) -> None:
    """Everything else does more, or something else: in doubt, it is not narrower."""
    assert not narrower(WIDER[how], WHOLE)


def test_without_targets() -> None:
    """An action without targets is narrower than itself, and than no action that has some."""
    assert narrower(action(seconds=60), action())
    assert not narrower(action("a"), action())
    assert not narrower(action(), action("a"))


def test_time_to_the_nanosecond() -> None:
    """A nanosecond more is longer, and no time at all is for ever, as in the digest."""
    shorter, longer = (v1.Action(duration=Duration(seconds=1, nanos=nanos)) for nanos in (1, 2))
    assert narrower(shorter, longer)
    assert not narrower(longer, shorter)
    assert not narrower(v1.Action(duration=Duration()), longer)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (WHOLE, []),
        (NARROWER["a lower scope"], [("scope", "organization", "host")]),
        (NARROWER["no scope"], [("scope", "organization", "")]),
        (NARROWER["fewer targets"], [("targets", "ip_address a", "")]),
        (
            NARROWER["another order"],
            [("targets", "ip_address a", "ip_address b"), ("targets", "ip_address b", "ip_address a")],
        ),
        (
            action("b", "a", "a", seconds=3600, parameters={"port": "22"}),
            [("targets", "", "ip_address a")],
        ),
        (
            action("a", "a", seconds=3600, parameters={"port": "22"}),
            [("targets", "ip_address b", ""), ("targets", "", "ip_address a")],
        ),
        (WIDER["a longer time"], [("duration", "3600s", "3601s")]),
        (WIDER["for ever"], [("duration", "3600s", "")]),
        (WIDER["another parameter"], [("parameters.port", "22", "23")]),
        (WIDER["no parameter"], [("parameters.port", "22", "")]),
        (
            action("a", "b", seconds=3600, parameters={"port": "22", "flag": ""}),
            [("parameters.flag", "", "")],
        ),
        (
            WIDER["another type"],
            [
                ("type", "block_ip", "block_port"),
                ("scope", "organization", ""),
                ("targets", "ip_address b", ""),
                ("duration", "3600s", "1s"),
                ("parameters.port", "22", ""),
            ],
        ),
    ],
)
def test_changes(after: v1.Action, expected: list[tuple[str, str, str]]) -> None:
    """What differs is named part by part, with what it was and what it is."""
    assert [(change.part, change.before, change.after) for change in changes(WHOLE, after)] == expected


def test_modified_and_approved() -> None:
    """Where one approval is enough, a modification gives leave at once, for the modified action alone."""
    desk = Desk().propose(wide_proposal())
    proposed = desk.current
    to = action("203.0.113.9", scope=v1.ACTION_SCOPE_HOST, seconds=3600)
    consequence = desk.accepted(ALICE, modification(proposed, to, "One is enough."))
    assert kinds(consequence) == ["action_modified", "decision_approved", "order_issued"]
    modified = consequence.events[0].action_modified
    assert (modified.previous_digest, modified.action_digest) == (proposed.action_digest, action_digest(to))
    assert (modified.action_scope, modified.target_count, modified.narrowing) == (v1.ACTION_SCOPE_HOST, 1, True)
    assert modified.action_type == v1.ACTION_TYPE_BLOCK_IP
    decision = desk.current
    assert decision.proposal.action == to
    assert decision.original_action == proposed.proposal.action
    assert decision.order.action_digest == decision.action_digest == action_digest(to)
    assert decision.action_version == 2
    assert [(vote.actor, vote.action_digest, vote.comment) for vote in decision.votes] == [
        (ALICE, action_digest(to), "One is enough.")
    ]
    [recorded] = decision.modifications
    assert [change.part for change in recorded.changes] == ["scope", "targets", "duration"]
    assert recorded.narrowing
    desk.accepted(CORE, acceptance(decision))


def test_votes_for_the_old_action_lapse() -> None:
    """Votes for the action before do not count for the one after; those who gave them may vote again."""
    desk = Desk().propose(critical_proposal()).approve(ALICE)
    to = v1.Action()
    to.CopyFrom(desk.current.proposal.action)
    to.scope = v1.ACTION_SCOPE_HOST
    seen = desk.current
    assert kinds(desk.accepted(BOB, modification(seen, to))) == ["action_modified", "vote_cast"]
    assert desk.current.state == v1.DECISION_STATE_PENDING
    assert [vote.actor for vote in desk.current.votes] == [BOB]
    old = v1.OperatorCommand(verdict=v1.Verdict(action_digest=seen.action_digest, approve=v1.Approve()))
    assert desk.refused(SUPERVISOR, old).reason == v1.REFUSAL_REASON_ACTION_CHANGED
    desk.accepted(ALICE, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED
    assert desk.current.order.action_digest == action_digest(to)


def test_own_vote_moves_to_the_new_action() -> None:
    """Who approved an action may still narrow it: the vote moves, and counts once."""
    desk = Desk().propose(critical_proposal()).approve(ALICE)
    to = v1.Action()
    to.CopyFrom(desk.current.proposal.action)
    to.scope = v1.ACTION_SCOPE_HOST
    desk.accepted(ALICE, modification(desk.current, to))
    assert [vote.actor for vote in desk.current.votes] == [ALICE]
    assert desk.refused(ALICE, approval(desk.current)).reason == v1.REFUSAL_REASON_ALREADY_VOTED


def test_nothing_changed() -> None:
    """A modification that changes nothing is refused."""
    desk = Desk().propose(wide_proposal())
    refusal = desk.refused(ALICE, modification(desk.current, desk.current.proposal.action))
    assert refusal.reason == v1.REFUSAL_REASON_NOTHING_CHANGED


def test_only_narrower() -> None:
    """Below security_manager an action may only be narrowed; the refusal says what else differs."""
    desk = Desk().propose(wide_proposal())
    to = action("203.0.113.9", seconds=9000, parameters={"port": "22"})
    for actor in (ALICE, SUPERVISOR):
        refusal = desk.refused(actor, modification(desk.current, to))
        assert refusal.reason == v1.REFUSAL_REASON_NOT_NARROWER
        assert "differs in targets, duration, parameters, and does more" in refusal.message
        assert "security_manager or above" in refusal.message
    assert not desk.current.modifications


def test_free_modification() -> None:
    """From security_manager up an action may be changed in any way, and the record says that it does more."""
    desk = Desk().propose(wide_proposal())
    to = action("203.0.113.9", "203.0.113.10", "203.0.113.11", seconds=9000)
    desk.accepted(MANAGER, modification(desk.current, to))
    assert desk.current.state == v1.DECISION_STATE_APPROVED
    [recorded] = desk.current.modifications
    assert not recorded.narrowing


def test_free_modification_by_policy() -> None:
    """The policy says from which role on."""
    desk = Desk(policy=Policy(free_modification_from=v1.ROLE_CISO)).propose(wide_proposal())
    to = action("203.0.113.1")
    assert desk.refused(MANAGER, modification(desk.current, to)).reason == v1.REFUSAL_REASON_NOT_NARROWER
    desk.accepted(CISO, modification(desk.current, to))


def test_more_risk_asks_for_more_people() -> None:
    """What was made of an action needs what its own risk needs, not what the harmless one before it did."""
    made = critical_proposal()
    made.action.CopyFrom(v1.Action(type=v1.ACTION_TYPE_SEND_ALERT, scope=v1.ACTION_SCOPE_HOST))
    made.threat.score = 0.8
    desk = Desk().propose(made)
    assert desk.current.assessment.risk == v1.RISK_LEVEL_HIGH
    assert desk.current.quorum.required == 1
    to = v1.Action(type=v1.ACTION_TYPE_DELETE_DATA, scope=v1.ACTION_SCOPE_GLOBAL, targets=targets("a"))
    assert kinds(desk.accepted(MANAGER, modification(desk.current, to)))[:2] == ["action_modified", "vote_cast"]
    assert desk.refused(MANAGER, approval(desk.current)).reason == v1.REFUSAL_REASON_ALREADY_VOTED
    desk.accepted(BOB, approval(desk.current))
    assert desk.current.state == v1.DECISION_STATE_APPROVED


def test_own_proposal_and_anothers_claim() -> None:
    """To modify is to approve: not one's own proposal, and not what another has in hand."""
    desk = Desk(policy=Policy(core_owners={CORE.name: frozenset({"chris"})})).propose(wide_proposal())
    to = action("203.0.113.9", seconds=60)
    assert desk.refused(CISO, modification(desk.current, to)).reason == v1.REFUSAL_REASON_OWN_PROPOSAL
    desk.accepted(ALICE, claiming())
    assert desk.refused(BOB, modification(desk.current, to)).reason == v1.REFUSAL_REASON_CLAIMED_BY_ANOTHER
    desk.accepted(ALICE, modification(desk.current, to))


def test_halt_on_what_was_left_out() -> None:
    """A halt on a target holds the order of an action on it, and not that of one that was narrowed around it."""
    halt = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(target="203.0.113.10"))
    desk = Desk(house=House(halts={"halt-1": halt})).propose(wide_proposal())
    held = desk.rule(ALICE, approval(desk.current))
    assert not isinstance(held, v1.Refusal)
    assert kinds(held) == ["decision_approved", "order_held"]
    desk.accepted(ALICE, modification(desk.current, action("203.0.113.9", seconds=60)))
    assert desk.current.order.order_id == "decision-1/1"


def test_policy_that_changed_meanwhile() -> None:
    """A modification is approved by the rules now in force as well."""
    desk = Desk().propose(wide_proposal())
    desk.policy = Policy(chain=(v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO))
    to = action("203.0.113.9", seconds=60)
    assert desk.refused(ALICE, modification(desk.current, to)).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
    desk.accepted(SUPERVISOR, modification(desk.current, to))
    assert desk.now_us == NOON_US
