"""What is beyond its retention goes, nothing else does, and every proof still holds."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import SECOND_US
from governance_server.domain.tree import WIDTH, inclusion, node_hash, root
from governance_server.engine.enrolment import create_ledger, issue_credential
from governance_server.engine.governor import Governor
from governance_server.engine.ports import SignedCheckpoint
from governance_server.ledger import pruning
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError, check, verify
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import OPERATOR_1, proposing, rejection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DECISIONS = 600
OPEN_LATE = 450
"""It is proposed late, and stays open."""
HOUSE = 3
"""Entries about the house at the beginning."""


class Ledger:
    """A ledger of decisions that were each proposed and rejected, but for those that stay open.

    Attributes:
        store: Where it is.
        clock: Its time.
        governor: Who decides.
    """

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = ManualClock()
        self.entropy = CountedEntropy()
        self.governor = Governor(store, self.clock, self.entropy)

    async def begin(self) -> None:
        await create_ledger(self.store, self.clock, self.entropy)
        for name in ("maximus", "operator-1"):
            credential = v1.Credential(credential_id=name.ljust(16, "0"), name=name, role=v1.ROLE_SOC_OPERATOR)
            await issue_credential(self.store, self.clock, self.entropy, credential=credential, proof=bytes(32))
        await self.governor.recover()

    async def decide(self, numbers: range, *, still_open: frozenset[int] = frozenset()) -> None:
        """Have decisions proposed and rejected, a second after each other."""
        for number in numbers:
            await self.ask(proposing(number))
            if number not in still_open:
                decision = self.governor.open_decisions[f"decision-{number:06d}"]
                await self.ask(Command(OPERATOR_1, rejection(decision, f"reject-{number}")))
            self.clock.advance(SECOND_US)

    async def ask(self, command: Command) -> None:
        answers: list[v1.Receipt] = []
        await self.governor.submit([command], answers.extend)  # type: ignore[arg-type]  # no fault
        await self.governor.drain()
        assert answers[0].HasField("accepted"), answers[0].refused.message

    async def sign(self) -> None:
        """Keep a checkpoint of the ledger as it is, whose signature nobody asks about here."""
        from base64 import b64encode

        size = (await self.store.head()).offset
        text = f"governance-workspace/{await self.store.ledger_id()}\n{size}\n"
        text += f"{b64encode(await root(self.store, size)).decode()}\n"
        note = f"{text}\n— governance-workspace/x {b64encode(bytes(68)).decode()}\n"
        await self.store.keep_checkpoint(SignedCheckpoint(size, note), self.clock.now_us())

    async def prune(self) -> pruning.Pruned:
        return await pruning.prune(self.store, self.clock, self.entropy, before_us=self.clock.now_us())


_MADE: list[bytes] = []
"""The ledger that the tests begin with, once it was made."""


@pytest.fixture
async def ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ledger]:
    """A ledger of 1,202 entries, pruned in spans of 512."""
    monkeypatch.setattr(pruning, "SPAN", 2 * WIDTH)
    if not _MADE:
        _MADE.append(await _made(path))
    await asyncio.to_thread(path.write_bytes, _MADE[0])
    store = await SqliteStore.open(path, create=False)
    ledger = Ledger(store)
    ledger.clock.advance(DECISIONS * SECOND_US)
    await ledger.governor.recover()
    yield ledger
    await store.close()


async def _made(path: Path) -> bytes:
    store = await SqliteStore.open(path, create=True)
    ledger = Ledger(store)
    await ledger.begin()
    await ledger.decide(range(DECISIONS), still_open=frozenset({OPEN_LATE}))
    await ledger.sign()
    await store.close()
    return await asyncio.to_thread(path.read_bytes)


async def damaged_at(store: SqliteStore) -> int:
    with pytest.raises(LedgerDamagedError) as caught:
        await verify(store)
    return caught.value.offset


def execute(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement, values).fetchall()


async def test_what_goes(ledger: Ledger, path: Path) -> None:
    """Decisions that ended go whole, up to a multiple of 256; the house's entries stay, and so does what goes on."""
    pruned = await ledger.prune()
    assert pruned.offset == 1024
    kept = execute(path, "SELECT offset, decision_id FROM entries WHERE offset <= ?", pruned.offset)
    assert [name for _, name in kept] == ["", "", "", f"decision-{OPEN_LATE:06d}"]
    assert pruned.entries == pruned.offset - len(kept)
    personal = execute(path, "SELECT offset FROM personal WHERE offset <= ?", pruned.offset)
    assert [offset for (offset,) in personal] == [kept[-1][0]]
    decided = execute(path, "SELECT decision_id FROM decisions WHERE offset <= ?", pruned.offset)
    assert [name for (name,) in decided] == [f"decision-{OPEN_LATE:06d}"]
    assert await ledger.store.decision("decision-000000") is None
    assert (await check(ledger.store)).offset == (await ledger.store.head()).offset


async def test_it_is_recorded(ledger: Ledger) -> None:
    """Each span leaves an entry that says up to where, how many, and what age."""
    pruned = await ledger.prune()
    told = [
        event.entries_pruned
        for record in await ledger.store.records(after=pruned.offset, limit=2000)
        for event in v1.Entry.FromString(record.entry).events
        if event.HasField("entries_pruned")
    ]
    assert [one.offset for one in told] == [2 * WIDTH, pruned.offset]
    assert sum(one.entries for one in told) == pruned.entries


async def test_what_is_gone_is_proven(ledger: Ledger) -> None:
    """The tree is the same as before, and that a pruned entry is in it can still be shown."""
    size = (await ledger.store.head()).offset
    before = await root(ledger.store, size)
    (gone,) = await ledger.store.records(after=99, limit=1)
    await ledger.prune()
    assert await root(ledger.store, size) == before
    assert list(await ledger.store.hashes(0, 99, 100)) == [gone.hash]
    path = await inclusion(ledger.store, 99, size)
    assert root_of(gone.hash, 99, size, path) == before


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an audit path leads to: RFC 9162, section 2.1.3.2."""
    number, last, made = index, size - 1, leaf
    for sibling in path:
        if number % 2 or number == last:
            made = node_hash(sibling, made)
            while not number % 2 and number:
                number, last = number >> 1, last >> 1
        else:
            made = node_hash(made, sibling)
        number, last = number >> 1, last >> 1
    assert last == 0
    return made


async def test_again(ledger: Ledger) -> None:
    """What is pruned is not pruned twice; what was kept since it went on goes when it has ended for long enough."""
    first = await ledger.prune()
    head = await ledger.store.head()
    assert await ledger.prune() == pruning.Pruned(0, 0)
    assert await ledger.store.head() == head
    decision = ledger.governor.open_decisions[f"decision-{OPEN_LATE:06d}"]
    await ledger.ask(Command(OPERATOR_1, rejection(decision, "reject-late")))
    await ledger.decide(range(DECISIONS, DECISIONS + WIDTH))
    await ledger.sign()
    assert (await ledger.prune()).offset > first.offset
    assert await ledger.store.decision(decision.decision_id) is None
    await check(ledger.store)


async def test_younger_entries_stay(ledger: Ledger) -> None:
    """Only what is older than the moment goes; a decision that goes on beyond it keeps all of its entries."""
    before_us = ledger.clock.now_us() - (DECISIONS - 200) * SECOND_US
    pruned = await pruning.prune(ledger.store, ledger.clock, ledger.entropy, before_us=before_us)
    assert pruned.offset == (HOUSE + 2 * 200) // WIDTH * WIDTH == WIDTH
    straddling = await ledger.store.records(after=0, limit=9, decision_id=f"decision-{(WIDTH - HOUSE - 1) // 2:06d}")
    assert [record.offset for record in straddling] == [WIDTH, WIDTH + 1]
    await check(ledger.store)


async def test_nothing_above_a_checkpoint(path: Path) -> None:
    """What nobody has signed for stays, however old."""
    store = await SqliteStore.open(path, create=True)
    ledger = Ledger(store)
    await ledger.begin()
    await ledger.decide(range(WIDTH))
    assert await ledger.prune() == pruning.Pruned(0, 0)
    await ledger.sign()
    assert (await ledger.prune()).offset == 2 * WIDTH
    await store.close()


async def test_counts_and_requests(ledger: Ledger) -> None:
    """What is counted is what is there; a command that was accepted is known for ever."""
    before = sum((await ledger.store.counts()).by_state.values())
    await ledger.prune()
    counts = await ledger.store.counts()
    assert sum(counts.by_state.values()) < before == DECISIONS
    head = await ledger.store.head()
    await ledger.ask(proposing(0))
    assert await ledger.store.head() == head


async def test_a_start(ledger: Ledger) -> None:
    """A server that starts verifies from where it left off, also where that was pruned since."""
    await ledger.store.record_verified(100)
    pruned = await ledger.prune()
    end = (await ledger.store.head()).offset
    for after in (0, 1, 100, OPEN_LATE * 2 + HOUSE + 1, pruned.offset, pruned.offset + 1, end):
        assert (await verify(ledger.store, after=after)).offset == end
    governor = Governor(ledger.store, ledger.clock, ledger.entropy)
    await governor.recover()
    assert set(governor.open_decisions) == {f"decision-{OPEN_LATE:06d}"}


class TestTampering:
    @pytest.mark.parametrize(("offset", "named"), [(1150, 1150), (1100, 1100), (OPEN_LATE * 2 + HOUSE + 1, 4)])
    async def test_gone_without_a_word(self, ledger: Ledger, path: Path, offset: int, named: int) -> None:
        """An entry that is missing, and was not pruned, is found: by itself, or by its number where others were."""
        await ledger.prune()
        execute(path, "DELETE FROM personal WHERE offset = ?", offset)
        execute(path, "DELETE FROM entries WHERE offset = ?", offset)
        assert await damaged_at(ledger.store) == named

    @pytest.mark.parametrize("offset", [1, 2, HOUSE])
    async def test_one_of_the_house(self, ledger: Ledger, path: Path, offset: int) -> None:
        """An entry about the house that was taken away along with the pruned ones is missed by its number."""
        await ledger.prune()
        execute(path, "DELETE FROM entries WHERE offset = ?", offset)
        with pytest.raises(LedgerDamagedError, match="are said to have been pruned"):
            await verify(ledger.store)

    async def test_a_hash_of_the_pruned(self, ledger: Ledger, path: Path) -> None:
        """A hash that stands for a pruned entry, changed, is found by the check."""
        await ledger.prune()
        ((tile,),) = execute(path, "SELECT hashes FROM tiles WHERE level = 0 AND number = 0")
        assert isinstance(tile, bytes)
        changed = tile[:3200] + bytes([tile[3200] ^ 1]) + tile[3201:]
        execute(path, "UPDATE tiles SET hashes = ? WHERE level = 0 AND number = 0", changed)
        with pytest.raises(LedgerDamagedError):
            await check(ledger.store)

    async def test_nothing_was_pruned(self, ledger: Ledger, path: Path) -> None:
        """Removing what is old by hand is no pruning."""
        execute(path, "DELETE FROM personal WHERE offset BETWEEN 4 AND 256")
        execute(path, "DELETE FROM entries WHERE offset BETWEEN 4 AND 256")
        with pytest.raises(LedgerDamagedError, match="at entry 4: it is missing, and no entry says that it was pruned"):
            await verify(ledger.store)

    async def test_without_tiles(self, ledger: Ledger, path: Path) -> None:
        """Where the tree lacks the hashes, nothing is pruned."""
        execute(path, "DELETE FROM tiles WHERE level = 0 AND number = 1")
        with pytest.raises(Exception, match="lacks the hashes"):
            await ledger.prune()
        assert execute(path, "SELECT count(*) FROM entries WHERE offset <= 256") == [(256,)]
