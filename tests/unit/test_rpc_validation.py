"""What the edge says to messages that are not as the contract says, one rule at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_server.errors import InvalidArgument
from governance_server.rpc.validation import parse, validate
from tests.unit.rpc_sites import REQUESTS, all_sites, minimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tests.unit.rpc_sites import Site

HIDDEN = "\x1b[31mSECRET"


def fault_of(message: Message) -> InvalidArgument:
    """Return what the edge says to a message that goes over the wire."""
    with pytest.raises(InvalidArgument) as caught:
        validate(parse(type(message), message.SerializeToString()))
    return caught.value


def blamed(message: Message) -> list[str]:
    return [violation.field for violation in fault_of(message).field_violations]


def frame(*commands: v1.CoreCommand) -> v1.ProposeRequest:
    return v1.ProposeRequest(sequence=1, commands=v1.CoreCommands(commands=commands))


def proposing(decision_id: str = "decision-1", **fields: object) -> v1.CoreCommand:
    proposal: v1.Proposal = minimal(v1.Proposal.DESCRIPTOR)
    proposal.MergeFrom(v1.Proposal(decision_id=decision_id, **fields))  # type: ignore[arg-type]  # any field
    return v1.CoreCommand(proposal=proposal)


def operating(**command: object) -> v1.OperateRequest:
    one = v1.OperatorCommand(request_id="r-1", **command)  # type: ignore[arg-type]  # any command
    return v1.OperateRequest(sequence=1, commands=v1.OperatorCommands(commands=[one]))


def test_a_violation_is_named_from_the_frame_down() -> None:
    """The fourth command's confidence is named as BadRequest names it, with the rule and the number."""
    fault = fault_of(frame(*(proposing(f"decision-{n}") for n in range(3)), proposing("decision-x", confidence=1.5)))
    (violation,) = fault.field_violations
    assert fault.reason == v1.ERROR_REASON_FIELD_INVALID
    assert violation.field == "commands.commands[3].proposal.confidence"
    assert violation.description == "is 1.5; 0 to 1 is allowed"
    assert violation.field in fault.message
    assert fault.metadata == {"request_id": "decision-x"}


def test_a_map_entry_is_named_by_its_key() -> None:
    """A value in a map that is too long is named by the map and the key."""
    fault = fault_of(frame(proposing(metadata={"note": "x" * 2049})))
    assert fault.field_violations == (
        ('commands.commands[0].proposal.metadata["note"]', "has 2049 characters; at most 2048 are allowed"),
    )


def test_what_was_sent_is_never_said_back() -> None:
    """The answer holds sizes and rules, and nothing of the text that broke them."""
    bad = proposing(metadata={HIDDEN: "v" * 3000}, compliance_tags=[HIDDEN * 20], reverses=HIDDEN)
    fault = fault_of(frame(bad))
    told = fault.message + repr(fault.field_violations) + repr(fault.metadata)
    assert len(fault.field_violations) == 3
    assert "SECRET" not in told
    assert "\x1b" not in told


def test_sixteen_violations_are_told_and_no_more() -> None:
    """A frame full of mistakes is answered with the first sixteen."""
    fault = fault_of(frame(*(proposing(f"decision-{n}", confidence=2, data_type="x" * 200) for n in range(100))))
    assert len(fault.field_violations) == 16
    assert fault.field_violations[1].field == "commands.commands[0].proposal.data_type"
    assert "and 15 more" in fault.message
    assert fault.metadata == {"request_id": "decision-0"}


def test_all_violations_of_a_command_are_told_at_once() -> None:
    """Who sends three mistakes need not send them three times."""
    message = operating(verdict=v1.Verdict(comment="x" * 5000))
    prefix = "commands.commands[0].verdict"
    assert blamed(message) == [f"{prefix}.comment", f"{prefix}.decision_id", f"{prefix}.version"]


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65])
def test_a_command_whose_id_is_not_in_order_is_not_named_by_it(request_id: str) -> None:
    """The metadata names no command by an id that is itself out of bounds."""
    command = v1.OperatorCommand(request_id=request_id, claim=v1.ClaimDecision(decision_id="decision-1"))
    fault = fault_of(v1.SubmitVerdictRequest(command=command))
    assert fault.field_violations[0].field == "command.request_id"
    assert fault.metadata == {}


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (operating(claim=v1.ClaimDecision()), "r-1"),
        (v1.SubmitDecisionRequest(proposal=v1.Proposal(decision_id="decision-9")), "decision-9"),
        (v1.CancelDecisionRequest(request_id="r-2", cancel=v1.Cancel()), "r-2"),
        (v1.AcceptOrderRequest(request_id="r-3", accept_order=v1.AcceptOrder()), "r-3"),
        (v1.ReportOutcomeRequest(request_id="r-4", report_order=v1.ReportOrder()), "r-4"),
        (frame(v1.CoreCommand(request_id="r-5", cancel=v1.Cancel())), "r-5"),
    ],
)
def test_the_command_to_blame_is_named(message: Message, named: str) -> None:
    """Whatever carries a command, the fault's metadata says which one it was."""
    assert fault_of(message).metadata == {"request_id": named}


def test_a_proposal_has_no_request_id_and_every_other_command_has_one() -> None:
    """A proposal goes by its decision_id; the two names would otherwise compete."""
    both = proposing()
    both.request_id = "r-1"
    assert blamed(frame(both)) == ["commands.commands[0].request_id"]
    neither = v1.CoreCommand(cancel=v1.Cancel(decision_id="decision-1"))
    assert blamed(frame(neither)) == ["commands.commands[0].request_id"]


@pytest.mark.parametrize(
    "message",
    [
        v1.ProposeRequest(sequence=3),
        v1.OperateRequest(sequence=3),
        frame(v1.CoreCommand()),
        frame(v1.CoreCommand(request_id="r-1")),
        operating(),
        operating(verdict=v1.Verdict(decision_id="decision-1", version=1)),
    ],
)
def test_what_comes_from_the_future_passes(message: Message) -> None:
    """An empty oneof is no mistake of form: whoever decides on it refuses it and keeps the stream."""
    validate(message)


@pytest.mark.parametrize(
    ("seen", "field"),
    [
        (v1.Verdict(), "version"),
        (v1.Verdict(version=0), "version"),
        (v1.Verdict(action_digest=b""), "action_digest"),
        (v1.Verdict(action_digest=bytes(31)), "action_digest"),
        (v1.Verdict(action_digest=bytes(33)), "action_digest"),
    ],
)
def test_a_verdict_names_what_was_seen(seen: v1.Verdict, field: str) -> None:
    """A verdict without a version from 1, or a digest of 32 bytes, is no verdict."""
    seen.decision_id = "decision-1"
    seen.approve.SetInParent()
    assert blamed(operating(verdict=seen)) == [f"commands.commands[0].verdict.{field}"]


@pytest.mark.parametrize(
    "verdict",
    [
        v1.Verdict(modify_and_approve=v1.ModifyAndApprove(action=proposing().proposal.action)),
        v1.Verdict(defer=v1.Defer(duration=Duration(seconds=60))),
        v1.Verdict(request_information=v1.RequestInformation(question="Whose?")),
        v1.Verdict(return_for_revision=v1.ReturnForRevision(instructions="Name it.")),
    ],
)
def test_only_approvals_and_rejections_are_given_along_with_others(verdict: v1.Verdict) -> None:
    """Whatever else is given along with others is blamed for it."""
    verdict.decision_id, verdict.version, verdict.batch_id = "decision-1", 1, "batch-1"
    assert blamed(operating(verdict=verdict)) == ["commands.commands[0].verdict.batch_id"]


@pytest.mark.parametrize("verdict", [v1.Verdict(approve=v1.Approve()), v1.Verdict(reject=v1.Reject()), v1.Verdict()])
def test_what_may_be_in_a_batch(verdict: v1.Verdict) -> None:
    """Approvals and rejections pass, and a judgement from the future is left to the domain."""
    verdict.decision_id, verdict.version, verdict.batch_id = "decision-1", 1, "batch-1"
    validate(operating(verdict=verdict))


@pytest.mark.parametrize(
    ("shown", "field"),
    [
        (v1.Presentation(reading=Duration()), "rendering_digest"),
        (v1.Presentation(rendering_digest=bytes(31), reading=Duration()), "rendering_digest"),
        (v1.Presentation(rendering_digest=bytes(32)), "reading"),
        (v1.Presentation(rendering_digest=bytes(32), reading=Duration(seconds=-1)), "reading"),
        (v1.Presentation(rendering_digest=bytes(32), reading=Duration(seconds=86400, nanos=1)), "reading"),
    ],
)
def test_what_was_shown_is_said_whole(shown: v1.Presentation, field: str) -> None:
    """A digest of 32 bytes and a time of at most a day, or nothing at all."""
    verdict = v1.Verdict(decision_id="decision-1", version=1, approve=v1.Approve(), presentation=shown)
    assert blamed(operating(verdict=verdict)) == [f"commands.commands[0].verdict.presentation.{field}"]


def test_a_rejection_without_a_reason_is_left_to_the_domain() -> None:
    """It is refused with the decision as it stands, and does not end the stream."""
    verdict = v1.Verdict(decision_id="decision-1", version=1, reject=v1.Reject())
    validate(operating(verdict=verdict))


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        (v1.HaltScope(), "scope"),
        (v1.HaltScope(all=False), "scope.all"),
        (v1.HaltScope(core=""), "scope.core"),
        (v1.HaltScope(action=v1.ACTION_TYPE_UNSPECIFIED), "scope.action"),
        (v1.HaltScope(target=""), "scope.target"),
    ],
)
def test_a_halt_says_what_it_stops(scope: v1.HaltScope, path: str) -> None:
    """A scope that covers nothing is refused: whoever declares it believes that something stops."""
    halt = v1.DeclareHalt(scope=scope, reason="drill")
    assert blamed(operating(declare_halt=halt)) == [f"commands.commands[0].declare_halt.{path}"]


def test_when_and_by_whom_an_outcome_was_reported_is_the_servers_to_say() -> None:
    """An outcome that brings its own time and author is refused, from a core and from an operator."""
    outcome = v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, reported_by=v1.Actor(name="ciso"))
    outcome.reported_at.seconds = 1
    reconcile = v1.ReconcileOutcome(decision_id="decision-1", outcome=outcome)
    prefix = "commands.commands[0].reconcile_outcome.outcome"
    assert blamed(operating(reconcile_outcome=reconcile)) == [f"{prefix}.reported_at", f"{prefix}.reported_by"]
    report = v1.ReportOrder(decision_id="decision-1", order_id="decision-1/1", action_digest=bytes(32), outcome=outcome)
    request = v1.ReportOutcomeRequest(request_id="r-1", report_order=report)
    assert blamed(request) == ["report_order.outcome.reported_at", "report_order.outcome.reported_by"]


def test_an_offset_comes_with_its_ledger() -> None:
    """A client that resumes says on which ledger; one that starts anew need not."""
    assert blamed(v1.OperateRequest(hello=v1.ClientHello(offset=7))) == ["hello.ledger_id"]
    validate(v1.OperateRequest(hello=v1.ClientHello(offset=7, ledger_id="0" * 32)))
    validate(v1.OperateRequest(hello=v1.ClientHello()))


UNKNOWN = b"\xfa\x3e\x03new"
"""Field 1007, three bytes."""


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (lambda action: action, "proposal.action"),
        (lambda action: action.targets[1], "proposal.action.targets[1]"),
        (lambda action: action.duration, "proposal.action.duration"),
    ],
)
def test_an_action_holds_nothing_that_its_digest_does_not_cover(
    place: Callable[[v1.Action], Message], path: str
) -> None:
    """A field of an action that this server does not know is refused: nobody could approve what nobody is shown."""
    action = v1.Action(type=v1.ACTION_TYPE_BLOCK_IP)
    action.targets.add(kind=v1.TARGET_KIND_HOST, value="a")
    action.targets.add(kind=v1.TARGET_KIND_HOST, value="b")
    action.duration.seconds = 60
    place(action).MergeFromString(UNKNOWN)
    request = v1.SubmitDecisionRequest(proposal=v1.Proposal(decision_id="decision-1", action=action))
    assert blamed(request) == [path]


def test_unknown_fields_elsewhere_are_dropped() -> None:
    """What this server does not know it does not keep: nothing bounds it."""
    proposal = minimal(v1.Proposal.DESCRIPTOR)
    known = proposal.SerializeToString()
    proposal.MergeFromString(UNKNOWN)
    assert proposal.SerializeToString() != known
    validate(proposal)
    assert proposal.SerializeToString() == known


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda request: request.DESCRIPTOR.name)
def test_garbage_is_no_message(request_type: type[Message]) -> None:
    """Bytes that are not the rpc's message are told so, with its name."""
    with pytest.raises(InvalidArgument) as caught:
        parse(request_type, b"\x07garbage")
    assert caught.value.reason == v1.ERROR_REASON_MESSAGE_MALFORMED
    assert f"not a {request_type.DESCRIPTOR.name}" in caught.value.message
    assert caught.value.field_violations == ()


def test_text_that_is_not_utf_8_is_named() -> None:
    """The answer names the one string that is not UTF-8."""
    data = frame(proposing(), proposing(compliance_tags=["GDPR", "PCI-DSS"])).SerializeToString()
    with pytest.raises(InvalidArgument) as caught:
        parse(v1.ProposeRequest, data.replace(b"PCI-DSS", b"PCI\xff\xfeSS"))
    assert caught.value.reason == v1.ERROR_REASON_FIELD_INVALID
    assert caught.value.field_violations == (("commands.commands[1].proposal.compliance_tags[1]", "is not UTF-8"),)


@given(request_type=st.sampled_from(REQUESTS), data=st.binary(max_size=400))
def test_arbitrary_bytes_are_a_message_or_an_invalid_argument(request_type: type[Message], data: bytes) -> None:
    """Nothing that anyone can send makes the edge fail in any other way."""
    judge(request_type, data)


@given(
    site=st.sampled_from(all_sites()),
    cuts=st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_damaged_requests_are_a_message_or_an_invalid_argument(site: Site, cuts: list[tuple[int, bytes]]) -> None:
    """The same of requests that were valid before some of their bytes changed."""
    request_type = site.request
    data = minimal(request_type.DESCRIPTOR).SerializeToString()
    for position, piece in cuts:
        data = data[:position] + piece + data[position + len(piece) :]
    judge(request_type, data)


def judge(request_type: type[Message], data: bytes) -> None:
    try:
        validate(parse(request_type, data))
    except InvalidArgument as fault:
        malformed = fault.reason == v1.ERROR_REASON_MESSAGE_MALFORMED
        assert malformed or fault.field_violations  # noqa: PT017 - either outcome is right, and this one has a shape


@given(
    text=st.text(max_size=140),
    site=st.sampled_from(
        [site for site in all_sites() if site.field.name == "model_version" or site.path == "hello.client"]
    ),
)
def test_text_counts_in_code_points(text: str, site: Site) -> None:
    """Any text of up to as many code points as the contract allows passes, and any longer one does not."""
    message = site.message(text)
    if len(text) > 128:
        assert blamed(message) == [site.path]
    else:
        validate(message)


@given(number=st.floats())
def test_numbers_are_held_to_their_range(number: float) -> None:
    """Of all floating numbers, those from 0 to 1 are a confidence, and no others: not NaN, not the infinities."""
    message = frame(proposing(confidence=number))
    if 0 <= number <= 1:
        validate(message)
    else:
        assert blamed(message) == ["commands.commands[0].proposal.confidence"]
