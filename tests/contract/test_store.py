"""The contract of the Store port, held by every adapter and by the fake."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.engine.ports import Appendage, DecisionQuery, KnownRequest, StoredCredential, StoreError, Wanted
from tests.support.entries import LEDGER_ID, START_US, LedgerBuilder, append, joined

if TYPE_CHECKING:
    from governance_server.engine.ports import Store
    from tests.contract.conftest import Ground

PENDING, APPROVED, REJECTED = v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_REJECTED
LOW, MEDIUM, HIGH, CRITICAL = v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL


def query(
    order: v1.DecisionOrder.ValueType = v1.DECISION_ORDER_URGENCY,
    *,
    limit: int = 100,
    wanted: v1.DecisionFilter | None = None,
) -> DecisionQuery:
    return DecisionQuery(wanted or v1.DecisionFilter(), order, limit)


async def listed(store: Store, asked: DecisionQuery) -> list[str]:
    """Read all pages and return the ids."""
    ids = []
    while True:
        page = await store.list_decisions(asked)
        ids += [decision.decision_id for decision in page.decisions]
        if not page.next:
            return ids
        asked = asked._replace(after=page.next)


async def all_open(store: Store) -> list[v1.Decision]:
    """Return the open decisions, each of which is on one page."""
    return [v1.Decision.FromString(serialized) async for page in store.open_decisions() for serialized in page]


def credential(name: str, credential_id: str, *, revoked: bool = False) -> StoredCredential:
    issued = v1.Credential(credential_id=credential_id, name=name, role=v1.ROLE_SOC_OPERATOR, revoked=revoked)
    return StoredCredential(issued, credential_id.encode() * 2)


class TestHead:
    async def test_an_empty_ledger(self, store: Store) -> None:
        """An empty ledger ends at offset 0 with 32 zero bytes, and has no name yet."""
        assert await store.head() == (0, bytes(32), 0)
        assert not await store.ledger_id()

    async def test_head_follows_the_last_entry(self, store: Store, builder: LedgerBuilder) -> None:
        """The head is the last entry's offset, hash and time, outside of a transaction and within the next one."""
        await append(store, Appendage([builder.created()]), builder.decided("decision-1"))
        expected = (2, builder.hash, builder.recorded_us)
        assert await store.head() == expected
        async with store.transaction() as transaction:
            assert transaction.head == expected

    async def test_the_first_entry_names_the_ledger(self, store: Store, builder: LedgerBuilder) -> None:
        """The ledger's name is the one its first entry gives, and stays so."""
        await append(store, Appendage([builder.created()]))
        await append(store, builder.decided("decision-1"))
        assert await store.ledger_id() == LEDGER_ID


class TestTransaction:
    async def test_all_of_it_is_kept(self, ground: Ground, builder: LedgerBuilder) -> None:
        """What was committed is there after the store was closed and opened again, byte for byte."""
        store = await ground.open()
        await append(store, builder.decided("decision-1", personal=b"who"), builder.decided("decision-2"))
        await store.close()
        store = await ground.open()
        assert await store.records(after=0, limit=10) == builder.records
        opened = [decision.decision_id for decision in await all_open(store)]
        assert opened == ["decision-1", "decision-2"]

    async def test_an_exception_leaves_nothing(self, store: Store, builder: LedgerBuilder) -> None:
        """An exception after the appending leaves no entry, no decision, no request and no credential."""
        addition = joined(
            Appendage([builder.created()]),
            builder.decided("decision-1"),
            Appendage([], credentials=[credential("alice", "00aa")]),
        )

        async def appended_and_then_failed() -> None:
            async with store.transaction() as transaction:
                await transaction.append(addition)
                raise RuntimeError("boom")

        with pytest.raises(RuntimeError, match="boom"):
            await appended_and_then_failed()
        assert (await store.head()).offset == 0
        assert await store.records(after=0, limit=10) == []
        assert await store.decision("decision-1") is None
        assert await store.credentials() == []
        async with store.transaction() as transaction:
            assert await transaction.requests(["request-2"]) == {}
        await append(store, addition)
        assert (await store.counts()).by_state == {PENDING: 1}

    async def test_nothing_appended_is_nothing_changed(self, store: Store) -> None:
        """A transaction that appends nothing changes nothing."""
        async with store.transaction():
            pass
        assert (await store.head()).offset == 0

    async def test_the_second_waits(self, ground: Ground, builder: LedgerBuilder) -> None:
        """While one holds the head, nobody else gets it; the second then sees what the first appended."""
        store = await ground.open()
        order: list[str] = []

        async def second() -> None:
            async with store.transaction() as transaction:
                order.append(f"second at {transaction.head.offset}")

        async with asyncio.TaskGroup() as tasks, store.transaction() as transaction:
            tasks.create_task(second())
            await store.head()  # lets the other task run up to the lock
            await transaction.append(Appendage([builder.created()]))
            order.append("first appended")
        assert order == ["first appended", "second at 1"]

    async def test_another_writers_entries(self, ground: Ground, builder: LedgerBuilder) -> None:
        """A transaction sees the entries that another store on the same ledger appended since."""
        ours, theirs = await ground.open(), await ground.open()
        await append(ours, builder.decided("decision-1"))
        await append(theirs, builder.decided("decision-2", personal=b"p"), builder.decided("decision-3"))
        async with ours.transaction() as transaction:
            assert transaction.head.offset == 3
            assert list(await transaction.records_after(1)) == builder.records[1:]
            assert list(await transaction.records_after(3)) == []

    async def test_known_requests(self, store: Store, builder: LedgerBuilder) -> None:
        """Only accepted commands are known, with the digest of their content and the entry that recorded them."""
        addition = builder.decided("decision-1")
        await append(store, addition)
        async with store.transaction() as transaction:
            assert await transaction.requests(["request-1", "request-2", "%"]) == dict(addition.requests)
            assert await transaction.requests([]) == {}

    async def test_many_keys(self, store: Store, builder: LedgerBuilder) -> None:
        """A transaction looks up thousands of keys at once."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(3000)])
        async with store.transaction() as transaction:
            assert len(await transaction.requests([f"request-{number}" for number in range(5000)])) == 3000
            assert len(await transaction.decisions([f"decision-{number}" for number in range(5000)])) == 3000

    async def test_found_along_with_the_head(self, store: Store, builder: LedgerBuilder) -> None:
        """What a transaction wants at its beginning is what it is told when it asks for the same within."""
        await append(store, *[builder.decided(f"decision-{n}", state=REJECTED if n else PENDING) for n in range(3)])
        digest = (await store.list_decisions(query())).decisions[0].action_digest
        wanted = Wanted(["request-1", "request-9"], ["decision-0", "decision-2", "decision-9"], [digest, bytes(32)])
        async with store.transaction(wanted) as transaction:
            found = transaction.found
            assert found.requests == await transaction.requests(wanted.keys)
            assert found.decisions == await transaction.decisions(wanted.decision_ids)
            assert found.rejections == await transaction.rejections(wanted.digests)
            assert (len(found.requests), len(found.decisions), len(found.rejections)) == (1, 2, 1)
            assert transaction.head.offset == 3

    async def test_nothing_wanted(self, store: Store, builder: LedgerBuilder) -> None:
        """A transaction that wants nothing finds nothing, whatever there is."""
        await append(store, builder.decided("decision-1"))
        async with store.transaction() as transaction:
            assert transaction.found == ({}, {}, {})

    @pytest.mark.parametrize("number", [1, 3, 4, 5, 63, 64, 65, 149])
    async def test_any_number_of_rows(self, store: Store, builder: LedgerBuilder, number: int) -> None:
        """A transaction of any size is kept whole: new decisions, and then the same ones changed."""
        names = [f"decision-{n:03}" for n in range(number)]
        await append(store, *[builder.decided(name, personal=name.encode()) for name in names])
        await append(store, *[builder.decided(name, state=APPROVED) for name in names])
        assert list(await store.records(after=0, limit=2 * number)) == builder.records
        assert (await store.counts()).by_state == {APPROVED: number}
        keys = [f"request-{offset + 1}" for offset in range(2 * number)]
        async with store.transaction(Wanted(keys, names)) as transaction:
            requests, decisions, _ = transaction.found
        assert [requests[key].offset for key in keys] == [*range(1, 2 * number + 1)]
        assert [decisions[name].decision.offset for name in names] == [*range(number + 1, 2 * number + 1)]

    async def test_when_its_entries_were_recorded(self, store: Store, builder: LedgerBuilder) -> None:
        """The new head has the moment that came with the entries; without one, that of the last entry."""
        await append(store, builder.decided("decision-1"))
        assert (await store.head()).recorded_at_us == builder.recorded_us
        async with store.transaction() as transaction:
            await transaction.append(builder.decided("decision-2")._replace(recorded_at_us=START_US + 7))
        assert (await store.head()).recorded_at_us == START_US + 7

    async def test_a_request_is_known_once(self, store: Store, builder: LedgerBuilder) -> None:
        """A request that is known already cannot be recorded a second time; the transaction fails whole."""
        await append(store, builder.decided("decision-1"))
        again = builder.decided("decision-2")
        with pytest.raises(StoreError):
            await append(store, again._replace(requests=[("request-1", KnownRequest(b"", 2))]))
        assert (await store.head()).offset == 1

    async def test_decisions_of_a_transaction(self, store: Store, builder: LedgerBuilder) -> None:
        """A transaction returns decisions with the very bytes that were projected, closed ones too."""
        first = builder.decided("decision-1", state=REJECTED)
        await append(store, first)
        async with store.transaction() as transaction:
            assert await transaction.decisions(["decision-1", "decision-9"]) == {"decision-1": first.decisions[0]}
            assert await transaction.decisions([]) == {}

    @pytest.mark.parametrize("offset", [1, 3, 0])
    async def test_a_gap_is_refused(self, store: Store, builder: LedgerBuilder, offset: int) -> None:
        """Entries that do not follow the head without gap are a bug, and nothing of them is kept."""
        await append(store, Appendage([builder.created()]))
        stray = builder.entry()
        with pytest.raises(AssertionError, match="without gap"):
            await append(store, Appendage([stray._replace(offset=offset)]))
        assert (await store.head()).offset == 1

    async def test_appending_in_parts(self, store: Store, builder: LedgerBuilder) -> None:
        """What a transaction appends one after the other is kept as if it had come at once."""
        first, then = builder.created(), builder.decided("decision-1")
        async with store.transaction() as transaction:
            await transaction.append(Appendage([first]))
            await transaction.append(then)
            assert transaction.head.offset == 0
        assert (await store.head()).offset == 1 + len(then.records)
        assert await store.records(after=0, limit=9) == [first, *then.records]
        assert await store.decision("decision-1") == then.decisions[-1].decision

    async def test_parts_have_to_follow_each_other(self, store: Store, builder: LedgerBuilder) -> None:
        """A part that does not follow the one before it is a bug, and nothing of both is kept."""

        async def appended() -> None:
            async with store.transaction() as transaction:
                await transaction.append(Appendage([builder.created()]))
                await transaction.append(Appendage([builder.entry()._replace(offset=1)]))

        with pytest.raises(AssertionError, match="without gap"):
            await appended()
        assert (await store.head()).offset == 0

    async def test_one_part_that_cannot_be_written(self, store: Store, builder: LedgerBuilder) -> None:
        """Whichever part it is, nothing of the transaction is kept, and the next one works."""
        await append(store, Appendage([builder.created()]))
        known = KnownRequest(bytes(32), 2)
        await append(store, Appendage([builder.entry()], requests=[("operator/a/1", known)]))
        again, last = builder.entry(), builder.entry()

        async def appended() -> None:
            async with store.transaction() as transaction:
                repeated = [("operator/a/1", KnownRequest(bytes(32), again.offset))]
                await transaction.append(Appendage([again], requests=repeated))
                await transaction.append(Appendage([last]))

        with pytest.raises(StoreError, match="could not be written"):
            await appended()
        assert (await store.head()).offset == again.offset - 1
        await append(store, Appendage([again]), Appendage([last]))
        assert (await store.head()).offset == last.offset

    async def test_cancelled_within(self, store: Store, builder: LedgerBuilder) -> None:
        """A transaction that is cancelled before it commits leaves nothing, and the next one works."""
        reached = asyncio.Event()

        async def appends_and_waits() -> None:
            async with store.transaction() as transaction:
                await transaction.append(Appendage([builder.created()]))
                reached.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(appends_and_waits())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await store.head()).offset == 0
        await append(store, Appendage([LedgerBuilder().created()]))

    @pytest.mark.parametrize("steps", range(40))
    async def test_cancelled_anywhere(self, store: Store, steps: int) -> None:
        """Cancelled at any step, a transaction is kept whole or not at all, and the next one works."""
        builder = LedgerBuilder()
        task = asyncio.create_task(append(store, joined(*[builder.decided(f"decision-{n}") for n in range(5)])))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        head = await store.head()
        assert len(await store.records(after=0, limit=10)) == head.offset
        assert head.offset in (0, 5)
        assert sum((await store.counts()).by_state.values()) == head.offset
        await append(store, LedgerBuilder.after(head).decided("decision-next"))
        assert (await store.head()).offset == head.offset + 1


class TestDecisions:
    async def test_one_decision(self, store: Store, builder: LedgerBuilder) -> None:
        """A decision is read as it stands now, open or closed; one that was never made is not there."""
        await append(store, builder.decided("decision-1"))
        closed = builder.decided("decision-1", state=REJECTED)
        await append(store, closed)
        assert await store.decision("decision-1") == closed.decisions[0].decision
        assert await store.decision("decision-2") is None

    async def test_open_decisions(self, store: Store, builder: LedgerBuilder) -> None:
        """Every open decision is read once, as it stands, in the order of their last changes."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(1200)])
        await append(store, builder.decided("decision-7", state=REJECTED), builder.decided("decision-3"))
        decisions = await all_open(store)
        expected = [f"decision-{number}" for number in range(1200) if number not in (3, 7)]
        assert [decision.decision_id for decision in decisions] == [*expected, "decision-3"]
        assert decisions[-1].version == 2
        assert decisions[-1] == await store.decision("decision-3")

    @pytest.mark.parametrize(
        ("state", "is_open"),
        [
            (state, state in {1, 2, 3, 6})
            for state in v1.DecisionState.values()
            if state != v1.DECISION_STATE_UNSPECIFIED
        ],
    )
    async def test_which_states_are_open(self, store: Store, builder: LedgerBuilder, state: int, is_open: bool) -> None:
        """PENDING, APPROVED, EXECUTING and OUTCOME_UNKNOWN are open, all others are ends."""
        await append(store, builder.decided("decision-1", state=state))
        assert bool(await all_open(store)) == is_open
        assert await listed(store, query(wanted=v1.DecisionFilter(open_only=True))) == ["decision-1"] * is_open

    async def test_changed_after(self, store: Store, builder: LedgerBuilder) -> None:
        """What changed after an offset comes in the order of the changes, each decision once, as many as asked for."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(5)])
        await append(store, builder.decided("decision-1", state=APPROVED))
        changed = await store.changed_after(1, limit=10)
        assert [one.row.decision.decision_id for one in changed] == [f"decision-{number}" for number in (2, 3, 4, 1)]
        assert [one.entry for one in changed] == [builder.records[number].entry for number in (2, 3, 4, 5)]
        assert list(await store.changed_after(1, limit=2)) == list(changed[:2])
        assert list(await store.changed_after(6, limit=2)) == []

    async def test_changed_after_of_one_core(self, store: Store, builder: LedgerBuilder) -> None:
        """A core's own changes are found among those of the others."""
        await append(store, *[builder.decided(f"decision-{n}", core=f"core-{n % 3}") for n in range(9)])
        changed = await store.changed_after(2, limit=2, core="core-1")
        assert [one.row.decision.decision_id for one in changed] == ["decision-4", "decision-7"]

    async def test_changed_after_of_the_open_ones(self, store: Store, builder: LedgerBuilder) -> None:
        """A snapshot is read page by page: only what is open, with the entry that changed it last."""
        await append(store, *[builder.decided(f"decision-{n}", core=f"core-{n % 2}") for n in range(6)])
        await append(store, builder.decided("decision-2", state=REJECTED, core="core-0"), builder.decided("decision-1"))
        changed = await store.changed_after(2, limit=10, open_only=True)
        assert [one.row.decision.decision_id for one in changed] == [f"decision-{n}" for n in (3, 4, 5, 1)]
        assert changed[-1].entry == builder.records[-1].entry
        assert changed[-1].row.serialized == changed[-1].row.decision.SerializeToString(deterministic=True)
        own = await store.changed_after(0, limit=10, core="core-0", open_only=True)
        assert [one.row.decision.decision_id for one in own] == ["decision-0", "decision-4"]


class TestRecords:
    async def test_pages(self, store: Store, builder: LedgerBuilder) -> None:
        """Entries come in order, after an offset, as many as asked for, with their personal data."""
        await append(store, *[builder.decided(f"decision-{number}", personal=b"%d" % number) for number in range(6)])
        assert list(await store.records(after=2, limit=3)) == builder.records[2:5]
        assert list(await store.records(after=6, limit=3)) == []

    async def test_without_personal_data(self, store: Store, builder: LedgerBuilder) -> None:
        """An entry without personal data has neither salt nor data."""
        await append(store, Appendage([builder.created()]))
        (record,) = await store.records(after=0, limit=1)
        assert (record.salt, record.personal) == (b"", b"")

    async def test_of_one_decision(self, store: Store, builder: LedgerBuilder) -> None:
        """The entries about one decision are found among all others."""
        for number in range(6):
            await append(store, builder.decided(f"decision-{number % 2}"))
        await append(store, Appendage([builder.entry()]))
        found = await store.records(after=1, limit=2, decision_id="decision-0")
        assert [record.offset for record in found] == [3, 5]
        assert list(await store.records(after=0, limit=9, decision_id="decision-9")) == []


class TestList:
    async def test_urgency(self, store: Store, builder: LedgerBuilder) -> None:
        """The highest risk comes first, then the nearest deadline, then the earliest change; no deadline is last."""
        await append(
            store,
            builder.decided("low-early", risk=LOW, deadline_us=START_US + 1),
            builder.decided("high-none", risk=HIGH),
            builder.decided("high-late", risk=HIGH, deadline_us=START_US + 9),
            builder.decided("high-b", risk=HIGH, deadline_us=START_US + 5, state=REJECTED),
            builder.decided("high-a", risk=HIGH, deadline_us=START_US + 5),
            builder.decided("critical", risk=CRITICAL),
        )
        expected = ["critical", "high-b", "high-a", "high-late", "high-none", "low-early"]
        assert await listed(store, query()) == expected
        assert await listed(store, query(v1.DECISION_ORDER_UNSPECIFIED)) == expected
        assert await listed(store, query(limit=1)) == expected

    async def test_recent(self, store: Store, builder: LedgerBuilder) -> None:
        """The latest change comes first."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(4)])
        await append(store, builder.decided("decision-1"))
        expected = [f"decision-{number}" for number in (1, 3, 2, 0)]
        assert await listed(store, query(v1.DECISION_ORDER_RECENT)) == expected
        assert await listed(store, query(v1.DECISION_ORDER_RECENT, limit=3)) == expected

    @pytest.mark.parametrize("order", [v1.DECISION_ORDER_URGENCY, v1.DECISION_ORDER_RECENT])
    async def test_complete_while_rows_are_added(
        self, store: Store, builder: LedgerBuilder, order: v1.DecisionOrder.ValueType
    ) -> None:
        """Whoever reads all pages sees every decision that was there at the start once, whatever is added meanwhile."""
        there = [f"decision-{number}" for number in range(23)]
        await append(
            store,
            *[builder.decided(name, risk=1 + n % 4, deadline_us=START_US + n % 3) for n, name in enumerate(there)],
        )
        seen: list[str] = []
        asked = query(order, limit=5)
        while True:
            page = await store.list_decisions(asked)
            seen += [decision.decision_id for decision in page.decisions]
            await append(store, builder.decided(f"added-{len(seen)}", risk=HIGH, deadline_us=START_US + 1))
            if not page.next:
                break
            asked = asked._replace(after=page.next)
        assert sorted(name for name in seen if name in there) == sorted(there)
        assert len(seen) == len(set(seen))

    @pytest.mark.parametrize("wanted", [v1.DecisionFilter(), v1.DecisionFilter(open_only=True)])
    async def test_none_missed_while_decisions_change(
        self, store: Store, builder: LedgerBuilder, wanted: v1.DecisionFilter
    ) -> None:
        """A decision that changes while pages by urgency are read comes behind its equals: twice maybe, never not."""
        there = [f"decision-{number}" for number in range(9)]
        await append(store, *[builder.decided(name, risk=HIGH) for name in there])
        asked = DecisionQuery(wanted, v1.DECISION_ORDER_URGENCY, 2)
        seen: list[str] = []
        for changed in ("decision-0", "decision-2", "decision-8", "decision-1"):
            page = await store.list_decisions(asked)
            seen += [decision.decision_id for decision in page.decisions]
            await append(store, builder.decided(changed, risk=HIGH, state=APPROVED))
            asked = asked._replace(after=page.next)
        while asked.after:
            page = await store.list_decisions(asked)
            seen += [decision.decision_id for decision in page.decisions]
            asked = asked._replace(after=page.next)
        assert set(seen) == set(there)
        assert {name for name in there if seen.count(name) == 2} <= {"decision-0", "decision-1", "decision-2"}

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (v1.DecisionFilter(), ["a", "b", "c", "d"]),
            (v1.DecisionFilter(open_only=True), ["a", "b", "c"]),
            (v1.DecisionFilter(states=[PENDING]), ["a", "c"]),
            (v1.DecisionFilter(states=[APPROVED, REJECTED]), ["b", "d"]),
            (v1.DecisionFilter(open_only=True, states=[APPROVED, REJECTED]), ["b"]),
            (v1.DecisionFilter(risks=[LOW, CRITICAL]), ["a", "b"]),
            (v1.DecisionFilter(cores=["one", "three"]), ["a", "c", "d"]),
            (v1.DecisionFilter(action_types=[v1.ACTION_TYPE_DELETE_FILE]), ["c"]),
            (v1.DecisionFilter(action_types=[v1.ACTION_TYPE_BLOCK_IP], cores=["one"], states=[PENDING]), ["a"]),
            (v1.DecisionFilter(cores=["nobody"]), []),
        ],
    )
    @pytest.mark.parametrize("order", [v1.DECISION_ORDER_URGENCY, v1.DECISION_ORDER_RECENT])
    async def test_filters(
        self,
        store: Store,
        builder: LedgerBuilder,
        wanted: v1.DecisionFilter,
        expected: list[str],
        order: v1.DecisionOrder.ValueType,
    ) -> None:
        """Each filter restricts; several restrict together; what is empty does not."""
        await append(
            store,
            builder.decided("a", risk=LOW, core="one"),
            builder.decided("b", risk=CRITICAL, core="two", state=APPROVED),
            builder.decided("c", risk=MEDIUM, core="three", action=v1.ACTION_TYPE_DELETE_FILE),
            builder.decided("d", risk=HIGH, core="one", state=REJECTED, action=v1.ACTION_TYPE_KILL_PROCESS),
        )
        assert sorted(await listed(store, query(order, wanted=wanted, limit=1))) == expected

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("a_", ["a_", "a_1"]),
            ("a%", ["a%1"]),
            ("a*", ["a*1"]),
            ("a[", ["a[b]"]),
            ("A", ["A-1"]),
            ("a", ["a", "a%1", "a*1", "a-1", "a[b]", "a_", "a_1", "az"]),
            ("z", []),
            ("\ud7ff", ["\ud7ff1"]),
            ("\U0010ffff", ["\U0010ffff1"]),
        ],
    )
    async def test_prefix(self, store: Store, builder: LedgerBuilder, prefix: str, expected: list[str]) -> None:
        """A prefix is taken letter by letter: no character in it stands for others."""
        ids = ["a", "a_", "a_1", "a%1", "a*1", "a[b]", "a-1", "az", "b", "A-1", "\ud7ff1", "\ue000", "\U0010ffff1"]
        await append(store, *[builder.decided(decision_id) for decision_id in ids])
        assert sorted(await listed(store, query(wanted=v1.DecisionFilter(decision_id_prefix=prefix)))) == expected

    async def test_the_last_page_has_no_cursor(self, store: Store, builder: LedgerBuilder) -> None:
        """A page that ends with the last decision has no cursor, full or not."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(4)])
        assert (await store.list_decisions(query(limit=3))).next
        assert not (await store.list_decisions(query(limit=4))).next
        assert not (await store.list_decisions(query(limit=5))).next

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "!!!!",
            "\u00e4",
            "bnVsbA",  # null
            "W10",  # []
            "eyJhIjoxfQ",  # {"a":1}
            "WyIwMTIzNDU2Nzg5YWJjZGVmIiwxXQ",  # another query's digest
            "W1tbW1tb" * 5000,
        ],
    )
    async def test_a_cursor_of_somebody_elses_making(self, store: Store, cursor: str) -> None:
        """A cursor that the store did not make is refused, in words."""
        with pytest.raises(ValueError, match="page token"):
            await store.list_decisions(query()._replace(after=cursor))

    async def test_a_cursor_of_another_query(self, store: Store, builder: LedgerBuilder) -> None:
        """A cursor serves the filter and the order it was made for, and no other; the page size may change."""
        await append(store, *[builder.decided(f"decision-{number}") for number in range(4)])
        first = await store.list_decisions(query(limit=2))
        same = await store.list_decisions(query(v1.DECISION_ORDER_UNSPECIFIED, limit=1)._replace(after=first.next))
        assert [decision.decision_id for decision in same.decisions] == ["decision-2"]
        for other in (query(v1.DECISION_ORDER_RECENT), query(wanted=v1.DecisionFilter(open_only=True))):
            with pytest.raises(ValueError, match="another filter or order"):
                await store.list_decisions(other._replace(after=first.next))


class TestCredentials:
    async def test_issued_and_revoked(self, store: Store, builder: LedgerBuilder) -> None:
        """A credential is found by its id as it stands now, revoked or not."""
        await append(store, Appendage([builder.created()], credentials=[credential("alice", "00aa")]))
        assert await store.credential("00aa") == credential("alice", "00aa")
        await append(store, Appendage([builder.entry()], credentials=[credential("alice", "00aa", revoked=True)]))
        assert await store.credential("00aa") == credential("alice", "00aa", revoked=True)
        assert await store.credential("00bb") is None

    async def test_all(self, store: Store, builder: LedgerBuilder) -> None:
        """All credentials come by name, and those of one name by id."""
        issued = [credential("bob", "01"), credential("alice", "03"), credential("alice", "02")]
        await append(store, Appendage([builder.created()], credentials=issued))
        assert list(await store.credentials()) == [issued[2], issued[1], issued[0]]


class TestCounts:
    async def test_nothing(self, store: Store) -> None:
        """An empty ledger has nothing to count."""
        assert await store.counts() == ({}, {}, 0, 0, 0)

    async def test_counts(self, store: Store, builder: LedgerBuilder) -> None:
        """Decisions are counted once each, as they stand now, however often they changed."""
        await append(
            store,
            builder.decided("a", risk=LOW, deadline_us=START_US + 9, breaches=1),
            builder.decided("b", risk=LOW, deadline_us=START_US + 5),
            builder.decided("c", risk=CRITICAL, state=APPROVED, by_policy=True),
            builder.decided("d", risk=CRITICAL, deadline_us=START_US + 1, breaches=2),
        )
        await append(store, builder.decided("d", risk=CRITICAL, state=REJECTED))
        await append(store, builder.decided("b", risk=MEDIUM, deadline_us=START_US + 6))
        counts = await store.counts()
        assert counts.by_risk == {LOW: (1, 1), MEDIUM: (1, 1), CRITICAL: (1, 2)}
        assert counts.by_state == {PENDING: 2, APPROVED: 1, REJECTED: 1}
        assert counts.open_breached == 1
        assert counts.nearest_deadline_us == START_US + 6
        assert counts.approved_by_policy == 1


class TestClosed:
    async def test_close_twice(self, store: Store) -> None:
        """Closing twice is closing once; afterwards nothing can be read or written."""
        await store.close()
        await store.close()
        with pytest.raises(StoreError, match="closed"):
            await store.head()
        with pytest.raises(StoreError, match="closed"):
            async with store.transaction():
                pass
