"""Conditions: what they know, when they hold, and that one which fails is never taken for a yes."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_server.domain.conditions import FIELDS, MOST_LOOPS, Circumstances, holds, problems_of
from tests.unit.deciding import NOON_US, proposal


def circumstances(**changes: Any) -> Circumstances:
    made = proposal()
    made.MergeFrom(v1.Proposal(**changes))
    assessment = v1.Assessment(
        risk=v1.RISK_LEVEL_MEDIUM,
        score=0.331,
        automation=v1.AUTOMATION_LEVEL_SUPERVISED,
        key_concerns=[v1.RISK_FACTOR_KIND_THREAT_SCORE],
    )
    return Circumstances(made, assessment, "maximus", NOON_US, 3)


@pytest.mark.parametrize(
    "condition",
    [
        "",
        'action.type == "block_ip" && action.scope == "host"',
        'action.targets == [{"kind": "ip_address", "value": "203.0.113.9"}] && action.target_count == 1',
        'action.parameters["ttl"] == "60" && int(action.parameters["ttl"]) == 60',
        "action.duration_s == 90",
        'risk.level == "medium" && risk.score > 0.3 && risk.automation == "supervised"',
        '"threat_score" in risk.key_concerns',
        'core.name == "maximus" && core.confidence >= 0.9 && core.model_version == "m-1" && core.rejections == 3',
        'asset.count == 2 && asset.criticality == "high" && asset.types == ["", "server"]',
        'asset.data_classification == "restricted" && asset.data_type == "PII" && "GDPR" in asset.compliance_tags',
        "time.hour == 12 && time.weekday == 5 && time.unix_s == 1767355200",
        'action.targets.exists(target, target.value.startsWith("203."))',
        'action.targets.all(t, t.value.matches("^203[.].*"))',
    ],
)
def test_conditions_that_hold(condition: str) -> None:
    """A condition knows the action, the risk, the core, the assets and the time."""
    assert list(problems_of(condition)) == [] or not condition
    about = circumstances(
        action=v1.Action(parameters={"ttl": "60"}, duration=Duration(seconds=90)),
        assets=[v1.Asset(type="server")],
        data_classification=v1.DATA_CLASSIFICATION_RESTRICTED,
        data_type="PII",
        compliance_tags=["GDPR"],
        model_version="m-1",
    )
    assert holds(condition, about) is True


def test_what_is_not_said() -> None:
    """What core did not say is there as the assessment counts it."""
    about = Circumstances(v1.Proposal(), v1.Assessment(), "maximus", NOON_US, 0)
    assert holds('asset.criticality == "medium" && asset.data_classification == "internal"', about) is True
    assert holds("action.duration_s == 0 && size(action.parameters) == 0", about) is True


@pytest.mark.parametrize(
    "condition",
    [
        'action.parameters["ttl"] == "60"',
        "1 / action.duration_s > 1",
        "int(core.model_version) > 3",
        "action.targets[7].value == 'x'",
        "9223372036854775807 + core.rejections > 0",
        '"a" < core.rejections',
        "risk.score",
        "nothing.at_all",
        "this is not CEL",
    ],
)
def test_conditions_that_fail(condition: str) -> None:
    """A condition without a value is neither true nor false, and neither is one that is a number."""
    assert holds(condition, circumstances()) is None


def test_a_value_from_the_future() -> None:
    """A proposal with a value that this server does not know fails the condition that asks about it."""
    unknown = v1.Action(type=v1.ActionType.ValueType(999))
    about = Circumstances(v1.Proposal(action=unknown), v1.Assessment(), "maximus", NOON_US, 0)
    assert holds('action.type != "delete_data"', about) is None
    assert holds('action.type != "delete_data"', about) is None


def test_false_is_false() -> None:
    """A condition that does not hold says so, and several are asked about the same circumstances."""
    about = circumstances()
    assert holds('risk.level == "low"', about) is False
    assert holds('risk.level == "medium"', about) is True


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("", "It is not a CEL expression: 1:1: Syntax error"),
        ("[1].all(a, true) && [1].all(a, true) && [1].all(a, true)", f"at most {MOST_LOOPS} times"),
        ("who == 1", "There is no 'who' here; a condition knows action, risk, core, asset, time."),
        ("action.typ == 1", "There is no 'action.typ'; action has type, scope,"),
        ('"a" + 1 == "b"', "It cannot be evaluated: Unsupported operation: string + int."),
        ("magic(1) == 1", "It cannot be evaluated: Undefined variable or function: 'magic'."),
        ("1 + 1", "It is worth neither true nor false; compare it with something."),
        ("x" * 1001, "A condition has at most 1000 characters; this one has 1001."),
    ],
)
def test_problems(condition: str, sentence: str) -> None:
    """What is wrong with a condition is told before it is applied."""
    problems = list(problems_of(condition))
    assert len(problems) == 1
    assert sentence in problems[0]
    assert "\n" not in problems[0]


@pytest.mark.parametrize(
    "condition",
    [
        '"action.typ" == core.name',  # a text is no field
        'action.parameters.ttl == "1"',
        "action.targets[3].value == 'x'",
        "int(core.model_version) > 3",
        "[1].exists(whatever, whatever > 0)",
    ],
)
def test_no_problems(condition: str) -> None:
    """What only depends on what core sends is no problem of the condition."""
    assert list(problems_of(condition)) == []


def test_every_field_is_there() -> None:
    """Everything that a condition may name is there, whatever was proposed."""
    about = Circumstances(v1.Proposal(), v1.Assessment(), "maximus", NOON_US, 0)
    for root, fields in FIELDS.items():
        for field in fields:
            assert holds(f"has({root}.{field})", about) is True, (root, field)


@pytest.mark.parametrize("nesting", ["(", "!(", "-(", "[", "{1:"])
def test_nesting_is_no_danger(nesting: str) -> None:
    """An expression as deep as its length allows neither ends the process nor counts as a yes."""
    deep = nesting * (990 // len(nesting))
    assert holds(deep, circumstances()) is None
    closing = {"(": ")", "[": "]", ":": "}"}[nesting[-1]]
    depth = 480 // len(nesting)
    assert holds(nesting * depth + "true" + closing * depth, circumstances()) in (None, True, False)
