"""The contract of the Store port, continued: searching entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.dialects import sqlite

from governance import v1
from governance_server.engine.ports import Appendage, DecisionRow, EntryQuery
from governance_server.ledger.searching import selection
from governance_server.ledger.sqlite_store import SqliteStore
from tests.support.entries import append
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.engine.ports import Searched, Store
    from tests.support.entries import LedgerBuilder

PENDING, EXECUTED = v1.DECISION_STATE_PENDING, v1.DECISION_STATE_EXECUTED
LOW, HIGH = v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_HIGH
BLOCK, ISOLATE = v1.ACTION_TYPE_BLOCK_IP, v1.ACTION_TYPE_ISOLATE_HOST
ALL = EntryQuery(after=0, up_to=99, limit=99)


def offsets(found: Searched) -> list[int]:
    return [record.offset for record in found.records]


def proposed(builder: LedgerBuilder, decision_id: str, action: v1.ActionType.ValueType, now: int) -> Appendage:
    """A decision on a type of action, whose projection says another: as if it had been modified, or erased."""
    event = v1.Event(decision_proposed=v1.DecisionProposed(action_type=action))
    row = builder.decided(decision_id, action=now).decisions[0]
    if now not in (v1.ACTION_TYPE_UNSPECIFIED, action):
        row.decision.modifications.add()
    del builder.records[-1]
    builder.offset -= 1
    builder.hash = builder.records[-1].hash if builder.records else bytes(32)
    record = builder.entry(event, decision_id=decision_id)
    return Appendage([record], [DecisionRow(row.decision, row.decision.SerializeToString(deterministic=True))])


async def test_windows_and_limits(store: Store, builder: LedgerBuilder) -> None:
    """A search looks from one offset to another, returns no more than was asked for, and says how far it got."""
    await append(store, *[builder.decided(f"d-{number}") for number in range(9)])
    assert (await store.search(ALL)) == (builder.records, 99)
    assert offsets(await store.search(ALL._replace(after=2, up_to=5))) == [3, 4, 5]
    limited = await store.search(ALL._replace(after=2, limit=3))
    assert (offsets(limited), limited.offset) == ([3, 4, 5], 5)
    assert await store.search(ALL._replace(after=9)) == ([], 99)


async def test_one_decision_and_operators(store: Store, builder: LedgerBuilder) -> None:
    """Entries are found by the decision they are about, and by the operators whose commands they record."""
    for number, actor in enumerate((OPERATOR_1, OPERATOR_2, CORE, None, OPERATOR_1)):
        await append(store, builder.decided(f"d-{number % 2}", actor=actor, personal=b"said"))
    await append(store, Appendage([builder.entry(actor=OPERATOR_1)]))
    assert offsets(await store.search(ALL._replace(decision_id="d-1"))) == [2, 4]
    assert offsets(await store.search(ALL._replace(operators=[OPERATOR_1.name]))) == [1, 5, 6]
    assert offsets(await store.search(ALL._replace(operators=[OPERATOR_1.name, OPERATOR_2.name], after=1))) == [2, 5, 6]
    assert offsets(await store.search(ALL._replace(operators=[CORE.name]))) == []
    (first, *_) = (await store.search(ALL._replace(operators=[OPERATOR_2.name]))).records
    assert first == builder.records[1]


async def test_bytes_that_an_entry_has(store: Store, builder: LedgerBuilder) -> None:
    """Of several groups of bytes, an entry has to have one of each."""
    for request_id in ("q-1", "q-2", "q-12", "another"):
        await append(store, Appendage([builder.entry(request_id=request_id)]))
    assert offsets(await store.search(ALL._replace(containing=[[b"q-1", b"another"]]))) == [1, 3, 4]
    assert offsets(await store.search(ALL._replace(containing=[[b"q-1"], [b"q-12", b"q-2"]]))) == [3]
    assert offsets(await store.search(ALL._replace(containing=[[b"\0"]]))) == [
        record.offset for record in builder.records if b"\0" in record.entry
    ]


async def test_what_the_decision_is(store: Store, builder: LedgerBuilder) -> None:
    """Entries are found by their decision as it stands now; those about the house have none."""
    await append(
        store,
        builder.decided("a", risk=LOW),
        builder.decided("b", risk=HIGH, core="minimus"),
        Appendage([builder.entry()]),
    )
    await append(store, builder.decided("a", risk=LOW, state=EXECUTED))
    assert offsets(await store.search(ALL._replace(risks=[LOW]))) == [1, 4]
    assert offsets(await store.search(ALL._replace(states=[EXECUTED]))) == [1, 4]
    assert offsets(await store.search(ALL._replace(states=[PENDING, EXECUTED], cores=["minimus"]))) == [2]
    assert offsets(await store.search(ALL._replace(tiers=[v1.ROLE_SOC_OPERATOR]))) == [1, 2, 4]
    assert offsets(await store.search(ALL._replace(tiers=[v1.ROLE_CISO]))) == []


async def test_types_of_action(store: Store, builder: LedgerBuilder) -> None:
    """A decision is found by every type of action it was ever on, also when it was modified, or its action erased."""
    await append(
        store,
        proposed(builder, "a", BLOCK, now=BLOCK),
        proposed(builder, "b", BLOCK, now=ISOLATE),
        proposed(builder, "c", ISOLATE, now=v1.ACTION_TYPE_UNSPECIFIED),
        Appendage([builder.entry()]),
    )
    assert offsets(await store.search(ALL._replace(actions=[BLOCK]))) == [1, 2]
    assert offsets(await store.search(ALL._replace(actions=[ISOLATE], after=2))) == [3]
    cut = await store.search(ALL._replace(actions=[ISOLATE], limit=1))
    assert cut.offset < 99


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (ALL._replace(decision_id="d-1"), "entries_of_decision (decision_id=? AND offset>? AND offset<?)"),
        (ALL._replace(operators=["a"]), "entries_of_operator (operator=? AND offset>? AND offset<?)"),
        (ALL._replace(risks=[1], states=[1], cores=["a"], actions=[1]), "entries USING INTEGER PRIMARY KEY"),
        (ALL._replace(containing=[[b"a"]]), "entries USING INTEGER PRIMARY KEY"),
    ],
)
async def test_what_it_costs(tmp_path: Path, query: EntryQuery, index: str) -> None:
    """SQLite reads a window of entries, or those of an index alone, and sorts nothing."""
    store = await SqliteStore.open(tmp_path / "ledger.db", create=True)
    try:
        asked = selection(query).compile(
            dialect=sqlite.dialect(paramstyle="qmark"), compile_kwargs={"render_postcompile": True}
        )
        values = tuple(asked.params[name] for name in asked.positiontup or ())
        async with store._connection() as connection:
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values)).all()
    finally:
        await store.close()
    steps = " / ".join(row.detail for row in plan)
    assert index in steps
    assert "TEMP B-TREE" not in steps
