"""A ledger made from a number: entries of several kinds about decisions of all kinds, for searches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.engine.ports import Appendage, DecisionRow
from tests.support.entries import LedgerBuilder, decision_row
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2, OTHER_CORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.engine.ports import Record

NAMESAKE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name=OPERATOR_2.name, role=v1.ROLE_CORE)
"""A core that has the name of an operator."""
ACTORS: Final = (
    CORE,
    OTHER_CORE,
    OPERATOR_1,
    OPERATOR_2,
    NAMESAKE,
    v1.Actor(kind=v1.ACTOR_KIND_ADMINISTRATOR, name="local"),
    v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER),
)
CORES: Final = (CORE.name, OTHER_CORE.name)
ACTIONS: Final = (v1.ACTION_TYPE_BLOCK_IP, v1.ACTION_TYPE_ISOLATE_HOST, v1.ACTION_TYPE_DELETE_FILE)
STATES: Final = (v1.DECISION_STATE_PENDING, v1.DECISION_STATE_EXECUTED, v1.DECISION_STATE_REJECTED)
RISKS: Final = (v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL)
TIERS: Final = (v1.ROLE_SOC_OPERATOR, v1.ROLE_CISO)
REQUEST_IDS: Final = ("", "r-1", "r-2", "r-12")
EVENTS: Final = ("decision_proposed", "action_modified", "note_added", "decision_cancelled", "credential_revoked")


class GeneratedLedger:
    """A ledger, appendage by appendage.

    Attributes:
        builder: What makes the entries.
        decisions: The decisions as they stand, by id.
        actions: The types of action that each was ever on.
    """

    def __init__(self, seed: int, decisions: int = 7) -> None:
        self.builder = LedgerBuilder()
        self.decisions: dict[str, v1.Decision] = {}
        self.actions: dict[str, set[int]] = {}
        self._chance = random.Random(seed)
        self._most = decisions

    def grow(self, entries: int) -> Iterator[Appendage]:
        """Make that many entries more."""
        for _ in range(entries):
            yield self._about_the_house() if self._chance.random() < 0.15 else self._about_a_decision()

    def _about_the_house(self) -> Appendage:
        return Appendage(records=[self._entry(v1.Event(credential_revoked=v1.CredentialRevoked(name="somebody")), "")])

    def _about_a_decision(self) -> Appendage:
        decision_id = f"d-{self._chance.randrange(self._most)}"
        before = self.decisions.get(decision_id)
        event = self._proposed() if before is None else self._later()
        record = self._entry(event, decision_id)
        after = self._decision(decision_id, record.offset) if before is None else self._changed(before, record.offset)
        self._act(after, event)
        self.decisions[decision_id] = after
        return Appendage(records=[record], decisions=[DecisionRow(after, after.SerializeToString(deterministic=True))])

    def _proposed(self) -> v1.Event:
        return v1.Event(decision_proposed=v1.DecisionProposed(action_type=self._chance.choice(ACTIONS)))

    def _later(self) -> v1.Event:
        modified = v1.ActionModified(action_type=self._chance.choice(ACTIONS))
        return self._chance.choice(
            (
                v1.Event(action_modified=modified),
                v1.Event(note_added=v1.NoteAdded()),
                v1.Event(decision_cancelled=v1.DecisionCancelled()),
            )
        )

    def _entry(self, event: v1.Event, decision_id: str) -> Record:
        return self.builder.entry(
            *[event] * self._chance.choice((1, 1, 2)),
            decision_id=decision_id,
            actor=self._chance.choice(ACTORS),
            request_id=self._chance.choice(REQUEST_IDS),
            personal=self._chance.choice((b"", b"said")),
        )

    def _decision(self, decision_id: str, offset: int) -> v1.Decision:
        return decision_row(
            decision_id, offset=offset, risk=self._chance.choice(RISKS), core=self._chance.choice(CORES)
        ).decision

    def _changed(self, before: v1.Decision, offset: int) -> v1.Decision:
        after = v1.Decision()
        after.CopyFrom(before)
        after.version, after.offset = before.version + 1, offset
        after.state, after.tier = self._chance.choice(STATES), self._chance.choice(TIERS)
        if self._chance.random() < 0.1:
            after.proposal.Clear()  # as if it were erased
        return after

    def _act(self, decision: v1.Decision, event: v1.Event) -> None:
        """Take over the type of action that an event names."""
        if event.HasField("action_modified"):
            decision.modifications.add()
            named = event.action_modified.action_type
        elif event.HasField("decision_proposed"):
            named = event.decision_proposed.action_type
        else:
            return
        decision.proposal.action.type = named
        self.actions.setdefault(decision.decision_id, set()).add(named)


def fits(ledger: GeneratedLedger, entry: v1.Entry, wanted: v1.EntryFilter) -> bool:
    """Tell whether an entry fits a filter, by looking at everything, as the contract says it."""
    decision = ledger.decisions.get(entry.decision_id, v1.Decision())
    kinds = {event.WhichOneof("kind") for event in entry.events}
    moment = entry.recorded_at.ToNanoseconds()
    return all(
        (
            not wanted.HasField("since") or moment >= wanted.since.ToNanoseconds(),
            not wanted.HasField("until") or moment < wanted.until.ToNanoseconds(),
            not wanted.actors or entry.actor.name in wanted.actors,
            not wanted.events or not kinds.isdisjoint(wanted.events),
            not wanted.risks or decision.assessment.risk in wanted.risks,
            not wanted.actions or not ledger.actions.get(entry.decision_id, set()).isdisjoint(wanted.actions),
            not wanted.states or decision.state in wanted.states,
            not wanted.tiers or decision.tier in wanted.tiers,
            not wanted.request_ids or entry.request_id in wanted.request_ids,
            not wanted.cores or decision.core in wanted.cores,
        )
    )
