"""A decision under test, in a house under test: what is decided about the house changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Body, Consequence, Tick
from governance_server.domain.house import evolve_house
from governance_server.domain.moment import timestamp
from tests.support.halts import declaration, releasing
from tests.unit.deciding import CISO, SUPERVISOR, TIMEKEEPER, Desk

if TYPE_CHECKING:
    from governance_server.domain.house import House


def changed(house: House, actor: v1.Actor, consequence: Consequence, now_us: int) -> House:
    """Return the house after an entry about it."""
    entry = v1.Entry(offset=1, recorded_at=timestamp(now_us), actor=actor, events=consequence.events)
    return evolve_house(house, entry, consequence.personal)


def manage(desk: Desk, actor: v1.Actor, body: Body) -> Consequence:
    """Ask something about the house, and expect that it takes effect."""
    ruling = desk.rule(actor, body)
    assert isinstance(ruling, Consequence), ruling
    desk.house = changed(desk.house, actor, ruling, desk.now_us)
    return ruling


def halt(desk: Desk, scope: v1.HaltScope | None = None, *, key: str = "h-1", for_s: int = 0) -> str:
    """Stop, without the engine that would look at the orders; return the halt's name."""
    consequence = manage(desk, SUPERVISOR, declaration(scope, key=key, for_s=for_s))
    return consequence.events[0].halt_declared.halt_id


def go_on(desk: Desk, halt_id: str) -> None:
    """Have two people release a halt."""
    manage(desk, SUPERVISOR, releasing(halt_id, key="g-1"))
    manage(desk, CISO, releasing(halt_id, key="g-2"))


def tick_house(desk: Desk) -> Consequence:
    """Let the timekeeper look at the house."""
    return manage(desk, TIMEKEEPER, Tick(""))
