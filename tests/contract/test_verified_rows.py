"""What a start has verified is not verified again, and whatever is another row than it was is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.digest import action_digest
from governance_server.engine.governor import Governor
from governance_server.ledger.verification import LedgerDamagedError, check
from governance_server.ledger.verified_rows import HASH_BYTES, Place, Rows, VerifiedRows
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import OPERATOR_1, approval, proposing
from tests.support.starts import ask, comparisons, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance_server.ledger.sqlite_store import SqliteStore

OPEN = ["decision-000003", "decision-000001"]
"""What is open after `live`, in the order of their last changes."""
PLACE = Place("0" * 32, 7, bytes(32), "1")


@pytest.fixture
def store(lived: SqliteStore) -> SqliteStore:
    return lived


@pytest.fixture
def remembered(path: Path) -> VerifiedRows:
    return VerifiedRows(path.with_name("ledger.verified"), "1")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the decisions that are compared with their entries, as they are."""
    return comparisons(monkeypatch)


async def propose(store: SqliteStore, number: int) -> None:
    """Have a governor take one more proposal."""
    governor = Governor(store, ManualClock(), CountedEntropy())
    await governor.recover()
    await ask(governor, proposing(number))


class TestStarts:
    async def test_verified_once(self, store: SqliteStore, remembered: VerifiedRows, compared: list[str]) -> None:
        """What is open is compared with its entries at the first start, and what is new since then at the next."""
        assert await started(store, remembered) == compared == OPEN
        compared.clear()
        assert await started(store, remembered) == OPEN
        assert compared == []
        await propose(store, 4)
        assert await started(store, remembered) == [*OPEN, "decision-000004"]
        assert compared == ["decision-000004"]

    async def test_without_a_file(self, store: SqliteStore, compared: list[str]) -> None:
        """Nothing is remembered where nobody asks for it."""
        assert await started(store, None) == await started(store, None) == OPEN
        assert compared == [*OPEN, *OPEN]

    @pytest.mark.parametrize("number", [1, 3])
    async def test_another_action(
        self, store: SqliteStore, remembered: VerifiedRows, tamper: Callable[..., None], number: int
    ) -> None:
        """A row that was verified and has been changed since is found, however well what it shows fits together."""
        await started(store, remembered)
        decision_id = f"decision-{number:06d}"
        forged = v1.Decision()
        stored = await store.decision(decision_id)
        assert stored is not None
        forged.CopyFrom(stored)
        forged.proposal.action.targets[0].value = "198.51.100.7"
        forged.action_digest = action_digest(forged.proposal.action)
        tamper(
            "UPDATE decisions SET decision = ? WHERE decision_id = ?",
            forged.SerializeToString(deterministic=True),
            decision_id,
        )
        for _ in range(2):
            with pytest.raises(LedgerDamagedError, match=rf"at entry {forged.offset}: the decision {decision_id} has "):
                await started(store, remembered)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE decisions SET risk = 0 WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET deadline_us = 'never' WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET offset = 'six' WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET offset = 5 WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET decision = x'ff' WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET is_open = 0 WHERE decision_id = 'decision-000003'",
            "UPDATE decisions SET state = 5, is_open = 0 WHERE decision_id = 'decision-000003'",
            "DELETE FROM decisions WHERE decision_id = 'decision-000003'",
        ],
    )
    async def test_edited(
        self, store: SqliteStore, remembered: VerifiedRows, tamper: Callable[..., None], statement: str
    ) -> None:
        """Whatever of a verified row is changed, and wherever it goes, the next start finds it."""
        await started(store, remembered)
        tamper(statement)
        with pytest.raises(LedgerDamagedError):
            await started(store, remembered)

    async def test_an_older_row(
        self, store: SqliteStore, remembered: VerifiedRows, tamper: Callable[..., None], path: Path
    ) -> None:
        """A row put back to what it was, and was verified as, does not hide the entry that came after it."""
        await started(store, remembered)
        with closing(sqlite3.connect(path)) as database:
            (former,) = database.execute("SELECT * FROM decisions WHERE decision_id = 'decision-000003'").fetchall()
        governor = Governor(store, ManualClock(), CountedEntropy())
        await governor.recover()
        await ask(governor, Command(OPERATOR_1, approval(governor.open_decisions["decision-000003"], "again")))
        tamper("DELETE FROM decisions WHERE decision_id = 'decision-000003'")
        tamper(f"INSERT INTO decisions VALUES ({', '.join('?' * len(former))})", *former)
        with pytest.raises(LedgerDamagedError, match="decision-000003 is shown as of entry 6, and this one is its"):
            await started(store, remembered)

    async def test_what_it_rests_on(
        self, store: SqliteStore, remembered: VerifiedRows, tamper: Callable[..., None]
    ) -> None:
        """A start relies on entries that were verified before, as it always did; a check does not."""
        await started(store, remembered)
        tamper("UPDATE entries SET entry = x'ff' WHERE offset = 6")
        assert await started(store, remembered) == OPEN
        with pytest.raises(LedgerDamagedError, match="at entry 6: it cannot follow"):
            await started(store, None)
        with pytest.raises(LedgerDamagedError, match="at entry 6"):
            await check(store)


class TestFile:
    async def test_another_release(self, store: SqliteStore, path: Path, compared: list[str]) -> None:
        """Another release verifies all of it anew: it may look at more."""
        for release in ("1", "2", "1"):
            await started(store, VerifiedRows(path.with_name("ledger.verified"), release))
        assert compared == OPEN * 3

    @pytest.mark.parametrize("column", ["ledger_id", "hash"])
    async def test_another_ledger(
        self,
        store: SqliteStore,
        remembered: VerifiedRows,
        tamper: Callable[..., None],
        compared: list[str],
        column: str,
    ) -> None:
        """What was verified of another ledger, or before this one went another way, counts for nothing."""
        await started(store, remembered)
        compared.clear()
        if column == "hash":
            tamper("UPDATE entries SET hash = zeroblob(32) WHERE offset = (SELECT offset FROM head)")
        else:
            tamper("UPDATE head SET ledger_id = ?", "f" * 32)
        assert await started(store, remembered) == compared == OPEN

    @pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "empty", "open to others", "a link"])
    async def test_damaged(
        self, store: SqliteStore, remembered: VerifiedRows, path: Path, compared: list[str], damage: str
    ) -> None:
        """A file that is not all there, or that others can write, is as none, and is made anew."""
        await started(store, remembered)
        file = path.with_name("ledger.verified")
        content = file.read_bytes()
        file.unlink()
        if damage == "a link":
            elsewhere = path.with_name("elsewhere")
            elsewhere.write_bytes(content)
            elsewhere.chmod(0o600)
            file.symlink_to(elsewhere)
        elif damage != "gone":
            changed = {"cut": content[:-1], "flipped": content[:-1] + bytes([content[-1] ^ 1]), "empty": b""}
            file.write_bytes(changed.get(damage, content))
            file.chmod(0o644 if damage == "open to others" else 0o600)
        compared.clear()
        assert await started(store, remembered) == compared == OPEN
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_bytes() == content

    def test_what_is_written_is_read(self, remembered: VerifiedRows) -> None:
        """Rows come back as they were, with where they were verified."""
        rows = Rows()
        rows.add(3, b"a" * HASH_BYTES)
        rows.add(2**40, b"b" * HASH_BYTES)
        remembered.write(PLACE, rows)
        assert remembered.read() == (PLACE, rows)

    def test_a_disk_that_is_full(self, tmp_path: Path) -> None:
        """Where nothing can be written, nothing is remembered, and nobody is kept from serving."""
        remembered = VerifiedRows(tmp_path / "nowhere" / "ledger.verified", "1")
        remembered.write(PLACE, Rows())
        assert remembered.read() is None

    def test_rows_are_asked_for_in_order(self) -> None:
        """A row is held under its offset and its hash; what lies between is passed over."""
        rows = Rows()
        for offset in (3, 5, 9):
            rows.add(offset, bytes([offset]) * HASH_BYTES)
        asked = [(1, 1), (3, 3), (5, 3), (7, 7), (9, 9), (10, 9)]
        found = [rows.holds(offset, bytes([hash_]) * HASH_BYTES) for offset, hash_ in asked]
        assert found == [False, True, False, False, True, False]
