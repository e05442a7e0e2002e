"""The ledger as the checkers know it: its entries as they became durable, and what a naive replay makes of them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance import v1
from tests.simulation.checkers import replay
from tests.simulation.checkers.moments import SECOND_US, us
from tests.simulation.checkers.rulebook import Rulebook, rulebook
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.history import Committed


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt in force.

    Attributes:
        halt_id: Its name.
        offset: The entry that declared it.
        event: What it covers.
        target: The target, where it covers one.
        expires_us: When it ends by itself; None where it does not.
        released_by: Who asked to release it so far.
    """

    halt_id: str
    offset: int
    event: v1.HaltDeclared
    target: str
    expires_us: int | None
    released_by: set[str] = field(default_factory=set)

    def covers(self, decision: v1.Decision) -> bool:
        """Tell whether a decision's action may not be done."""
        action = decision.proposal.action
        match self.event.WhichOneof("scope"):
            case "core":
                return self.event.core == decision.core
            case "action":
                return self.event.action == action.type
            case "target_digest":
                return self.target in [target.value for target in action.targets]
        return True


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, with the world it fell into.

    Attributes:
        at_us: When it became durable, by the bystander's clock.
        offset: Where it stands.
        entry: The entry.
        personal: Its personal data.
        recorded_us: When the server says that it was.
        kinds: What happened, in order.
        before: The decision it is about, before it; None for a proposal, and where it is about the house.
        halts: The halts in force before it.
        rules: The policy in force before it.
    """

    at_us: int
    offset: int
    entry: v1.Entry
    personal: v1.PersonalData
    recorded_us: int
    kinds: tuple[str, ...]
    before: v1.Decision | None
    halts: dict[str, Halt]
    rules: Rulebook

    @property
    def who(self) -> str:
        """Whose entry it is, in words."""
        return self.entry.actor.name or v1.ActorKind.Name(self.entry.actor.kind)


class Ledger:
    """All of it, in memory.

    Attributes:
        rows: The entries, the first at index 0.
        versions: Of each decision, its versions in order.
        open: The decisions that have not ended, as they stand.
        halts: The halts in force.
        rules: The policy in force.
        policy_offset: The entry that put it in force; 0 for the first.
        proposed_under: For each decision, the `policy_offset` of its assessment.
        ledger_id: Its name.
        jumped_at_us: When another process, whose clock was ahead, last made the ledger's time jump; by the bystander.
    """

    def __init__(self, first_policy: str = "") -> None:
        self.rows: list[Row] = []
        self.versions: dict[str, list[v1.Decision]] = {}
        self.open: dict[str, v1.Decision] = {}
        self._offsets: dict[str, list[int]] = {}
        self.halts: dict[str, Halt] = {}
        self.rules = rulebook(first_policy)
        self.policy_offset = 0
        self.proposed_under: dict[str, int] = {}
        self.ledger_id = ""
        self.jumped_at_us = 0

    @property
    def end(self) -> int:
        """The last offset."""
        return len(self.rows)

    def read(self, committed: Committed) -> Row:
        """Make a row of an entry, which is not counted in yet."""
        entry = v1.Entry.FromString(committed.entry)
        personal = v1.PersonalData.FromString(committed.personal)
        kinds = tuple(event.WhichOneof("kind") or "" for event in entry.events)
        return Row(
            at_us=committed.at_us,
            offset=committed.offset,
            entry=entry,
            personal=personal,
            recorded_us=us(entry.recorded_at),
            kinds=kinds,
            before=self.newest(entry.decision_id),
            halts=dict(self.halts),
            rules=self.rules,
        )

    def unfold(self, row: Row) -> Iterator[tuple[v1.Event, v1.Decision]]:
        """Give each event with the decision as it is before that event, and count the entry in at the end.

        The decision changes with the next step; whoever wants to keep it copies it.
        """
        now = v1.Decision()
        if row.before is not None:
            now.CopyFrom(row.before)
        for event in row.entry.events:
            yield event, now
            if row.entry.decision_id:
                replay.apply(now, event, row.entry, row.personal)
            else:
                self._house(row, event)
        if self.rows and row.entry.actor.kind == v1.ACTOR_KIND_ADMINISTRATOR:
            former = self.rows[-1]
            if row.recorded_us - former.recorded_us > row.at_us - former.at_us + SECOND_US:
                self.jumped_at_us = row.at_us
        self.rows.append(row)
        if row.entry.decision_id:
            self._keep(row, now)

    def newest(self, decision_id: str) -> v1.Decision | None:
        """Return a decision as it stands."""
        versions = self.versions.get(decision_id)
        return versions[-1] if versions else None

    def at(self, decision_id: str, offset: int) -> v1.Decision | None:
        """Return a decision as it stood after the entry at an offset."""
        place = bisect_right(self._offsets.get(decision_id, []), offset)
        return self.versions[decision_id][place - 1] if place else None

    def version(self, decision_id: str, version: int) -> v1.Decision | None:
        """Return one version of a decision; None where there is no such one."""
        versions = self.versions.get(decision_id, [])
        return versions[version - 1] if 1 <= version <= len(versions) else None

    def covering(self, row: Row, decision: v1.Decision) -> list[Halt]:
        """Return the halts that cover a decision as an entry falls."""
        return [halt for halt in row.halts.values() if halt.covers(decision)]

    def _keep(self, row: Row, now: v1.Decision) -> None:
        replay.finish(now, row.entry)
        name = row.entry.decision_id
        if row.entry.decision_version != now.version:
            raise BrokenPromiseError(
                6, f"entry {row.offset} makes version {row.entry.decision_version} of {name}, and {now.version} is next"
            )
        if row.before is None:
            self.proposed_under[name] = self.policy_offset
        self.versions.setdefault(name, []).append(now)
        self._offsets.setdefault(name, []).append(row.offset)
        if now.state in replay.OPEN:
            self.open[name] = now
        else:
            self.open.pop(name, None)

    def _house(self, row: Row, event: v1.Event) -> None:
        match event.WhichOneof("kind"):
            case "ledger_created":
                self.ledger_id = event.ledger_created.ledger_id
            case "policy_applied":
                self.rules, self.policy_offset = rulebook(event.policy_applied.document), row.offset
            case "halt_declared":
                declared = event.halt_declared
                expires_us = us(declared.expires_at) if declared.HasField("expires_at") else None
                self.halts[declared.halt_id] = Halt(
                    declared.halt_id, row.offset, declared, row.personal.halt_target, expires_us
                )
            case "halt_release_requested":
                self.halts[event.halt_release_requested.halt_id].released_by.add(row.entry.actor.name)
            case "halt_ended":
                self.halts.pop(event.halt_ended.halt_id, None)
