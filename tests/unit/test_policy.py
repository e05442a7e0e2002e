"""The policy: the figures it has, those it refuses, and its digest."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from governance import v1
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.rules import ApprovalRule, EscalationRule

LEVELS = (v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL)


def test_known_figures() -> None:
    """The defaults are the figures that users of the service before know."""
    assert [DEFAULT_POLICY.sla_s[level] for level in LEVELS] == [1800, 900, 600, 300]
    assert [DEFAULT_POLICY.risk_from[level] for level in LEVELS] == [0, 0.30, 0.50, 0.75]
    assert DEFAULT_POLICY.warn_share == 0.75
    assert DEFAULT_POLICY.aggressiveness[v1.ACTION_TYPE_DELETE_DATA] == 0.9
    assert v1.ACTION_TYPE_COLLECT_FORENSICS not in DEFAULT_POLICY.irreversibility


@pytest.mark.parametrize(
    ("risk", "minutes"),
    [
        (v1.RISK_LEVEL_CRITICAL, 5),
        (v1.RISK_LEVEL_HIGH, 10),
        (v1.RISK_LEVEL_MEDIUM, 15),
        (v1.RISK_LEVEL_LOW, 30),
    ],
)
def test_known_sla(risk: v1.RiskLevel.ValueType, minutes: int) -> None:
    """A tier has 5 minutes for what is critical, 10 for high, 15 for medium and 30 for low risk."""
    assert DEFAULT_POLICY.sla_s[risk] == minutes * 60


@pytest.mark.parametrize(
    ("risk", "least"), [(v1.RISK_LEVEL_CRITICAL, 0.75), (v1.RISK_LEVEL_HIGH, 0.50), (v1.RISK_LEVEL_MEDIUM, 0.30)]
)
def test_known_risk_threshold(risk: v1.RiskLevel.ValueType, least: float) -> None:
    """Risk is critical from 0.75, high from 0.50, medium from 0.30, and low below."""
    assert DEFAULT_POLICY.risk_from[risk] == least
    assert DEFAULT_POLICY.risk_from[v1.RISK_LEVEL_LOW] == 0


@pytest.mark.parametrize(
    ("name", "confidence"),
    [("full_from_confidence", 0.95), ("supervised_from_confidence", 0.80), ("advisory_from_confidence", 0.60)],
)
def test_known_automation_threshold(name: str, confidence: float) -> None:
    """Core acts by itself from a confidence of 0.95, is supervised from 0.80, and suggests from 0.60."""
    assert getattr(DEFAULT_POLICY, name) == confidence


def test_known_warning() -> None:
    """The SLA warning is given when three quarters of the time have passed."""
    assert DEFAULT_POLICY.warn_share == 0.75


def test_known_chain() -> None:
    """A decision goes up from soc_operator over soc_supervisor and security_manager to ciso."""
    assert [v1.Role.Name(role) for role in DEFAULT_POLICY.chain] == [
        "ROLE_SOC_OPERATOR",
        "ROLE_SOC_SUPERVISOR",
        "ROLE_SECURITY_MANAGER",
        "ROLE_CISO",
    ]


def test_known_quorum() -> None:
    """What is critical takes two people; everything else takes one."""
    assert [DEFAULT_POLICY.required_approvals[level] for level in LEVELS] == [1, 1, 1, 2]


def test_digest_names_every_field() -> None:
    """Equal policies have equal digests; a change of any field is another digest."""
    assert Policy().digest == DEFAULT_POLICY.digest
    others = [
        replace(DEFAULT_POLICY, claim_lease_s=1),
        replace(DEFAULT_POLICY, sla_s={**DEFAULT_POLICY.sla_s, v1.RISK_LEVEL_LOW: 1}),
        replace(DEFAULT_POLICY, strict_regulations=()),
        replace(DEFAULT_POLICY, chain=DEFAULT_POLICY.chain[1:], escalation_rules=DEFAULT_POLICY.escalation_rules[:2]),
        replace(DEFAULT_POLICY, escalation_rules=()),
        replace(DEFAULT_POLICY, approval_rules=(ApprovalRule("a"),)),
        replace(DEFAULT_POLICY, core_owners={"maximus": frozenset({"alice"})}),
        replace(DEFAULT_POLICY, core_owners={"maximus": frozenset({"bob"})}),
        replace(DEFAULT_POLICY, reading_s={**DEFAULT_POLICY.reading_s, v1.RISK_LEVEL_CRITICAL: 1}),
        replace(DEFAULT_POLICY, retype_target=frozenset({v1.RISK_LEVEL_CRITICAL})),
        replace(DEFAULT_POLICY, similar="after_judgement"),
        replace(DEFAULT_POLICY, batch_decisions=49),
        replace(DEFAULT_POLICY, batch_score=19.5),
        replace(DEFAULT_POLICY, see_personal_from=v1.ROLE_AUDITOR),
        replace(DEFAULT_POLICY, retention_days=365),
    ]
    digests = {policy.digest for policy in others} | {DEFAULT_POLICY.digest}
    assert len(digests) == len(others) + 1
    assert all(len(digest) == 32 for digest in digests)


def test_digest_is_the_same_everywhere() -> None:
    """The digest of the defaults is written down: whoever changes a default changes it knowingly."""
    assert DEFAULT_POLICY.digest.hex() == "58486b6a6513b4d28a73a350fed79d50e6208ff1efe39f3ea82096c13981a436"


def test_known_rules_of_consoles() -> None:
    """No reading time, the target typed back from high risk on, what was decided is told, at most 50 at once."""
    assert [DEFAULT_POLICY.reading_s[level] for level in LEVELS] == [0, 0, 0, 0]
    assert DEFAULT_POLICY.retype_target == {v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL}
    assert DEFAULT_POLICY.similar == "always"
    assert (DEFAULT_POLICY.batch_decisions, DEFAULT_POLICY.batch_score) == (50, 20.0)


def test_known_privacy() -> None:
    """Auditors are not shown personal data, operators are, and entries are kept for seven years."""
    assert DEFAULT_POLICY.see_personal_from == v1.ROLE_SOC_OPERATOR
    assert DEFAULT_POLICY.retention_days == 2557


def test_immutable() -> None:
    """Nobody changes a policy: neither its fields, nor its tables, nor through a table it was made from."""
    mine = dict(DEFAULT_POLICY.sla_s)
    policy = replace(DEFAULT_POLICY, sla_s=mine)
    mine[v1.RISK_LEVEL_LOW] = 1
    assert policy.sla_s[v1.RISK_LEVEL_LOW] == 1800
    with pytest.raises(TypeError):
        policy.sla_s[v1.RISK_LEVEL_LOW] = 1  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        policy.warn_share = 1  # type: ignore[misc]


def without(name: str) -> dict[int, Any]:
    table = dict(getattr(DEFAULT_POLICY, name))
    table.popitem()
    return table


WRONG: list[tuple[str, Any]] = [
    ("category_weights", dict.fromkeys(DEFAULT_POLICY.category_weights, 0.2)),
    ("category_weights", without("category_weights")),
    ("factor_weights", dict.fromkeys(DEFAULT_POLICY.factor_weights, 0.4)),
    ("factor_weights", without("factor_weights")),
    ("risk_from", {1: 0.1, 2: 0.3, 3: 0.5, 4: 0.75}),
    ("risk_from", {1: 0.0, 2: 0.5, 3: 0.5, 4: 0.75}),
    ("risk_from", without("risk_from")),
    ("key_concern_from", 1.1),
    ("novelty", without("novelty")),
    ("criticality", without("criticality")),
    ("data_sensitivity", without("data_sensitivity")),
    ("scope", without("scope")),
    ("asset_count", ()),
    ("asset_count", ((1, 0.1), (1, 0.2))),
    ("asset_count", ((1, 1.1),)),
    ("financial_usd", ((1, 0.1), (0, 0.2))),
    ("aggressiveness", {1: -0.1}),
    ("irreversibility", {1: float("nan")}),
    ("unscored_action", -1),
    ("privacy", {"PII": 2}),
    ("privacy_other", 2),
    ("time_of_day_utc", ()),
    ("time_of_day_utc", ((1, 0.1),)),
    ("time_of_day_utc", ((0, 0.1), (24, 0.1))),
    ("availability_utc", ((0, 0.1), (0, 0.1))),
    ("availability_utc", ((0, 1.1),)),
    ("full_from_confidence", 0.80),
    ("full_from_confidence", 1.5),
    ("sla_s", dict.fromkeys(DEFAULT_POLICY.sla_s, 0)),
    ("sla_s", without("sla_s")),
    ("warn_share", 0),
    ("warn_share", 1.5),
    ("chain", ()),
    ("chain", (v1.ROLE_CORE, v1.ROLE_CISO)),
    ("chain", (v1.ROLE_CISO, v1.ROLE_SOC_OPERATOR)),
    ("approval_rules", (ApprovalRule("a", roles=(v1.ROLE_AUDITOR,)),)),
    ("approval_rules", (ApprovalRule("a", tier=v1.ROLE_CORE),)),
    ("approval_rules", (ApprovalRule("a"), ApprovalRule("a"))),
    ("approval_rules", tuple(ApprovalRule(f"a{number}") for number in range(51))),
    ("escalation_rules", (EscalationRule("e", 1, "hand", v1.ROLE_AUDITOR),)),
    ("escalation_rules", (EscalationRule("e", 1, "hand", v1.ROLE_CISO),) * 2),
    ("escalation_rules", tuple(EscalationRule(f"e{number}", 1, "hand", v1.ROLE_CISO) for number in range(51))),
    ("required_approvals", dict.fromkeys(DEFAULT_POLICY.required_approvals, 0)),
    ("required_approvals", dict.fromkeys(DEFAULT_POLICY.required_approvals, 11)),
    ("required_approvals", {1: 2, 2: 1, 3: 1, 4: 1}),
    ("required_approvals", without("required_approvals")),
    ("free_modification_from", v1.ROLE_AUDITOR),
    ("halt_from", v1.ROLE_CORE),
    ("halt_release_people", 0),
    ("on_expiry", "approve"),
    ("notify_reminder_s", 0),
    ("rate_exempt_from", v1.RISK_LEVEL_UNSPECIFIED),
    ("operator_requests_per_minute", -1),
    ("proposals_per_hour", -1),
    ("hold_back_from", without("hold_back_from")),
    ("hold_back_from", {2: 0.9, 3: 0.9, 4: 0.95}),
    ("hold_back_s", 0),
    ("claim_lease_s", 0),
    ("accept_within_s", 0),
    ("report_within_s", -1),
    ("open_decisions_limit", 0),
    ("retry_when_full_s", 0),
    ("reading_s", without("reading_s")),
    ("reading_s", {1: 0, 2: 0, 3: 0, 4: 3601}),
    ("reading_s", {1: -1, 2: 0, 3: 0, 4: 0}),
    ("reading_s", {1: 0, 2: 20, 3: 10, 4: 30}),
    ("retype_target", frozenset({v1.RISK_LEVEL_UNSPECIFIED})),
    ("similar", "never"),
    ("batch_decisions", 0),
    ("batch_decisions", 1001),
    ("batch_score", 0.0),
    ("batch_score", 1000.5),
    ("batch_score", float("nan")),
    ("see_personal_from", v1.ROLE_CORE),
    ("see_personal_from", v1.ROLE_UNSPECIFIED),
    ("retention_days", 0),
    ("retention_days", 36_526),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_field_is_named(name: str, value: object) -> None:
    """A field that makes no sense is refused in a sentence that names it."""
    with pytest.raises(ValueError, match=rf"^{name} must .*\.$"):
        replace(DEFAULT_POLICY, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["supervised_from_confidence", "advisory_from_confidence"])
def test_automation_thresholds_are_ordered(name: str) -> None:
    """More autonomy never takes less confidence."""
    with pytest.raises(ValueError, match="must lie above supervised_from_confidence"):
        replace(DEFAULT_POLICY, **{name: 0.96})  # type: ignore[arg-type]


def test_numbers_carry_units() -> None:
    """A whole number of a policy says in its name what it counts."""
    values = {item.name: getattr(DEFAULT_POLICY, item.name) for item in fields(Policy) if item.init}
    counts = {name for name, value in values.items() if isinstance(value, int)}
    assert counts == {
        "claim_lease_s",
        "accept_within_s",
        "report_within_s",
        "open_decisions_limit",
        "retry_when_full_s",
        "hold_back_s",
        "notify_reminder_s",
        "operator_requests_per_minute",
        "proposals_per_hour",
        "halt_release_people",
        "free_modification_from",
        "halt_from",
        "rate_exempt_from",
        "batch_decisions",
        "see_personal_from",
        "retention_days",
    }
