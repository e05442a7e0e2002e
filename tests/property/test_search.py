"""Searching the ledger finds what looking at every entry finds, whatever is asked for."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import Appendage, StoredCredential
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.rpc import searching
from tests.support.entries import START_US, append
from tests.support.generated_ledger import (
    ACTIONS,
    ACTORS,
    CORES,
    EVENTS,
    REQUEST_IDS,
    RISKS,
    STATES,
    TIERS,
    GeneratedLedger,
    fits,
)
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import OPERATOR_1, OPERATOR_2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.timestamp_pb2 import Timestamp

    from governance_server.engine.ports import Store

LENGTH = 80
NAMES = sorted({actor.name for actor in ACTORS} - {""})
ISSUED = [
    StoredCredential(v1.Credential(credential_id=f"{number:016x}", name=actor.name, role=actor.role), bytes(32))
    for number, actor in enumerate(ACTORS)
    if actor.role
]


def some(values: tuple[object, ...] | list[str]) -> st.SearchStrategy[list[object]]:
    """None of them more often than not, so that few filters leave nothing."""
    return st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))


def moments() -> st.SearchStrategy[Timestamp | None]:
    """Moments of entries, between them, before the first and after the last."""
    return st.none() | st.integers(-1_500_000, (LENGTH + 2) * 1_000_000).map(lambda us: timestamp(START_US + us))


FILTERS = st.builds(
    v1.EntryFilter,
    since=moments(),
    until=moments(),
    actors=some(NAMES),
    events=some(EVENTS),
    risks=some(RISKS),
    actions=some(ACTIONS),
    states=some(STATES),
    tiers=some(TIERS),
    request_ids=some(REQUEST_IDS[1:]),
    cores=some(CORES),
)
REQUESTS = st.builds(
    v1.ListEntriesRequest,
    offset=st.integers(0, LENGTH),
    limit=st.sampled_from((0, 0, 1, 3, 200)),
    decision_id=st.sampled_from(("", "", "", "d-1", "d-9")),
    filter=FILTERS,
)


@contextlib.asynccontextmanager
async def opened(kind: str) -> AsyncIterator[Store]:
    if kind == "memory":
        yield InMemoryStore()
        return
    with TemporaryDirectory() as directory:
        store = await SqliteStore.open(Path(directory) / "ledger.db", create=True)
        try:
            yield store
        finally:
            await store.close()


def naive(ledger: GeneratedLedger, request: v1.ListEntriesRequest) -> list[int]:
    entries = [v1.Entry.FromString(record.entry) for record in ledger.builder.records]
    found = [
        entry.offset
        for entry in entries
        if entry.offset > request.offset
        and request.decision_id in ("", entry.decision_id)
        and fits(ledger, entry, request.filter)
    ]
    return found[: request.limit or None]


async def searched(store: Store, request: v1.ListEntriesRequest) -> list[int]:
    """Return what is found; assert on the way that nothing comes after it was said that nothing would."""
    head = await store.head()
    found: list[int] = []
    looked_to = request.offset
    async for page in searching.search(store, request, head.offset):
        offsets = [record.offset for record in page.records]
        assert all(looked_to < offset <= page.offset for offset in offsets)
        assert looked_to <= page.offset
        looked_to = page.offset
        found += offsets
    assert looked_to == (found[-1] if request.limit and len(found) == request.limit else head.offset)
    return found


@pytest.mark.parametrize(("kind", "examples"), [("memory", 150), ("sqlite", 40)])
def test_search_is_what_looking_at_everything_is(kind: str, examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each filter, alone and with the others, finds exactly the entries that it describes, in order."""
    monkeypatch.setattr(searching, "PAGE", 5)
    monkeypatch.setattr(searching, "WINDOW", 16)

    @settings(max_examples=examples, deadline=None)
    @given(seed=st.integers(0, 1000), requests=st.lists(REQUESTS, min_size=1, max_size=8))
    def holds(seed: int, requests: list[v1.ListEntriesRequest]) -> None:
        async def run() -> None:
            async with opened(kind) as store:
                ledger = GeneratedLedger(seed)
                await append(store, *ledger.grow(LENGTH), Appendage(records=[], credentials=ISSUED))
                for request in requests:
                    assert await searched(store, request) == naive(ledger, request), request

        asyncio.run(run())

    holds()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_pages_are_stable(kind: str) -> None:
    """Read page by page while entries are appended, each page from where the last ended, none is left out."""
    async with opened(kind) as store:
        ledger = GeneratedLedger(7)
        await append(store, *ledger.grow(60), Appendage(records=[], credentials=ISSUED))
        wanted = v1.EntryFilter(events=["decision_proposed", "note_added"], actors=[OPERATOR_1.name, OPERATOR_2.name])
        found: list[int] = []
        after = 0
        for _ in range(40):
            request = v1.ListEntriesRequest(offset=after, limit=3, filter=wanted)
            head = (await store.head()).offset
            async for page in searching.search(store, request, head):
                found += [record.offset for record in page.records]
                after = page.offset
            await append(store, *ledger.grow(5))
        assert found == naive(ledger, v1.ListEntriesRequest(filter=wanted))[: len(found)]
        assert len(found) > 20


async def test_only_operators_are_found_by_their_index() -> None:
    """A name that only operators had is looked up in the index; one that a core had, too, is not, so that both show."""
    async with opened("memory") as store:
        await append(store, Appendage(records=[], credentials=ISSUED))
        assert await searching._are_operators(store, [OPERATOR_1.name])
        assert not await searching._are_operators(store, [OPERATOR_1.name, OPERATOR_2.name])
        assert not await searching._are_operators(store, ["local"])
        assert not await searching._are_operators(store, ["nobody"])
