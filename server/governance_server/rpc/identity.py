"""Who the caller is, by its credential alone, and what its role may call."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server.domain.moment import microseconds
from governance_server.errors import PermissionDenied, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from governance_server.engine.ports import Entropy, StoredCredential

AUTHORIZATION: Final = "authorization"
"""The metadata that carries the bearer token."""
CREDENTIAL_ID_BYTES: Final = 8
SECRET_BYTES: Final = 32
"""256 bits: the secret needs no slow hash, since it cannot be guessed."""

_TOKEN: Final = re.compile(r"gw1\.(?P<id>[0-9a-f]{16})\.(?P<secret>[A-Za-z0-9_-]{43})")
_NO_PROOF: Final = bytes(hashlib.sha256().digest_size)

_OPERATORS: Final = frozenset({v1.ROLE_SOC_OPERATOR, v1.ROLE_SOC_SUPERVISOR, v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO})
_CORE: Final = frozenset({v1.ROLE_CORE})
_READERS: Final = _OPERATORS | {v1.ROLE_AUDITOR}
_EVERYONE: Final = _READERS | _CORE
_MANAGERS: Final = frozenset({v1.ROLE_SECURITY_MANAGER, v1.ROLE_CISO})
_WITNESSES: Final = frozenset({v1.ROLE_AUDITOR, v1.ROLE_CISO})
_ADMINISTRATION: Final = _MANAGERS | {v1.ROLE_AUDITOR}

ALLOWED: Final[Mapping[str, frozenset[v1.Role.ValueType]]] = {
    "/governance.v1.DecisionService/Propose": _CORE,
    "/governance.v1.DecisionService/SubmitDecision": _CORE,
    "/governance.v1.DecisionService/GetDecision": _EVERYONE,
    "/governance.v1.DecisionService/ListDecisions": _EVERYONE,
    "/governance.v1.DecisionService/WatchDecisions": _EVERYONE,
    "/governance.v1.DecisionService/CancelDecision": _CORE,
    "/governance.v1.DecisionService/AcceptOrder": _CORE,
    "/governance.v1.DecisionService/ReportOutcome": _CORE,
    "/governance.v1.ConsoleService/Operate": _OPERATORS,
    "/governance.v1.ConsoleService/SubmitVerdict": _OPERATORS,
    "/governance.v1.ConsoleService/GetStatistics": _READERS,
    "/governance.v1.ConsoleService/ListOperators": _READERS,
    "/governance.v1.ConsoleService/ListEligibleOperators": _READERS,
    "/governance.v1.ConsoleService/ListHalts": _EVERYONE,
    "/governance.v1.ConsoleService/ListSimilarDecisions": _READERS,
    "/governance.v1.ConsoleService/GetOperatorStatistics": _READERS,
    "/governance.v1.AuditService/ListEntries": _READERS,
    "/governance.v1.AuditService/GetCheckpoint": _READERS,
    "/governance.v1.AuditService/GetInclusionProof": _READERS,
    "/governance.v1.AuditService/GetConsistencyProof": _READERS,
    "/governance.v1.AuditService/AddCosignature": _WITNESSES,
    "/governance.v1.AdministrationService/ListCredentials": _ADMINISTRATION,
    "/governance.v1.AdministrationService/GetPolicy": _READERS,
    "/governance.v1.AdministrationService/CheckPolicy": _READERS,
    "/governance.v1.AdministrationService/ApplyPolicy": _MANAGERS,
    "/governance.v1.AdministrationService/ReplayPolicy": _READERS,
}
"""Who may call what, by the rpc's full name. What is not listed, nobody may call."""


class Principal(NamedTuple):
    """A caller that has proven who it is.

    Attributes:
        actor: Its name, kind and role, as its commands carry them. Frozen.
        credential_id: The public part of the credential that it proved itself by.
        expires_at_us: When that credential ends, in microseconds since the epoch; None: when it is revoked.
    """

    actor: v1.Actor
    credential_id: str
    expires_at_us: int | None


class Presented(NamedTuple):
    """A credential as it was presented; whether it is good, `check` tells.

    Attributes:
        credential_id: Its public part.
        proof: What its secret part hashes to. The secret itself is kept nowhere.
    """

    credential_id: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as it is handed out, once.

    Attributes:
        credential_id: Its public part.
        token: All of it, for the credential's file. Not shown by repr.
        proof: What the server keeps of it.
    """

    credential_id: str
    token: str = field(repr=False)
    proof: bytes = field(repr=False)


def parse_bearer(metadata: Iterable[tuple[str, str | bytes]]) -> Presented:
    """Return the credential that a call's metadata presents as a bearer token.

    Raises:
        Unauthenticated: CREDENTIAL_MISSING without an `authorization`; CREDENTIAL_REFUSED where it is no token of ours,
            or not the only one.
    """
    presented = [value for key, value in metadata if key == AUTHORIZATION]
    if not presented:
        raise Unauthenticated(
            v1.ERROR_REASON_CREDENTIAL_MISSING,
            "The call carries no credential. Send a bearer token, or connect with a client certificate.",
        )
    if len(presented) > 1 or not isinstance(presented[0], str):
        raise _refused()
    scheme, _, token = presented[0].partition(" ")
    match = _TOKEN.fullmatch(token)
    if scheme.lower() != "bearer" or match is None:
        raise _refused()
    return Presented(match["id"], _bearer_proof(match["secret"]))


def issue_token(entropy: Entropy) -> IssuedToken:
    """Draw a new bearer token. The secret is in the token alone; it cannot be told again."""
    credential_id = entropy.token(CREDENTIAL_ID_BYTES).hex()
    secret = base64.urlsafe_b64encode(entropy.token(SECRET_BYTES)).rstrip(b"=").decode("ascii")
    return IssuedToken(credential_id, f"gw1.{credential_id}.{secret}", _bearer_proof(secret))


def certificate_id(der: bytes) -> Presented:
    """Return the credential id and the proof of a client certificate in DER; the TLS layer has checked its chain."""
    proof = hashlib.sha256(der).digest()
    return Presented(proof[:CREDENTIAL_ID_BYTES].hex(), proof)


def check(stored: StoredCredential | None, proof: bytes, now_us: int) -> Principal:
    """Return who a proof belongs to. Takes as long for an unknown credential as for a wrong proof.

    Args:
        stored: The credential that the caller named, if there is one.
        proof: What the caller's secret or certificate hashes to.
        now_us: The present moment.

    Raises:
        Unauthenticated: CREDENTIAL_REFUSED for an unknown, revoked or wrong one, without telling which;
            CREDENTIAL_EXPIRED, told only to who has proven it.
    """
    matches = compare_digest(_NO_PROOF if stored is None else stored.proof, proof)
    if stored is None or not matches or stored.credential.revoked:
        raise _refused()
    credential = stored.credential
    expires_at_us = microseconds(credential.expires_at) if credential.HasField("expires_at") else None
    if expires_at_us is not None and expires_at_us <= now_us:
        raise Unauthenticated(
            v1.ERROR_REASON_CREDENTIAL_EXPIRED,
            "The credential has expired. Have an administrator issue a new one.",
        )
    kind = v1.ACTOR_KIND_CORE if credential.role == v1.ROLE_CORE else v1.ACTOR_KIND_OPERATOR
    actor = v1.Actor(kind=kind, name=credential.name, role=credential.role)
    return Principal(actor, credential.credential_id, expires_at_us)


def authorize(method: str, principal: Principal) -> None:
    """Let a caller's role pass, or not.

    Args:
        method: The rpc's full name, such as "/governance.v1.DecisionService/Propose".
        principal: The caller.

    Raises:
        PermissionDenied: ROLE_NOT_ALLOWED, naming the roles that may.
    """
    allowed = ALLOWED.get(method, frozenset())
    role = principal.actor.role
    if role in allowed:
        return
    may = ", ".join(role_name(other) for other in sorted(allowed)) or "nobody"
    raise PermissionDenied(
        v1.ERROR_REASON_ROLE_NOT_ALLOWED,
        f"The role {role_name(role)} may not call {method.rpartition('/')[2]}; allowed: {may}. Use another credential.",
        metadata={"role": role_name(role), "allowed": may},
    )


def role_name(role: v1.Role.ValueType) -> str:
    """Return a role as people write it, such as "soc_operator"; "unknown" for one that the contract does not have."""
    known = v1.Role.DESCRIPTOR.values_by_number.get(role)
    return "unknown" if known is None else known.name.removeprefix("ROLE_").lower()


def _refused() -> Unauthenticated:
    """Make the one answer to a malformed, unknown, revoked or wrong credential."""
    return Unauthenticated(
        v1.ERROR_REASON_CREDENTIAL_REFUSED,
        "The credential is not good here. Check which one is used, or have an administrator issue a new one.",
    )


def _bearer_proof(secret: str) -> bytes:
    """Return what is kept of a bearer secret: SHA-256 of its ASCII bytes."""
    return hashlib.sha256(secret.encode("ascii")).digest()
