"""What binds one field of a message to another: the few rules that `(limits)` cannot say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_server.rpc.limits import MAX_ANSWER_BYTES, MAX_MODIFICATION_BYTES, MAX_PROPOSAL_BYTES
from governance_server.rpc.rules import IDENTIFIER, REQUIRED, Violation, limits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_TARGETS: Final = limits_of(v1.Action.DESCRIPTOR.fields_by_name["targets"]).max_items
_MOST_PARAMETERS: Final = limits_of(v1.Action.DESCRIPTOR.fields_by_name["parameters"]).max_items
_MOST_ID_CHARACTERS: Final = limits_of(v1.CoreCommand.DESCRIPTOR.fields_by_name["request_id"]).max_length
Relation = Callable[[Any], Iterator[Violation]]
_UNKNOWN_FIELD: Final = "has a field that this server does not know, and the digest would not cover it"


def _action(action: v1.Action) -> Iterator[Violation]:
    """An action holds nothing that its digest does not cover."""
    if len(action.targets) > _MOST_TARGETS or len(action.parameters) > _MOST_PARAMETERS:
        return  # refused for their number already, and a map of a frame's size takes a second to copy
    # UnknownFieldSet would say it too, and take a second over a frame full of unknown fields.
    known = v1.Action()
    known.CopyFrom(action)
    known.DiscardUnknownFields()
    if known.ByteSize() == action.ByteSize():
        return
    parts = [
        (f".targets[{index}]", *pair) for index, pair in enumerate(zip(action.targets, known.targets, strict=True))
    ]
    places = [place for place, whole, kept in parts if whole.ByteSize() != kept.ByteSize()]
    if action.duration.ByteSize() != known.duration.ByteSize():
        places.append(".duration")
    yield from (Violation(place, _UNKNOWN_FIELD) for place in places or [""])


def _client_hello(hello: v1.ClientHello) -> Iterator[Violation]:
    """An offset means nothing without the ledger it is of."""
    if hello.offset and not hello.ledger_id:
        yield Violation(".ledger_id", "is required where offset is not 0")


def _core_command(command: v1.CoreCommand) -> Iterator[Violation]:
    """A proposal goes by its decision_id, every other command by its request_id. One from the future by either."""
    kind = command.WhichOneof("command")
    if kind == "proposal" and command.request_id:
        yield Violation(".request_id", "must be empty for a proposal, which goes by its decision_id")
    if kind not in {"proposal", None} and not command.request_id:
        yield Violation(".request_id", "is required for every command but a proposal")


def _at_most(bound: int) -> Relation:
    def relation(message: Any) -> Iterator[Violation]:
        size = message.ByteSize()
        if size > bound:
            yield Violation("", f"must have at most {bound} bytes in all, has {size}")

    return relation


def _verdict(verdict: v1.Verdict) -> Iterator[Violation]:
    """A verdict names what was seen, and is given along with others only where it answers."""
    seen = verdict.WhichOneof("seen")
    if seen is None:
        yield Violation(".version", "is required where action_digest is not given: say what was seen")
    elif not getattr(verdict, seen):
        yield Violation(f".{seen}", REQUIRED)
    # A judgement from the future is the domain's to refuse.
    if verdict.batch_id and verdict.WhichOneof("judgement") not in {"approve", "reject", None}:
        yield Violation(".batch_id", "must be empty where the judgement is neither approve nor reject")


def _outcome(outcome: v1.Outcome) -> Iterator[Violation]:
    """When and by whom an outcome was reported is the server's to say."""
    for name in ("reported_at", "reported_by"):
        if outcome.HasField(name):
            yield Violation(f".{name}", "is the server's to set and must be absent")


def _halt_scope(scope: v1.HaltScope) -> Iterator[Violation]:
    """A halt says what it stops."""
    kind = scope.WhichOneof("scope")
    if kind is None:
        yield Violation("", "must have exactly one of all, core, action and target")
    elif kind == "all" and not scope.all:
        yield Violation(".all", "must be true where it is given")
    # An empty core is no identifier, which its own limits say.
    elif kind in {"action", "target"} and not getattr(scope, kind):
        yield Violation(f".{kind}", REQUIRED)


RELATIONS: Final[Mapping[str, Relation]] = {
    v1.Action.DESCRIPTOR.full_name: _action,
    v1.ClientHello.DESCRIPTOR.full_name: _client_hello,
    v1.CoreCommand.DESCRIPTOR.full_name: _core_command,
    v1.HaltScope.DESCRIPTOR.full_name: _halt_scope,
    v1.ModifyAndApprove.DESCRIPTOR.full_name: _at_most(MAX_MODIFICATION_BYTES),
    v1.Outcome.DESCRIPTOR.full_name: _outcome,
    v1.Proposal.DESCRIPTOR.full_name: _at_most(MAX_PROPOSAL_BYTES),
    v1.ProvideInformation.DESCRIPTOR.full_name: _at_most(MAX_ANSWER_BYTES),
    v1.Verdict.DESCRIPTOR.full_name: _verdict,
}
"""The rules, by the full name of the message they hold for."""


def _larger_than(bound: int) -> str:
    # No part is larger than its whole, which is measured anyway, and is seldom as large as that itself.
    return f"_total > {bound} and _message.ByteSize() > {bound}"


BROKEN: Final[Mapping[str, str]] = {
    v1.Action.DESCRIPTOR.full_name: "",
    v1.CoreCommand.DESCRIPTOR.full_name: 'command and (command == "proposal") == (request_id != "")',
    v1.ModifyAndApprove.DESCRIPTOR.full_name: _larger_than(MAX_MODIFICATION_BYTES),
    v1.Proposal.DESCRIPTOR.full_name: _larger_than(MAX_PROPOSAL_BYTES),
    v1.ProvideInformation.DESCRIPTOR.full_name: _larger_than(MAX_ANSWER_BYTES),
    v1.Verdict.DESCRIPTOR.full_name: (
        'not (version or action_digest) or batch_id and judgement not in ("approve", "reject", None)'
    ),
}
"""Beside the rules that storms ask for, what is true where they are broken: an expression over the message's fields and
oneofs, for `sieve`. Empty for what it leaves to others: it does not ask whether there are fields that nobody knows."""


def _request_id(message: Any) -> str:
    request_id: str = message.request_id
    return request_id


def _core_command_id(command: v1.CoreCommand) -> str:
    return command.proposal.decision_id if command.HasField("proposal") else command.request_id


def _proposal_id(proposal: v1.Proposal) -> str:
    return proposal.decision_id


COMMAND_IDS: Final[Mapping[str, Callable[[Any], str]]] = {
    v1.CoreCommand.DESCRIPTOR.full_name: _core_command_id,
    v1.OperatorCommand.DESCRIPTOR.full_name: _request_id,
    v1.Proposal.DESCRIPTOR.full_name: _proposal_id,
    v1.CancelDecisionRequest.DESCRIPTOR.full_name: _request_id,
    v1.AcceptOrderRequest.DESCRIPTOR.full_name: _request_id,
    v1.ReportOutcomeRequest.DESCRIPTOR.full_name: _request_id,
}
"""How a message that is a command is known, by its full name."""


def with_command_id(violations: Sequence[Violation], command_id: str) -> list[Violation]:
    """Return violations found in one command with its id; as they are, where the id itself is not in order."""
    if len(command_id) > _MOST_ID_CHARACTERS or IDENTIFIER.fullmatch(command_id) is None:
        return list(violations)
    return [violation._replace(command_id=command_id) for violation in violations]
