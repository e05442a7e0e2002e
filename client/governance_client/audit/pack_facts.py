"""The files of an evidence pack that hold what the page tells, for programs and for people without one. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_client.audit.evidence_story import happened
from governance_client.audit.pack_json import in_order
from governance_client.console import words
from governance_client.language import _

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from governance_client.audit.evidence import Told
    from governance_client.audit.evidence_story import Leave, Story

WHOLE_LEDGER: Final = "governance audit verify"


def decision_json(story: Story) -> str:
    """Return the facts as JSON: the contract's own names and forms, in every language."""
    checked = story.checked
    facts = {
        "decision_id": story.decision_id,
        "ledger_id": checked.checkpoint.ledger_id,
        "checkpoint_size": checked.checkpoint.size,
        "state": words.state(story.state),
        "ended_at": None if story.ended is None else story.ended.entry.recorded_at.ToJsonString(),
        "core": story.proposed.entry.actor.name,
        "entries_are_numbered": checked.numbered,
        "order_among_entries": bool(story.leaves),
        "proposal": _message(story.proposal),
        "proposed": _message(story.event),
        "policies": [
            {
                "offset": each.told.entry.offset,
                "policy_digest": each.event.policy_digest.hex(),
                "in_force_when_proposed": each.first,
            }
            for each in story.policies
        ],
        "orders": [_order(each) for each in story.leaves],
        "entries": [_entry(each) for each in story.entries],
    }
    return json.dumps(facts, indent=2) + "\n"


def _message(message: Message) -> Any:
    return in_order(message, contract_names=True)


def _order(leave: Leave) -> dict[str, object]:
    accepted = leave.accepted
    return {
        "order_id": leave.order.order_id,
        "action_digest": leave.order.action_digest.hex(),
        "issued_at": leave.issued.entry.recorded_at.ToJsonString(),
        "accepted_at": None if accepted is None else accepted.entry.recorded_at.ToJsonString(),
        "withdrawn": leave.withdrawn is not None,
        "outcomes": [
            {"result": _result(event.result), "offset": told.entry.offset}
            for told, _kind, event in happened(leave.outcomes, "outcome_reported", "outcome_reconciled")
        ],
    }


def _result(value: v1.OutcomeResult.ValueType) -> str:
    try:
        return v1.OutcomeResult.Name(value).removeprefix("OUTCOME_RESULT_").lower()
    except ValueError:
        return str(value)


def _entry(told: Told) -> dict[str, object]:
    return {
        "entry": _message(told.entry),
        "hash": told.digest.hex(),
        "personal": told.seen.value,
        "written": _message(told.personal),
    }


def readme(story: Story) -> str:
    """Return how the pack is checked, in the language in use."""
    text = _("""\
Evidence about the decision {decision}
of the ledger {ledger}, at the checkpoint of {size} entries.

report.html tells it. Open it with any browser; it fetches nothing.

To check the pack you need the key of the ledger's checkpoints, from somebody who has it on a way that whoever gave
you this pack does not control: the server's administrator has it in checkpoint.vkey. Then:

    governance audit verify --pack FILE.zip --key KEY

This program is not needed. What there is to check:

1. manifest.json names every other file, with its SHA-256.
2. checkpoint.txt is a note as in C2SP signed-note and tlog-checkpoint. Its Ed25519 signature is by the key that you
   trust, or by one that follows from it in keys.json: each change is signed with the key before it.
3. Each line of records.jsonl (about the decision) and house.jsonl (about the house) holds an entry, in base64. Its
   hash is SHA-256(0x00 || entry). With the audit path in proofs.json it gives the root in checkpoint.txt, as in
   RFC 9162, section 2.1.3.2; the leaf's index is the entry's offset minus 1.
4. Entries are messages governance.v1.Entry, in protocol buffers. Each of the decision's names the decision, and their
   decision_version counts from 1 without a gap.
5. Where there is a salt, SHA-256(0x02 || salt || personal) is the entry's personal_commitment.

That the ledger holds nothing about the decision after the last entry here takes a reading of all of it:
{command}.
""")
    checkpoint = story.checked.checkpoint
    return text.format(
        decision=story.decision_id, ledger=checkpoint.ledger_id, size=checkpoint.size, command=WHOLE_LEDGER
    )
