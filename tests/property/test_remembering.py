"""Whatever happens while the server serves, a start that remembers finds every alteration that one without would."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.engine.ports import StoreError
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError
from governance_server.ledger.verified_rows import VerifiedRows
from tests.support.lived import live
from tests.support.starts import Serving, next_start, started

NUMBERS = st.integers(3, 4)
COLUMNS = (
    "state = 1",
    "state = 2",
    "is_open = 0",
    "is_open = 1",
    "core = 'minimus'",
    "tier = 2",
    "deadline_us = 5",
    "group_key = 'another'",
    "ended = 0",
    "offset = offset + 1000",
)
STATES = (v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTING)
_RECOUNTED = (
    "DELETE FROM tallies;"
    "INSERT INTO tallies SELECT risk, state, by_policy, count(*) FROM decisions GROUP BY risk, state, by_policy;"
)


class Asked(NamedTuple):
    """Somebody asks the server for something."""

    what: str
    number: int


class Remembered(NamedTuple):
    """The server remembers."""


class Restarted(NamedTuple):
    """The server is killed and started again."""


class PutBack(NamedTuple):
    """Somebody puts a row back to what it was once."""

    number: int
    age: int


class Altered(NamedTuple):
    """Somebody alters a column of a row."""

    number: int
    change: str


class Forged(NamedTuple):
    """Somebody alters a decision itself."""

    number: int
    state: v1.DecisionState.ValueType


class Recounted(NamedTuple):
    """Somebody has the tallies fit."""


Step: TypeAlias = Asked | Remembered | Restarted | PutBack | Altered | Forged | Recounted

asked = st.builds(Asked, st.sampled_from(("approve", "reject", "accept", "propose")), NUMBERS)
served = st.tuples(asked, st.sampled_from((Remembered(), Remembered(), Remembered(), Restarted())))
tampered = st.one_of(
    st.builds(PutBack, NUMBERS, st.integers(0, 2)),
    st.builds(PutBack, NUMBERS, st.integers(0, 2)),
    st.builds(PutBack, NUMBERS, st.integers(0, 2)),
    st.builds(Altered, NUMBERS, st.sampled_from(COLUMNS)),
    st.builds(Forged, NUMBERS, st.sampled_from(STATES)),
    st.builds(Recounted),
)


class Life:
    """A server on a ledger, and somebody who alters it."""

    def __init__(self, store: SqliteStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._former: dict[str, list[tuple[Any, ...]]] = {}
        self.serving: Serving

    async def start(self) -> None:
        self.serving = await Serving.started(self._store, VerifiedRows(self._folder / "ledger.verified", "1"))
        self._look()

    async def take(self, step: Step) -> None:
        match step:
            case Asked(what, number):
                with suppress(AssertionError, KeyError):  # it is not there, or has come too far for that
                    await getattr(self.serving, what)(number)
            case Remembered():
                await self.serving.remembering.remember()
            case Restarted():
                await self.start()
            case _:
                with closing(sqlite3.connect(self._folder / "ledger.db", isolation_level=None)) as database:
                    self._tamper(database, step)
        self._look()

    def _tamper(self, database: sqlite3.Connection, step: Step) -> None:
        match step:
            case PutBack(number, age):
                former = self._former.get(name_of(number), [])
                if former:
                    row = former[-1 - age % len(former)]
                    database.execute("DELETE FROM decisions WHERE decision_id = ?", (name_of(number),))
                    database.execute(f"INSERT INTO decisions VALUES ({', '.join('?' * len(row))})", row)
            case Altered(number, change):
                database.execute(f"UPDATE decisions SET {change} WHERE decision_id = ?", (name_of(number),))
            case Forged(number, state):
                rows = database.execute("SELECT decision FROM decisions WHERE decision_id = ?", (name_of(number),))
                for (stored,) in rows.fetchall():
                    decision = v1.Decision.FromString(stored)
                    decision.state = state
                    forged = decision.SerializeToString(deterministic=True)
                    columns = (forged, state, name_of(number))
                    database.execute("UPDATE decisions SET decision = ?, state = ? WHERE decision_id = ?", columns)
            case Recounted():
                database.executescript(_RECOUNTED)

    def _look(self) -> None:
        with closing(sqlite3.connect(self._folder / "ledger.db")) as database:
            for row in database.execute("SELECT * FROM decisions").fetchall():
                former = self._former.setdefault(row[0], [])
                if row not in former:
                    former.append(row)


def name_of(number: int) -> str:
    return f"decision-{number:06d}"


async def finds(start: Any) -> str:
    try:
        await start
    except LedgerDamagedError as error:
        return str(error)
    return ""


async def lived(steps: list[Step], folder: Path) -> None:
    store = await SqliteStore.open(folder / "ledger.db", create=True)
    try:
        await live(store)
        life = Life(store, folder)
        await life.start()
        # an alteration may keep the server from writing, or from starting: then it was noticed
        with suppress(StoreError, LedgerDamagedError):
            for step in [*steps, Recounted()]:
                await life.take(step)
        assert bool(await finds(next_start(store, folder / "ledger.verified"))) == bool(
            await finds(started(store, None))
        )
    finally:
        await store.close()


@settings(max_examples=100)
@given(
    st.lists(served, min_size=1, max_size=5),
    st.lists(tampered, min_size=1, max_size=2),
    st.lists(served, max_size=1),
)
@example([(Asked("approve", 3), Remembered())], [PutBack(3, 1)], [])
@example([(Asked("propose", 4), Remembered()), (Asked("reject", 4), Remembered())], [PutBack(4, 1)], [])
@example([(Asked("propose", 4), Restarted())], [Altered(4, "core = 'minimus'")], [(Asked("approve", 4), Remembered())])
@example([(Asked("reject", 3), Remembered())], [PutBack(3, 1)], [(Asked("propose", 3), Remembered())])
def test_no_alteration_is_believed(
    before: list[tuple[Step, Step]], altered: list[Step], after: list[tuple[Step, Step]]
) -> None:
    """No sequence of commands, alterations, restarts and remembering has an alteration be taken for verified."""
    with TemporaryDirectory() as name:
        asyncio.run(lived([*chain(*before), *altered, *chain(*after)], Path(name)))
