"""Errors: what can go wrong for a client, each saying in a sentence what to do next.

```text
ClientError
├── CredentialsError       the credentials file is missing, open to others, or does not say what it must
├── UnreachableError       no server answers there, or it is not the one that the credentials trust
│   └── BrokenOffError     the stream ended while it was written to, and gRPC lost why; asking again tells
├── NotLetInError          the server does not know the credential, or its role may not do this
├── InvalidRequestError    a field is out of the contract's bounds; the same again fails again
├── RefusedError           the server understood, and refused; nothing changed
├── NotFoundError          there is no such decision, or none that the caller may see
├── LimitError             a limit was met; come back later
├── OffsetUnknownError     the resume point is not one of this ledger
├── ProtocolError          one side sent what the other cannot read
├── JournalError           the execution journal cannot be used
└── ServerError            the server failed, or says something a client of this version does not know
```

A refusal that arrives on a stream is a value (`v1.Refusal`); it becomes a RefusedError only where a caller awaits one
command's answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from governance import v1
from governance_client.language import N_, _

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

ERROR_DOMAIN: Final = "governance.v1"
_ASK_FOR_ANOTHER: Final = N_("Ask the server's administrator for another.")
_STATUS_LOST: Final = "Internal error from Core"
"""What grpc.aio says of a write to a stream that the server has ended, in place of the status it ended with."""
_TLS_SIGNS: Final = ("handshake", "certificate", "verification check", "ssl")
_HUNG_UP: Final = ("socket closed", "connection reset")
"""What gRPC says where the connection was ended from the other side, in the middle of a handshake, too."""
_GAVE_UP: Final = "endpoint closing"
"""What it says where it waited for a handshake in vain, which says nothing about trust."""
_WRAPPING: Final = re.compile(r"failed to connect to all addresses; last error: [A-Z_]+: (?:ipv[46]:)?|: OK$")
"""What gRPC puts around the reason it could not connect for; only the reason helps a reader."""


class ClientError(Exception):
    """The root of everything this package raises on purpose. Its text is for people."""


class CredentialsError(ClientError):
    """The credentials file cannot be used."""


class UnreachableError(ClientError):
    """No server could be reached there. What was asked may be asked again, with the same request_id.

    Attributes:
        retry_after_s: When the server asks to come back, in seconds; None where it did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BrokenOffError(UnreachableError):
    """The stream ended while it was written to, and gRPC does not say why. The next attempt is told."""


class NotLetInError(ClientError):
    """The credential is unknown, revoked or expired, or its role may not do this. Trying again does not help."""


class Violation(NamedTuple):
    """One field that is out of bounds.

    Attributes:
        field: Its path within the request.
        description: What is wrong with it.
    """

    field: str
    description: str


class InvalidRequestError(ClientError):
    """A field is out of the contract's bounds.

    Attributes:
        violations: The fields, as the server named them.
        request_id: The command it is in; empty where the server did not say.
    """

    def __init__(self, message: str, violations: tuple[Violation, ...] = (), request_id: str = "") -> None:
        super().__init__(message)
        self.violations = violations
        self.request_id = request_id


class RefusedError(ClientError):
    """The server refused a command. It changed nothing.

    Attributes:
        refusal: The reason, the message for people, and the decision as it stands.
    """

    def __init__(self, refusal: v1.Refusal) -> None:
        super().__init__(refusal.message or _("the server refused: {refusal}").format(refusal=reason_name(refusal)))
        self.refusal = refusal


class NotFoundError(ClientError):
    """There is no such decision, or none that the caller may see."""


class LimitError(ClientError):
    """A limit was met.

    Attributes:
        retry_after_s: When to come back, in seconds; None where the server did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OffsetUnknownError(ClientError):
    """The resume point lies beyond the ledger's end, or belongs to another ledger. Find out why first."""


class ProtocolError(ClientError):
    """One side sent what the other cannot read: most likely their versions differ."""


class JournalError(ClientError):
    """The execution journal is damaged, in use by another process, or cannot be written."""


class ServerError(ClientError):
    """The server failed. What was asked may be asked again, with the same request_id."""


@dataclass(frozen=True, slots=True)
class _Details:
    """What google.rpc details a status carries."""

    reason: v1.ErrorReason.ValueType
    request_id: str
    violations: tuple[Violation, ...]
    retry_after_s: float | None


def reason_name(refusal: v1.Refusal) -> str:
    """Return a refusal's reason in lower case without its prefix; its number where this version does not know it."""
    try:
        name = v1.RefusalReason.Name(refusal.reason)
    except ValueError:
        return _("reason {reason}").format(reason=refusal.reason)
    return name.removeprefix("REFUSAL_REASON_").lower()


def seconds(span: Duration) -> float:
    """Return a Duration in seconds."""
    return span.seconds + span.nanos / 1e9


def error_reason(error: grpc.aio.AioRpcError) -> v1.ErrorReason.ValueType:
    """Return the contract's reason that a status carries; UNSPECIFIED where it carries none that is known."""
    return _details(error).reason


def from_rpc_error(error: grpc.aio.AioRpcError) -> ClientError:
    """Return what the status of a failed call means for a client. The text says what to do next."""
    code, text, details = error.code(), (error.details() or "").rstrip(" ."), _details(error)
    fault: ClientError
    match code:
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.DEADLINE_EXCEEDED:
            fault = UnreachableError(_unreachable_text(text, details), details.retry_after_s)
        case grpc.StatusCode.UNAUTHENTICATED:
            advised = _advised(text, _(_ASK_FOR_ANOTHER))
            fault = NotLetInError(_("This credential is not let in: {why}").format(why=advised))
        case grpc.StatusCode.PERMISSION_DENIED:
            advised = _advised(text, _("Use one with another role."))
            fault = NotLetInError(_("This credential's role may not do that: {why}").format(why=advised))
        case grpc.StatusCode.INVALID_ARGUMENT:
            fault = InvalidRequestError(_invalid_text(text, details), details.violations, details.request_id)
        case grpc.StatusCode.NOT_FOUND:
            fault = NotFoundError(f"{text}." if text else _("There is no such decision."))
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            fault = LimitError(
                _("A limit was met: {text}. {come_back}").format(text=text, come_back=_come_back(details)),
                details.retry_after_s,
            )
        case _:
            fault = _other_fault(code, text, details)
    return fault


def _other_fault(code: grpc.StatusCode, text: str, details: _Details) -> ClientError:
    if code is grpc.StatusCode.INTERNAL and text == _STATUS_LOST:
        return BrokenOffError(_("The server ended the stream while it was written to. Connecting anew."))
    if details.reason == v1.ERROR_REASON_OFFSET_UNKNOWN:
        return OffsetUnknownError(
            _(
                "The server's ledger does not have the place this client left off at: {text}. Before you start from "
                "0, find out why."
            ).format(text=text.partition(". ")[0])
        )
    if details.reason == v1.ERROR_REASON_HELLO_EXPECTED or code is grpc.StatusCode.UNIMPLEMENTED:
        return ProtocolError(
            _("The server did not understand this client: {text}. Compare their versions.").format(text=text)
        )
    return ServerError(
        _("The server failed ({code}): {text}. Try again; if it stays so, read the server's log.").format(
            code=code.name, text=text
        )
    )


def _advised(text: str, advice: str) -> str:
    """Return the server's text, which may say in a second sentence what to do; else with our advice after it."""
    return f"{text}." if ". " in text else f"{text}. " + advice


def _unreachable_text(text: str, details: _Details) -> str:
    if details.reason != v1.ERROR_REASON_UNSPECIFIED:
        return _("The server cannot answer now: {text}. {come_back}").format(text=text, come_back=_come_back(details))
    text = _WRAPPING.sub("", text)
    lowered = text.lower()
    if "expired" in lowered:
        return _(
            "The connection is not trusted, since a certificate has expired: {text}. Check the clocks; if they "
            "are right, the server's administrator has to renew the certificate."
        ).format(text=text)
    hung_up = any(sign in lowered for sign in _HUNG_UP)
    if not hung_up and _GAVE_UP not in lowered and any(sign in lowered for sign in _TLS_SIGNS):
        return _(
            "The connection is not trusted: {text}. Check that the credentials are from this very server, and "
            "that their address is the server's; a client certificate needs the listener made for it."
        ).format(text=text)
    if hung_up:
        return _(
            "The server hung up: {text}. It may be stopping, then trying again helps; a client certificate that "
            "has expired, or a token at the address for certificates, looks the same."
        ).format(text=text)
    return _(
        "The server cannot be reached: {text}. Check that it runs, and the address in the credentials file."
    ).format(text=text)


def _invalid_text(text: str, details: _Details) -> str:
    fields = "; ".join(f"{violation.field}: {violation.description}" for violation in details.violations)
    return _("The request is out of bounds: {fields}. Correct it; the same again fails again.").format(
        fields=fields or text
    )


def _come_back(details: _Details) -> str:
    if details.retry_after_s is None:
        return _("Come back later.")
    return _("Come back in {seconds:g} s.").format(seconds=details.retry_after_s)


def _details(error: grpc.aio.AioRpcError) -> _Details:
    """Read the details a status carries, believing none that cannot be read."""
    info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    for packed in _rich_status(error).details:
        for message in (info, bad, retry):
            _unpack(packed.type_url, packed.value, message)
    known = info.domain == ERROR_DOMAIN
    return _Details(
        reason=_reason(info.reason) if known else v1.ERROR_REASON_UNSPECIFIED,
        request_id=info.metadata["request_id"] if known and "request_id" in info.metadata else "",
        violations=tuple(Violation(each.field, each.description) for each in bad.field_violations),
        retry_after_s=seconds(retry.retry_delay) if retry.HasField("retry_delay") else None,
    )


def _rich_status(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    try:
        return rpc_status.from_call(cast("grpc.Call", error)) or status_pb2.Status()
    except (DecodeError, ValueError):  # not readable, or not what the plain status says
        return status_pb2.Status()


def _unpack(type_url: str, value: bytes, into: Message) -> None:
    if type_url.rpartition("/")[2] == into.DESCRIPTOR.full_name:
        try:
            into.MergeFromString(value)
        except DecodeError:
            into.Clear()


def _reason(name: str) -> v1.ErrorReason.ValueType:
    try:
        return v1.ErrorReason.Value(f"ERROR_REASON_{name}")
    except ValueError:
        return v1.ERROR_REASON_UNSPECIFIED
