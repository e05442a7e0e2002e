"""The port of the ledger and its projections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from governance_server.engine.ports.values import Wanted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from governance import v1
    from governance_server.engine.ports.values import (
        Alike,
        Appendage,
        ChangedDecision,
        Counts,
        DecisionPage,
        DecisionQuery,
        DecisionRow,
        Deed,
        EntryQuery,
        Found,
        Head,
        KnownRequest,
        Record,
        Searched,
        SignedCheckpoint,
        StoredCredential,
    )

NOTHING: Final = Wanted()
"""What a transaction reads that has to do with the head alone."""


class StoreError(Exception):
    """The ledger could not be read or written. Nothing of the transaction was kept; the message tells people why."""


class StoreBusyError(StoreError):
    """Another process held the head of the ledger for too long. Nothing was written; the same can be tried again."""


class Transaction(Protocol):
    """One hold on the head of the ledger. Nobody else appends while it lasts."""

    @property
    def head(self) -> Head:
        """The end of the ledger, locked."""

    @property
    def found(self) -> Found:
        """What there was of what the transaction was to read at its beginning."""

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
        """Append entries and project what they changed; durable when the transaction has ended.

        May be called again with what follows, so that the store can write while more is decided. Whether all of it can
        be written shows when the transaction ends.
        """


class Store(Protocol):
    """The ledger and its projections.

    Every method raises StoreError when the store cannot be read or written. Reads see everything that was committed
    before they began.
    """

    def transaction(self, wanted: Wanted = NOTHING) -> AbstractAsyncContextManager[Transaction]:
        """Lock the head of the ledger until the block ends.

        What is wanted is read along with the head, which is cheaper than asking for it one after the other within.

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

    def open_decisions(self) -> AsyncIterator[Sequence[bytes]]:
        """Read every open decision once, serialised as it is stored, in the order of their offsets, page by page."""

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
