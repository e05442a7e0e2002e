"""The proof's benchmark: a very long ledger is grown, proven and verified.

The real store grows it; the real server verifies it at its start, signs it and proves entries of it to a client over
TLS, which checks every proof; the real `governance audit verify` reads all of it. The entries are synthetic.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.server import ServerProcess

from benchmarks import programs
from benchmarks.benchmark import Benchmark
from benchmarks.figures import Figure, timings
from benchmarks.synthetic import batches
from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.merkle import CompactRange, is_consistent, is_included
from governance_client.audit.source import RemoteSource
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_server.domain import tree
from governance_server.ledger.sqlite_store import SqliteStore

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator, Sequence

    from benchmarks.progress import Progress
    from governance_server.domain.tree import Hashes

ENTRIES: Final = 10_000_000
BATCH: Final = 1024
"""Entries a transaction: as many as the governor commits at once."""
TELL_EVERY: Final = 100
"""Batches between two words on how far it is."""
_SEED: Final = 9162
_MEGABYTE: Final = 1e6


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"synthetic entries ({ENTRIES})")
    parser.add_argument("--proofs", type=int, default=2000, help="proofs of each kind (2000)")
    parser.add_argument("--export", action="store_true", help="export everything as records, too")
    parser.add_argument("--folder", help="where the ledger is made, for a while: 1 kB an entry, 3 kB with --export")


def measure(arguments: argparse.Namespace, progress: Progress) -> Sequence[Figure]:
    """Measure and return the figures."""
    with tempfile.TemporaryDirectory(prefix="governance-bench-", dir=arguments.folder) as name:
        server = ServerProcess(Path(name) / "server")
        try:
            ledger = server.directory / "ledger.db"
            figures = [*_tree_alone(arguments, progress)]
            figures += asyncio.run(_grow(ledger, arguments, progress))
            size_bytes = ledger.stat().st_size / arguments.entries
            figures += [Figure("the ledger's file, an entry", size_bytes, "B")]
            figures += _serve(server, arguments, progress)
            server.stop()
            figures += asyncio.run(_read(ledger, arguments, progress))
        finally:
            server.close()
    return figures


def _tree_alone(arguments: argparse.Namespace, progress: Progress) -> Iterator[Figure]:
    """Make the tiles over as many leaves, without a ledger: what the arithmetic costs."""
    progress.say(f"Making the tiles of {arguments.entries} leaves.")
    tile = random.Random(_SEED).randbytes(tree.WIDTH * tree.HASH_BYTES)  # noqa: S311 - leaves, not secrets
    edges: dict[int, bytes] = {}
    took_s = 0.0
    count = max(arguments.entries // tree.WIDTH, 1)
    for place in range(count):
        size = place * tree.WIDTH
        began = time.perf_counter()
        written = {one.level: one.hashes for one in tree.grown(size, edges, [tile])}
        took_s += time.perf_counter() - began
        edges = {level: written.get(level, edges.get(level, b"")) for level in tree.edge_widths(size + tree.WIDTH)}
    yield Figure("tiles made, without a ledger: leaves", count * tree.WIDTH / took_s, "/s")


async def _grow(path: Path, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Append the entries with their tree, and no checkpoint yet; making the entries is not in the time."""
    store = await SqliteStore.open(path, create=False)
    took_s, done = 0.0, 0
    try:
        for turn, batch in enumerate(batches(await store.head(), arguments.entries, BATCH)):
            if turn % TELL_EVERY == 0:
                progress.say(f"Appending: {done} of {arguments.entries} entries.")
            began = time.perf_counter()
            async with store.transaction() as transaction:
                await transaction.append(batch)
            took_s += time.perf_counter() - began
            done += len(batch.records)
    finally:
        await store.close()
    return [
        Figure(f"appended with their tree, {BATCH} a commit: entries", done / took_s, "/s"),
        Figure("memory of the program that appends, at most", programs.peak_bytes(os.getpid()) / _MEGABYTE, "MB"),
    ]


def _serve(server: ServerProcess, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Start the server on it, ask it for proofs, and verify all of it from outside."""
    key = str(server.directory / "checkpoint.vkey")
    progress.say(f"Starting the server, which verifies {arguments.entries} entries.")
    began = time.perf_counter()
    server.start()
    started_s = time.perf_counter() - began
    figures = [Figure("verified by the server at its start: entries", arguments.entries / started_s, "/s")]
    reader = server.add("ann", "ciso")
    figures += asyncio.run(_prove(reader, arguments.proofs, progress))
    program = [sys.executable, "-m", "governance_client.cli", "--credentials", str(reader), "audit"]
    state = {"XDG_STATE_HOME": str(server.directory.parent / "state"), "LC_ALL": "C.UTF-8"}
    progress.say(f"Verifying {arguments.entries} entries from outside.")
    ran = programs.run([*program, "verify", "--json", "--key", key], state)
    figures += _told("verified from outside, over TLS", ran, arguments.entries)
    if arguments.export:
        progress.say(f"Exporting {arguments.entries} entries.")
        export = str(server.directory.parent / "export.jsonl")
        ran = programs.run([*program, "ls", "--format", "records", "--output", export], state)
        figures += _told("exported as records", ran, arguments.entries)
    return [*figures, Figure("memory of the server, at most", programs.peak_bytes(server.pid) / _MEGABYTE, "MB")]


def _told(what: str, ran: programs.Ran, entries: int) -> list[Figure]:
    return [
        Figure(f"{what}: entries", entries / ran.took_s, "/s"),
        Figure(f"{what}: memory, at most", ran.peak_bytes / _MEGABYTE, "MB"),
    ]


async def _prove(reader: Path, count: int, progress: Progress) -> list[Figure]:
    """Have the server prove entries and sizes drawn by chance, one after the other, and check each."""
    async with connect(Credentials.load(reader)) as channel:
        source = RemoteSource(channel)
        checkpoint = Checkpoint.parse((await source.checkpoint()).note)
        progress.say(f"Asking for {count} inclusion proofs and {count} consistency proofs.")
        included = [took_s async for took_s in _inclusions(source, checkpoint, count)]
        consistent = [took_s async for took_s in _consistencies(source, checkpoint, count)]
    return [
        *timings("inclusion proof, asked for over TLS", included),
        *timings("consistency proof, asked for over TLS", consistent),
    ]


async def _inclusions(source: RemoteSource, checkpoint: Checkpoint, count: int) -> AsyncIterator[float]:
    for offset in islice(_drawn(checkpoint.size), count):
        began = time.perf_counter()
        proof = await source.inclusion(offset, checkpoint.size)
        yield time.perf_counter() - began
        assert is_included(proof.leaf_hash, offset - 1, checkpoint.size, proof.hashes, checkpoint.root)


async def _consistencies(source: RemoteSource, checkpoint: Checkpoint, count: int) -> AsyncIterator[float]:
    for former in islice(_drawn(checkpoint.size), count):
        last = await source.inclusion(former, former)
        before = CompactRange.of_last(former, last.leaf_hash, last.hashes)
        assert before is not None
        began = time.perf_counter()
        path = (await source.consistency(former, checkpoint.size)).hashes
        yield time.perf_counter() - began
        assert is_consistent(former, before.root(), checkpoint.size, checkpoint.root, path)


async def _read(path: Path, arguments: argparse.Namespace, progress: Progress) -> list[Figure]:
    """Read the same proofs from the store itself, count the tiles, and make the whole tree once more."""
    store = await SqliteStore.open(path, create=False)
    try:
        size = (await store.head()).offset
        progress.say(f"Reading {arguments.proofs} inclusion proofs from the store.")
        counted, samples, most = _Counted(store), [], 0
        for offset in islice(_drawn(size), arguments.proofs):
            counted.reads = 0
            began = time.perf_counter()
            await tree.inclusion(counted, offset - 1, size)
            samples.append(time.perf_counter() - began)
            most = max(most, counted.reads)
        progress.say(f"Making the tree of {size} entries once more.")
        began = time.perf_counter()
        assert await store.wrong_hash() is None
        checked_s = time.perf_counter() - began
    finally:
        await store.close()
    return [
        *timings("inclusion proof, read from the store", samples),
        Figure("tiles read for an inclusion proof, at most", most, "", 2 * _levels(size)),
        Figure("the whole tree made anew and compared: entries", size / checked_s, "/s"),
    ]


class _Counted:
    """Counts what is read of a tree; each read is within one tile."""

    def __init__(self, source: Hashes) -> None:
        self.reads = 0
        self._source = source

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return a level's hashes."""
        self.reads += 1
        return await self._source.hashes(level, start, end)


def _drawn(size: int) -> Iterator[int]:
    """Draw offsets, the same in every run."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret: the same in every run
    while True:
        yield chance.randint(1, size)


def _levels(size: int) -> int:
    """Return how many levels of tiles a tree has."""
    return max((size.bit_length() + tree.HEIGHT - 1) // tree.HEIGHT, 1)


BENCHMARK: Final = Benchmark("proof", "tree, proofs and verification of 10,000,000 entries", options, measure)
