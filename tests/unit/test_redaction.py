"""What is personal is hidden or taken away by what the contract says, and nothing else is."""

from __future__ import annotations

import pytest

from governance import v1
from governance_server.domain.redaction import REDACTED, redacted, without_personal_data
from tests.support.messages import proposal


def whole() -> v1.Decision:
    """Make a decision in which something stands in every place that can hold personal data."""
    decision = v1.Decision(decision_id="decision-000001", proposal=proposal(1), action_digest=b"1" * 32, version=3)
    decision.proposal.action.parameters["port"] = "22"
    decision.proposal.metadata["ticket"] = ""
    decision.original_action.CopyFrom(decision.proposal.action)
    decision.notes.add(text="Looks like Mary's laptop.")
    decision.inquiries.add(question="Whose is it?").answer.indicators.extend(["a", "", "b"])
    decision.modifications.add(narrowing=True).changes.add(part="targets", before="10.0.0.1", after="")
    decision.votes.add(comment="I know her.")
    return decision


def test_texts_are_hidden() -> None:
    """Every text that is personal reads `[redacted]`, in lists and tables, too."""
    shown = redacted(whole())
    assert shown.proposal.action.targets[0].value == REDACTED == "[redacted]"
    assert dict(shown.proposal.action.parameters) == {"port": REDACTED}
    assert (shown.notes[0].text, shown.votes[0].comment, shown.inquiries[0].question) == (REDACTED,) * 3


@pytest.mark.parametrize("count", [2, 3, 9, 32])
def test_every_value_of_a_table_is_hidden(count: int) -> None:
    """However many names core tells by, none keeps its value."""
    decision = v1.Decision(proposal=v1.Proposal(metadata={f"name-{number}": "Mary" for number in range(count)}))
    shown = redacted(v1.Decision.FromString(decision.SerializeToString()))
    assert dict(shown.proposal.metadata) == dict.fromkeys(decision.proposal.metadata, REDACTED)


def test_shape_stays() -> None:
    """What is empty stays empty, lists keep their length, tables their keys, and what is not personal stays."""
    decision = whole()
    shown = redacted(decision)
    assert list(shown.inquiries[0].answer.indicators) == [REDACTED, "", REDACTED]
    assert dict(shown.proposal.metadata) == {"ticket": ""}
    assert shown.modifications[0].changes[0] == v1.ActionChange(part="targets", before=REDACTED)
    assert shown.action_digest == decision.action_digest
    assert shown.proposal.confidence == decision.proposal.confidence
    assert shown.proposal.action.type == decision.proposal.action.type


def test_twice_is_once() -> None:
    """Hiding what is hidden changes nothing, and neither changes what it was given."""
    decision = whole()
    assert redacted(redacted(decision)) == redacted(decision)
    without_personal_data(decision)
    assert decision == whole()


@pytest.mark.parametrize(
    "message",
    [
        v1.PersonalData(remark="Mary", halt_target="10.0.0.1", proposal=proposal(1)),
        v1.ListHaltsResponse(halts=[v1.Halt(reason="Mary", scope=v1.HaltScope(target="10.0.0.1"))]),
        v1.WatchDecisionsResponse(changes=[v1.Change(decision=whole())]),
        v1.ListSimilarDecisionsResponse(decisions=[whole()]),
    ],
    ids=lambda message: message.DESCRIPTOR.name,
)
def test_whatever_holds_it(message: v1.PersonalData) -> None:
    """It is found however deep it lies, in whatever message."""
    assert b"10.0.0.1" in message.SerializeToString() or b"Mary" in message.SerializeToString()
    hidden = redacted(message).SerializeToString()
    assert b"10.0.0.1" not in hidden
    assert b"Mary" not in hidden
    assert REDACTED.encode() in hidden


def test_nothing_personal() -> None:
    """An entry holds nothing personal, so that it is shown as it is."""
    entry = v1.Entry(offset=3, decision_id="decision-000001", events=[v1.Event(note_added=v1.NoteAdded())])
    assert redacted(entry) == entry


def test_what_entries_tell_is_left() -> None:
    """Without personal data, an action is its type and scope: that is what entries say of it."""
    rest = without_personal_data(whole())
    assert rest.proposal == v1.Proposal(action=v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, scope=v1.ACTION_SCOPE_HOST))
    assert rest.original_action == rest.proposal.action
    assert (rest.version, rest.action_digest) == (3, b"1" * 32)
    assert not rest.notes
    assert rest.modifications[0] == v1.Modification(narrowing=True)
    assert rest.votes[0] == v1.Vote()


def test_nothing_to_strip() -> None:
    """A decision of which nothing personal is there stays as it is."""
    bare = v1.Decision(decision_id="aaaaaaaa", version=1)
    assert without_personal_data(bare) == bare
