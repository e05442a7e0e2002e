"""Reading a ledger for a report: nothing counts that was not verified, and memory does not grow with what is read."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import TYPE_CHECKING, Final

import pytest

from governance import v1
from governance_client.audit.faults import NotOursError, UntrustedError
from governance_client.audit.memory import Memory
from governance_client.audit.report import Report, report_on
from governance_client.audit.report_period import Period
from governance_client.audit.report_tally import Tally
from governance_client.audit.report_text import as_json, text
from governance_client.verify import ChainBrokenError
from governance_server.domain.moment import timestamp
from tests.support.audited import Shown, lived, signer
from tests.support.naive_report import Naive
from tests.support.reported import CLOCK, CORE, LOCAL, PEOPLE, START_US, reported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ALWAYS: Final = Period(0, 4_000_000_000_000_000, 4_000_000_000_000_000)
_MOST_GROWTH: Final = 100_000
"""Bytes; one of the decisions that are read takes more than two hundred, and there are ten thousand of them."""


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived())


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "checkpoints")


def report(shown: Shown, memory: Memory, period: Period = _ALWAYS, *, trust: bool = True) -> Report:
    key = signer(shown.ledger_id).verifier if trust else None
    return asyncio.run(report_on(shown, memory, period, key=key))


def test_a_real_ledger(ledger: Shown, memory: Memory) -> None:
    """Of a ledger that the engine wrote, in which everything happens, every figure is what a recount gives."""
    found = json.loads(as_json(report(ledger, memory)))
    entries = [v1.Entry.FromString(record.entry) for record in ledger.records]
    for section, known in Naive(entries, _ALWAYS).figures().items():
        assert {key: found[section][key] for key in known} == known, section
    assert found["basis"]["entries"] == found["basis"]["checkpoint_size"] == 200


@pytest.mark.parametrize("offset", [1, 20, 120, 200])
def test_a_ledger_that_was_changed(ledger: Shown, memory: Memory, offset: int) -> None:
    """There is no report about a ledger that does not verify; where it does not is named."""
    shown = ledger.shortened(200)
    changed = v1.LedgerRecord()
    changed.CopyFrom(shown.records[offset - 1])
    changed.entry = changed.entry[:-1] + bytes([changed.entry[-1] ^ 1])
    shown.records[offset - 1] = changed
    with pytest.raises(ChainBrokenError) as found:
        report(shown, memory)
    assert found.value.offset == offset


def test_a_ledger_that_somebody_else_signed(ledger: Shown, memory: Memory) -> None:
    """A ledger in which everything fits, but that is signed with another key than the trusted one, gets no report."""
    shown = ledger.shortened(200)
    shown.signer = signer(ledger.ledger_id, 9)
    with pytest.raises(NotOursError):
        report(shown, memory)
    shown.signed = ledger.note().replace("\n200\n", "\n201\n", 1)
    with pytest.raises(NotOursError):
        report(shown, memory)


def test_without_a_key(ledger: Shown, memory: Memory) -> None:
    """Nothing is believed without a key; once one was given, it is remembered."""
    with pytest.raises(UntrustedError):
        report(ledger, memory, trust=False)
    report(ledger, memory)
    assert report(ledger, memory, trust=False).tally.entries == 200


def test_entries_beyond_the_checkpoint(ledger: Shown, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no checkpoint is about yet is not counted, and the report says so."""
    monkeypatch.setattr("governance_client.audit.report._PATIENCE_S", 0.0)
    monkeypatch.setattr("governance_client.audit.report._PAUSE_S", 0.0)
    shown = ledger.shortened(200)
    shown.signed = ledger.note(190)
    found = report(shown, memory)
    assert (found.tally.entries, found.unsigned) == (190, 10)
    assert any("10 entries of the period came after the checkpoint" in line for line in text(found))


def test_a_checkpoint_that_is_still_to_come(ledger: Shown, memory: Memory) -> None:
    """A server that has not signed its last entries yet is given a moment."""
    shown = _Hesitant(**vars(ledger.shortened(200)))
    found = report(shown, memory)
    assert (found.tally.entries, found.unsigned) == (200, 0)


class _Hesitant(Shown):
    """A ledger whose newest checkpoint comes when it is asked for once more."""

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        self.signed = self.note() if "checkpoint" in self.asked else self.note(190)
        return await super().checkpoint(witnessed=witnessed)


def test_what_the_report_says_of_its_own_limits() -> None:
    """A period that is not over, began before the ledger, or lost entries after their retention is said to be so."""
    pruned = v1.EntriesPruned(offset=256, entries=9, before=timestamp(START_US + 50))
    entries = [
        v1.Entry(offset=1, recorded_at=timestamp(START_US + 10), actor=LOCAL, events=[v1.Event()]),
        v1.Entry(
            offset=400, recorded_at=timestamp(START_US + 99), actor=LOCAL, events=[v1.Event(entries_pruned=pruned)]
        ),
    ]
    told = " ".join(text(reported(entries, Period(START_US, START_US + 90, START_US + 80))))
    assert "The period was not over when this report was made." in told
    assert "The ledger begins later than the period." in told
    assert "Entries of this period were removed after their retention" in told
    later = " ".join(text(reported(entries, Period(START_US + 50, START_US + 90, START_US + 91))))
    assert "not over" not in later
    assert "removed after their retention, and" not in later
    assert "begins later" not in later


def test_memory_does_not_grow_with_the_ledger() -> None:
    """Ten thousand decisions take the same memory as one thousand, as long as they end."""
    tally = Tally(_ALWAYS)
    stream = _decisions()
    tracemalloc.start()
    try:
        for _ in range(4_000):
            tally.take(next(stream))
        tracemalloc.reset_peak()
        before, _peak = tracemalloc.get_traced_memory()
        for _ in range(36_000):
            tally.take(next(stream))
        _after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tally.entries, tally.open) == (40_000, 0)
    assert peak - before < _MOST_GROWTH


def _decisions() -> Iterator[v1.Entry]:
    """Give decisions without end, four entries each, every one with a verdict and an outcome."""
    offset = 0
    while True:
        name, digest = f"decision-{offset}", b"d" * 32
        assessment = v1.Assessment(risk=v1.RISK_LEVEL_HIGH, automation=v1.AUTOMATION_LEVEL_MANUAL)
        proposed = v1.DecisionProposed(action_digest=digest, assessment=assessment, quorum=v1.Quorum(required=1))
        halting = v1.HaltDeclared(halt_id=name, all=True)
        for actor, event in (
            (CORE, v1.Event(decision_proposed=proposed)),
            (PEOPLE[offset % 4], v1.Event(decision_approved=v1.DecisionApproved(action_digest=digest))),
            (CORE, v1.Event(outcome_reported=v1.OutcomeReported(result=v1.OUTCOME_RESULT_EXECUTED))),
        ):
            offset += 1
            yield _entry(offset, actor, name, event)
        offset += 1
        halted = v1.Event(halt_declared=halting), v1.Event(halt_ended=v1.HaltEnded(halt_id=name))
        yield _entry(offset, CLOCK, "", *halted)


def _entry(offset: int, actor: v1.Actor, name: str, *events: v1.Event) -> v1.Entry:
    entry = v1.Entry(
        offset=offset,
        recorded_at=timestamp(START_US + offset * 700_000 + offset % 977 * 300),
        actor=actor,
        decision_id=name,
        events=events,
        batch_id=f"batch-{offset}",
    )
    entry.presentation.reading.FromMicroseconds(offset % 30 * 1_000_000)
    return entry
