"""Listing entries: what a caller hears while the ledger is searched."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.engine.ports import Appendage
from governance_server.errors import FailedPrecondition, InvalidArgument, Unavailable
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.rpc import audit_service, searching
from governance_server.rpc.audit_service import AuditService
from governance_server.rpc.handlers import ServerStream
from governance_server.rpc.identity import Principal
from tests.support.entries import LedgerBuilder, append
from tests.support.messages import OPERATOR_1
from tests.support.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CISO = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="ciso-1", role=v1.ROLE_CISO)
LENGTH = 40


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """An engine whose ledger has entries up to LENGTH, the last one but five with a request id of its own."""
    async with serving() as running:
        store = running.edge.store
        builder = LedgerBuilder.after(await store.head())
        builder.recorded_us = running.clock.now_us()
        while builder.offset < LENGTH:
            request_id = "found" if builder.offset == LENGTH - 6 else "other"
            entry = builder.entry(actor=OPERATOR_1, request_id=request_id)
            await append(store, Appendage([entry]))
        yield running


async def listed(served: Served, request: v1.ListEntriesRequest) -> list[v1.ListEntriesResponse]:
    rpc = AuditService(served.edge).rpcs()["ListEntries"]
    assert isinstance(rpc, ServerStream)
    frames = rpc.call(request, Principal(CISO, "0" * 16, None))
    return [v1.ListEntriesResponse.FromString(frame) async for frame in frames]


def told(frames: list[v1.ListEntriesResponse]) -> list[tuple[list[int], int]]:
    return [([v1.Entry.FromString(one.entry).offset for one in frame.records], frame.offset) for frame in frames]


FOUND = v1.EntryFilter(request_ids=["found"])


async def test_everything(served: Served) -> None:
    """Without a filter, all entries come, and the last frame says that the head was reached."""
    frames = await listed(served, v1.ListEntriesRequest(offset=30))
    assert told(frames) == [(list(range(31, LENGTH + 1)), LENGTH)]
    assert {frame.head_offset for frame in frames} == {LENGTH}


async def test_nothing(served: Served) -> None:
    """Where nothing is found, one frame says how far was looked."""
    assert told(await listed(served, v1.ListEntriesRequest(offset=LENGTH))) == [([], LENGTH)]
    nobody = v1.ListEntriesRequest(filter=v1.EntryFilter(actors=["nobody"]))
    assert told(await listed(served, nobody)) == [([], LENGTH)]


async def test_the_rest_is_looked_through(served: Served) -> None:
    """The caller is told that the rest was looked through, but not where a limit ended the search."""
    assert told(await listed(served, v1.ListEntriesRequest(filter=FOUND))) == [([35], LENGTH)]
    assert told(await listed(served, v1.ListEntriesRequest(filter=FOUND, limit=1))) == [([35], 35)]


@pytest.mark.parametrize("quiet_us", [10**12, 0])
async def test_a_search_that_finds_nothing_is_heard(
    served: Served, monkeypatch: pytest.MonkeyPatch, quiet_us: int
) -> None:
    """While nothing fits, the caller hears how far was looked: every so many entries, and every so often."""
    monkeypatch.setattr(searching, "WINDOW", 5)
    monkeypatch.setattr(audit_service, "QUIET_ENTRIES", 10 if quiet_us else 10**9)
    monkeypatch.setattr(audit_service, "QUIET_US", quiet_us)
    heard = told(await listed(served, v1.ListEntriesRequest(filter=FOUND)))
    step = 10 if quiet_us else 5
    assert heard == [*(([], offset) for offset in range(step, 35, step)), ([35], 35), ([], LENGTH)]


async def test_large_entries_come_in_frames_of_their_own(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is too large for a frame comes in several, each saying how far it reaches; none is left out."""
    monkeypatch.setattr(audit_service, "FRAME_BYTES", 1)
    frames = told(await listed(served, v1.ListEntriesRequest(offset=36)))
    assert frames == [([37], 37), ([38], 38), ([39], 39), ([40], 40)]


async def test_an_event_that_there_is_not(served: Served) -> None:
    """A filter that names no event of the contract is refused, since finding nothing would tell a lie."""
    request = v1.ListEntriesRequest(filter=v1.EntryFilter(events=["decision_rejected", "decision_rejceted"]))
    with pytest.raises(InvalidArgument) as caught:
        await listed(served, request)
    assert [violation.field for violation in caught.value.field_violations] == ["filter.events[1]"]


async def test_beyond_the_end(served: Served) -> None:
    """An offset beyond the end is refused."""
    with pytest.raises(FailedPrecondition):
        await listed(served, v1.ListEntriesRequest(offset=LENGTH + 1))


async def test_a_server_that_stops(served: Served) -> None:
    """A search that the server's stop cuts short does not end as if it had seen everything."""
    served.edge.stopping.set()
    with pytest.raises(Unavailable, match="entries after 30 are left"):
        await listed(served, v1.ListEntriesRequest(offset=30))


async def test_a_damaged_entry_is_shown(served: Served) -> None:
    """An entry whose bytes were damaged is not passed over: the reader has to see it."""
    store = served.edge.store
    contents = store.contents  # type: ignore[attr-defined]  # the fake's own
    broken = contents.records[36]._replace(entry=b"found\xff")
    contents.records[36] = broken
    (frame,) = await listed(served, v1.ListEntriesRequest(filter=FOUND))
    assert frame.records[1].entry == broken.entry


async def test_constant_memory(tmp_path: Path) -> None:
    """Fifty thousand entries are found and framed in the memory that a page of them takes."""
    store = await SqliteStore.open(tmp_path / "ledger.db", create=True)
    try:
        builder = LedgerBuilder()
        for _ in range(50):
            await append(
                store, Appendage([builder.entry(actor=OPERATOR_1, personal=b"said" * 50) for _ in range(1000)])
            )
            builder.records.clear()
        request = v1.ListEntriesRequest(filter=v1.EntryFilter(actors=[OPERATOR_1.name]))
        count = 0
        tracemalloc.start()
        try:
            async for page in searching.search(store, request, builder.offset):
                count += len(page.records)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    finally:
        await store.close()
    assert count == 50_000
    assert peak < 4 << 20


async def test_times_are_found_where_entries_were_pruned(served: Served) -> None:
    """The first entry at a moment or later is found also where entries before it, or it itself, are gone."""
    store = served.edge.store
    contents = store.contents  # type: ignore[attr-defined]  # the fake's own
    moments = {one.offset: v1.Entry.FromString(one.entry).recorded_at for one in contents.records}
    contents.records[4:21] = []
    for offset in range(4, LENGTH + 1):
        first = await searching.first_since(store, moments[offset], LENGTH)
        (found, *_) = await store.records(after=first - 1, limit=1)
        assert found.offset == (22 if 5 <= offset <= 21 else offset)
