"""A specimen: one proposal as it lies in the ledger and as it goes to a screen, made by the rules themselves.

The yardsticks have to carry and to write what is as large as the real thing.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.proposals import Drawing
from governance import v1
from governance_server.domain.command import Command, Consequence, State
from governance_server.domain.decide import decide
from governance_server.domain.digest import NO_HASH, personal_commitment
from governance_server.domain.evolve import evolve
from governance_server.domain.house import House
from governance_server.domain.moment import timestamp
from governance_server.engine.frames import change_item
from governance_server.engine.ports import DecisionRow

_NOW_US = 1_800_000_000_000_000
_SALT = bytes(range(32))
_CORE = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="maximus", role=v1.ROLE_CORE)


class Specimen(NamedTuple):
    """What a proposal becomes.

    Attributes:
        entry: The entry's bytes.
        personal: The personal data's bytes.
        decision: The decision's bytes.
        change: The change's bytes, as one item of a frame.
    """

    entry: bytes
    personal: bytes
    decision: bytes
    change: bytes


def specimen(offset: int = 1, drawing: Drawing | None = None) -> Specimen:
    """Return what a drawn proposal becomes, at an offset of the ledger."""
    (proposal,) = (drawing or Drawing("specimen")).proposals(1)
    ruling = decide(State(None, House()), Command(_CORE, v1.CoreCommand(proposal=proposal)), _NOW_US)
    assert isinstance(ruling, Consequence)
    assert ruling.personal is not None
    personal = ruling.personal.SerializeToString(deterministic=True)
    entry = v1.Entry(
        offset=offset,
        previous_hash=NO_HASH,
        recorded_at=timestamp(_NOW_US),
        actor=_CORE,
        request_id=proposal.decision_id,
        decision_id=proposal.decision_id,
        personal_commitment=personal_commitment(_SALT, personal),
        events=ruling.events,
        decision_version=1,
    )
    decision = evolve(None, entry, ruling.personal)
    row = DecisionRow(decision, decision.SerializeToString(deterministic=True))
    return Specimen(entry.SerializeToString(deterministic=True), personal, row.serialized, change_item(row, entry))
