"""Evidence about one decision: what has to hold of it, and what it then says."""

from __future__ import annotations

import asyncio

import pytest

from governance import v1
from governance_client.audit.evidence import Evidence, Seen, check
from governance_client.audit.evidence_story import OPEN, story_of
from governance_client.audit.faults import NotOursError, ProofBrokenError
from governance_client.verify import ChainBrokenError
from tests.support.audited import Shown, lived, signer
from tests.support.evidence import checked_of, decisions_of, evidence_of, key_of, proof, with_event

ENDS = {
    "decision_rejected": v1.DECISION_STATE_REJECTED,
    "proposal_returned": v1.DECISION_STATE_REJECTED,
    "decision_cancelled": v1.DECISION_STATE_CANCELLED,
    "decision_expired": v1.DECISION_STATE_EXPIRED,
}


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived(160))


@pytest.fixture(scope="module")
def rejected(ledger: Shown) -> str:
    """A decision with many entries, none of them an order."""
    return max(decisions_of(ledger).items(), key=lambda found: len(found[1]))[0]


def test_every_decision_of_a_ledger_gives_evidence_that_holds(ledger: Shown) -> None:
    """Whatever happened to a decision, its entries and those of the house prove it."""
    for name, entries in decisions_of(ledger).items():
        checked = checked_of(ledger, name)
        assert [each.entry for each in checked.entries] == entries
        assert checked.numbered
        story = story_of(checked)
        assert (story.ended is None) == (story.state in OPEN)


@pytest.mark.parametrize("kind", ENDS)
def test_the_state_is_that_of_the_end(ledger: Shown, kind: str) -> None:
    """A decision that ended is told to have ended so, at the entry that ended it, whatever was noted afterwards."""
    story = story_of(checked_of(ledger, with_event(ledger, kind)))
    assert story.state == ENDS[kind]
    assert story.ended is not None
    assert kind in {event.WhichOneof("kind") for event in story.ended.entry.events}


def test_without_order_is_said_of_no_decision_that_had_one(ledger: Shown) -> None:
    """A decision has no order exactly where no entry of it issues one; an open one is not said to have none."""
    for name, entries in decisions_of(ledger).items():
        story = story_of(checked_of(ledger, name))
        issued = any(event.HasField("order_issued") for entry in entries for event in entry.events)
        assert story.without_order == (not issued and story.ended is not None), name


def test_an_executed_decision_tells_its_order_and_outcome(ledger: Shown) -> None:
    """Leave, acceptance, outcome and the reverse that was asked for are found."""
    story = story_of(checked_of(ledger, with_event(ledger, "reversal_proposed")))
    assert story.state == v1.DECISION_STATE_EXECUTED
    (leave,) = story.leaves
    assert leave.accepted is not None
    assert len(leave.outcomes) == 1
    assert [each.entry.actor.name for each in story.verdicts] == ["operator-1"]


def test_what_was_erased_on_the_record_is_evidence_too(ledger: Shown) -> None:
    """A decision whose personal data were erased is proven all the same; without the record of it, it is not."""
    name = with_event(ledger, "reversal_proposed")
    checked = checked_of(ledger, name)
    assert checked.entries[0].seen is Seen.ERASED
    evidence = evidence_of(ledger, name)
    erasing = [
        each for each in evidence.house if v1.Entry.FromString(each.entry).events[0].HasField("personal_data_erased")
    ]
    assert len(erasing) == 1
    house = [each for each in evidence.house if each is not erasing[0]]
    offset = v1.Entry.FromString(erasing[0].entry).offset
    proofs = {key: value for key, value in evidence.proofs.items() if key != offset}
    with pytest.raises(ProofBrokenError, match="no entry after it says so"):
        check(evidence._replace(house=house, proofs=proofs), key_of(ledger))


def test_a_policy_applied_while_it_ran_had_a_say(ledger: Shown) -> None:
    """The policy in force at the proposal is told as that."""
    for name in decisions_of(ledger):
        policies = story_of(checked_of(ledger, name)).policies
        assert [each.first for each in policies] == [True] + [False] * (len(policies) - 1)


def test_another_policy_is_no_evidence(ledger: Shown) -> None:
    """A policy that came after the decision's last entry, or was no longer in force, does not belong to it."""
    records = [each for each in ledger.records if v1.Entry.FromString(each.entry).events[0].HasField("policy_applied")]
    early = min(decisions_of(ledger).items(), key=lambda found: found[1][-1].offset)[0]
    late = max(decisions_of(ledger).items(), key=lambda found: found[1][0].offset)[0]
    for name, record in ((early, records[-1]), (late, records[0])):
        evidence = evidence_of(ledger, name)
        assert record not in evidence.house
        with pytest.raises(ProofBrokenError):
            check(_with_house(ledger, evidence, record), key_of(ledger))


def _with_house(ledger: Shown, evidence: Evidence, record: v1.LedgerRecord) -> Evidence:
    offset = v1.Entry.FromString(record.entry).offset
    house = sorted([*evidence.house, record], key=lambda each: v1.Entry.FromString(each.entry).offset)
    proofs = {**evidence.proofs, offset: proof(ledger, offset - 1, len(ledger.leaves))}
    return evidence._replace(house=house, proofs=proofs)


def test_an_entry_left_out_is_missed(ledger: Shown, rejected: str) -> None:
    """Any entry but the last can be missed by the numbers alone; with its proof gone, nothing else tells."""
    evidence = evidence_of(ledger, rejected)
    assert len(evidence.records) > 5
    for place in range(len(evidence.records) - 1):
        gone = v1.Entry.FromString(evidence.records[place].entry).offset
        records = [*evidence.records[:place], *evidence.records[place + 1 :]]
        proofs = {offset: each for offset, each in evidence.proofs.items() if offset != gone}
        with pytest.raises(ChainBrokenError):
            check(evidence._replace(records=records, proofs=proofs), key_of(ledger))


def test_a_changed_byte_is_found(ledger: Shown, rejected: str) -> None:
    """Any byte of an entry, of its hash, of what stands apart from it, or of its proof that is another is found."""
    evidence = evidence_of(ledger, rejected)
    for place, record in enumerate(evidence.records):
        for field in ("entry", "hash", "salt", "personal"):
            value = getattr(record, field)
            for at in range(0, len(value), 7):
                changed = v1.LedgerRecord()
                changed.CopyFrom(record)
                setattr(changed, field, value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :])
                records = [*evidence.records[:place], changed, *evidence.records[place + 1 :]]
                with pytest.raises(ChainBrokenError):
                    check(evidence._replace(records=records), key_of(ledger))


def test_a_changed_proof_or_checkpoint_is_found(ledger: Shown, rejected: str) -> None:
    """A proof of another entry, or of another tree, proves nothing."""
    evidence = evidence_of(ledger, rejected)
    first, second = sorted(evidence.proofs)[:2]
    swapped = {**evidence.proofs, first: evidence.proofs[second], second: evidence.proofs[first]}
    size = len(ledger.leaves)
    for changed in (
        evidence._replace(proofs=swapped),
        evidence._replace(note=ledger.note(size - 1)),
        evidence._replace(note=ledger.note(signer=signer("f" * 32))),
        evidence._replace(note=ledger.note().replace(f"\n{size}\n", f"\n{size - 1}\n")),
        evidence._replace(note="none"),
        evidence._replace(keys=evidence.keys[:-1]),
        evidence._replace(house=evidence.house[1:]),
        evidence._replace(records=[]),
        evidence._replace(decision_id="another"),
    ):
        with pytest.raises(ProofBrokenError):
            check(changed, key_of(ledger))


def test_the_key_that_is_trusted_decides(ledger: Shown, rejected: str) -> None:
    """Evidence holds by its first key and by the one that followed; a stranger's key finds it forged."""
    evidence = evidence_of(ledger, rejected)
    assert check(evidence, signer(ledger.ledger_id, 2).verifier).key == signer(ledger.ledger_id, 2).verifier
    with pytest.raises(NotOursError):
        check(evidence, signer(ledger.ledger_id, 3).verifier)


def test_what_is_redacted_is_told_as_that(ledger: Shown, rejected: str) -> None:
    """Where the reader may not see personal data, the entries are proven all the same."""
    evidence = evidence_of(ledger, rejected)
    redacted = v1.PersonalData(remark="[redacted]")
    records = [
        v1.LedgerRecord(entry=each.entry, hash=each.hash, redacted=redacted) if each.salt else each
        for each in evidence.records
    ]
    story = story_of(check(evidence._replace(records=records), key_of(ledger)))
    assert story.hidden == {Seen.REDACTED}
