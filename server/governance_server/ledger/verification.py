"""Walks the ledger and says where it is not what was written; trusts nothing that it reads."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from google.protobuf.message import DecodeError

from governance import v1
from governance_server.domain.digest import NO_HASH, SALT_BYTES, entry_hash, personal_commitment
from governance_server.domain.moment import microseconds
from governance_server.domain.tree import WIDTH
from governance_server.engine.ports import Head, StoreError
from governance_server.ledger.projection_check import Misprojection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from governance_server.engine.ports import Record, Store
    from governance_server.ledger.sqlite_store import SqliteStore
    from governance_server.ledger.verified_rows import VerifiedRows

    Progress: TypeAlias = Callable[[int, int], None]
    """Told after each batch: the offset that was reached, and the one where the ledger ends."""

BATCH: Final = 1024
"""Entries held in memory at a time."""

START: Final = Head(0, NO_HASH, 0)


class LedgerDamagedError(Exception):
    """The ledger is not what was written; the message says in a sentence where and what.

    Attributes:
        offset: The entry where it shows; 0 where it is none.
        what: What is wrong.
    """

    def __init__(self, offset: int, what: str) -> None:
        place = f" at entry {offset}" if offset else ""
        if not (what.isascii() and what.isprintable()):
            what = what.encode("unicode_escape").decode("ascii")  # it may name what somebody else wrote
        super().__init__(
            f"The ledger is damaged{place}: {what}. Keep the file as it is, find out what happened to it, and go on"
            " from a backup."
        )
        self.offset = offset
        self.what = what


class Verified(NamedTuple):
    """What holds after a verification.

    Attributes:
        offset: Every entry up to this one is what was written.
    """

    offset: int


async def verify(store: Store, *, after: int = 0, progress: Progress | None = None) -> Verified:
    """Verify the entries after an offset up to the head as it is at the start.

    Where entries were pruned, their hashes in the tree take their place, and an entry has to say so. Of how many were,
    only a walk from the beginning can tell. Where personal data was erased, an entry after it has to say so, too.

    Args:
        store: The ledger.
        after: An offset up to which it was verified before; the first entry after it has to follow that one.
        progress: Told after each batch.

    Raises:
        LedgerDamagedError: An entry is missing, surplus, out of place or changed.
        StoreError: The ledger could not be read.
    """
    while True:
        end = await store.head()
        try:
            return await _verify(store, after, end, progress)
        except LedgerDamagedError:
            if not await _taken_away_since(store, end):
                raise


async def _verify(store: Store, after: int, end: Head, progress: Progress | None) -> Verified:
    walk = Walk(store, end)
    await walk.begin(after)
    while walk.place.offset < end.offset:
        await walk.go_on()
        if progress is not None:
            progress(walk.place.offset, end.offset)
    walk.assure_pruned(whole=after == 0)
    walk.assure_erased()
    await _verify_end(store, walk.place, end)
    return Verified(walk.place.offset)


async def _taken_away_since(store: Store, end: Head) -> bool:
    """Tell whether somebody has pruned or erased while we walked: then what was missing is told of further on."""
    after = end.offset
    while records := await store.records(after=after, limit=BATCH):
        for record in records:
            events = v1.Entry.FromString(record.entry).events
            if any(event.HasField("entries_pruned") or event.HasField("personal_data_erased") for event in events):
                return True
        after = records[-1].offset
    return False


async def check(store: SqliteStore, *, progress: Progress | None = None) -> Verified:
    """Verify everything that can be verified: the file, every entry, and what is projected from them.

    Raises:
        LedgerDamagedError: Something is not what was written.
        StoreError: The ledger could not be read.
    """
    if complaint := await store.structural_damage():
        raise LedgerDamagedError(0, f"SQLite finds the file itself broken ({complaint})")
    verified = await verify(store, progress=progress)
    for look in (store.wrong_hash, store.misprojection, store.wrong_credential, store.wrong_house):
        if misprojection := await look():
            raise LedgerDamagedError(*misprojection)
    return verified


async def verified_open_decisions(
    store: SqliteStore, remembered: VerifiedRows | None = None
) -> AsyncIterator[Sequence[bytes]]:
    """Read every open decision once, as the port's `open_decisions`; none would give other leave than its entries do.

    Args:
        store: The ledger.
        remembered: Rows that an earlier start has verified. When all were read, those of now.

    Raises:
        LedgerDamagedError: One would; the message names it.
        StoreError: The ledger could not be read.
    """
    async with aclosing(store.verified_pages(remembered)) as pages:
        async for page in pages:
            if isinstance(page, Misprojection):
                raise LedgerDamagedError(*page)
            yield page


async def verify_open_decisions(store: SqliteStore) -> None:
    """Verify that no open decision would give other leave than its entries do.

    Raises:
        LedgerDamagedError: One would; the message names it.
        StoreError: The ledger could not be read.
    """
    async for _ in verified_open_decisions(store):
        pass


class Walk:
    """One walk from entry to entry.

    Attributes:
        place: How far it has come.
    """

    def __init__(self, store: Store, end: Head) -> None:
        self.place = START
        self._store = store
        self._end = end
        self._gaps: list[tuple[int, int]] = []
        self._pruned_to = 0
        self._pruned = 0
        self._emptied: dict[str, int] = {}

    async def begin(self, after: int) -> None:
        """Go to an offset up to which the ledger was verified before.

        Raises:
            LedgerDamagedError: It is not there.
        """
        if after == 0:
            return
        if after > self._end.offset:
            raise LedgerDamagedError(
                self._end.offset + 1,
                f"it is missing; the ledger once went on to {after} and ends with {self._end.offset}",
            )
        records = await self._store.records(after=after - 1, limit=1)
        if not records or records[0].offset != after:
            self.place = Head(after - 1, NO_HASH, 0)
            await self._pass_over(after, "it is missing, though it was verified before")
            return
        # its own hash is checked anew; what it follows was checked when it was verified
        entry = _parsed(records[0], after)
        self.place = verified_entry(records[0], Head(after - 1, entry.previous_hash, 0))

    async def go_on(self) -> None:
        """Verify the next entries.

        Raises:
            LedgerDamagedError: One is missing, out of place or changed.
        """
        start = self.place.offset
        records = await self._store.records(after=start, limit=min(BATCH, self._end.offset - start))
        records = [record for record in records if record.offset <= self._end.offset]
        if not records:
            raise LedgerDamagedError(start + 1, f"it is missing, though the ledger goes on to {self._end.offset}")
        for record in records:
            if record.offset > self.place.offset + 1:
                await self._pass_over(
                    record.offset - 1, f"it is missing; the next one there is has offset {record.offset}"
                )
            self.place = verified_entry(record, self.place)
            if not record.salt or not record.decision_id:
                self._heed(record)

    async def _pass_over(self, last: int, complaint: str) -> None:
        """Go on after entries that are not there, if the tree has the hash of the last of them."""
        first = self.place.offset + 1
        if last > self._end.offset - self._end.offset % WIDTH:
            raise LedgerDamagedError(first, complaint)  # what is not in a full tile was not pruned
        try:
            (hash_,) = await self._store.hashes(0, last - 1, last)
        except StoreError as error:
            raise LedgerDamagedError(first, complaint) from error
        self._gaps.append((first, last))
        self.place = Head(last, hash_, self.place.recorded_at_us)

    def _heed(self, record: Record) -> None:
        entry = v1.Entry.FromString(record.entry)
        if entry.personal_commitment and not record.salt:
            self._emptied.setdefault(entry.decision_id, entry.offset)
        if entry.decision_id:
            return  # what is taken away, only an entry about the house says
        for event in entry.events:
            if event.HasField("entries_pruned"):
                self._pruned_to = max(self._pruned_to, event.entries_pruned.offset)
                self._pruned += event.entries_pruned.entries
            if event.HasField("personal_data_erased"):
                self._emptied.pop(event.personal_data_erased.decision_id, None)

    def assure_erased(self) -> None:
        """Let pass that personal data was missing if it was erased. The house's never is.

        Raises:
            LedgerDamagedError: It was not.
        """
        if self._emptied:
            first = min(self._emptied.values())
            raise LedgerDamagedError(
                first, "its personal data are missing, and no entry after it says that they were erased"
            )

    def assure_pruned(self, *, whole: bool) -> None:
        """Let pass that entries were missing if they were pruned.

        Args:
            whole: The walk began with the first entry, so that they can be counted.

        Raises:
            LedgerDamagedError: They were not.
        """
        for first, last in self._gaps:
            if last > self._pruned_to:
                raise LedgerDamagedError(
                    max(first, self._pruned_to + 1), "it is missing, and no entry says that it was pruned"
                )
        missing = sum(last - first + 1 for first, last in self._gaps)
        if whole and missing != self._pruned:
            first = self._gaps[0][0] if self._gaps else 1
            raise LedgerDamagedError(
                first, f"{missing} entries from it on are missing, and {self._pruned} are said to have been pruned"
            )


async def _verify_end(store: Store, place: Head, end: Head) -> None:
    if place != end:
        raise LedgerDamagedError(end.offset, "the head of the ledger does not describe its last entry")
    surplus = await store.records(after=end.offset, limit=1)
    if surplus and (await store.head()).offset == end.offset:
        raise LedgerDamagedError(surplus[0].offset, f"it is surplus; the ledger's head ends with {end.offset}")


def verified_entry(record: Record, before: Head) -> Head:
    """Return the place of an entry that follows another one.

    Raises:
        LedgerDamagedError: It does not follow, or it is not what was written.
    """
    offset = before.offset + 1
    if record.offset != offset:
        raise LedgerDamagedError(offset, f"it is missing; the next one there is has offset {record.offset}")
    entry = _parsed(record, offset)
    _verify_hashes(record, entry, before)
    if entry.offset != offset:
        raise LedgerDamagedError(offset, f"its content says that it is entry {entry.offset}")
    if entry.decision_id != record.decision_id:
        raise LedgerDamagedError(offset, "it is filed under another decision than its content says")
    recorded_at_us = microseconds(entry.recorded_at)
    if recorded_at_us < before.recorded_at_us:
        raise LedgerDamagedError(offset, "it was recorded before the entry that it follows")
    _verify_personal(record, entry)
    return Head(offset, record.hash, recorded_at_us)


def _parsed(record: Record, offset: int) -> v1.Entry:
    # SQLite stores what it is given, of whatever type: somebody may have put text or a number where bytes belong
    if not all(isinstance(part, bytes) for part in (record.entry, record.hash, record.salt, record.personal)):
        raise LedgerDamagedError(offset, "it is not stored as bytes")
    try:
        return v1.Entry.FromString(record.entry)
    except DecodeError as error:
        raise LedgerDamagedError(offset, "its content is not an entry") from error


def _verify_hashes(record: Record, entry: v1.Entry, before: Head) -> None:
    if entry_hash(record.entry) != record.hash:
        raise LedgerDamagedError(record.offset, "its content does not match its hash")
    if entry.previous_hash != before.hash:
        raise LedgerDamagedError(record.offset, "it does not follow from the entry before")


def _verify_personal(record: Record, entry: v1.Entry) -> None:
    if not record.salt and not record.personal:
        return  # there never was any, or it was erased
    if len(record.salt) != SALT_BYTES or personal_commitment(record.salt, record.personal) != entry.personal_commitment:
        raise LedgerDamagedError(record.offset, "its personal data are not those that it commits to")
