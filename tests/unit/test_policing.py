"""Policing: who may put a policy in force, and what that records."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.command import Command, Consequence, State
from governance_server.domain.decide import decide
from governance_server.domain.default_document import DEFAULT_DOCUMENT
from governance_server.domain.house import House, evolve_house, house_of, house_rows
from governance_server.domain.moment import timestamp
from governance_server.domain.policy_document import policy_of
from tests.unit.deciding import ALICE, AUDITOR, CISO, CORE, NOON_US, SUPERVISOR

MANAGER = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="mary", role=v1.ROLE_SECURITY_MANAGER)
DOCUMENT = "[sla]\ncritical_s = 60\n"


def apply(actor: v1.Actor, document: str = DOCUMENT, reason: str = "drill", house: House | None = None) -> object:
    request = v1.ApplyPolicyRequest(request_id="r-1", document=document, reason=reason)
    return decide(State(None, house or House()), Command(actor, request), NOON_US)


def applied(actor: v1.Actor) -> tuple[v1.Entry, v1.PersonalData]:
    ruling = apply(actor)
    assert isinstance(ruling, Consequence)
    assert ruling.personal is not None
    return v1.Entry(actor=actor, events=ruling.events, recorded_at=timestamp(NOON_US)), ruling.personal


@pytest.mark.parametrize("actor", [MANAGER, CISO])
def test_managers_apply(actor: v1.Actor) -> None:
    """A security_manager or the ciso puts a policy in force; the document is recorded, the reason kept apart."""
    entry, personal = applied(actor)
    (event,) = entry.events
    assert event.policy_applied == v1.PolicyApplied(document=DOCUMENT, policy_digest=policy_of(DOCUMENT).digest)
    assert personal == v1.PersonalData(remark="drill")


@pytest.mark.parametrize("actor", [ALICE, SUPERVISOR, AUDITOR, CORE])
def test_others_do_not(actor: v1.Actor) -> None:
    """Nobody below a security_manager changes the rules, and no core."""
    ruling = apply(actor)
    assert isinstance(ruling, v1.Refusal)
    assert ruling.reason == v1.REFUSAL_REASON_ROLE_TOO_LOW


def test_reason_required() -> None:
    """A policy is not applied without a reason."""
    ruling = apply(MANAGER, reason="  ")
    assert isinstance(ruling, v1.Refusal)
    assert ruling.reason == v1.REFUSAL_REASON_REASON_REQUIRED


def test_same_policy() -> None:
    """A document that says the same as the policy in force changes nothing, and is refused."""
    ruling = apply(MANAGER, document=DEFAULT_DOCUMENT)
    assert isinstance(ruling, v1.Refusal)
    assert ruling.reason == v1.REFUSAL_REASON_NOTHING_CHANGED


def test_the_house_after_it() -> None:
    """The policy is in force from that entry on, and the store's rows bring it back."""
    house = evolve_house(House(), *applied(MANAGER))
    assert house.policy.sla_s[v1.RISK_LEVEL_CRITICAL] == 60
    assert house.applied.applied_by == MANAGER
    restored = house_of(house_rows(house))
    assert restored.policy is house.policy
    assert restored.applied == house.applied
    again = apply(MANAGER, house=restored)
    assert isinstance(again, v1.Refusal)


def test_a_document_that_an_older_server_applied() -> None:
    """It is in force as this server reads it, under this server's digest; what was recorded of it stays as it was."""
    old = v1.PolicyApplied(document=DOCUMENT, policy_digest=bytes(32))
    entry = v1.Entry(actor=MANAGER, events=[v1.Event(policy_applied=old)], recorded_at=timestamp(NOON_US))
    house = evolve_house(House(), entry, None)
    assert house.policy.digest == policy_of(DOCUMENT).digest
    again = house_of(house_rows(house))
    assert again.policy.digest == house.policy.digest
    assert again.applied.policy_digest == bytes(32)
