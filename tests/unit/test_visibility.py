"""Who may know of a decision."""

from __future__ import annotations

from governance import v1
from governance_server.domain.visibility import owns, visible_to
from tests.unit.deciding import ALICE, AUDITOR, CORE, OTHER_CORE


def test_core_sees_its_own() -> None:
    """A core sees its own decisions only; operators and auditors see all."""
    decision = v1.Decision(core="maximus")
    assert visible_to(decision, CORE)
    assert not visible_to(decision, OTHER_CORE)
    assert visible_to(decision, ALICE)
    assert visible_to(decision, AUDITOR)


def test_a_name_is_no_core() -> None:
    """An operator who is called as a core is owns nothing of it."""
    namesake = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="maximus", role=v1.ROLE_CISO)
    assert owns(v1.Decision(core="maximus"), CORE)
    assert not owns(v1.Decision(core="maximus"), namesake)
