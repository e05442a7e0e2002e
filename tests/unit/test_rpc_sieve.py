"""The sieve says yes to what is in order and no to what is not, of every field of every request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_server.errors import InvalidArgument
from governance_server.rpc.limits import MAX_ANSWER_BYTES, MAX_MODIFICATION_BYTES, MAX_PROPOSAL_BYTES
from governance_server.rpc.sieve import check_of
from governance_server.rpc.validation import compiled, parse, validate
from tests.support.messages import core_frame, operator_frame
from tests.support.messages import proposal as a_proposal
from tests.unit.rpc_sites import REQUESTS, minimal, sites
from tests.unit.test_rpc_contract import at_bounds, past_bounds

if TYPE_CHECKING:
    from google.protobuf.message import Message

requests = pytest.mark.parametrize("request_type", REQUESTS, ids=lambda request: request.DESCRIPTOR.name)
UNKNOWN = b"\xfa\x3e\x03new"
"""Field 1007, three bytes."""


def passes(message: Any) -> bool:
    """Ask the sieve about a message, and hold its answer against the rule's."""
    passed = check_of(message.DESCRIPTOR)(message, message.ByteSize())
    assert passed is not bool(compiled(message.DESCRIPTOR)(message)), message
    return passed


@requests
def test_the_smallest_request_passes(request_type: type[Message]) -> None:
    """A request with what is required, and nothing else, passes; one with nothing passes where nothing is required."""
    assert passes(minimal(request_type.DESCRIPTOR))
    passes(request_type())


@requests
def test_what_is_at_its_bounds_passes(request_type: type[Message]) -> None:
    """A value at a bound passes, whatever the field, so that the rules are not asked."""
    for site in sites(request_type):
        for value in at_bounds(site):
            assert passes(site.message(value)), (site.path, value)


@requests
def test_what_is_past_its_bounds_does_not_pass(request_type: type[Message]) -> None:
    """A value one past a bound does not pass, whatever the field."""
    for site in sites(request_type):
        for value, _ in past_bounds(site):
            assert not passes(site.message(value)), (site.path, value)


@requests
def test_what_is_required_and_left_out_does_not_pass(request_type: type[Message]) -> None:
    """A request without a field that is required does not pass."""
    for site in sites(request_type):
        if site.limits.required:
            assert not passes(site.left_out()), site.path


@pytest.mark.parametrize(
    ("message", "passed"),
    [
        (v1.Evidence(reasoning="x" * 32768, indicators=["x" * 1024] * 220), True),
        (v1.ProvideInformation(decision_id="d", evidence=v1.Evidence(indicators=["x" * 1024] * 144)), False),
        (
            v1.ModifyAndApprove(
                action=v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, parameters={f"k{n}": "x" * 2048 for n in range(8)})
            ),
            False,
        ),
        (
            v1.ModifyAndApprove(
                action=v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, parameters={f"k{n}": "x" * 2048 for n in range(7)})
            ),
            True,
        ),
    ],
)
def test_what_is_too_large_in_all(message: Message, passed: bool) -> None:
    """A message whose fields are all within their bounds does not pass where it is too large in all."""
    assert max(MAX_ANSWER_BYTES, MAX_MODIFICATION_BYTES) < MAX_PROPOSAL_BYTES
    assert passes(message) is passed


@pytest.mark.parametrize(("indicators", "passed"), [(1, True), (2, False)])
def test_a_proposal_is_measured_where_the_frame_is_large(indicators: int, passed: bool) -> None:
    """In a frame of more bytes than a proposal may have, each proposal is measured by itself."""
    proposal = a_proposal()
    proposal.evidence.indicators[:] = ["x" * 1024] * (127 * indicators)
    proposal.evidence.exhibits.add(name="log", text="x" * 65536)
    other = a_proposal(2)
    other.CopyFrom(proposal)
    frame = core_frame([v1.CoreCommand(proposal=proposal), v1.CoreCommand(proposal=other)])
    assert frame.ByteSize() > MAX_PROPOSAL_BYTES
    assert passes(frame) is passed


@pytest.mark.parametrize("request_id", ["", "r-1"])
@pytest.mark.parametrize(
    "command",
    [
        v1.CoreCommand(),
        v1.CoreCommand(proposal=a_proposal()),
        v1.CoreCommand(cancel=v1.Cancel(decision_id="decision-1")),
    ],
)
def test_by_what_a_core_command_goes(command: v1.CoreCommand, request_id: str) -> None:
    """Only a proposal, and all others but it, go by a request_id; one from the future by either."""
    named = v1.CoreCommand()
    named.CopyFrom(command)
    named.request_id = request_id
    expected = {None: True, "proposal": not request_id, "cancel": bool(request_id)}
    assert passes(named) is expected[command.WhichOneof("command")]


@pytest.mark.parametrize(
    "seen", [{}, {"version": 0}, {"version": 1}, {"action_digest": b""}, {"action_digest": bytes(32)}]
)
@pytest.mark.parametrize("batch_id", ["", "batch-1"])
@pytest.mark.parametrize(
    "judgement", [{}, {"approve": v1.Approve()}, {"defer": v1.Defer(duration=Duration(seconds=60))}]
)
def test_what_a_verdict_says_together(seen: dict[str, Any], batch_id: str, judgement: dict[str, Any]) -> None:
    """A verdict passes that names what was seen, and is one of several only where it approves or rejects."""
    verdict = v1.Verdict(decision_id="decision-1", batch_id=batch_id, **seen, **judgement)
    expected = any(seen.values()) and not (batch_id and "defer" in judgement)
    assert passes(verdict) is expected


def test_of_unknown_fields_in_a_frame() -> None:
    """In a frame that the sieve lets pass, unknown fields are found: refused in an action, dropped elsewhere."""
    verdict = v1.Verdict(decision_id="decision-1", version=1, approve=v1.Approve())
    operated = operator_frame([v1.OperatorCommand(request_id=f"r-{n}", verdict=verdict) for n in range(3)])
    known = operated.SerializeToString()
    operated.commands.commands[1].verdict.approve.MergeFromString(UNKNOWN)
    assert operated.SerializeToString() != known
    validate(operated)
    assert operated.SerializeToString() == known
    proposed = core_frame([v1.CoreCommand(proposal=a_proposal(n)) for n in range(3)])
    proposed.commands.commands[1].proposal.action.targets[0].MergeFromString(UNKNOWN)
    with pytest.raises(InvalidArgument) as caught:
        validate(parse(v1.ProposeRequest, proposed.SerializeToString()))
    (violation,) = caught.value.field_violations
    assert violation.field == "commands.commands[1].proposal.action.targets[0]"
    assert caught.value.metadata == {"request_id": "decision-000001"}
