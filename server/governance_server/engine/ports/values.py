"""What the store is given and gives: values, without behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from governance import v1


class Head(NamedTuple):
    """The end of the ledger.

    Attributes:
        offset: The last entry's offset; 0 where there is none.
        hash: The last entry's hash; 32 zero bytes where there is none.
        recorded_at_us: When the last entry was recorded, in microseconds since the epoch; 0 where there is none.
    """

    offset: int
    hash: bytes
    recorded_at_us: int


class Record(NamedTuple):
    """An entry as it is stored.

    Attributes:
        offset: Its place.
        decision_id: The decision it is about; empty where it is about the house.
        entry: The bytes that were hashed.
        hash: Their leaf hash.
        salt: The commitment's salt; empty where there is none or where it was erased.
        personal: The bytes that were committed to; empty where there are none or where they were erased.
        operator: The actor's name, where it records an operator's command; else empty.
    """

    offset: int
    decision_id: str
    entry: bytes
    hash: bytes
    salt: bytes = b""
    personal: bytes = b""
    operator: str = ""


class DecisionRow(NamedTuple):
    """A decision as it is projected: serialised once, for the store and for every stream.

    Attributes:
        decision: The value.
        serialized: The same as bytes.
    """

    decision: v1.Decision
    serialized: bytes


class ChangedDecision(NamedTuple):
    """A decision's newest state with the entry that made it.

    Attributes:
        row: The decision.
        entry: The bytes of the entry at the decision's offset.
    """

    row: DecisionRow
    entry: bytes


class KnownRequest(NamedTuple):
    """A command that was accepted before.

    Attributes:
        digest: SHA-256 of its content.
        offset: The entry that recorded it.
        joined: For a proposal that joined an open decision, that decision; else empty.
    """

    digest: bytes
    offset: int
    joined: str = ""


class Wanted(NamedTuple):
    """What a transaction reads as it locks the head.

    Attributes:
        keys: Accepted commands, by their keys.
        decision_ids: Decisions, open or closed.
        digests: Actions: how many decisions about each were rejected.
    """

    keys: Collection[str] = ()
    decision_ids: Collection[str] = ()
    digests: Collection[bytes] = ()


class Found(NamedTuple):
    """What there was of it, as of the head that is locked.

    Attributes:
        requests: The accepted commands that are known, by key.
        decisions: The decisions that exist, by id.
        rejections: How many decisions about an action were rejected, without those that none was.
    """

    requests: Mapping[str, KnownRequest]
    decisions: Mapping[str, DecisionRow]
    rejections: Mapping[bytes, int]


class StoredCredential(NamedTuple):
    """A credential with what it is checked against.

    Attributes:
        credential: Its public part.
        proof: SHA-256 of the bearer secret, or of the client certificate in DER.
    """

    credential: v1.Credential
    proof: bytes


class Appendage(NamedTuple):
    """Everything one transaction adds, all of it or none.

    Attributes:
        records: New entries, in order, following the head without gap.
        decisions: The newest state of every decision the entries changed; one row a decision.
        requests: The accepted commands by their key.
        credentials: Credentials that were issued or revoked, as they stand now.
        house: What changed of the house, by key; an empty value for what is no longer there.
        recorded_at_us: When the last entry was recorded, in microseconds since the epoch; 0 has it read out of that
            entry.
    """

    records: Sequence[Record]
    decisions: Sequence[DecisionRow] = ()
    requests: Sequence[tuple[str, KnownRequest]] = ()
    credentials: Sequence[StoredCredential] = ()
    house: Sequence[tuple[str, bytes]] = ()
    recorded_at_us: int = 0


class SignedCheckpoint(NamedTuple):
    """A checkpoint as it is kept.

    Attributes:
        size: How many entries its tree has.
        note: The signed note.
        witnessed: It has a cosignature.
    """

    size: int
    note: str
    witnessed: bool = False


class DecisionQuery(NamedTuple):
    """Which decisions to list. What is empty does not restrict.

    Attributes:
        filter: The contract's filter.
        order: The contract's order.
        limit: Most rows to return.
        after: The cursor returned with the page before; empty for the first page.
    """

    filter: v1.DecisionFilter
    order: v1.DecisionOrder.ValueType
    limit: int
    after: str = ""


class DecisionPage(NamedTuple):
    """A page of decisions.

    Attributes:
        decisions: The decisions.
        next: The cursor for the next page; empty on the last. Opaque outside of the store.
    """

    decisions: Sequence[v1.Decision]
    next: str


class Counts(NamedTuple):
    """What the store can count.

    Attributes:
        by_risk: (open, ever) by risk.
        by_state: How many are in each state.
        open_breached: Pending decisions with a deadline that passed.
        nearest_deadline_us: The nearest deadline of a pending decision; 0 where there is none.
        approved_by_policy: Decisions that policy approved.
    """

    by_risk: Mapping[int, tuple[int, int]]
    by_state: Mapping[int, int]
    open_breached: int
    nearest_deadline_us: int
    approved_by_policy: int


class Alike(NamedTuple):
    """How decisions of one group stand and ended, all as of one moment.

    Attributes:
        latest: Those that ended, the one that changed last first.
        by_state: How many of them are in each state.
        approved_by_policy: How many of them the policy approved.
        still_open: How many of the group are open.
    """

    latest: Sequence[v1.Decision]
    by_state: Mapping[int, int]
    approved_by_policy: int
    still_open: int


class Deed(NamedTuple):
    """An entry that records an operator's command, without personal data.

    Attributes:
        offset: Its place.
        entry: The bytes that were hashed.
        proposed_at_us: When the decision that it is about was proposed, in microseconds since the epoch; 0 where it is
            about the house.
    """

    offset: int
    entry: bytes
    proposed_at_us: int


class EntryQuery(NamedTuple):
    """Which entries to look for. What is empty does not restrict; of several values, any will do.

    Attributes:
        after: Leave out what does not lie after this offset.
        up_to: Look no further than this offset.
        limit: Most entries to return.
        decision_id: Only those about this decision.
        operators: Only those that record a command of these operators.
        containing: Only those whose bytes hold, of each of these groups, at least one.
        risks: Only those about decisions of these risks.
        actions: Only those about decisions on these types of action, as proposed or as modified since.
        states: Only those about decisions that are in these states now.
        tiers: Only those about decisions that these tiers decide now, or decided last.
        cores: Only those about decisions of these cores.
    """

    after: int
    up_to: int
    limit: int
    decision_id: str = ""
    operators: Collection[str] = ()
    containing: Sequence[Collection[bytes]] = ()
    risks: Collection[int] = ()
    actions: Collection[int] = ()
    states: Collection[int] = ()
    tiers: Collection[int] = ()
    cores: Collection[str] = ()


class Searched(NamedTuple):
    """What a search has found.

    Attributes:
        records: The entries, in order.
        offset: How far was looked: nothing else that was asked for lies between the query's `after` and here.
    """

    records: Sequence[Record]
    offset: int
