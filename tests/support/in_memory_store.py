"""The Store in memory: passes the contract suite of the port, and fails a commit when it is told to."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from governance import v1
from governance_server.domain.digest import NO_HASH
from governance_server.domain.moment import microseconds
from governance_server.domain.tree import HEIGHT, full_root
from governance_server.engine.ports import (
    NOTHING,
    Alike,
    Appendage,
    ChangedDecision,
    Counts,
    DecisionPage,
    DecisionRow,
    Deed,
    Found,
    Head,
    Searched,
    SignedCheckpoint,
    StoreError,
)
from governance_server.ledger.listing import by_recency, decode_cursor, encode_cursor
from governance_server.ledger.projection import OPEN_STATES, in_snapshot, projected
from governance_server.ledger.searching import named_actions
from governance_server.ledger.writes import assert_follows, head_after, ledger_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence

    from governance_server.engine.ports import (
        DecisionQuery,
        EntryQuery,
        KnownRequest,
        Record,
        StoredCredential,
        Wanted,
    )
    from governance_server.ledger.listing import Place

T = TypeVar("T")

HOUR_US: Final = 3_600_000_000
EMPTY: Final = Head(0, NO_HASH, 0)
OPEN_PAGE: Final = 3
"""Open decisions a page: few, so that a simulation of some dozens reads several."""


@dataclass
class Contents:
    """What a disk would hold, and the lock on its head: both outlive the store that is opened on them."""

    head: Head = EMPTY
    ledger_id: str = ""
    verified_offset: int = 0
    records: list[Record] = field(default_factory=list)
    decisions: dict[str, DecisionRow] = field(default_factory=dict)
    requests: dict[str, KnownRequest] = field(default_factory=dict)
    credentials: dict[str, StoredCredential] = field(default_factory=dict)
    house: dict[str, bytes] = field(default_factory=dict)
    checkpoints: dict[int, tuple[SignedCheckpoint, int]] = field(default_factory=dict)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def keep(self, appendage: Appendage) -> None:
        """Take over everything at once: nothing here awaits."""
        self.ledger_id = ledger_name(appendage.records) or self.ledger_id
        self.head = head_after(appendage, self.head)
        self.records.extend(appendage.records)
        self.decisions.update({row.decision.decision_id: row for row in appendage.decisions})
        self.requests.update(appendage.requests)
        self.house.update(appendage.house)
        self.credentials.update({stored.credential.credential_id: stored for stored in appendage.credentials})

    def rejections(self, digests: Collection[bytes]) -> dict[bytes, int]:
        """Return how many decisions about each of the actions were rejected; without those that none was."""
        if not digests:
            return {}
        rejected = [
            row.decision.action_digest
            for row in self.decisions.values()
            if row.decision.state == v1.DECISION_STATE_REJECTED
        ]
        return {digest: rejected.count(digest) for digest in digests if digest in rejected}


class InMemoryTransaction:
    """The port's Transaction."""

    def __init__(self, contents: Contents, wanted: Wanted = NOTHING) -> None:
        self._contents = contents
        self.wanted = wanted
        self.appendage: Appendage | None = None

    @property
    def head(self) -> Head:
        return self._contents.head

    @property
    def found(self) -> Found:
        keys, decision_ids, digests = self.wanted
        held = self._contents
        return Found(_known(held.requests, keys), _known(held.decisions, decision_ids), held.rejections(digests))

    async def records_after(self, offset: int) -> Sequence[Record]:
        return self._contents.records[offset:]

    async def requests(self, keys: Collection[str]) -> Mapping[str, KnownRequest]:
        return _known(self._contents.requests, keys)

    async def decisions(self, decision_ids: Collection[str]) -> Mapping[str, DecisionRow]:
        return _known(self._contents.decisions, decision_ids)

    async def house(self) -> Mapping[str, bytes]:
        return dict(self._contents.house)

    async def rejections(self, digests: Collection[bytes]) -> Mapping[bytes, int]:
        return self._contents.rejections(digests)

    async def append(self, appendage: Appendage) -> None:
        before = self.appendage
        assert_follows(appendage, self.head if before is None else head_after(before, self.head))
        self.appendage = appendage if before is None else _joined(before, appendage)

    def assure_new(self) -> None:
        """Raise StoreError where what was appended cannot be written."""
        requests = self.appendage.requests if self.appendage else ()
        again = [key for key, _ in requests if key in self._contents.requests]
        if again:
            raise StoreError(f"The ledger could not be written: the request {again[0]} is known already.")


def _joined(before: Appendage, after: Appendage) -> Appendage:
    """Return two appendages as one."""
    return Appendage(
        records=[*before.records, *after.records],
        decisions=[*before.decisions, *after.decisions],
        requests=[*before.requests, *after.requests],
        credentials=[*before.credentials, *after.credentials],
        house=[*before.house, *after.house],
        recorded_at_us=after.recorded_at_us,
    )


class InMemoryStore:
    """The port's Store, without a disk.

    Attributes:
        fail_next_commit: Raised by the next commit, once, before it keeps anything.
        fail_after_commit: Raised by the next commit, once, after it has kept everything: as a crash would.
    """

    def __init__(self, contents: Contents | None = None) -> None:
        self.contents = contents if contents is not None else Contents()
        self.fail_next_commit: BaseException | None = None
        self.fail_after_commit: Exception | None = None
        self._closed = False

    def reopened(self) -> InMemoryStore:
        """Return another store on what was committed, as after a restart or in another process."""
        return InMemoryStore(self.contents)

    @asynccontextmanager
    async def transaction(self, wanted: Wanted = NOTHING) -> AsyncIterator[InMemoryTransaction]:
        self._assure_open()
        async with self.contents.writing:
            self._assure_open()
            transaction = InMemoryTransaction(self.contents, wanted)
            yield transaction
            transaction.assure_new()
            await self._commit(transaction.appendage)

    async def _commit(self, appendage: Appendage | None) -> None:
        failure, self.fail_next_commit = self.fail_next_commit, None
        if failure is not None:
            raise failure
        if appendage is not None:
            self.contents.keep(appendage)
        await asyncio.sleep(0)  # as a disk would, this lets others run before anybody hears of it
        failure, self.fail_after_commit = self.fail_after_commit, None
        if failure is not None:
            raise failure

    async def head(self) -> Head:
        return self._read().head

    async def house(self) -> Mapping[str, bytes]:
        return dict(self._read().house)

    async def ledger_id(self) -> str:
        return self._read().ledger_id

    async def verified_offset(self) -> int:
        return self._read().verified_offset

    async def record_verified(self, offset: int) -> None:
        self._read().verified_offset = offset

    async def decision(self, decision_id: str) -> v1.Decision | None:
        row = self._read().decisions.get(decision_id)
        return row.decision if row else None

    async def open_decisions(self) -> AsyncIterator[Sequence[bytes]]:
        changes = await self.changed_after(0, limit=len(self._read().decisions), open_only=True)
        still_open = [change.row.serialized for change in changes if change.row.decision.state in OPEN_STATES]
        for start in range(0, len(still_open), OPEN_PAGE):
            yield still_open[start : start + OPEN_PAGE]

    async def changed_after(
        self, offset: int, *, limit: int, core: str = "", open_only: bool = False
    ) -> Sequence[ChangedDecision]:
        return [
            change
            for change in self._changes(offset)
            if core in ("", change.row.decision.core) and (not open_only or in_snapshot(change.row.decision))
        ][:limit]

    async def list_decisions(self, query: DecisionQuery) -> DecisionPage:
        assert query.limit > 0, "a page has room for a decision"
        matching = [row.decision for row in self._read().decisions.values() if _matches(row.decision, query.filter)]
        places = sorted((_sort_key(decision, query), decision.decision_id) for decision in matching)
        start = bisect_right(places, _key_of(decode_cursor(query), query), key=lambda one: one[0]) if query.after else 0
        page = [self.contents.decisions[name].decision for _, name in places[start : start + query.limit]]
        more = len(places) > start + query.limit
        return DecisionPage(page, encode_cursor(_place(page[-1], query), query) if more else "")

    async def alike(self, group_key: str, *, without: str, limit: int, counted: int) -> Alike:
        group = [row.decision for row in self._read().decisions.values() if row.decision.group_key == group_key]
        others = sorted((one for one in group if one.decision_id != without), key=lambda one: one.offset, reverse=True)
        ended = [one for one in others if one.state not in OPEN_STATES]
        latest = ended[:counted]
        return Alike(
            latest=ended[:limit],
            by_state=Counter(one.state for one in latest),
            approved_by_policy=sum(one.approval.actor.kind == v1.ACTOR_KIND_POLICY for one in latest),
            still_open=len(others) - len(ended),
        )

    async def records(self, *, after: int, limit: int, decision_id: str = "") -> Sequence[Record]:
        found = [one for one in self._read().records if one.offset > after and decision_id in ("", one.decision_id)]
        return found[:limit]

    async def search(self, query: EntryQuery) -> Searched:
        window = [one for one in self._read().records if query.after < one.offset <= query.up_to]
        found = [one for one in window if self._is_asked_for(one, query)][: query.limit]
        return Searched(found, found[-1].offset if len(found) == query.limit else query.up_to)

    def _is_asked_for(self, record: Record, query: EntryQuery) -> bool:
        about = self.contents.decisions.get(record.decision_id)
        return (
            query.decision_id in ("", record.decision_id)
            and (not query.operators or record.operator in query.operators)
            and all(any(part in record.entry for part in group) for group in query.containing)
            and (_matches_query(about.decision, query) if about else not _asks_about_decisions(query))
            and (not query.actions or not self._actions(record.decision_id).isdisjoint(query.actions))
        )

    def _actions(self, decision_id: str) -> set[int]:
        own = (one.entry for one in self.contents.records if one.decision_id == decision_id)
        return {action for entry in own for action in named_actions(entry)}

    async def deeds(self, operator: str, *, before: int, limit: int, decision_id: str = "") -> Sequence[Deed]:
        found = [
            Deed(one.offset, one.entry, self._proposed_at_us(one.decision_id))
            for one in reversed(self._read().records)
            if one.offset < before and decision_id in ("", one.decision_id) and one.operator == operator != ""
        ]
        return found[:limit]

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        leaves, width = [record.hash for record in self._read().records], 1 << HEIGHT * level
        assert start * width < end * width <= len(leaves)
        return [full_root(leaves[at * width : (at + 1) * width]) for at in range(start, end)]

    async def newest_checkpoint(self, *, witnessed: bool = False) -> SignedCheckpoint | None:
        kept = (one for one, _ in self._read().checkpoints.values() if one.witnessed or not witnessed)
        return max(kept, key=lambda one: one.size, default=None)

    async def checkpoint(self, size: int) -> SignedCheckpoint | None:
        kept = self._read().checkpoints.get(size)
        return kept[0] if kept else None

    async def keep_checkpoint(self, checkpoint: SignedCheckpoint, signed_us: int) -> None:
        kept = self._read().checkpoints
        kept.setdefault(checkpoint.size, (checkpoint, signed_us))
        witnessed = await self.newest_checkpoint(witnessed=True)
        hours = set()
        for size, (one, one_us) in sorted(kept.items()):
            hour = (one.witnessed, one_us // HOUR_US)
            if one_us < signed_us - HOUR_US and hour in hours and one != witnessed:
                del kept[size]
            hours.add(hour)

    async def cosign_checkpoint(self, size: int, former: str, note: str) -> bool:
        kept = self._read().checkpoints.get(size)
        if kept is None or kept[0].note != former:
            return False
        self.contents.checkpoints[size] = (SignedCheckpoint(size, note, witnessed=True), kept[1])
        return True

    async def credential(self, credential_id: str) -> StoredCredential | None:
        return self._read().credentials.get(credential_id)

    async def credentials(self) -> Sequence[StoredCredential]:
        stored = self._read().credentials.values()
        return sorted(stored, key=lambda one: (one.credential.name, one.credential.credential_id))

    async def counts(self) -> Counts:
        return _counted([row.decision for row in self._read().decisions.values()])

    async def close(self) -> None:
        self._closed = True

    def _read(self) -> Contents:
        self._assure_open()
        return self.contents

    def _assure_open(self) -> None:
        if self._closed:
            raise StoreError("The ledger was closed. Open it again.")

    def _proposed_at_us(self, decision_id: str) -> int:
        row = self.contents.decisions.get(decision_id)
        return microseconds(row.decision.proposed_at) if row else 0

    def _changes(self, after: int) -> list[ChangedDecision]:
        records = self._read().records
        rows = [row for row in self.contents.decisions.values() if row.decision.offset > after]
        rows.sort(key=lambda row: row.decision.offset)
        return [ChangedDecision(row, records[row.decision.offset - 1].entry) for row in rows]


def _matches_query(decision: v1.Decision, query: EntryQuery) -> bool:
    return (
        (not query.risks or decision.assessment.risk in query.risks)
        and (not query.states or decision.state in query.states)
        and (not query.tiers or decision.tier in query.tiers)
        and (not query.cores or decision.core in query.cores)
    )


def _asks_about_decisions(query: EntryQuery) -> bool:
    return any((query.risks, query.states, query.tiers, query.cores, query.actions))


def _known(known: Mapping[str, T], keys: Iterable[str]) -> dict[str, T]:
    return {key: known[key] for key in keys if key in known}


def _matches(decision: v1.Decision, wanted: v1.DecisionFilter) -> bool:
    return (
        (not wanted.open_only or decision.state in OPEN_STATES)
        and (not wanted.states or decision.state in wanted.states)
        and (not wanted.risks or decision.assessment.risk in wanted.risks)
        and (not wanted.cores or decision.core in wanted.cores)
        and (not wanted.action_types or decision.proposal.action.type in wanted.action_types)
        and decision.decision_id.startswith(wanted.decision_id_prefix)
    )


def _place(decision: v1.Decision, query: DecisionQuery) -> Place:
    if by_recency(query):
        return (decision.offset,)
    columns = projected(DecisionRow(decision, b""))
    return (columns.urgency, columns.deadline_us, columns.offset)


def _key_of(place: Place, query: DecisionQuery) -> tuple[int | str, ...]:
    return (-place[0],) if by_recency(query) else place


def _sort_key(decision: v1.Decision, query: DecisionQuery) -> tuple[int | str, ...]:
    return _key_of(_place(decision, query), query)


def _counted(decisions: Sequence[v1.Decision]) -> Counts:
    by_risk: dict[int, tuple[int, int]] = {}
    by_state: dict[int, int] = {}
    for decision in decisions:
        is_open, ever = by_risk.get(decision.assessment.risk, (0, 0))
        by_risk[decision.assessment.risk] = (is_open + (decision.state in OPEN_STATES), ever + 1)
        by_state[decision.state] = by_state.get(decision.state, 0) + 1
    pending = [decision for decision in decisions if decision.state == v1.DECISION_STATE_PENDING]
    deadlines = [one.schedule.deadline for one in pending if one.schedule.HasField("deadline")]
    return Counts(
        by_risk=by_risk,
        by_state=by_state,
        open_breached=sum(decision.schedule.breaches > 0 for decision in pending),
        nearest_deadline_us=min(map(microseconds, deadlines), default=0),
        approved_by_policy=sum(decision.approval.actor.kind == v1.ACTOR_KIND_POLICY for decision in decisions),
    )
