"""What holds core back: halts in force, and how much waits."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.core.restraint import Restraint

ACTION = v1.Action(
    type=v1.ACTION_TYPE_BLOCK_IP, targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="203.0.113.7")]
)


def greeted(*scopes: v1.HaltScope) -> Restraint:
    restraint = Restraint()
    halts = [v1.Halt(halt_id=f"halt-{number}", scope=scope) for number, scope in enumerate(scopes)]
    restraint.greeted(v1.ServerHello(you=v1.Actor(name="maximus"), halts=halts))
    return restraint


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (v1.HaltScope(all=True), True),
        (v1.HaltScope(core="maximus"), True),
        (v1.HaltScope(core="minimus"), False),
        (v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP), True),
        (v1.HaltScope(action=v1.ACTION_TYPE_ISOLATE_HOST), False),
        (v1.HaltScope(target="203.0.113.7"), True),
        (v1.HaltScope(target="198.51.100.9"), False),
        (v1.HaltScope(), True),
    ],
)
def test_what_a_halt_covers(scope: v1.HaltScope, holds: bool) -> None:
    """All, one core, one type, one target; what is not known covers everything."""
    assert greeted(scope).holds(ACTION) is holds


def test_halts_come_and_go() -> None:
    """One that ended is told; one that was declared, or asked to be released, is not an end."""
    restraint = greeted(v1.HaltScope(all=True))
    declared = v1.Halt(halt_id="halt-9", scope=v1.HaltScope(core="maximus"))
    assert not restraint.take([declared])
    over = v1.Halt(halt_id="halt-0", released=True)
    assert restraint.take([over])
    assert not restraint.take([over])
    assert list(restraint.halts) == ["halt-9"]
    restraint.greeted(v1.ServerHello())
    assert not restraint.holds(ACTION)
