"""Ports: what the engine needs of the world outside, in the engine's words.

Each port has one contract suite in `tests/contract`, which every adapter and every fake passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from governance import v1


class StoreError(Exception):
    """The ledger could not be read or written. Nothing of the transaction was kept; the message tells people why."""


class StoreBusyError(StoreError):
    """Another process held the head of the ledger for too long. Nothing was written; the same can be tried again."""


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
    """

    offset: int
    decision_id: str
    entry: bytes
    hash: bytes
    salt: bytes = b""
    personal: bytes = b""


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
    """

    records: Sequence[Record]
    decisions: Sequence[DecisionRow] = ()
    requests: Sequence[tuple[str, KnownRequest]] = ()
    credentials: Sequence[StoredCredential] = ()
    house: Sequence[tuple[str, bytes]] = ()


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


class Transaction(Protocol):
    """One hold on the head of the ledger. Nobody else appends while it lasts."""

    @property
    def head(self) -> Head:
        """The end of the ledger, locked."""

    async def records_after(self, offset: int) -> Sequence[Record]:
        """Return all entries after `offset`, in order: what other writers appended since we looked."""

    async def requests(self, keys: Collection[str]) -> Mapping[str, KnownRequest]:
        """Return those of the accepted commands that are known by one of the keys."""

    async def decisions(self, decision_ids: Collection[str]) -> Mapping[str, DecisionRow]:
        """Return those of the decisions that exist, open or closed, as of the head."""

    async def house(self) -> Mapping[str, bytes]:
        """Return what is kept of the house, by key, as of the head."""

    async def rejections(self, digests: Collection[bytes]) -> Mapping[bytes, int]:
        """Return how many decisions about each of the actions were rejected; without those that none was."""

    async def append(self, appendage: Appendage) -> None:
        """Append entries and project what they changed. Called at most once; durable when the transaction has ended."""


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


class Store(Protocol):
    """The ledger and its projections.

    Every method raises StoreError when the store cannot be read or written. Reads see everything that was committed
    before they began.
    """

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Lock the head of the ledger until the block ends.

        Left normally, what was appended is committed: durable, whatever happens to the process or the power. Left by an
        exception, nothing was appended. Raises StoreBusyError where somebody else holds it for too long.
        """

    async def head(self) -> Head:
        """Return the end of the ledger."""

    async def house(self) -> Mapping[str, bytes]:
        """Return what is kept of the house, by key."""

    async def ledger_id(self) -> str:
        """Return the ledger's name: 32 hexadecimal digits; empty before its first entry."""

    async def decision(self, decision_id: str) -> v1.Decision | None:
        """Return one decision as it stands, open or closed; None where there is none."""

    def open_decisions(self) -> AsyncIterator[v1.Decision]:
        """Read every open decision once, in the order of their offsets."""

    async def changed_after(
        self, offset: int, *, limit: int, core: str = "", open_only: bool = False
    ) -> Sequence[ChangedDecision]:
        """Return the decisions whose newest change lies after `offset`, in the order of these changes.

        Args:
            offset: Leave out what did not change after it.
            limit: Most decisions to return.
            core: Only this core's; empty for all.
            open_only: Only those that a snapshot holds: what is open, and what was executed and an operator waits to
                see reversed.
        """

    async def list_decisions(self, query: DecisionQuery) -> DecisionPage:
        """Return a page of decisions. Raises ValueError for a cursor that this store did not make for that query."""

    async def alike(self, group_key: str, *, without: str, limit: int, counted: int) -> Alike:
        """Return how the decisions of a group ended, and how many are open. What it costs does not grow with history.

        Args:
            group_key: Of which group.
            without: The decision that is left out of everything.
            limit: Most decisions to return.
            counted: Most decisions that ended to count, the latest ones.
        """

    async def records(self, *, after: int, limit: int, decision_id: str = "") -> Sequence[Record]:
        """Return at most `limit` entries after an offset, in order; only those about one decision, if it is named."""

    async def search(self, query: EntryQuery) -> Searched:
        """Return the first entries that a query asks for. Reads no entry after `up_to`.

        Fewer than `limit` may be returned although more are there; what was found then ends before `up_to`.
        """

    async def deeds(self, operator: str, *, before: int, limit: int, decision_id: str = "") -> Sequence[Deed]:
        """Return entries that record an operator's commands, the latest first.

        Args:
            operator: Whose.
            before: Leave out what does not lie before this offset.
            limit: Most entries to return.
            decision_id: Only those about this decision, if it is named.
        """

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return hashes of the tree's tiles, also of entries that were pruned.

        Args:
            level: Each is the root of 256**level entries' leaf hashes, one after the other; at 0 a leaf hash.
            start: The first of the level's hashes to return, from 0.
            end: The first not to return. The ledger has to have the entries of all of them.
        """

    async def newest_checkpoint(self, *, witnessed: bool = False) -> SignedCheckpoint | None:
        """Return the largest checkpoint, or the largest that has a cosignature; None where there is none."""

    async def checkpoint(self, size: int) -> SignedCheckpoint | None:
        """Return the checkpoint of a tree's size; None where none is kept."""

    async def keep_checkpoint(self, checkpoint: SignedCheckpoint, signed_us: int) -> None:
        """Keep a new checkpoint, durably; if there is one of that size, that stays.

        Of those signed an hour before it or earlier, the first of each hour is kept, and of those with a cosignature
        the first of each hour and the largest.

        Args:
            checkpoint: The checkpoint.
            signed_us: When it was signed, in microseconds since the epoch.
        """

    async def cosign_checkpoint(self, size: int, former: str, note: str) -> bool:
        """Put a note with cosignatures in the place of a checkpoint's; do nothing if it is no longer the former one.

        Returns:
            Whether it was replaced; durable when it returns.
        """

    async def credential(self, credential_id: str) -> StoredCredential | None:
        """Return one credential, revoked or not; None where there is none."""

    async def credentials(self) -> Sequence[StoredCredential]:
        """Return all credentials, by name and then by id."""

    async def counts(self) -> Counts:
        """Count the decisions."""

    async def close(self) -> None:
        """Let go of the store. Idempotent."""


class Clock(Protocol):
    """The time, in microseconds since the Unix epoch, never going back while the process lives."""

    def now_us(self) -> int:
        """Return the present moment."""

    async def sleep_until(self, moment_us: int) -> None:
        """Return at that moment or soon after it, never before."""


class Entropy(Protocol):
    """Chance, for salts and names."""

    def token(self, length: int) -> bytes:
        """Return that many bytes that nobody can guess."""


class SignerError(Exception):
    """A key could not be found, or not be used; the message tells people why, and what to do. Never the key."""


class Signer(Protocol):
    """A private key that checkpoints are signed with."""

    @property
    def verifier_key(self) -> str:
        """The public key, as a verifier key of C2SP signed-note."""

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of a text. Raises SignerError where the key cannot be used."""


class Signers(Protocol):
    """Where the private keys are kept."""

    def signer(self, verifier_key: str) -> Signer:
        """Return the private key of a public one. Raises SignerError where it is not there."""


class MessengerError(Exception):
    """A message was not delivered, as far as can be told. The text says why, without the destination's secrets."""


class Message(NamedTuple):
    """What a destination is told.

    Attributes:
        title: One line.
        body: One line for each thing that happened.
        urgent: Somebody has to look at once.
    """

    title: str
    body: str
    urgent: bool


class Messenger(Protocol):
    """The way to one destination outside: a mailbox, a chat, a telephone, a program of others."""

    async def send(self, message: Message) -> None:
        """Return when the destination has taken the message; it may take it twice, if it is sent again.

        Never blocks the event loop, and ends in bounded time. Raises MessengerError where it was not taken, or where
        nobody can tell.
        """


class Bookmark(NamedTuple):
    """How far one destination was told.

    Attributes:
        ledger_id: The ledger it is about.
        offset: Everything up to this entry was told, or did not have to be.
        reminded: When what was told lately happened, in microseconds since the epoch, by subject.
    """

    ledger_id: str
    offset: int
    reminded: Mapping[str, int]


class BookmarkError(Exception):
    """A bookmark could not be read or written; the message tells people why, and what to do."""


class Bookmarks(Protocol):
    """Where bookmarks are kept, one for each destination's name. Each has one writer."""

    async def read(self, name: str) -> Bookmark | None:
        """Return the bookmark that was written last; None where there is none. Raises BookmarkError."""

    async def write(self, name: str, bookmark: Bookmark) -> None:
        """Keep a bookmark in place of the former: durable, and whole or not at all. Raises BookmarkError."""
