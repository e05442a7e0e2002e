"""To stop takes one; to go on takes two, or time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.command import Consequence, Surroundings
from governance_server.domain.digest import target_digest
from governance_server.domain.halting import halt_id
from governance_server.domain.house import covers, house_due_us, house_of, house_rows
from governance_server.domain.moment import SECOND_US, microseconds
from governance_server.domain.policy import DEFAULT_POLICY
from tests.support.halts import declaration, releasing
from tests.unit.deciding import ALICE, AUDITOR, CISO, CORE, MINUTE_US, NOON_US, SUPERVISOR, Desk, kinds, proposal
from tests.unit.floor import go_on, halt, manage, tick_house

BLOCKS = v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP)
OF_MAXIMUS = v1.HaltScope(core="maximus")
ON_TARGET = v1.HaltScope(target="203.0.113.9")
SCOPES = (v1.HaltScope(all=True), OF_MAXIMUS, BLOCKS, ON_TARGET)


def test_declared() -> None:
    """A halt says what it covers, why, who declared it and when; it lasts until it is released."""
    desk = Desk()
    consequence = manage(desk, SUPERVISOR, declaration())
    assert kinds(consequence) == ["halt_declared"]
    (in_force,) = desk.house.halts.values()
    assert in_force.scope == v1.HaltScope(all=True)
    assert in_force.actor == SUPERVISOR
    assert in_force.reason == "Core blocks the wrong hosts."
    assert microseconds(in_force.declared_at) == NOON_US
    assert not in_force.HasField("expires_at")
    assert house_due_us(desk.house) is None


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.WhichOneof("scope"))
def test_scopes(scope: v1.HaltScope) -> None:
    """Every scope covers what it names, and survives being written down and read again."""
    desk = Desk()
    halt(desk, scope)
    action = proposal().action
    (in_force,) = desk.house.halts.values()
    assert in_force.scope == scope
    assert covers(in_force.scope, "maximus", action)
    assert house_of(house_rows(desk.house)).halts == desk.house.halts


@pytest.mark.parametrize(
    "scope",
    [
        v1.HaltScope(core="minimus"),
        v1.HaltScope(action=v1.ACTION_TYPE_SEND_ALERT),
        v1.HaltScope(target="203.0.113.10"),
    ],
)
def test_what_a_scope_leaves_out(scope: v1.HaltScope) -> None:
    """Another core, another type of action and another target go on."""
    assert not covers(scope, "maximus", proposal().action)


def test_scope_from_the_future_covers_everything() -> None:
    """A scope that this server does not understand covers everything: in doubt, no."""
    assert covers(v1.HaltScope(), "maximus", proposal().action)


def test_target_is_not_in_the_entry() -> None:
    """A target may be a person's: the entry names it by its hash, and what was typed is kept apart."""
    consequence = manage(Desk(), SUPERVISOR, declaration(ON_TARGET))
    declared = consequence.events[0].halt_declared
    assert declared.target_digest == target_digest("203.0.113.9")
    assert b"203.0.113.9" not in consequence.events[0].SerializeToString()
    assert consequence.personal == v1.PersonalData(remark="Core blocks the wrong hosts.", halt_target="203.0.113.9")


def test_named_after_its_request() -> None:
    """A halt's name follows from who asked and under which request, so that the rules need no chance."""
    name = halt_id(SUPERVISOR, "h-1")
    assert name.startswith("halt-")
    assert len(name) == len("halt-") + 12
    others = {halt_id(CISO, "h-1"), halt_id(SUPERVISOR, "h-2")}
    assert name not in others
    assert len(others) == 2
    assert halt(Desk()) == name


@pytest.mark.parametrize("actor", [ALICE, AUDITOR], ids=["operator", "auditor"])
def test_who_may_halt(actor: v1.Actor) -> None:
    """Halting and releasing are for the policy's role or above."""
    desk = Desk()
    name = halt(desk)
    for command in (declaration(), releasing(name)):
        refusal = desk.refused(actor, command)
        assert refusal.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
        assert "soc_supervisor" in refusal.message
    trusting = Desk(policy=replace(DEFAULT_POLICY, halt_from=v1.ROLE_SOC_OPERATOR))
    assert isinstance(trusting.rule(ALICE, declaration()), Consequence)


def test_core_cannot_halt() -> None:
    """A core stops nobody."""
    assert Desk().refused(CORE, declaration()).reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


@pytest.mark.parametrize(
    "scope",
    [v1.HaltScope(), v1.HaltScope(core=""), v1.HaltScope(target=""), v1.HaltScope(action=v1.ACTION_TYPE_UNSPECIFIED)],
)
def test_a_halt_of_nothing(scope: v1.HaltScope) -> None:
    """A halt that would cover nothing is refused, since its author believes that everything stands still."""
    refusal = Desk().refused(SUPERVISOR, declaration(scope))
    assert refusal.reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND
    assert "Nothing was stopped" in refusal.message


def test_reasons() -> None:
    """Who stops and who goes on says why."""
    desk = Desk()
    name = halt(desk)
    for command in (declaration(reason=" "), releasing(name, reason="")):
        assert desk.refused(CISO, command).reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_released_by_two() -> None:
    """A release takes effect when two people have asked for it; who declared the halt may be one of them."""
    desk = Desk()
    name = halt(desk)
    assert kinds(manage(desk, SUPERVISOR, releasing(name))) == ["halt_release_requested"]
    assert [actor.name for actor in desk.house.halts[name].released_by] == [SUPERVISOR.name]
    again = desk.refused(SUPERVISOR, releasing(name, key="g-2"))
    assert again.reason == v1.REFUSAL_REASON_ALREADY_RELEASED_BY_YOU
    last = manage(desk, CISO, releasing(name))
    assert kinds(last) == ["halt_release_requested", "halt_ended"]
    assert not last.events[1].halt_ended.expired
    assert not desk.house.halts
    assert desk.refused(CISO, releasing(name)).reason == v1.REFUSAL_REASON_HALT_NOT_FOUND


def test_released_by_as_many_as_the_policy_says() -> None:
    """One is enough where the policy says so."""
    desk = Desk(policy=replace(DEFAULT_POLICY, halt_release_people=1))
    name = halt(desk)
    assert kinds(manage(desk, SUPERVISOR, releasing(name))) == ["halt_release_requested", "halt_ended"]


def test_ends_by_itself() -> None:
    """A halt for a while ends when it is over, never early, once, and says that nobody released it."""
    desk = Desk()
    halt(desk, for_s=1800)
    halt(desk, BLOCKS, key="h-2", for_s=3600)
    halt(desk, OF_MAXIMUS, key="h-3")
    assert house_due_us(desk.house) == NOON_US + 30 * MINUTE_US
    assert not kinds(tick_house(desk.wait(30 * MINUTE_US - 1)))
    ended = tick_house(desk.wait(1))
    assert kinds(ended) == ["halt_ended"]
    assert ended.events[0].halt_ended.expired
    assert not kinds(tick_house(desk))
    assert house_due_us(desk.house) == NOON_US + 60 * MINUTE_US
    assert kinds(tick_house(desk.wait(300 * MINUTE_US))) == ["halt_ended"]
    assert [one.scope for one in desk.house.halts.values()] == [OF_MAXIMUS]


def test_several_halts() -> None:
    """Each halt ends for itself."""
    desk = Desk()
    first, second = halt(desk), halt(desk, BLOCKS, key="h-2")
    go_on(desk, first)
    assert list(desk.house.halts) == [second]


def test_never_too_often() -> None:
    """Who asks too often may still stop; to go on can wait."""
    desk = Desk(around=Surroundings(retry_after_us=SECOND_US))
    name = halt(desk)
    assert desk.refused(SUPERVISOR, releasing(name)).reason == v1.REFUSAL_REASON_RATE_LIMITED
