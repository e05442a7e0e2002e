"""The evidence about one decision, and what has to hold of it before any of it is believed. Pure.

All of it hangs on one key that is trusted: the checkpoint is signed with it or with one that follows from it, every
entry is in the tree that was signed, and what the entries say has to be possible.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.faults import NotOursError, ProofBrokenError
from governance_client.audit.keys import KeyLine
from governance_client.audit.merkle import is_included
from governance_client.audit.notes import NoteError
from governance_client.audit.rules import Rules
from governance_client.digest import action_digest
from governance_client.errors import ProtocolError
from governance_client.language import _
from governance_client.verify import ChainReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from governance_client.audit.notes import VerifierKey

KEY_EVENTS: Final = frozenset({"ledger_created", "checkpoint_key_changed"})
HOUSE_EVENTS: Final = frozenset({*KEY_EVENTS, "policy_applied", "personal_data_erased"})
"""What entries about the house have to be about to be evidence."""


class Evidence(NamedTuple):
    """What was collected about a decision. Nothing of it is believed yet.

    Attributes:
        decision_id: Which decision.
        note: The signed checkpoint.
        keys: The keys that checkpoints were signed with, the oldest first.
        records: The entries about the decision, in order.
        house: The entries about the house that belong to it, in order.
        proofs: By offset, the proof that an entry is in the tree of the checkpoint.
    """

    decision_id: str
    note: str
    keys: Sequence[v1.CheckpointKey]
    records: Sequence[v1.LedgerRecord]
    house: Sequence[v1.LedgerRecord]
    proofs: Mapping[int, v1.GetInclusionProofResponse]


class Seen(Enum):
    """What there is of the personal data that an entry committed to."""

    NONE = "none"
    WHOLE = "whole"
    REDACTED = "redacted"
    ERASED = "erased"


class Told(NamedTuple):
    """An entry that was checked.

    Attributes:
        entry: What it says.
        digest: Its hash.
        personal: What stands apart from it, as far as it may be seen.
        seen: How far that is.
    """

    entry: v1.Entry
    digest: bytes
    personal: v1.PersonalData
    seen: Seen


class Checked(NamedTuple):
    """Evidence that holds.

    Attributes:
        evidence: What was checked.
        checkpoint: The checkpoint.
        key: The key that it was signed with.
        entries: The entries about the decision.
        house: The entries about the house.
        numbered: Every entry says which of its decision's it is, so that none can be missing between them.
    """

    evidence: Evidence
    checkpoint: Checkpoint
    key: VerifierKey
    entries: Sequence[Told]
    house: Sequence[Told]
    numbered: bool


def check(evidence: Evidence, trusted: VerifierKey) -> Checked:
    """Check all of it.

    Args:
        evidence: What was collected.
        trusted: The key to trust, and with it those that follow from it.

    Raises:
        ChainBrokenError: It is not what was signed, is not whole, or says what may not be.
        ProtocolError: It says what this version does not know.
    """
    checkpoint = _checkpoint(evidence.note)
    told = list(_read([*evidence.house, *evidence.records], checkpoint, evidence.proofs))
    entries = [each for each in told if each.entry.decision_id]
    house = [each for each in told if not each.entry.decision_id]
    _check_about(evidence, entries, house)
    key = _check_keys(evidence, house, checkpoint, trusted)
    _check_course(told)
    _check_policies(entries, house)
    _check_erased(evidence.decision_id, entries, house)
    for each in entries:
        _check_action(evidence.decision_id, each)
    numbered = all(each.entry.decision_version for each in entries)
    return Checked(evidence, checkpoint, key, entries, house, numbered)


def offset_of(record: v1.LedgerRecord) -> int:
    """Return the offset that a record says it has. Raises ProofBrokenError where its bytes are no entry."""
    try:
        return v1.Entry.FromString(record.entry).offset
    except DecodeError:
        raise ProofBrokenError(0, _("the bytes of one are no entry")) from None


def _checkpoint(note: str) -> Checkpoint:
    try:
        checkpoint = Checkpoint.parse(note)
    except NoteError as error:
        raise NotOursError(0, _("its checkpoint is none: {why}").format(why=error)) from None
    if not checkpoint.ledger_id or not checkpoint.size:
        raise NotOursError(0, _("its checkpoint is none of a ledger of Governance Workspace"))
    return checkpoint


def _read(
    records: Iterable[v1.LedgerRecord], checkpoint: Checkpoint, proofs: Mapping[int, v1.GetInclusionProofResponse]
) -> Iterator[Told]:
    """Yield the entries in the order of the ledger, each proven to be in it."""
    reader = ChainReader()
    for record in sorted(records, key=offset_of):
        entry = reader.read(record)
        proof = proofs.get(entry.offset)
        hashes = proof.hashes if proof is not None else ()
        index, size = entry.offset - 1, checkpoint.size
        named = proof is not None and proof.leaf_hash == reader.hash
        if not named or not is_included(reader.hash, index, size, hashes, checkpoint.root):
            raise ProofBrokenError(entry.offset, _("nothing proves that it is in the ledger that was signed"))
        yield Told(entry, reader.hash, *_personal(entry, record))


def _personal(entry: v1.Entry, record: v1.LedgerRecord) -> tuple[v1.PersonalData, Seen]:
    if not entry.personal_commitment:
        if record.personal or record.salt or record.HasField("redacted"):
            raise ProofBrokenError(entry.offset, _("something stands apart from it, and it committed to nothing"))
        return v1.PersonalData(), Seen.NONE
    if record.salt:
        if record.HasField("redacted"):
            raise ProofBrokenError(entry.offset, _("what stands apart from it is there and is redacted too"))
        try:
            return v1.PersonalData.FromString(record.personal), Seen.WHOLE
        except DecodeError:
            raise ProofBrokenError(entry.offset, _("what stands apart from it cannot be read")) from None
    return record.redacted, Seen.REDACTED if record.HasField("redacted") else Seen.ERASED


def _check_about(evidence: Evidence, entries: Sequence[Told], house: Sequence[Told]) -> None:
    decision_id = evidence.decision_id
    if len(entries) != len(evidence.records) or len(house) != len(evidence.house):
        raise ProofBrokenError(0, _("an entry about a decision stands with those about the house, or the reverse"))
    if len(evidence.proofs) != len(entries) + len(house):
        raise ProofBrokenError(0, _("there are proofs of entries that are not there"))
    order = [offset_of(each) for each in (*evidence.house, *evidence.records)]
    if order != [each.entry.offset for each in (*house, *entries)]:
        raise ProofBrokenError(0, _("its entries are not in order"))
    if not entries:
        raise ProofBrokenError(0, _("there is no entry about the decision {decision}").format(decision=decision_id))
    for each in entries:
        if each.entry.decision_id != decision_id:
            said = _("it is not about the decision {decision}").format(decision=decision_id)
            raise ProofBrokenError(each.entry.offset, said)
    last = entries[-1].entry.offset
    for each in house:
        if not all(_belongs(event, decision_id, each.entry.offset < last) for event in each.entry.events):
            raise ProofBrokenError(each.entry.offset, _("it is no evidence about the decision"))


def _belongs(event: v1.Event, decision_id: str, before_the_end: bool) -> bool:
    kind = event.WhichOneof("kind")
    if kind == "policy_applied":
        return before_the_end
    if kind == "personal_data_erased":
        return event.personal_data_erased.decision_id == decision_id
    return kind in KEY_EVENTS


def _check_keys(evidence: Evidence, house: Sequence[Told], checkpoint: Checkpoint, trusted: VerifierKey) -> VerifierKey:
    line = KeyLine()
    changes = []
    for entry in (each.entry for each in house):
        for event in entry.events:
            if event.HasField("checkpoint_key_changed"):
                line.add(entry.offset, event.checkpoint_key_changed)
                changes.append(v1.CheckpointKey(offset=entry.offset, change=event.checkpoint_key_changed))
    if changes != list(evidence.keys):
        raise ProofBrokenError(0, _("the keys are not those that its entries name"))
    first = house[0].entry if house else v1.Entry()
    created = first.events[0].ledger_created.ledger_id if first.offset == 1 else ""
    if created != checkpoint.ledger_id:
        raise ProofBrokenError(1, _("it does not create the ledger that the checkpoint is of, or is not there"))
    return line.check(checkpoint, trusted)


def _check_course(told: Sequence[Told]) -> None:
    """Check that what happened may happen, that nothing is missing in between, and that the beginning is there."""
    rules = Rules()
    for each in told:
        rules.take(each.entry)
        if rules.unread:
            text = _(
                "Entry {offset} says what this version does not know, so that it cannot judge the decision."
                " Update governance-workspace."
            )
            raise ProtocolError(text.format(offset=each.entry.offset))


def _check_policies(entries: Sequence[Told], house: Sequence[Told]) -> None:
    first = entries[0].entry.offset
    applied = [each.entry for each in house if any(event.HasField("policy_applied") for event in each.entry.events)]
    before = [entry.offset for entry in applied if entry.offset < first]
    if len(before) > 1:
        raise ProofBrokenError(before[0], _("its policy was no longer in force when the decision was proposed"))


def _check_erased(decision_id: str, entries: Sequence[Told], house: Sequence[Told]) -> None:
    """Check that what was erased was erased on the record."""
    erased = max(
        (
            each.entry.offset
            for each in house
            for event in each.entry.events
            if event.personal_data_erased.decision_id == decision_id
        ),
        default=0,
    )
    for each in house:
        if each.seen is Seen.ERASED:
            raise ProofBrokenError(each.entry.offset, _("its personal data are missing, and it is about no decision"))
    for each in entries:
        if each.seen is Seen.ERASED and each.entry.offset > erased:
            raise ProofBrokenError(each.entry.offset, _("its personal data are missing, and no entry after it says so"))


def _check_action(decision_id: str, told: Told) -> None:
    """Check that the actions that can be seen have the digests that people judged by."""
    if told.seen is not Seen.WHOLE:
        return
    for event in told.entry.events:
        if event.HasField("decision_proposed"):
            proposal = told.personal.proposal
            if proposal.decision_id != decision_id:
                raise ProofBrokenError(told.entry.offset, _("the proposal that stands apart from it is another one's"))
            _check_digest(told, proposal.action, event.decision_proposed.action_digest)
        if event.HasField("action_modified"):
            _check_digest(told, told.personal.modified_action, event.action_modified.action_digest)


def _check_digest(told: Told, action: v1.Action, digest: bytes) -> None:
    if action_digest(action) != digest:
        raise ProofBrokenError(told.entry.offset, _("its action does not have the digest that it says it has"))
