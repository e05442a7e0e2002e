"""A batch: the entries of one transaction, built on the head, chained and hashed, and the states they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.digest import SALT_BYTES, entry_hash, personal_commitment
from governance_server.domain.evolve import evolve
from governance_server.domain.house import HOUSE_EVENTS, evolve_house, house_rows
from governance_server.domain.lifecycle import OPEN_STATES
from governance_server.domain.moment import timestamp
from governance_server.engine.frames import cause_field
from governance_server.engine.ports import Appendage, DecisionRow, Head, KnownRequest, Record, StoredCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.domain.command import Consequence
    from governance_server.domain.house import House
    from governance_server.engine.ports import Entropy


class Changed(NamedTuple):
    """A decision's newest state, with what is told of the entry that made it.

    Attributes:
        row: The decision.
        offset: The entry's.
        cause: What `frames.cause_field` says of the entry.
    """

    row: DecisionRow
    offset: int
    cause: bytes


class _Form(NamedTuple):
    """What all entries of one actor in a batch have in common, made once.

    Attributes:
        actor: Whose entries. Held, so that no other actor comes to have its `id` while the batch lives.
        begun: An entry with the moment and the actor.
        caller: The actor's kind, name and role.
        operator: Its name, where it is an operator; else empty.
    """

    actor: v1.Actor
    begun: v1.Entry
    caller: tuple[v1.ActorKind.ValueType, str, v1.Role.ValueType]
    operator: str


class Batch:
    """What one transaction is about to append. Nothing of it counts until the store has committed.

    Attributes:
        now_us: The one moment at which everything in the batch happens; never before the entry at the head.
        offset: The batch's last entry; the ledger's while the batch is empty.
        opened: How many more decisions are open after the batch than before; negative where there are fewer.
        house: The house as the batch leaves it.
    """

    def __init__(self, head: Head, now_us: int, entropy: Entropy, house: House) -> None:
        self.now_us = max(now_us, head.recorded_at_us)
        self.opened = 0
        self.house = house
        self._head = head
        self.offset, self._hash, _ = head
        self._now = timestamp(self.now_us)
        self._house_before = house
        self._entropy = entropy
        self._forms: dict[int, _Form] = {}
        self._cause = b""
        self._records: list[Record] = []
        self._changed: dict[str, Changed] = {}
        self._rows: dict[str, DecisionRow] = {}
        self._requests: dict[str, KnownRequest] = {}
        self._remembered: list[tuple[str, KnownRequest]] = []
        self._credentials: list[StoredCredential] = []

    @property
    def head(self) -> Head:
        """The last entry of the batch; the ledger's head while the batch is empty."""
        return self._head if self.offset == self._head.offset else Head(self.offset, self._hash, self.now_us)

    def append(
        self,
        actor: v1.Actor,
        request_id: str,
        decision_id: str,
        consequence: Consequence,
        verdict: v1.Verdict | None = None,
        version: int = 0,
    ) -> v1.Entry:
        """Add the entry of one command; return it.

        Args:
            actor: Whose command it is.
            request_id: The command's; empty for the server's own.
            decision_id: The decision that it is about; empty where it is about none.
            consequence: What it brings about; at least one event.
            verdict: The command, where it is a verdict: what its author was shown, and along with what it was given,
                is recorded.
            version: The decision's version that the entry makes; 0 where it is about none.
        """
        events, known = consequence.events, consequence.personal
        assert events
        assert bool(version) == bool(decision_id), "an entry about a decision makes a version of it"
        form = self._forms.get(id(actor)) or self._form(actor)
        # In place, and messages copied into it: one that is given as an argument is serialised and parsed again.
        entry = v1.Entry()
        entry.CopyFrom(form.begun)
        entry.offset = offset = self.offset + 1
        entry.previous_hash = self._hash
        entry.request_id = request_id
        entry.decision_id = decision_id
        entry.decision_version = version
        salt = personal = b""
        if known is not None:
            salt, personal = self._entropy.token(SALT_BYTES), known.SerializeToString(deterministic=True)
            entry.personal_commitment = personal_commitment(salt, personal)
        for event in events:
            entry.events.add().CopyFrom(event)
        if verdict is not None:
            entry.batch_id = verdict.batch_id
            if verdict.HasField("presentation"):
                entry.presentation.CopyFrom(verdict.presentation)
        serialized = entry.SerializeToString(deterministic=True)
        self.offset, self._hash = offset, entry_hash(serialized)
        self._records.append(Record(offset, decision_id, serialized, self._hash, salt, personal, form.operator))
        # Asked of the events themselves: those of the entry would have to be wrapped again.
        kinds = tuple([event.WhichOneof("kind") for event in events])
        self._cause = cause_field(kinds, *form.caller)
        if not HOUSE_EVENTS.isdisjoint(kinds):
            self.house = evolve_house(self.house, entry, known)
        return entry

    def _form(self, actor: v1.Actor) -> _Form:
        begun = v1.Entry()
        begun.recorded_at.CopyFrom(self._now)
        begun.actor.CopyFrom(actor)
        kind, name = actor.kind, actor.name
        form = _Form(actor, begun, (kind, name, actor.role), name if kind == v1.ACTOR_KIND_OPERATOR else "")
        self._forms[id(actor)] = form
        return form

    def advance(self, decision: v1.Decision | None, entry: v1.Entry, personal: v1.PersonalData | None) -> v1.Decision:
        """Take the decision that the batch's last entry is about to its next state; return that."""
        following = evolve(decision, entry, personal)
        self.opened += (following.state in OPEN_STATES) - (decision is not None and decision.state in OPEN_STATES)
        row = DecisionRow(following, following.SerializeToString(deterministic=True))
        decision_id, changed = entry.decision_id, self._changed
        # A decision that changes twice in one batch moves to the end, so that changes are told in the order of offsets.
        if decision_id in changed:
            del changed[decision_id]
        changed[decision_id] = Changed(row, self.offset, self._cause)
        self._rows[decision_id] = row
        return following

    def remember(self, key: str, request: KnownRequest) -> None:
        """Let an accepted command be known by its key from now on."""
        self._requests[key] = request
        self._remembered.append((key, request))

    def known(self, key: str) -> KnownRequest | None:
        """Return the command of this batch that was accepted under the key."""
        return self._requests.get(key)

    def issue(self, credential: StoredCredential) -> None:
        """Add a credential, or replace it by what it is now."""
        self._credentials.append(credential)

    def decision(self, decision_id: str) -> v1.Decision | None:
        """Return a decision as this batch leaves it; None where it does not change it."""
        changed = self._changed.get(decision_id)
        return None if changed is None else changed.row.decision

    def changed(self) -> Iterator[Changed]:
        """Return the decisions that the batch changes, in the order of their offsets."""
        return iter(self._changed.values())

    @property
    def untaken(self) -> int:
        """How many entries `appendage` has not returned yet."""
        return len(self._records)

    def appendage(self) -> Appendage | None:
        """Return what the store has to append since this was asked last; None where there is nothing."""
        if not self._records:
            return None
        appendage = Appendage(
            records=self._records,
            decisions=[*self._rows.values()],
            requests=self._remembered,
            credentials=self._credentials,
            house=self._house_changes(),
            recorded_at_us=self.now_us,
        )
        self._records, self._rows, self._remembered, self._credentials = [], {}, [], []
        return appendage

    def _house_changes(self) -> list[tuple[str, bytes]]:
        """Return what of the house is another than when this was asked last."""
        if self.house is self._house_before:
            return []
        before, after = house_rows(self._house_before), house_rows(self.house)
        self._house_before = self.house
        gone = [(key, b"") for key in before if key not in after]
        return gone + [(key, value) for key, value in after.items() if before.get(key) != value]
