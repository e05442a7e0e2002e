"""Faults: what ends a call or a stream, as exceptions that know their reason and nothing of the transport.

A refusal is a value and stays in the stream; a bug is an assertion; everything else that goes wrong for a caller is one
of these. `rpc/status.py` alone turns them into a gRPC status.

    Fault
    ├── Unauthenticated      no credential, or none that is good
    ├── PermissionDenied     the credential's role may not do this
    ├── InvalidArgument      the message is not one of the contract, or a field of it is out of bounds
    ├── FailedPrecondition   the call does not fit what holds now: no hello, another ledger's offset
    ├── NotFound             there is none, or none that the caller may see
    ├── ResourceExhausted    a limit was met; come back later
    ├── Unavailable          the server stops, or the ledger cannot be written; come back with backoff
    └── Internal             a bug, told without what it was
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class FieldViolation(NamedTuple):
    """One field of a request that is not as the contract says.

    Attributes:
        field: Its path from the request, as `google.rpc.BadRequest` writes it: `commands.commands[3].request_id`.
        description: The rule it breaks, and by how much. Never what the field holds.
    """

    field: str
    description: str


class Fault(Exception):  # noqa: N818 - the word of the design; a member is named for the status it ends the call with
    """A call or a stream ends here.

    Attributes:
        reason: Why, for programs.
        message: Why, for people: what happened, what is true now, what to do. Never what a message held.
        field_violations: The fields to blame, at least one with FIELD_INVALID.
        metadata: More for programs, by name, such as the `request_id` of the command that is to blame.
        retry_after_us: When to come back, in microseconds from now; None where it is not said.
    """

    def __init__(
        self,
        reason: v1.ErrorReason.ValueType,
        message: str,
        *,
        field_violations: Sequence[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after_us: int | None = None,
    ) -> None:
        assert reason != v1.ERROR_REASON_UNSPECIFIED
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field_violations = tuple(field_violations)
        self.metadata = dict(metadata or {})
        self.retry_after_us = retry_after_us


class Unauthenticated(Fault):
    """The caller did not prove who it is."""


class PermissionDenied(Fault):
    """The caller is known, and its role may not do this."""


class InvalidArgument(Fault):
    """What was sent is not what the contract allows. Sending it again does not help."""


class FailedPrecondition(Fault):
    """What was asked does not fit what holds now. Something else has to come first."""


class NotFound(Fault):
    """There is no such thing, or none that the caller may see."""


class ResourceExhausted(Fault):
    """A limit was met. `retry_after_us` says when to come back."""


class Unavailable(Fault):
    """The server cannot do it now. Nothing was told and nothing changed; come back with backoff."""


class Internal(Fault):
    """A bug. The call changed nothing, or its receipt is lost: asking again with the same request_id tells which."""
