"""Who the caller is, and what its role may call."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest

from governance import v1
from governance_server.domain.moment import timestamp
from governance_server.engine.ports import StoredCredential
from governance_server.errors import PermissionDenied, Unauthenticated
from governance_server.rpc import identity
from governance_server.rpc.identity import (
    ALLOWED,
    Principal,
    authorize,
    certificate_id,
    check,
    issue_token,
    parse_bearer,
)
from tests.support.clock import CountedEntropy
from tests.unit.rpc_sites import METHODS

NOW_US = 1_700_000_000_000_000
ROLES = [role for role in v1.Role.values() if role != v1.ROLE_UNSPECIFIED]


def stored(proof: bytes, *, expires_at_us: int | None = None, revoked: bool = False) -> StoredCredential:
    credential = v1.Credential(
        credential_id="0123456789abcdef", name="night-shift", role=v1.ROLE_SOC_OPERATOR, revoked=revoked
    )
    if expires_at_us is not None:
        credential.expires_at.CopyFrom(timestamp(expires_at_us))
    return StoredCredential(credential, proof)


def principal(role: v1.Role.ValueType) -> Principal:
    return Principal(v1.Actor(name="somebody", role=role), "0123456789abcdef", None)


def test_a_token_that_was_issued_proves_its_holder() -> None:
    """What is issued, sent and parsed hashes to what the server kept."""
    issued = issue_token(CountedEntropy())
    assert re.fullmatch(r"gw1\.[0-9a-f]{16}\.[A-Za-z0-9_-]{43}", issued.token)
    presented = parse_bearer([("user-agent", "x"), ("authorization", f"Bearer {issued.token}")])
    assert presented == (issued.credential_id, issued.proof)
    assert issued.proof == hashlib.sha256(issued.token.rpartition(".")[2].encode()).digest()


def test_no_two_tokens_are_alike() -> None:
    """Each token draws its own id and its own secret."""
    entropy = CountedEntropy()
    first, second = issue_token(entropy), issue_token(entropy)
    assert first.credential_id != second.credential_id
    assert first.proof != second.proof


def test_a_token_does_not_show_in_a_log() -> None:
    """Neither the token nor what is made of it prints a secret."""
    issued = issue_token(CountedEntropy())
    secret = issued.token.rpartition(".")[2]
    presented = parse_bearer([("authorization", f"Bearer {issued.token}")])
    assert secret not in repr(issued) + str(issued) + repr(presented)


def test_a_call_without_a_credential_is_told_so() -> None:
    """A caller that sends nothing is told that something is missing."""
    with pytest.raises(Unauthenticated) as caught:
        parse_bearer([("user-agent", "x")])
    assert caught.value.reason == v1.ERROR_REASON_CREDENTIAL_MISSING


GOOD = "gw1." + "0" * 16 + "." + "s" * 43


@pytest.mark.parametrize(
    "values",
    [
        [""],
        ["Bearer"],
        ["Bearer "],
        [GOOD],
        [f"Basic {GOOD}"],
        [f"Bearer  {GOOD}"],
        [f"Bearer {GOOD}\n"],
        [f"Bearer {GOOD}s"],
        [f"Bearer {GOOD[:-1]}"],
        [f"Bearer gw2{GOOD[3:]}"],
        [f"Bearer {GOOD[:-1]}é"],
        ["Bearer gw1." + "G" * 16 + "." + "s" * 43],
        [f"Bearer {GOOD}".encode()],
        [f"Bearer {GOOD}", f"Bearer {GOOD}"],
    ],
)
def test_whatever_is_no_token_is_refused(values: list[str | bytes]) -> None:
    """A malformed credential, or a second one, is answered as a wrong one is, without being said back."""
    with pytest.raises(Unauthenticated) as caught:
        parse_bearer([("authorization", value) for value in values])
    assert caught.value.reason == v1.ERROR_REASON_CREDENTIAL_REFUSED
    assert "s" * 43 not in caught.value.message


def test_the_scheme_may_be_written_in_any_case() -> None:
    """RFC 9110 section 11.1: the name of a scheme has no case."""
    assert parse_bearer([("authorization", f"bearer {GOOD}")]).credential_id == "0" * 16


def test_a_certificate_is_known_by_its_hash() -> None:
    """The id is the first 16 hexadecimal digits of what proves it."""
    presented = certificate_id(b"der")
    assert presented.proof == hashlib.sha256(b"der").digest()
    assert presented.credential_id == presented.proof.hex()[:16]


def test_a_good_proof_yields_the_credentials_name_and_role() -> None:
    """Who the caller is comes from what the administrator stored."""
    found = check(stored(b"p" * 32, expires_at_us=NOW_US + 1), b"p" * 32, NOW_US)
    assert found.actor == v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="night-shift", role=v1.ROLE_SOC_OPERATOR)
    assert found.credential_id == "0123456789abcdef"
    assert found.expires_at_us == NOW_US + 1
    assert check(stored(b"p" * 32), b"p" * 32, NOW_US).expires_at_us is None


def test_a_core_acts_as_a_core() -> None:
    """The kind of an actor follows from its role."""
    credential = v1.Credential(credential_id="0123456789abcdef", name="maximus", role=v1.ROLE_CORE)
    assert check(StoredCredential(credential, b"p" * 32), b"p" * 32, NOW_US).actor.kind == v1.ACTOR_KIND_CORE


@pytest.mark.parametrize(
    "known",
    [None, stored(b"q" * 32), stored(b"p" * 32, revoked=True), stored(b"q" * 32, expires_at_us=1)],
    ids=["unknown", "wrong", "revoked", "wrong and expired"],
)
def test_nobody_learns_why_a_credential_is_refused(known: StoredCredential | None) -> None:
    """Unknown, wrong and revoked are one answer, to the letter."""
    with pytest.raises(Unauthenticated) as caught:
        check(known, b"p" * 32, NOW_US)
    assert caught.value.reason == v1.ERROR_REASON_CREDENTIAL_REFUSED
    with pytest.raises(Unauthenticated) as malformed:
        parse_bearer([("authorization", "")])
    assert caught.value.message == malformed.value.message


def test_no_proof_opens_an_unknown_credential() -> None:
    """The bytes that an unknown credential is compared with prove nothing."""
    with pytest.raises(Unauthenticated):
        check(None, bytes(32), NOW_US)


@pytest.mark.parametrize("known", [None, stored(b"q" * 32)])
def test_a_proof_is_compared_in_constant_time(known: StoredCredential | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown credential costs one comparison of 32 bytes, as a wrong one does."""
    compared: list[tuple[int, int]] = []

    def compare(ours: bytes, theirs: bytes) -> bool:
        compared.append((len(ours), len(theirs)))
        return hmac.compare_digest(ours, theirs)

    monkeypatch.setattr(identity, "compare_digest", compare)
    with pytest.raises(Unauthenticated):
        check(known, b"p" * 32, NOW_US)
    assert compared == [(32, 32)]


def test_an_expired_credential_is_told_to_its_holder_alone() -> None:
    """From the moment it expires, whoever proves it learns that it has."""
    with pytest.raises(Unauthenticated) as caught:
        check(stored(b"p" * 32, expires_at_us=NOW_US), b"p" * 32, NOW_US)
    assert caught.value.reason == v1.ERROR_REASON_CREDENTIAL_EXPIRED


def test_every_rpc_of_the_contract_has_its_rule_and_nothing_else_has() -> None:
    """A new rpc without a line in the matrix fails here before anybody can call it."""
    assert set(ALLOWED) == {f"/{method.containing_service.full_name}/{method.name}" for method in METHODS}
    assert all(allowed <= set(ROLES) for allowed in ALLOWED.values())


@pytest.mark.parametrize("method", ALLOWED)
@pytest.mark.parametrize("role", [v1.ROLE_UNSPECIFIED, *ROLES, 99], ids=str)
def test_a_role_may_call_what_the_matrix_says_and_nothing_else(method: str, role: v1.Role.ValueType) -> None:
    """Whoever may not call an rpc is told who may."""
    if role in ALLOWED[method]:
        authorize(method, principal(role))
        return
    with pytest.raises(PermissionDenied) as caught:
        authorize(method, principal(role))
    assert caught.value.reason == v1.ERROR_REASON_ROLE_NOT_ALLOWED
    for allowed in ALLOWED[method]:
        assert v1.Role.Name(allowed).removeprefix("ROLE_").lower() in caught.value.message


READING = {
    "GetStatistics",
    "ListOperators",
    "ListEligibleOperators",
    "ListHalts",
    "ListSimilarDecisions",
    "GetOperatorStatistics",
    "ListEntries",
    "GetCheckpoint",
    "GetInclusionProof",
    "GetConsistencyProof",
    "GetPolicy",
    "CheckPolicy",
    "ReplayPolicy",
}


@pytest.mark.parametrize(
    ("role", "methods"),
    [
        (v1.ROLE_CORE, {"Propose", "SubmitDecision", "CancelDecision", "AcceptOrder", "ReportOutcome", "ListHalts"}),
        (v1.ROLE_AUDITOR, READING | {"ListCredentials", "AddCosignature"}),
        (v1.ROLE_SOC_OPERATOR, READING | {"Operate", "SubmitVerdict"}),
        (v1.ROLE_SOC_SUPERVISOR, READING | {"Operate", "SubmitVerdict"}),
        (v1.ROLE_SECURITY_MANAGER, READING | {"Operate", "SubmitVerdict", "ListCredentials", "ApplyPolicy"}),
        (v1.ROLE_CISO, READING | {"Operate", "SubmitVerdict", "ListCredentials", "ApplyPolicy", "AddCosignature"}),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "methods",  # a set has no order for a name to keep
)
def test_the_roles_are_kept_apart(role: v1.Role.ValueType, methods: set[str]) -> None:
    """A core never decides, an operator never proposes or executes, an auditor does neither."""
    reading = {"GetDecision", "ListDecisions", "WatchDecisions"}
    may = {method.rpartition("/")[2] for method, allowed in ALLOWED.items() if role in allowed}
    assert may == methods | reading


def test_an_rpc_that_is_not_in_the_matrix_may_be_called_by_nobody() -> None:
    """What was forgotten is closed."""
    with pytest.raises(PermissionDenied, match="nobody"):
        authorize("/governance.v1.ConsoleService/New", principal(v1.ROLE_CISO))
