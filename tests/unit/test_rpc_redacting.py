"""Who is shown personal data, and who its shape alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.engine.frames import change_item
from governance_server.engine.ports import DecisionRow, Record
from governance_server.rpc.identity import Principal
from governance_server.rpc.redacting import redacted_record, shown_changes, shown_to
from tests.support.messages import proposal

PERSONAL = v1.PersonalData(remark="Mary's laptop", proposal=proposal(1))
RECORD = Record(3, "decision-000001", b"entry", b"h" * 32, b"s" * 32, PERSONAL.SerializeToString())
DECISION = v1.Decision(decision_id="decision-000001", offset=3, proposal=proposal(1))
AUDITOR_SEES = replace(DEFAULT_POLICY, see_personal_from=v1.ROLE_AUDITOR)
MANAGERS_SEE = replace(DEFAULT_POLICY, see_personal_from=v1.ROLE_SECURITY_MANAGER)


def caller(role: v1.Role.ValueType) -> Principal:
    return Principal(v1.Actor(name="somebody", role=role), "0" * 16, None)


AUDITOR = caller(v1.ROLE_AUDITOR)
OPERATOR = caller(v1.ROLE_SOC_OPERATOR)


def test_an_operator_sees_records() -> None:
    """Operators read the ledger whole, byte for byte, unless the policy says otherwise."""
    shown = redacted_record(RECORD, OPERATOR, DEFAULT_POLICY)
    assert shown == v1.LedgerRecord(entry=b"entry", hash=b"h" * 32, salt=RECORD.salt, personal=RECORD.personal)


@pytest.mark.parametrize(("reader", "policy"), [(AUDITOR, DEFAULT_POLICY), (OPERATOR, MANAGERS_SEE)])
def test_a_record_below_the_role(reader: Principal, policy: object) -> None:
    """Below the role, entry and hash are the same, salt and personal data are left out, and the shape is there."""
    assert isinstance(policy, type(DEFAULT_POLICY))
    shown = redacted_record(RECORD, reader, policy)
    assert (shown.entry, shown.hash, shown.salt, shown.personal) == (RECORD.entry, RECORD.hash, b"", b"")
    assert shown.redacted.remark == "[redacted]"
    assert len(shown.redacted.proposal.action.targets) == len(PERSONAL.proposal.action.targets)


def test_a_record_without_personal_data() -> None:
    """Where there is none, or where it was erased, there is no shape either."""
    shown = redacted_record(RECORD._replace(salt=b"", personal=b""), AUDITOR, DEFAULT_POLICY)
    assert not shown.HasField("redacted")


def test_an_auditor_who_may_see() -> None:
    """Where the policy says that auditors may see, they do, everywhere."""
    assert redacted_record(RECORD, AUDITOR, AUDITOR_SEES).personal == RECORD.personal
    assert shown_to(AUDITOR, AUDITOR_SEES, DECISION) is DECISION


def test_decisions() -> None:
    """An auditor sees a decision's shape; who decides it sees it whole, and so does the core that proposed it."""
    assert shown_to(AUDITOR, DEFAULT_POLICY, DECISION).proposal.action.targets[0].value == "[redacted]"
    assert shown_to(OPERATOR, MANAGERS_SEE, DECISION) is DECISION
    assert shown_to(caller(v1.ROLE_CORE), MANAGERS_SEE, DECISION) is DECISION


def test_changes() -> None:
    """What an auditor watches is hidden in the same way, with its offset, its cause and its version."""
    cause = v1.Entry(offset=3, events=[v1.Event(note_added=v1.NoteAdded())])
    items = [change_item(DecisionRow(DECISION, DECISION.SerializeToString()), cause)] * 2
    assert shown_changes(OPERATOR, DEFAULT_POLICY, items) is items
    hidden = v1.WatchDecisionsResponse.FromString(b"".join(shown_changes(AUDITOR, DEFAULT_POLICY, items)))
    assert [change.offset for change in hidden.changes] == [3, 3]
    assert hidden.changes[0].cause.events == ["note_added"]
    assert hidden.changes[0].decision.proposal.action.targets[0].value == "[redacted]"
