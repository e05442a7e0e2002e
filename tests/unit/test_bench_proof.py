"""`scripts/bench proof` and `scripts/bench cost`, run small: they measure what they say, and nothing is left behind."""

from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING

import pytest

from benchmarks import cost, programs, proof
from benchmarks.progress import Progress
from benchmarks.synthetic import batches
from governance import v1
from governance_client.audit.walk import Walk
from governance_server.domain.tree import WIDTH
from governance_server.engine.enrolment import create_ledger
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import verify
from tests.support.clock import CountedEntropy, ManualClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.benchmark import Benchmark
    from benchmarks.figures import Figure

ENTRIES = 2 * WIDTH + 10


def measured(benchmark: Benchmark, *words: str) -> Sequence[Figure]:
    parser = argparse.ArgumentParser()
    benchmark.options(parser)
    return benchmark.measure(parser.parse_args(words), Progress(io.StringIO()))


def test_proof(tmp_path: Path) -> None:
    """The proof's benchmark grows, proves and verifies a ledger; no inclusion proof reads more than it may."""
    figures = measured(
        proof.BENCHMARK, "--entries", str(ENTRIES), "--proofs", "5", "--export", "--folder", str(tmp_path)
    )
    told = {figure.name.partition(", median")[0]: figure for figure in figures}
    assert told["tiles read for an inclusion proof, at most"].most == 4
    assert told["tiles read for an inclusion proof, at most"].holds
    for name in (
        "appended with their tree, 1024 a commit: entries",
        "verified by the server at its start: entries",
        "inclusion proof, asked for over TLS",
        "verified from outside, over TLS: entries",
        "verified from outside, over TLS: memory, at most",
        "exported as records: entries",
        "the whole tree made anew and compared: entries",
    ):
        assert told[name].value > 0, name
    assert not list(tmp_path.iterdir())


def test_cost() -> None:
    """The cost's benchmark gives both throughputs and their difference, which has the bound; many at once and one."""
    figures = measured(cost.BENCHMARK, "--decisions", "40", "--rounds", "1", "--at-once", "20")
    assert [figure.most for figure in figures] == [None, None, 15.0] * 2
    proven, plain, share, *_ = figures
    assert share.value == pytest.approx(100 * (1 - proven.value / plain.value))


async def test_without_a_tree(tmp_path: Path) -> None:
    """What the cost is compared with is a ledger in order that has no tiles; with them, it has one for each 256."""
    tiles = {}
    for kind in (SqliteStore, cost.TreelessStore):
        store = await kind.open(tmp_path / f"{kind.__name__}.db", create=True)
        await create_ledger(store, ManualClock(), CountedEntropy())
        async with store.transaction() as transaction:
            (batch,) = batches(transaction.head, ENTRIES, ENTRIES)
            await transaction.append(batch)
        await verify(store)
        async with store.transaction() as transaction:
            rows = list(await transaction.connection.execute_fetchall("SELECT level, number FROM tiles ORDER BY 1, 2"))
        tiles[kind] = [tuple(row) for row in rows]
        await store.close()
    assert tiles == {SqliteStore: [(0, 0), (0, 1), (1, 0)], cost.TreelessStore: []}


async def test_synthetic_entries(tmp_path: Path) -> None:
    """Synthetic entries keep all rules that a verifier from outside knows, and come in batches of a size."""
    store = await SqliteStore.open(tmp_path / "ledger.db", create=True)
    origin = ManualClock()
    await create_ledger(store, origin, CountedEntropy())
    head = await store.head()
    sizes = []
    for batch in batches(head, 25, 10):
        sizes.append(len(batch.records))
        async with store.transaction() as transaction:
            await transaction.append(batch)
    assert sizes == [10, 10, 5]
    walk = Walk()
    for one in await store.records(after=0, limit=100):
        walk.read(v1.LedgerRecord(entry=one.entry, hash=one.hash, salt=one.salt, personal=one.personal))
    assert (walk.rules.decisions, walk.rules.open, walk.rules.unread) == (13, 1, 0)
    await store.close()


def test_programs(tmp_path: Path) -> None:
    """What a program printed, how long it took and the memory it had are told; one that fails is an error."""
    ran = programs.run(["sh", "-c", "echo $WORD"], {"WORD": "done"})
    assert ran.output == "done\n"
    assert ran.took_s > 0
    assert ran.peak_bytes > 100_000
    with pytest.raises(RuntimeError, match="ended with 3"):
        programs.run(["sh", "-c", "exit 3"], {"HOME": str(tmp_path)})
