"""A batch: the entries of one transaction, built on the head, chained and hashed, and the states they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.digest import SALT_BYTES, entry_hash, personal_commitment
from governance_server.domain.evolve import evolve
from governance_server.domain.house import concerns_house, evolve_house, house_rows
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import Appendage, DecisionRow, Head, KnownRequest, Record, StoredCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.domain.command import Consequence
    from governance_server.domain.house import House
    from governance_server.engine.ports import Entropy


class Changed(NamedTuple):
    """A decision's newest state, with the entry that made it.

    Attributes:
        row: The decision.
        entry: The entry at the decision's offset.
    """

    row: DecisionRow
    entry: v1.Entry


class Batch:
    """What one transaction is about to append. Nothing of it counts until the store has committed.

    Attributes:
        now_us: The one moment at which everything in the batch happens; never before the entry at the head.
        head: The last entry of the batch; the ledger's head while the batch is empty.
        opened: How many more decisions are open after the batch than before; negative where there are fewer.
        house: The house as the batch leaves it.
    """

    def __init__(self, head: Head, now_us: int, entropy: Entropy, house: House) -> None:
        self.head = head
        self.now_us = max(now_us, head.recorded_at_us)
        self._now = timestamp(self.now_us)
        self.opened = 0
        self.house = house
        self._house_before = house
        self._entropy = entropy
        self._records: list[Record] = []
        self._changed: dict[str, Changed] = {}
        self._requests: dict[str, KnownRequest] = {}
        self._credentials: list[StoredCredential] = []

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
        assert consequence.events
        assert bool(version) == bool(decision_id), "an entry about a decision makes a version of it"
        salt = personal = commitment = b""
        if consequence.personal is not None:
            salt = self._entropy.token(SALT_BYTES)
            personal = consequence.personal.SerializeToString(deterministic=True)
            commitment = personal_commitment(salt, personal)
        entry = v1.Entry(
            offset=self.head.offset + 1,
            previous_hash=self.head.hash,
            request_id=request_id,
            decision_id=decision_id,
            personal_commitment=commitment,
            decision_version=version,
        )
        # Copied in place: a message that is given as an argument is serialised and parsed again.
        entry.recorded_at.CopyFrom(self._now)
        entry.actor.CopyFrom(actor)
        for event in consequence.events:
            entry.events.add().CopyFrom(event)
        if verdict is not None:
            entry.batch_id = verdict.batch_id
            if verdict.HasField("presentation"):
                entry.presentation.CopyFrom(verdict.presentation)
        serialized = entry.SerializeToString(deterministic=True)
        record = Record(entry.offset, decision_id, serialized, entry_hash(serialized), salt, personal)
        self._records.append(record)
        self.head = Head(entry.offset, record.hash, self.now_us)
        if concerns_house(entry):
            self.house = evolve_house(self.house, entry, consequence.personal)
        return entry

    def advance(self, decision: v1.Decision | None, entry: v1.Entry, personal: v1.PersonalData | None) -> v1.Decision:
        """Take the decision that an entry of this batch is about to its next state; return that."""
        following = evolve(decision, entry, personal)
        self.opened += is_open(following.state) - (decision is not None and is_open(decision.state))
        row = DecisionRow(following, following.SerializeToString(deterministic=True))
        # A decision that changes twice in one batch moves to the end, so that changes are told in the order of offsets.
        self._changed.pop(entry.decision_id, None)
        self._changed[entry.decision_id] = Changed(row, entry)
        return following

    def remember(self, key: str, request: KnownRequest) -> None:
        """Let an accepted command be known by its key from now on."""
        self._requests[key] = request

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

    def appendage(self) -> Appendage | None:
        """Return what the store has to append; None where there is nothing."""
        if not self._records:
            return None
        return Appendage(
            records=self._records,
            decisions=[changed.row for changed in self._changed.values()],
            requests=list(self._requests.items()),
            credentials=self._credentials,
            house=self._house_changes(),
        )

    def _house_changes(self) -> list[tuple[str, bytes]]:
        """Return what of the house is another than before the batch."""
        if self.house is self._house_before:
            return []
        before, after = house_rows(self._house_before), house_rows(self.house)
        gone = [(key, b"") for key in before if key not in after]
        return gone + [(key, value) for key, value in after.items() if before.get(key) != value]
