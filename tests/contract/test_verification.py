"""Whatever is changed, removed or moved in a stored ledger is found, and the entry is named."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.domain.digest import action_digest, entry_hash
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import Appendage, Record
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError, check, verify, verify_open_decisions
from tests.support.entries import START_US, LedgerBuilder, append
from tests.support.in_memory_store import InMemoryStore
from tests.support.lived import LIVED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LAST = 8
PERSONAL = b"who it was"


async def fill(store: SqliteStore | InMemoryStore) -> LedgerBuilder:
    """Append a ledger of eight entries about three decisions."""
    builder = LedgerBuilder()
    await append(store, Appendage([builder.created()]))
    await append(store, *[builder.decided(f"decision-{number % 3}", personal=PERSONAL) for number in range(LAST - 1)])
    return builder


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path, create=True)
    await fill(store)
    yield store
    await store.close()


async def damaged_at(store: SqliteStore, after: int = 0) -> int:
    """Return the offset that verification names, which its message has to name too."""
    with pytest.raises(LedgerDamagedError) as caught:
        await verify(store, after=after)
    place = f" at entry {caught.value.offset}" if caught.value.offset else ""
    assert str(caught.value).startswith(f"The ledger is damaged{place}: ")
    return caught.value.offset


async def record_erasure(store: SqliteStore, *decision_ids: str) -> None:
    """Have the ledger say that personal data of decisions were erased."""
    builder = LedgerBuilder.after(await store.head())
    events = [v1.PersonalDataErased(decision_id=name, entries=1) for name in decision_ids]
    await append(store, Appendage([builder.entry(v1.Event(personal_data_erased=event)) for event in events]))


class TestIntact:
    async def test_intact(self, lived: SqliteStore) -> None:
        """A ledger that nobody touched is verified to its end, and progress is told."""
        told: list[tuple[int, int]] = []
        assert await check(lived, progress=lambda *at: told.append(at)) == (LIVED,)
        assert told == [(LIVED, LIVED)]
        await verify_open_decisions(lived)

    async def test_empty(self, path: Path) -> None:
        """An empty ledger is in order."""
        store = await SqliteStore.open(path, create=True)
        assert await check(store) == (0,)
        await store.close()

    async def test_in_batches(self, path: Path) -> None:
        """A ledger of several batches is verified across their edges."""
        store = await SqliteStore.open(path, create=True)
        builder = LedgerBuilder()
        await append(store, Appendage([builder.entry() for _ in range(2500)]))
        assert await verify(store) == (2500,)
        assert await verify(store, after=2048) == (2500,)
        await store.close()

    async def test_in_memory(self) -> None:
        """The ledger in memory is verified like the one on disk."""
        store = InMemoryStore()
        await fill(store)
        assert await verify(store) == (LAST,)
        store.contents.records[3], store.contents.records[4] = store.contents.records[4], store.contents.records[3]
        with pytest.raises(LedgerDamagedError, match="entry 4"):
            await verify(store)

    async def test_erased_personal_data(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """Erasing personal data together with its salt leaves every proof standing."""
        tamper("DELETE FROM personal WHERE offset IN (3, 5)")
        await record_erasure(store, "decision-1", "decision-0")
        assert await verify(store) == (LAST + 2,)

    async def test_personal_data_that_are_gone(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """What is not there and was not erased on the record is missing: of a decision, and of what came after."""
        tamper("DELETE FROM personal WHERE offset IN (3, 5)")
        assert await damaged_at(store) == 3
        await record_erasure(store, "decision-1")
        assert await damaged_at(store) == 5
        await record_erasure(store, "decision-0")
        builder = LedgerBuilder.after(await store.head())
        await append(store, builder.decided("decision-0", personal=PERSONAL))
        assert await verify(store) == (LAST + 3,)
        tamper("DELETE FROM personal WHERE offset = ?", LAST + 3)
        assert await damaged_at(store) == await damaged_at(store, after=LAST) == LAST + 3

    @pytest.mark.parametrize("offset", [4, 6, 8])
    async def test_decisions_of_erased_personal_data(
        self, lived: SqliteStore, tamper: Callable[..., None], offset: int
    ) -> None:
        """A decision of which some was erased is compared in all the rest: a proposal's or a reason's."""
        tamper("DELETE FROM personal WHERE offset = ?", offset)
        await record_erasure(lived, *(f"decision-{number:06d}" for number in (1, 2, 3)))
        assert await check(lived) == (LIVED + 3,)
        await verify_open_decisions(lived)


class TestEntries:
    @pytest.mark.parametrize(("table", "column"), [("entries", "entry"), ("entries", "hash"), ("personal", "salt")])
    async def test_every_flipped_byte(self, path: Path, store: SqliteStore, table: str, column: str) -> None:
        """Each single byte of what is stored counts: flipped, it is found."""
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            ((stored,),) = connection.execute(f"SELECT {column} FROM {table} WHERE offset = 4").fetchall()
            for place in range(len(stored)):
                flipped = stored[:place] + bytes([stored[place] ^ 0x01]) + stored[place + 1 :]
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE offset = 4", (flipped,))
                assert await damaged_at(store) == 4
                connection.execute(f"UPDATE {table} SET {column} = ? WHERE offset = 4", (stored,))
        assert await verify(store) == (LAST,)

    @pytest.mark.parametrize("offset", range(1, LAST + 1))
    async def test_deleted(self, store: SqliteStore, tamper: Callable[..., None], offset: int) -> None:
        """A deleted entry is missed, the first and the last one too."""
        tamper("DELETE FROM entries WHERE offset = ?", offset)
        assert await damaged_at(store) == offset

    @pytest.mark.parametrize("offset", range(1, LAST))
    async def test_swapped(self, store: SqliteStore, tamper: Callable[..., None], offset: int) -> None:
        """Two entries that changed places are found at the first of them."""
        tamper("UPDATE entries SET offset = -1 WHERE offset = ?", offset)
        tamper("UPDATE entries SET offset = ? WHERE offset = ?", offset, offset + 1)
        tamper("UPDATE entries SET offset = ? WHERE offset = -1", offset + 1)
        assert await damaged_at(store) == offset

    async def test_duplicated(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """A copy of an entry at the end is found, whether the head counts it or not."""
        tamper(
            "INSERT INTO entries SELECT ?, decision_id || 'x', entry, hash, operator FROM entries WHERE offset = ?",
            LAST + 1,
            LAST,
        )
        assert await damaged_at(store) == LAST + 1
        tamper("UPDATE head SET offset = ?", LAST + 1)
        assert await damaged_at(store) == LAST + 1

    async def test_truncated_with_its_head(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """A ledger cut off together with its head is found when more of it was verified before."""
        tamper("DELETE FROM entries WHERE offset > 5")
        tamper("UPDATE head SET offset = 5, hash = (SELECT hash FROM entries WHERE offset = 5)")
        assert await damaged_at(store, after=7) == 6

    @pytest.mark.parametrize("value", ["text", 7, 7.5])
    @pytest.mark.parametrize("column", ["entry", "hash"])
    async def test_not_bytes(self, store: SqliteStore, tamper: Callable[..., None], column: str, value: object) -> None:
        """Something else where bytes belong is found, and is no crash."""
        tamper(f"UPDATE entries SET {column} = ? WHERE offset = 4", value)
        assert await damaged_at(store) == 4

    async def test_refiled(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """An entry filed under another decision than its content says is found."""
        tamper("UPDATE entries SET decision_id = 'decision-other' WHERE offset = 4")
        assert await damaged_at(store) == 4

    async def test_other_personal_data(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """Personal data that the entry did not commit to are found: changed, without their salt, or added."""
        tamper("UPDATE personal SET personal = ? WHERE offset = 4", b"someone else")
        assert await damaged_at(store) == 4
        tamper("UPDATE personal SET personal = ?, salt = x'' WHERE offset = 4", PERSONAL)
        assert await damaged_at(store) == 4
        tamper("DELETE FROM personal WHERE offset = 4")
        tamper("INSERT INTO personal VALUES (1, zeroblob(32), ?)", PERSONAL)
        assert await damaged_at(store) == 1


class TestForged:
    """Entries whose hashes were made to fit: what they say has to fit too."""

    @staticmethod
    def forged(builder: LedgerBuilder, **fields: object) -> Record:
        """Return the builder's last entry with other content and the hash that belongs to it."""
        entry = v1.Entry.FromString(builder.records[-1].entry)
        entry.MergeFrom(v1.Entry(**fields))  # type: ignore[arg-type] # the fields of the one test that calls
        content = entry.SerializeToString(deterministic=True)
        return builder.records[-1]._replace(entry=content, hash=entry_hash(content))

    @pytest.mark.parametrize(
        ("fields", "what"),
        [
            ({"offset": 7}, "says that it is entry 7"),
            ({"previous_hash": bytes(31) + b"x"}, "does not follow"),
            ({"recorded_at": timestamp(START_US)}, "recorded before"),
        ],
    )
    async def test_forged(self, fields: dict[str, object], what: str) -> None:
        """An entry with a fitting hash but another offset, another past or an earlier time is found."""
        store = InMemoryStore()
        builder = await fill(store)
        builder.entry()
        await append(store, Appendage([self.forged(builder, **fields)]))
        with pytest.raises(LedgerDamagedError, match=f"entry {LAST + 1}: .*{what}"):
            await verify(store)


class TestHead:
    @pytest.mark.parametrize(
        ("change", "offset"),
        [
            ("offset = 7", 7),
            ("offset = 9", 9),
            ("offset = 0", 0),
            ("offset = 0, hash = zeroblob(32), recorded_us = 0", 1),
            ("hash = zeroblob(32)", LAST),
            ("recorded_us = recorded_us + 1", LAST),
        ],
    )
    async def test_edited(self, store: SqliteStore, tamper: Callable[..., None], change: str, offset: int) -> None:
        """A head that does not describe the last entry is found."""
        tamper(f"UPDATE head SET {change}")
        assert await damaged_at(store) == offset


class TestGoingOn:
    async def test_verified_offset(self, path: Path, store: SqliteStore) -> None:
        """How far the ledger was verified is remembered, across a restart."""
        assert await store.verified_offset() == 0
        await store.record_verified((await verify(store)).offset)
        other = await SqliteStore.open(path, create=False)
        assert await other.verified_offset() == LAST
        await other.close()

    @pytest.mark.parametrize("after", range(LAST + 1))
    async def test_from_anywhere(self, store: SqliteStore, after: int) -> None:
        """Verification goes on from any offset that was verified before."""
        assert await verify(store, after=after) == (LAST,)

    async def test_the_first_one_follows(self, store: SqliteStore, tamper: Callable[..., None]) -> None:
        """The first entry after the verified ones has to follow the last of them as it is stored now."""
        other = LedgerBuilder()
        records = [other.entry() for _ in range(4)]
        tamper("UPDATE entries SET entry = ?, hash = ?, decision_id = '' WHERE offset = 4", *records[3][2:4])
        tamper("DELETE FROM personal WHERE offset = 4")
        assert await damaged_at(store, after=4) == 5

    async def test_beyond_the_end(self, store: SqliteStore) -> None:
        """A ledger that ends before what was verified has lost entries."""
        assert await damaged_at(store, after=LAST + 1) == LAST + 1


class TestProjections:
    @pytest.mark.parametrize(
        ("statement", "offset"),
        [
            ("DELETE FROM decisions WHERE decision_id = 'decision-000001'", 4),
            ("UPDATE decisions SET offset = 5 WHERE decision_id = 'decision-000001'", 7),
            ("UPDATE decisions SET state = 2 WHERE decision_id = 'decision-000002'", 8),
            ("UPDATE decisions SET is_open = 0 WHERE decision_id = 'decision-000003'", 6),
            ("UPDATE decisions SET decision = 'nothing' WHERE decision_id = 'decision-000003'", 6),
            ("UPDATE decisions SET decision = x'ff' WHERE decision_id = 'decision-000003'", 6),
            ("UPDATE decisions SET decision_id = 'decision-9' WHERE decision_id = 'decision-000003'", 6),
            ("INSERT INTO decisions SELECT 'x', 99, 1, 1, 1, 1, '', 1, 1, 1, 1, 1, 1, x'', NULL, '', 0 FROM head", 99),
            ("UPDATE decisions SET group_key = 'other' WHERE decision_id = 'decision-000002'", 8),
            ("UPDATE entries SET operator = 'operator-2' WHERE offset = 7", 7),
            ("UPDATE entries SET operator = '' WHERE offset = 8", 8),
            ("UPDATE entries SET operator = 'operator-1' WHERE offset = 5", 5),
            ("UPDATE tallies SET count = count + 1", LIVED),
        ],
    )
    async def test_edited(self, lived: SqliteStore, tamper: Callable[..., None], statement: str, offset: int) -> None:
        """A decision that is missing, surplus or shown otherwise than its entries made it is found."""
        tamper(statement)
        assert (await found(lived)).offset == offset

    async def test_another_version(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """A decision's version counts the entries about it."""
        forged = await copied(lived, "decision-000001")
        forged.version += 1
        forge(tamper, forged)
        assert "is version 3, and 2 entries" in str(await found(lived))

    @pytest.mark.parametrize("decision_id", ["decision-000001", "decision-000003"])
    async def test_another_action(self, lived: SqliteStore, tamper: Callable[..., None], decision_id: str) -> None:
        """Another target with the digest that belongs to it is found by the check and at a start."""
        forged = await copied(lived, decision_id)
        forged.proposal.action.targets[0].value = "198.51.100.7"
        forged.action_digest = action_digest(forged.proposal.action)
        forge(tamper, forged)
        by_check = await found(lived)
        with pytest.raises(
            LedgerDamagedError, match=rf"at entry {forged.offset}: the decision {decision_id} has "
        ) as at:
            await verify_open_decisions(lived)
        assert by_check.offset == at.value.offset == forged.offset

    async def test_an_action_without_its_digest(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """Where the proposal was erased, what is shown in its place has to be what the digest is of."""
        tamper("DELETE FROM personal WHERE offset = 6")
        await record_erasure(lived, "decision-000003")
        forged = await copied(lived, "decision-000003")
        forged.proposal.action.targets[0].value = "198.51.100.7"
        forge(tamper, forged)
        assert "another action than its action_digest" in str(await found(lived))
        with pytest.raises(LedgerDamagedError, match="another action than its action_digest"):
            await verify_open_decisions(lived)

    async def test_an_action_that_has_no_digest(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """A number that no action has is damage like any other: it is told of, by the check and at a start."""
        forged = await copied(lived, "decision-000001")
        forged.proposal.action.duration.nanos = -1
        forged.proposal.action.targets[0].kind = -1  # type: ignore[assignment]  # no kind at all
        forge(tamper, forged)
        assert "another action than its action_digest" in str(await found(lived))
        with pytest.raises(LedgerDamagedError, match="another action than its action_digest"):
            await verify_open_decisions(lived)

    async def test_another_who(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """Whoever is said to have rejected a decision has done so, also where the reason was erased."""
        forged = await copied(lived, "decision-000002")
        forged.ending.actor.name = "operator-2"
        forge(tamper, forged)
        assert "decision-000002 is otherwise than its entries make it" in str(await found(lived))
        tamper("DELETE FROM personal WHERE offset = 8")
        await record_erasure(lived, "decision-000002")
        assert "decision-000002 is otherwise than its entries make it" in str(await found(lived))

    @pytest.mark.parametrize("key", ["policy", "halt/halt-1", "away/operator-1", "checkpoint_key/00000000000000000003"])
    async def test_another_house(self, lived: SqliteStore, tamper: Callable[..., None], key: str) -> None:
        """A policy, a halt, an absence or a key that no entry tells of is found."""
        tamper("INSERT INTO house (key, value) VALUES (?, x'0a')", key)
        assert f"what is kept as {key} is not what the entries make it" in str(await found(lived))

    @pytest.mark.parametrize("event", ["policy_applied", "halt_declared", "checkpoint_key_changed"])
    async def test_a_house_without_something(self, lived: SqliteStore, event: str) -> None:
        """What entries tell of the house, and is not kept, is found, too."""
        builder = LedgerBuilder.after(await lived.head())
        happened = {
            "policy_applied": v1.Event(policy_applied=v1.PolicyApplied(document="[sla]\ncritical_s = 60\n")),
            "halt_declared": v1.Event(halt_declared=v1.HaltDeclared(halt_id="halt-1", all=True)),
            "checkpoint_key_changed": v1.Event(checkpoint_key_changed=v1.CheckpointKeyChanged(verifier_key="x")),
        }
        await append(lived, Appendage([builder.entry(happened[event])]))
        assert "is not what the entries make it" in str(await found(lived))

    async def test_another_state(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """A decision that is said to be approved, with an order, and was not, keeps a server from starting."""
        forged = await copied(lived, "decision-000003")
        forged.state = v1.DECISION_STATE_APPROVED
        forge(tamper, forged)
        tamper("UPDATE decisions SET state = ? WHERE decision_id = 'decision-000003'", forged.state)
        with pytest.raises(LedgerDamagedError, match="at entry 6: the decision decision-000003 has another state"):
            await verify_open_decisions(lived)

    async def test_what_cannot_follow(self, path: Path) -> None:
        """An entry that the lifecycle forbids, however well it is linked, is named."""
        store = await SqliteStore.open(path, create=True)
        builder = LedgerBuilder()
        await append(store, Appendage([builder.created()]))
        await append(store, builder.decided("decision-1"), builder.decided("decision-1"))
        with pytest.raises(LedgerDamagedError, match="at entry 3: it cannot follow what happened before"):
            await check(store)
        await store.close()

    async def test_hostile_names(self, lived: SqliteStore, tamper: Callable[..., None]) -> None:
        """What somebody wrote into the file does nothing to the terminal of whoever checks it."""
        tamper("UPDATE credentials SET credential_id = char(27) || '[2J' WHERE name = 'maximus'")
        assert "\\x1b[2J" in str(await found(lived))


class TestCredentials:
    @pytest.mark.parametrize(
        ("statement", "offset"),
        [
            ("DELETE FROM credentials WHERE name = 'operator-1'", LIVED),
            ("DELETE FROM credentials WHERE name = 'maximus'", 2),
            ("UPDATE credentials SET role = 4 WHERE name = 'maximus'", 2),
            ("UPDATE credentials SET name = 'x' WHERE name = 'maximus'", 2),
            ("UPDATE credentials SET credential = x'ff' WHERE name = 'maximus'", 2),
            ("INSERT INTO credentials SELECT 'x', name, role, credential, proof FROM credentials WHERE role = 1", 0),
        ],
    )
    async def test_edited(self, lived: SqliteStore, tamper: Callable[..., None], statement: str, offset: int) -> None:
        """A credential that is missing, surplus or filed otherwise than it was issued is found."""
        tamper(statement)
        assert (await found(lived)).offset == offset

    @pytest.mark.parametrize(
        "change",
        [
            {"revoked": False},
            {"role": v1.ROLE_CISO},
            {"expires_at": timestamp(2**51)},
            {"issued_at": timestamp(0)},
            {"certificate": True},
        ],
    )
    async def test_raised(self, lived: SqliteStore, tamper: Callable[..., None], change: dict[str, object]) -> None:
        """Whoever gives a revoked credential back its life, another role or a longer one is found out."""
        stored = await lived.credential("0" * 16)
        assert stored is not None
        forged = v1.Credential()
        forged.CopyFrom(stored.credential)
        for name in change:
            forged.ClearField(name)  # type: ignore[arg-type]  # one of this test's
        forged.MergeFrom(v1.Credential(**change))  # type: ignore[arg-type]  # the fields of this test
        if change == {"certificate": True}:
            tamper("UPDATE credentials SET proof = ? WHERE name = 'operator-1'", b"p" * 32)
        tamper(
            "UPDATE credentials SET credential = ?, role = ? WHERE name = 'operator-1'",
            forged.SerializeToString(),
            forged.role,
        )
        damage = await found(lived)
        assert (damage.offset, "named operator-1 is not what this entry" in str(damage)) == (LIVED, True)


async def found(store: SqliteStore) -> LedgerDamagedError:
    """Return what the full check finds."""
    with pytest.raises(LedgerDamagedError) as caught:
        await check(store)
    return caught.value


async def copied(store: SqliteStore, decision_id: str) -> v1.Decision:
    """Return a decision as it is stored, to be changed."""
    decision = await store.decision(decision_id)
    assert decision is not None
    copy = v1.Decision()
    copy.CopyFrom(decision)
    return copy


def forge(tamper: Callable[..., None], decision: v1.Decision) -> None:
    """Put a decision in the place of the one that is stored."""
    tamper(
        "UPDATE decisions SET decision = ? WHERE decision_id = ?",
        decision.SerializeToString(deterministic=True),
        decision.decision_id,
    )


class TestFile:
    async def test_a_broken_file(self, path: Path, store: SqliteStore) -> None:
        """Pages of the file that were overwritten are found by the full check."""
        await store.close()
        whole = await asyncio.to_thread(path.read_bytes)
        with closing(sqlite3.connect(path)) as connection:
            (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'decisions'").fetchone()
        await asyncio.to_thread(path.write_bytes, whole[: 4096 * (page - 1)] + bytes(4096) + whole[4096 * page :])
        store = await SqliteStore.open(path, create=False)
        with pytest.raises(LedgerDamagedError, match="SQLite finds"):
            await check(store)
        await store.close()
