"""What programs of earlier versions left is read, found in order and verified by this one: for ever."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from governance import v1
from governance_client.audit import telling
from governance_client.audit.memory import Memory
from governance_client.audit.notes import VerifierKey
from governance_client.audit.verifying import verify_records, verify_source
from governance_client.verify import ChainBrokenError
from governance_server import keeping_keys
from governance_server.directory import Directory
from governance_server.domain.command import Command
from governance_server.engine.notary import Notary
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verification import LedgerDamagedError, check
from tests.support.golden import CHECKPOINT, FIRST_KEY, FOLDER, RECORDS, WITNESS, Golden, goldens, kinds_of, recorded
from tests.support.ledger_source import EdgeSource, opened
from tests.support.messages import CORE, OPERATOR_1, proposal, rejection

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.rpc.edge import Edge

MOST_BYTES = 300_000
ALL = goldens()
PROVEN = [golden for golden in ALL if golden.has_proof]
WHOLE = [golden for golden in PROVEN if not golden.facts["verified"]["removed"]]
UNPROVEN = [golden for golden in ALL if not golden.has_proof]
each = pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.name)
each_proven = pytest.mark.parametrize("golden", PROVEN, ids=lambda golden: golden.name)
each_whole = pytest.mark.parametrize("golden", WHOLE, ids=lambda golden: golden.name)
each_unproven = pytest.mark.parametrize("golden", UNPROVEN, ids=lambda golden: golden.name)


def key_of(golden: Golden, file: str = FIRST_KEY) -> VerifierKey:
    return VerifierKey.parse(golden.text(file).strip())


def found_then(golden: Golden, **since: Any) -> dict[str, Any]:
    """Return what was found when it was made; a later version may find more facts, and none of these otherwise."""
    then: dict[str, Any] = golden.facts["verified"]
    return {**then, **since}


async def head_of(path: Path) -> int:
    """Have the server check a ledger, after it has led it to the newest revision; return its last offset."""
    store = await SqliteStore.open(path, create=False)
    try:
        return (await check(store)).offset
    finally:
        await store.close()


def test_every_kind_of_event_is_there() -> None:
    """The golden ledgers hold every kind of event that there is; for a new one, `scripts/golden` makes another."""
    there = set().union(*(golden.facts["events"] for golden in ALL))
    assert there == {field.name for field in v1.Event.DESCRIPTOR.oneofs_by_name["kind"].fields}


@pytest.mark.parametrize("kind", [v1.Entry, v1.PersonalData])
def test_every_field_is_there(kind: type[v1.Entry | v1.PersonalData]) -> None:
    """The golden ledgers hold every field of an entry and of personal data, what was shown and batches too."""
    records = [record for golden in PROVEN for record in recorded(golden.text(RECORDS))]
    values = [kind.FromString(record.entry if kind is v1.Entry else record.personal) for record in records]
    there = {field.name for value in values for field, _ in value.ListFields()}
    assert there == {field.name for field in kind.DESCRIPTOR.fields}


def test_they_are_small() -> None:
    """All of them together are small enough to be carried along for ever."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < MOST_BYTES


@each
async def test_the_server_reads_it(golden: Golden, tmp_path: Path) -> None:
    """The server leads it to its own revision, finds every entry in order, and the same that happened then."""
    path = golden.unpack(tmp_path / "ledger.db")
    head = await head_of(path)
    facts = golden.facts
    assert head == (facts["verified"]["head"] if golden.has_proof else facts["head"])
    async with opened(path) as edge:
        stored = await edge.store.records(after=0, limit=head)
    events = (event for record in stored for event in v1.Entry.FromString(record.entry).events)
    assert Counter(event.WhichOneof("kind") for event in events) == facts["events"]


@each
async def test_the_server_goes_on_from_it(golden: Golden, tmp_path: Path) -> None:
    """Decisions are made on it as on any other ledger, and it is in order afterwards."""
    path = golden.unpack(tmp_path / "ledger.db")
    before = await head_of(path)
    async with opened(path) as edge:
        made = proposal(4711)
        assert (await asked(edge, Command(CORE, v1.CoreCommand(proposal=made)))).HasField("accepted")
        decision = edge.governor.open_decisions[made.decision_id]
        assert (await asked(edge, Command(OPERATOR_1, rejection(decision)))).HasField("accepted")
    assert await head_of(path) == before + 2


async def asked(edge: Edge, command: Command) -> v1.Receipt:
    asking = asyncio.create_task(edge.ask(command))
    await asyncio.sleep(0)
    await edge.governor.drain()
    return await asking


@each_proven
async def test_the_verifier_finds_what_it_found(golden: Golden, tmp_path: Path) -> None:
    """Asking the server, with the first key and the witness's, the client finds exactly what was found then."""
    async with opened(golden.unpack(tmp_path / "ledger.db")) as edge:
        found = await verify_source(
            EdgeSource(edge), Memory(tmp_path), key=key_of(golden), witness=key_of(golden, WITNESS)
        )
    assert telling.facts(found).items() >= found_then(golden).items()


@each_whole
def test_the_export_verifies(golden: Golden, tmp_path: Path) -> None:
    """The export verifies without any server, and holds what happened."""
    records = golden.text(RECORDS)
    found = verify_records(records.splitlines(), golden.text(CHECKPOINT), Memory(tmp_path), key=key_of(golden))
    then = found_then(golden)
    then.pop("witnessed")
    assert telling.facts(found).items() >= then.items()
    assert Counter(kinds_of(records)) == golden.facts["events"]


@each_unproven
async def test_from_before_the_tree(golden: Golden, tmp_path: Path) -> None:
    """A ledger from before there was a tree gets one and a first key, and verifies like any other from then on."""
    directory = Directory(tmp_path)
    async with opened(golden.unpack(directory.ledger)) as edge:
        key = await keeping_keys.settle(directory, edge.store, edge.clock, edge.entropy)
        await Notary(edge.store, edge.clock, keeping_keys.signers_of(directory)).sign()
        found = await verify_source(EdgeSource(edge), Memory(tmp_path), key=VerifierKey.parse(key))
    assert (found.checkpoint.size, found.walk.read_count) == (golden.facts["head"] + 1,) * 2
    assert found.walk.rules.decisions == golden.facts["events"]["decision_proposed"]
    assert found.walk.rules.unread == 0


@each
async def test_a_changed_one_is_found_out(golden: Golden, tmp_path: Path) -> None:
    """That it is found in order means something: with one bit of its last entry changed, it is not, on either side."""
    path = golden.unpack(tmp_path / "ledger.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((offset, entry),) = connection.execute("SELECT offset, entry FROM entries ORDER BY offset DESC LIMIT 1")
        changed = bytearray(entry)
        changed[-1] ^= 1
        connection.execute("UPDATE entries SET entry = ? WHERE offset = ?", (bytes(changed), offset))
    with pytest.raises(LedgerDamagedError, match=f"at entry {offset}"):
        await head_of(path)
    if golden.has_proof:
        async with opened(path) as edge:
            with pytest.raises(ChainBrokenError) as broken:
                await verify_source(EdgeSource(edge), Memory(tmp_path), key=key_of(golden))
            assert broken.value.offset == offset
