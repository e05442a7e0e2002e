"""What the server opens and changes while it serves is remembered, and whatever somebody alters meanwhile is not."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.engine.governor import Governor
from governance_server.engine.open_decisions import OpenDecisions
from governance_server.ledger import remembering as remembering_module
from governance_server.ledger.remembering import INTERVAL_US, SLICE
from governance_server.ledger.verification import LedgerDamagedError
from governance_server.ledger.verified_rows import VerifiedRows
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import OPERATOR_1, approval
from tests.support.starts import HastyClock, Serving, as_verified, ask, comparisons, content, next_start, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance_server.ledger.sqlite_store import SqliteStore

STILL_OPEN = ["decision-000003", "decision-000001"]
"""What is open after `live`: the first is pending, the other approved."""


@pytest.fixture
def store(lived: SqliteStore) -> SqliteStore:
    return lived


@pytest.fixture
def file(path: Path) -> Path:
    """Return where it is remembered."""
    return path.with_name("ledger.verified")


@pytest.fixture
def remembered(file: Path) -> VerifiedRows:
    return VerifiedRows(file, "1")


@pytest.fixture
async def serving(store: SqliteStore, remembered: VerifiedRows) -> Serving:
    return await Serving.started(store, remembered)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch, serving: Serving) -> list[str]:
    """Return the decisions that are compared with their entries since the server serves."""
    assert serving.governor.open_decisions
    return comparisons(monkeypatch)


class TestWhileServing:
    async def test_a_start_after_it_compares_nothing(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """What was opened, changed and ended while serving is remembered byte for byte as a start would remember it."""
        await serving.propose(*range(4, 12))
        await serving.approve(4)
        await serving.accept(1)
        await serving.reject(5)
        await serving.remembering.remember()
        names = await next_start(store, file)
        assert compared == []
        assert sorted(names) == sorted(serving.governor.open_decisions)
        assert content(file) == await as_verified(store, file)

    async def test_again_and_again(self, store: SqliteStore, serving: Serving, compared: list[str], file: Path) -> None:
        """What was remembered before goes on being, what changed since is remembered anew, and what ended no more."""
        for number in range(4, 12):
            await serving.propose(number)
            await serving.remembering.remember()
        await serving.approve(3)
        await serving.approve(6)
        await serving.reject(8)
        await serving.propose(12)
        await serving.remembering.remember()
        await serving.accept(6)
        await serving.reject(12)
        await serving.remembering.remember()
        assert content(file) == await as_verified(store, file)
        compared.clear()
        await next_start(store, file)
        assert compared == []

    async def test_killed_some_time_later(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """What was opened after the last time is compared at the next start, and nothing else."""
        await serving.propose(*range(4, 8))
        await serving.remembering.remember()
        await serving.propose(8, 9)
        await next_start(store, file)
        assert compared == ["decision-000008", "decision-000009"]

    async def test_changed_some_time_later(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """What was remembered and has changed since is compared, and nothing else."""
        await serving.propose(*range(4, 8))
        await serving.remembering.remember()
        await serving.approve(5)
        await next_start(store, file)
        assert compared == ["decision-000005"]

    async def test_a_change_meanwhile(
        self, store: SqliteStore, remembered: VerifiedRows, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What changes, ends or comes between two slices is compared at the next start, or remembered the next time."""
        serving = await Serving.started(store, remembered)
        assert isinstance(serving.clock, HastyClock)
        await serving.propose(*range(4, 4 + 3 * SLICE))
        last = 3 + 3 * SLICE

        async def meanwhile() -> None:
            await serving.approve(4)
            await serving.approve(last)
            await serving.reject(5)
            await serving.reject(last - 1)
            await serving.propose(last + 1)

        serving.clock.in_pauses.append(meanwhile)
        await serving.remembering.remember()
        compared = comparisons(monkeypatch)
        await next_start(store, file)
        assert sorted(compared) == sorted(f"decision-{number:06d}" for number in (4, last, last + 1))
        await serving.remembering.remember()
        assert content(file) == await as_verified(store, file)

    async def test_when_much_has_come(
        self, store: SqliteStore, remembered: VerifiedRows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is looked once a second whether so much has come that it is worth it; less is left for later."""
        monkeypatch.setattr(remembering_module, "DUE_ENTRIES", 3)
        clock = ManualClock()
        serving = await Serving.started(store, remembered, clock)
        before, done = remembered.place, asyncio.Event()
        renew, loop = remembered.renew, asyncio.get_running_loop()

        def renewing(*arguments: Any, **named: Any) -> int | None:
            count = renew(*arguments, **named)
            loop.call_soon_threadsafe(done.set)
            return count

        monkeypatch.setattr(remembered, "renew", renewing)
        running = asyncio.create_task(serving.remembering.run())
        await serving.propose(4, 5)
        for _ in range(3):
            await asyncio.sleep(0)
            clock.advance(INTERVAL_US)
        assert remembered.place == before
        await serving.propose(6)
        await asyncio.sleep(0)
        clock.advance(INTERVAL_US)
        await done.wait()
        assert remembered.place is not None
        assert remembered.place.offset == serving.governor.head.offset
        assert not serving.remembering.is_due
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class TestTampering:
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize(
        "change",
        [
            "decision = x'ff'",
            "decision = (SELECT decision FROM decisions WHERE decision_id = 'decision-000005')",
            "offset = 1000",
            "offset = 3",
            "state = 2",
            "state = 5, is_open = 0",
            "is_open = 0",
            "is_open = 2",
            "core = 'minimus'",
            "risk = 0",
            "urgency = 0",
            "tier = 3",
            "deadline_us = 'never'",
            "proposed_us = 0",
            "breaches = 7",
            "by_policy = 1",
            "action_type = 0",
            "rejected_action = ''",
            "group_key = 'another'",
            "ended = 1",
            "decision_id = 'decision-000999'",
        ],
    )
    async def test_a_row_is_altered(
        self, store: SqliteStore, serving: Serving, tamper: Callable[..., None], file: Path, change: str, when: str
    ) -> None:
        """Whatever of a row somebody alters while the server serves, the next start finds it."""
        await serving.propose(4, 5)
        if when == "after":
            await serving.remembering.remember()
        tamper(f"UPDATE decisions SET {change} WHERE decision_id = 'decision-000004'")
        await serving.propose(6)
        await serving.remembering.remember()
        with pytest.raises(LedgerDamagedError):
            await next_start(store, file)

    async def test_a_column_that_a_change_leaves_alone(
        self, store: SqliteStore, serving: Serving, tamper: Callable[..., None], file: Path
    ) -> None:
        """A column that somebody altered, and that the server's own next change does not write anew, is found."""
        await serving.propose(4)
        tamper("UPDATE decisions SET core = 'minimus', group_key = 'x' WHERE decision_id = 'decision-000004'")
        await serving.approve(4)
        await serving.remembering.remember()
        with pytest.raises(LedgerDamagedError, match="decision-000004 that it made is filed under other values"):
            await next_start(store, file)

    @pytest.mark.parametrize("change", ["approve", "reject"])
    @pytest.mark.parametrize("opened", ["before", "while serving"])
    async def test_an_older_row(
        self, store: SqliteStore, serving: Serving, tamper: Callable[..., None], path: Path, change: str, opened: str
    ) -> None:
        """A row that was remembered is not believed once it has changed or ended, when somebody puts it back."""
        await serving.propose(4)
        await serving.remembering.remember()
        number = {"before": 3, "while serving": 4}[opened]
        name = f"decision-{number:06d}"
        with closing(sqlite3.connect(path)) as database:
            (former,) = database.execute("SELECT * FROM decisions WHERE decision_id = ?", (name,)).fetchall()
            tallies = database.execute("SELECT * FROM tallies").fetchall()
        await (serving.approve if change == "approve" else serving.reject)(number)
        await serving.propose(5)
        await serving.remembering.remember()
        tamper("DELETE FROM decisions WHERE decision_id = ?", name)
        tamper(f"INSERT INTO decisions VALUES ({', '.join('?' * len(former))})", *former)
        tamper("DELETE FROM tallies")
        for tally in tallies:
            tamper("INSERT INTO tallies VALUES (?, ?, ?, ?)", *tally)
        with pytest.raises(LedgerDamagedError, match=f"the decision {name} is shown as of entry"):
            await next_start(store, path.with_name("ledger.verified"))

    async def test_decided_on_an_altered_row(
        self, store: SqliteStore, serving: Serving, tamper: Callable[..., None], file: Path
    ) -> None:
        """What the engine read out of the store, and decided on, is not remembered: somebody may have altered it."""
        await serving.propose(4)
        pending = v1.Decision()
        pending.CopyFrom(serving.governor.open_decisions["decision-000004"])
        await serving.reject(4)
        tamper(
            "UPDATE decisions SET decision = ?, state = 1, is_open = 1, ended = 0, rejected_action = NULL"
            " WHERE decision_id = 'decision-000004'",
            pending.SerializeToString(deterministic=True),
        )
        await ask(serving.governor, Command(OPERATOR_1, approval(pending, "again")))
        assert serving.governor.open_decisions["decision-000004"].state == v1.DECISION_STATE_APPROVED
        await serving.remembering.remember()
        with pytest.raises(LedgerDamagedError, match="it cannot follow what happened before to the decision"):
            await next_start(store, file)

    async def test_what_another_process_left(
        self, store: SqliteStore, serving: Serving, tamper: Callable[..., None], file: Path
    ) -> None:
        """A row that another process changed, and somebody altered before the server took it over, is found."""
        await serving.propose(4)
        other = Governor(store, HastyClock(), CountedEntropy())
        await other.recover()
        await ask(other, Command(OPERATOR_1, approval(other.open_decisions["decision-000004"], "theirs")))
        forged = v1.Decision()
        forged.CopyFrom(other.open_decisions["decision-000004"])
        forged.tier = v1.ROLE_CISO
        tamper(
            "UPDATE decisions SET decision = ?, tier = ? WHERE decision_id = 'decision-000004'",
            forged.SerializeToString(deterministic=True),
            forged.tier,
        )
        await serving.propose(5)
        assert serving.governor.open_decisions["decision-000004"].tier == v1.ROLE_CISO
        await serving.remembering.remember()
        with pytest.raises(LedgerDamagedError, match="decision-000004 has another tier"):
            await next_start(store, file)

    async def test_doubted(self, store: SqliteStore, serving: Serving, compared: list[str], file: Path) -> None:
        """What others have left is not remembered, nor what follows from it, until the next start has verified it."""
        opened = serving.governor.open_decisions
        assert isinstance(opened, OpenDecisions)
        await serving.propose(4)
        opened.doubt(["decision-000003"])
        await serving.approve(3)
        await serving.remembering.remember()
        await serving.accept(3)
        await serving.remembering.remember()
        await next_start(store, file)
        assert compared == ["decision-000003"]


class TestFile:
    async def test_a_disk_that_is_full_for_a_time(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """What could not be written is written the next time, and what was written before still counts until then."""
        await serving.propose(4, 7)
        await serving.remembering.remember()
        in_the_way = file.with_name(f".{file.name}.new")
        in_the_way.mkdir()
        await serving.propose(5)
        await serving.approve(4)
        await serving.remembering.remember()
        assert not serving.remembering.is_due
        await serving.reject(7)
        await serving.propose(6)
        await next_start(store, file)
        assert compared == ["decision-000005", "decision-000004", "decision-000006"]
        in_the_way.rmdir()
        await serving.remembering.remember()
        assert content(file) == await as_verified(store, file)

    @pytest.mark.parametrize("left", [b"", b"half of i"])
    async def test_taken_away(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path, left: bytes
    ) -> None:
        """Where the file is not what was left, what came since is remembered alone, and all else compared."""
        replace(file, left)
        await serving.propose(4)
        await serving.remembering.remember()
        await next_start(store, file)
        assert compared == STILL_OPEN

    async def test_another_one_in_its_place(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """An older file that somebody puts back is not gone on with: rows of it may be no more."""
        older = content(file)
        await serving.approve(3)
        await serving.remembering.remember()
        replace(file, older)
        await serving.propose(4)
        await serving.remembering.remember()
        await next_start(store, file)
        assert compared == ["decision-000001", "decision-000003"]

    async def test_killed_while_it_is_written(
        self, store: SqliteStore, serving: Serving, compared: list[str], file: Path
    ) -> None:
        """What a server leaves that is killed while it writes the file is not read, and is no obstacle later."""
        file.with_name(f".{file.name}.new").write_bytes(content(file)[:-1])
        await serving.propose(4)
        await next_start(store, file)
        assert compared == ["decision-000004"]
        await serving.remembering.remember()
        assert content(file) == await as_verified(store, file)
