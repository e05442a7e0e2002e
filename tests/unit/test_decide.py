"""Every command in every state: a ruling, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Body, Consequence, Tick
from governance_server.domain.decide import DECIDERS
from governance_server.domain.judging import JUDGEMENTS
from tests.unit.deciding import (
    ALICE,
    AUDITOR,
    CISO,
    CORE,
    DECISION_ID,
    MINUTE_US,
    OTHER_CORE,
    SUPERVISOR,
    TIMEKEEPER,
    Desk,
    acceptance,
    approval,
    claiming,
    escalation,
    outcome,
    proposal,
    rejection,
    releasing,
    withdrawal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT_HOUSE = {field.name for field in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields if field.number < 20}
ACTORS = (CORE, OTHER_CORE, ALICE, SUPERVISOR, CISO, AUDITOR)


def rejected() -> Desk:
    desk = Desk().propose()
    desk.accepted(ALICE, rejection(desk.current))
    return desk


def cancelled() -> Desk:
    desk = Desk().propose()
    desk.accepted(CORE, withdrawal())
    return desk


def expired() -> Desk:
    desk = Desk().approve().wait(10 * MINUTE_US)
    desk.tick()
    return desk


def claimed() -> Desk:
    desk = Desk().propose()
    desk.accepted(ALICE, claiming())
    return desk


SITUATIONS: dict[str, Callable[[], Desk]] = {
    "none": Desk,
    "pending": lambda: Desk().propose(),
    "claimed": claimed,
    "approved": lambda: Desk().approve(),
    "executing": lambda: Desk().execute(),
    "executed": lambda: Desk().report(),
    "failed": lambda: Desk().report(v1.OUTCOME_RESULT_FAILED),
    "outcome unknown": lambda: Desk().report(v1.OUTCOME_RESULT_UNKNOWN),
    "rejected": rejected,
    "expired": expired,
    "cancelled": cancelled,
}


def every_command(decision: v1.Decision) -> list[Body]:
    """Make every command of the contract, sensible ones in full, all of them also empty, and none at all."""
    commands: list[Body] = [
        v1.CoreCommand(proposal=proposal()),
        withdrawal(),
        acceptance(decision),
        *(outcome(decision, result) for result in v1.OutcomeResult.values()),
        approval(decision),
        rejection(decision),
        claiming(),
        releasing(),
        *(escalation(role) for role in v1.Role.values()),
        v1.CoreCommand(),
        v1.OperatorCommand(),
    ]
    for made in (v1.CoreCommand, v1.OperatorCommand):
        for field in made.DESCRIPTOR.oneofs_by_name["command"].fields:
            command = made()
            getattr(command, field.name).SetInParent()
            commands.append(command)
    for judgement in v1.Verdict.DESCRIPTOR.oneofs_by_name["judgement"].fields:
        command = v1.OperatorCommand()
        getattr(command.verdict, judgement.name).SetInParent()
        commands.append(command)
    return commands


@pytest.mark.parametrize("actor", ACTORS, ids=[actor.name for actor in ACTORS])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_state_every_command(situation: str, actor: v1.Actor) -> None:
    """Whatever anybody asks of any decision takes effect, or is refused with a reason and a sentence."""
    desk = SITUATIONS[situation]()
    before = None if desk.decision is None else desk.decision.SerializeToString(deterministic=True)
    for span_us in (0, 5 * MINUTE_US, 600 * MINUTE_US):
        desk.wait(span_us)
        for command in every_command(desk.decision or v1.Decision()):
            ruling = desk.rule(actor, command)
            if isinstance(ruling, Consequence):
                assert ruling.events
                if ruling.events[0].WhichOneof("kind") in ABOUT_HOUSE:
                    continue
                trial = Desk(desk.now_us, desk.decision, offset=desk.offset)
                trial.apply(actor, ruling)
                assert trial.current.version == (0 if desk.decision is None else desk.decision.version) + 1
            else:
                assert ruling.reason != v1.REFUSAL_REASON_UNSPECIFIED
                assert ruling.message.endswith(".")
        assert desk.rule(TIMEKEEPER, Tick(DECISION_ID)) is not None
    if before is not None:
        assert desk.current.SerializeToString(deterministic=True) == before, "deciding changes nothing"


def test_every_command_has_a_decider() -> None:
    """The contract knows no command that the rules forgot."""
    kinds = {
        field.name
        for made in (v1.CoreCommand, v1.OperatorCommand)
        for field in made.DESCRIPTOR.oneofs_by_name["command"].fields
    }
    assert set(DECIDERS) == kinds
    judgements = {field.name for field in v1.Verdict.DESCRIPTOR.oneofs_by_name["judgement"].fields}
    assert set(JUDGEMENTS) == judgements


@pytest.mark.parametrize("command", [v1.CoreCommand(), v1.OperatorCommand()], ids=["core", "operator"])
def test_command_from_the_future(command: v1.CoreCommand | v1.OperatorCommand) -> None:
    """An empty command is from a newer client: refused, and nothing is done."""
    actor = CORE if isinstance(command, v1.CoreCommand) else ALICE
    assert Desk().refused(actor, command).reason == v1.REFUSAL_REASON_UNKNOWN_COMMAND


def test_wrong_kind_of_caller() -> None:
    """An operator proposes nothing and a core decides nothing, whatever the names."""
    desk = Desk().propose()
    for refusal in (
        desk.refused(CORE, approval(desk.current)),
        desk.refused(CISO, withdrawal()),
        Desk().refused(CISO, v1.CoreCommand(proposal=proposal())),
    ):
        assert refusal.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW
        assert refusal.message.startswith("Only ")
        assert not refusal.HasField("current")


def test_same_question_same_answer() -> None:
    """Deciding is pure: asked twice, it answers the same."""
    desk = Desk().propose()
    assert desk.rule(ALICE, approval(desk.current)) == desk.rule(ALICE, approval(desk.current))
    assert Desk().rule(CORE, v1.CoreCommand(proposal=proposal())) == Desk().rule(
        CORE, v1.CoreCommand(proposal=proposal())
    )
