"""Exports: a ledger in a file that was changed is never verified, and says where it is broken."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from governance import v1
from governance_client.audit.evidence import Evidence, check
from governance_client.audit.faults import UntrustedError
from governance_client.audit.memory import Memory, Remembered
from governance_client.audit.verifying import parsed, verify_records, verify_source
from governance_client.errors import ProtocolError
from governance_client.verify import ChainBrokenError
from tests.fuzz.choices import Choices
from tests.fuzz.harnesses.proofs import mutated
from tests.fuzz.messages import change
from tests.fuzz.telling import assert_told
from tests.support.audited import Shown, living, signer
from tests.support.audited import shown as shown_of
from tests.support.evidence import evidence_of
from tests.support.messages import OPERATOR_1, OPERATOR_2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence

    from governance_client.audit.checkpoints import Checkpoint
    from governance_client.audit.notes import VerifierKey

_M = TypeVar("_M", bound=Message)
_V = TypeVar("_V")
_SIZE: Final = 14
_DECISION: Final = "decision-000001"


class Vector(NamedTuple):
    """A ledger in order, as a verifier is given it.

    Attributes:
        records: Its records.
        lines: The same in JSON.
        note: Its checkpoint.
        key: Whose key signed that.
        evidence: What belongs to a decision of it.
    """

    records: tuple[v1.LedgerRecord, ...]
    lines: tuple[str, ...]
    note: str
    key: VerifierKey
    evidence: Evidence


class _Forgetful(Memory):
    """Writes nothing, and remembers what it was made with."""

    def __init__(self, remembered: Remembered | None = None) -> None:
        super().__init__(Path("nowhere"))
        self._remembered = remembered

    def recall(self, origin: str) -> Remembered | None:
        del origin
        return self._remembered

    def keep(self, checkpoint: Checkpoint, key: VerifierKey) -> None:
        del checkpoint, key


@functools.cache
def _shown() -> Shown:
    return asyncio.run(_lived())


@functools.cache
def vector() -> Vector:
    """Return the ledger that is changed: the first entries of one that was lived."""
    shown = _shown()
    assert len(shown.records) == _SIZE, "the life that is lived has changed"
    lines = tuple(json_format.MessageToJson(each, indent=None) for each in shown.records)
    key = signer(shown.ledger_id).verifier
    return Vector(tuple(shown.records), lines, shown.note(), key, evidence_of(shown, _DECISION))


async def _lived() -> Shown:
    """Live a short life: one decision that is executed, one that is rejected."""
    async with living() as life:
        executed = await life.propose()
        await life.verdict(OPERATOR_1, executed, approve=v1.Approve())
        await life.report(executed, v1.OUTCOME_RESULT_EXECUTED)
        rejected = await life.propose()
        await life.verdict(OPERATOR_2, rejected, reject=v1.Reject())
        return await shown_of(life.store)


def target(data: bytes) -> None:
    """Verify an export, or the evidence about a decision, in which something may have been changed."""
    choices = Choices(data)
    choices.pick((_verify_evidence, _verify_export, _verify_server))(choices)


def _verify_export(choices: Choices) -> None:
    known = vector()
    note = mutated(choices, known.note.encode()).decode("utf-8", "replace") if choices.chance() else known.note
    lines = _changed_lines(choices, list(known.lines))
    key = known.key if choices.byte() & 15 else None
    try:
        verified = verify_records(lines, note, _Forgetful(), key=key)
    except (ChainBrokenError, UntrustedError) as error:
        assert_told(error)
        return
    assert verified.checkpoint.size == _SIZE
    read = [json_format.Parse(line, v1.LedgerRecord()) for line in lines if line.strip()]
    assert [each.entry for each in read[:_SIZE]] == [each.entry for each in known.records], "a forgery is verified"
    for one, other in zip(read, known.records, strict=False):
        shown = one.salt or one.personal
        assert not shown or (one.salt, one.personal) == (other.salt, other.personal), "what was said was changed"


def _changed_lines(choices: Choices, lines: list[str]) -> list[str]:
    for _ in range(choices.below(4)):
        at = choices.below(len(lines) or 1)
        way = choices.byte() % 6
        if way == 0:
            del lines[at : at + 1]
        elif way == 1:
            lines[at:at] = lines[choices.below(len(lines) or 1) :][:1]
        elif way == 2 and lines:
            lines[at] = mutated(choices, lines[at].encode()).decode("utf-8", "replace")
        elif way == 3:
            lines[at:at] = [choices.text()]
        elif way == 4:
            lines[at : at + 2] = lines[at : at + 2][::-1]
        elif lines:
            lines[at] = _changed(choices, lines[at])
    return lines


def _changed(choices: Choices, line: str) -> str:
    """Return a record with something changed in it: as it is stored, or in what its bytes say."""
    try:
        record = json_format.Parse(line, v1.LedgerRecord())
        return json_format.MessageToJson(_forged(choices, record), indent=None)
    except json_format.Error:  # it is no record any more, or what it holds now has no JSON
        return line


def _forged(choices: Choices, record: v1.LedgerRecord) -> v1.LedgerRecord:
    forged = v1.LedgerRecord()
    forged.CopyFrom(record)
    if choices.chance():
        change(choices, forged)
        return forged
    try:
        entry = v1.Entry.FromString(record.entry)
    except DecodeError:
        return forged
    change(choices, entry)
    forged.entry = entry.SerializeToString()
    if choices.chance():
        from governance_server.domain.digest import entry_hash

        forged.hash = entry_hash(forged.entry)
    return forged


class _Server:
    """A server that shows a ledger with something changed in it, and proofs that are honest or not.

    Attributes:
        served: The entries that it gave.
    """

    def __init__(self, choices: Choices, shown: Shown) -> None:
        self.served: list[bytes] = []
        self._choices = choices
        self._shown = shown
        self._records = _changed_records(choices, shown.records)

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        assert not witnessed
        response = await self._shown.checkpoint()
        if self._choices.byte() & 15 == 15:
            change(self._choices, response)
        return response

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        proof = await self._shown.inclusion(offset, size)
        return self._perhaps(proof)

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        proof = await self._shown.consistency(first, second)
        return self._perhaps(proof)

    async def removed_up_to(self) -> int:
        return self._choices.below(2 * _SIZE)

    async def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        records = self._records[after:][: limit or None] if self._choices.byte() & 3 else self._records
        self.served += [each.entry for each in records]
        yield v1.ListEntriesResponse(records=records, head_offset=_SIZE)

    def _perhaps(self, proof: _M) -> _M:
        if self._choices.byte() & 7 == 7:
            change(self._choices, proof)
        return proof


def _changed_records(choices: Choices, honest: Sequence[v1.LedgerRecord]) -> list[v1.LedgerRecord]:
    """Return records of which some may be forged, and some left out."""
    records = list(honest)
    for _ in range(choices.below(3)):
        at = choices.below(len(records) or 1)
        if choices.chance():
            del records[at : at + 1 + choices.below(4)]
        elif records:
            records[at] = _forged(choices, records[at])
    return records


def _verify_server(choices: Choices) -> None:
    """Verify what a server shows, with what was remembered of it or without."""
    known, shown = vector(), _shown()
    size = choices.below(_SIZE)
    before = parsed(shown.note(size)) if size else None
    remembered = Remembered(before, known.key) if before is not None else None
    server, since_last = _Server(choices, shown), choices.chance()
    verifying = verify_source(server, _Forgetful(remembered), key=known.key, since_last=since_last)
    try:
        verified = _finished(verifying)
    except (ChainBrokenError, UntrustedError) as error:
        assert_told(error)
        return
    assert verified.checkpoint.size == _SIZE
    honest = [each.entry for each in known.records[verified.since :]]
    assert server.served[: len(honest)] == honest, "a forgery is verified"


def _finished(verifying: Coroutine[object, None, _V]) -> _V:
    """Return what comes of what waits for nobody, without a loop."""
    try:
        verifying.send(None)
    except StopIteration as done:
        found: _V = done.value
        return found
    raise AssertionError("it waits for somebody")


def _verify_evidence(choices: Choices) -> None:
    known = vector()
    honest = known.evidence
    records, house = list(honest.records), list(honest.house)
    proofs, keys = dict(honest.proofs), list(honest.keys)
    for _ in range(choices.below(4)):
        way, some = choices.byte() % 6, choices.pick((records, house))
        at = choices.below(len(some) or 1)
        if way == 0:
            del some[at : at + 1]
        elif way == 1 and some:
            some[at] = _forged(choices, some[at])
        elif way == 2:
            some[at:at] = choices.pick((records, house))[:1]
        elif way == 3:
            proofs[choices.below(20)] = v1.GetInclusionProofResponse(leaf_hash=bytes(32), hashes=[choices.raw()])
        elif way == 4:
            changed = v1.CheckpointKey()
            changed.CopyFrom(honest.keys[0])
            change(choices, changed)
            keys = [*keys[:at], changed]
        else:
            some.reverse()
    evidence = honest._replace(records=records, house=house, proofs=proofs, keys=keys)
    if choices.byte() & 7 == 7:
        note = mutated(choices, honest.note.encode()).decode("utf-8", "replace")
        evidence = evidence._replace(note=note, decision_id=choices.text(16))
    try:
        checked = check(evidence, known.key)
    except (ChainBrokenError, ProtocolError) as error:
        assert_told(error)
        return
    stored = {each.entry for each in known.records}
    assert all(each.entry in stored for each in (*records, *house)), "a forgery is evidence"
    assert checked.checkpoint.size == _SIZE
    assert [each.entry for each in records] == [each.entry for each in honest.records], "an entry is left out"


def seeds() -> Iterator[bytes]:
    """Give the honest ledger, and every way to change it."""
    yield b"\1\0\0\1"
    yield b"\0\0"
    for way in range(6):
        yield bytes([1, 0, 2, 5, way, *range(40)])
        yield bytes([1, 0, 2, 9, way, *range(1, 90, 2)])
        yield bytes([0, 2, way, 0, 1, *range(40)])
        yield bytes([0, 2, way, 1, 1, *range(40, 90)])
    for size in range(0, _SIZE, 4):
        yield bytes([2, size, 0, 1, 0])
        yield bytes([2, size, 1, 5, 1, 2, 1, 0, 1, 1, 1, 20])
        yield bytes([2, size, 1, 7, 0, 1, 1, 3, 20, *range(60)])
    yield b"\1\1" + bytes([1, 70, 0, 65, 0, 0])
