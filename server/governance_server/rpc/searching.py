"""Searching the ledger: which entries a caller asks for, found page by page, without ever reading for long.

Times are looked up first, by halving: entries never go back in time. What the store has columns or indexes for, it
looks for itself. Of all else it looks for bytes that an entry asked for has to have in it; those that have them are
read and looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from governance import v1
from governance_server.domain.evolve import POLICY_ACTOR
from governance_server.domain.moment import SECOND_US
from governance_server.engine.enrolment import ADMINISTRATOR
from governance_server.engine.frames import field_tag
from governance_server.engine.ports import EntryQuery, Searched, StoreError
from governance_server.errors import FieldViolation, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence

    from google.protobuf.timestamp_pb2 import Timestamp

    from governance_server.engine.ports import Record, Store

PAGE: Final = 128
"""Entries a read; few enough that the largest proposals fit."""
WINDOW: Final = 4096
"""Offsets that one read looks at where most of them may be passed over: some milliseconds of another thread."""
_NOT_OPERATORS: Final = frozenset({ADMINISTRATOR.name, POLICY_ACTOR.name})
_EVENTS: Final = v1.Event.DESCRIPTOR.fields_by_name


async def search(store: Store, request: v1.ListEntriesRequest, head_offset: int) -> AsyncGenerator[Searched, None]:
    """Find the entries that a request asks for, in order, to the head of the ledger as it was when the call began.

    Yields a page for every read, also where nothing was found. The last one's `offset` is the head's, unless as many
    were found as were asked for.

    Raises:
        InvalidArgument: The filter names an event that there is not.
    """
    wanted = request.filter
    _check_events(wanted.events)
    after, up_to = await _bounds(store, request, head_offset)
    query = await _query(store, request)
    window = WINDOW if _passes_over(query) else head_offset
    left, looked_to = request.limit or head_offset, request.offset
    while left and after < up_to:
        page = await store.search(query._replace(after=after, up_to=min(up_to, after + window), limit=PAGE))
        records = [record for record in page.records if fits(record.entry, wanted)]
        if len(records) >= left:
            yield Searched(records[:left], records[left - 1].offset)
            return
        left -= len(records)
        after = looked_to = page.offset
        yield Searched(records, looked_to)
    if looked_to < head_offset:
        yield Searched((), head_offset)


def fits(entry: bytes, wanted: v1.EntryFilter) -> bool:
    """Tell whether an entry itself fits a filter: its actor, its events, its request id. The rest is the store's.

    One that somebody has damaged fits every filter: it is for the reader to see.
    """
    if not (wanted.actors or wanted.events or wanted.request_ids):
        return True
    try:
        read = v1.Entry.FromString(entry)
    except DecodeError:
        return True
    return (
        (not wanted.actors or read.actor.name in wanted.actors)
        and (not wanted.events or any(event.WhichOneof("kind") in wanted.events for event in read.events))
        and (not wanted.request_ids or read.request_id in wanted.request_ids)
    )


def _check_events(events: Sequence[str]) -> None:
    wrong = [place for place, name in enumerate(events) if name not in _EVENTS]
    if wrong:
        raise InvalidArgument(
            v1.ERROR_REASON_FIELD_INVALID,
            "The filter names an event that there is not, so that nothing would be found. Name fields of Event.",
            field_violations=[FieldViolation(f"filter.events[{place}]", "is no field of Event") for place in wrong],
        )


async def _query(store: Store, request: v1.ListEntriesRequest) -> EntryQuery:
    wanted = request.filter
    by_index = await _are_operators(store, wanted.actors)
    containing: list[Collection[bytes]] = [[field_tag(_EVENTS[name].number) for name in wanted.events]]
    containing.append([request_id.encode() for request_id in wanted.request_ids])
    if not by_index:
        containing.append([name.encode() for name in wanted.actors])
    return EntryQuery(
        after=0,
        up_to=0,
        limit=0,
        decision_id=request.decision_id,
        operators=tuple(wanted.actors) if by_index else (),
        containing=[group for group in containing if group],
        risks=tuple(wanted.risks),
        actions=tuple(wanted.actions),
        states=tuple(wanted.states),
        tiers=tuple(wanted.tiers),
        cores=tuple(wanted.cores),
    )


def _passes_over(query: EntryQuery) -> bool:
    """Tell whether the store may pass over many entries for each that it finds, having no index of those alone."""
    restricting = (query.containing, query.risks, query.actions, query.states, query.tiers, query.cores)
    return not query.decision_id and (len(query.operators) > 1 or any(restricting))


async def _are_operators(store: Store, names: Collection[str]) -> bool:
    """Tell whether nothing but operators ever had these names, so that an index has all their entries."""
    if not names or not _NOT_OPERATORS.isdisjoint(names):
        return False
    issued = [stored.credential for stored in await store.credentials() if stored.credential.name in names]
    return {one.name for one in issued} == set(names) and all(one.role != v1.ROLE_CORE for one in issued)


async def _bounds(store: Store, request: v1.ListEntriesRequest, head_offset: int) -> tuple[int, int]:
    """Return after which offset entries are asked for, and up to which."""
    after, up_to = request.offset, head_offset
    if request.filter.HasField("since"):
        after = max(after, await first_since(store, request.filter.since, head_offset) - 1)
    if request.filter.HasField("until"):
        up_to = min(up_to, await first_since(store, request.filter.until, head_offset) - 1)
    return after, up_to


async def first_since(store: Store, moment: Timestamp, head_offset: int) -> int:
    """Return an offset from which on all entries were recorded at a moment or later, and before which none was.

    Costs as many reads as the head's offset has binary digits. Where there is no such entry, it is beyond the head.
    """
    low, high = 1, head_offset + 1
    while low < high:
        middle = (low + high) // 2
        found = await store.records(after=middle - 1, limit=1)  # the next one, where that entry was pruned
        if not found or found[0].offset >= high or _recorded_ns(found[0]) >= _ns(moment):
            high = middle
        else:
            low = found[0].offset + 1
    return low


def _recorded_ns(record: Record) -> int:
    try:
        return _ns(v1.Entry.FromString(record.entry).recorded_at)
    except DecodeError:
        raise StoreError(
            f"Entry {record.offset} cannot be read, so that nothing is found by time. Run `governance-server check`."
        ) from None


def _ns(moment: Timestamp) -> int:
    return moment.seconds * SECOND_US * 1000 + moment.nanos
