"""Care: what has to be typed, and how long to be read, before a verb is done."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.console.care import Care, answers, care
from governance_client.console.vocabulary import BY_NAME
from governance_client.digest import action_digest
from tests.console.examples import decision

NO_RULES = v1.ConsoleRules()
ASK_CRITICAL = v1.ConsoleRules(retype=[v1.RISK_LEVEL_CRITICAL], batch_decisions=50)
SLOW = v1.ConsoleRules(
    reading=[v1.ReadingTime(risk=v1.RISK_LEVEL_HIGH, least=Duration(seconds=30, nanos=500_000_000))], batch_decisions=1
)


@pytest.mark.parametrize("verb", ["approve", "modify"])
@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL])
def test_high_and_critical_want_the_target(verb: str, risk: v1.RiskLevel.ValueType) -> None:
    """Where the server says nothing else, approving what is high or critical asks for the target to be typed back."""
    asked = care(BY_NAME[verb], decision(risk=risk), NO_RULES)
    assert (asked.kind, asked.expect) == ("target", "203.0.113.7")


@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM])
def test_others_want_yes(risk: v1.RiskLevel.ValueType) -> None:
    """Approving what is low or medium asks for `yes`."""
    assert care(BY_NAME["approve"], decision(risk=risk), NO_RULES).kind == "yes"


@pytest.mark.parametrize("verb", ["reject", "escalate", "revise", "undo"])
def test_what_lets_core_do_nothing_wants_yes(verb: str) -> None:
    """Only what lets core act asks for the target, and for a time to read."""
    assert care(BY_NAME[verb], decision(risk=v1.RISK_LEVEL_CRITICAL), SLOW) == Care("yes", "yes", 0.0)


def test_the_policy_says_which_risks() -> None:
    """What the server's rules say replaces the built-in risks."""
    assert care(BY_NAME["approve"], decision(risk=v1.RISK_LEVEL_HIGH), ASK_CRITICAL).kind == "yes"
    assert care(BY_NAME["approve"], decision(risk=v1.RISK_LEVEL_CRITICAL), ASK_CRITICAL).kind == "target"


@pytest.mark.parametrize(
    "target", ["", "a" * 65, "fail\u0435d.example", "a\tb", " lead", "\x1b[2J", "trail ", "Yes", "y", "ok"]
)
def test_what_cannot_be_typed_is_named_by_its_digest(target: str) -> None:
    """A target too long to copy, not printable ASCII, edged with spaces or called yes is answered for by digest."""
    about = decision(target=target)
    asked = care(BY_NAME["approve"], about, NO_RULES)
    assert (asked.kind, asked.expect) == ("digest", about.action_digest.hex()[:8])


def test_without_a_target_the_digest_is_asked_for() -> None:
    """An action on no target is answered for by its digest."""
    about = decision()
    del about.proposal.action.targets[:]
    assert care(BY_NAME["approve"], about, NO_RULES).kind == "digest"


def test_a_modification_wants_the_new_target() -> None:
    """What is typed back is the target of what would be done, not of what was proposed."""
    about = decision()
    after = v1.Action(type=v1.ACTION_TYPE_BLOCK_IP, targets=[v1.Target(value="192.0.2.1")])
    assert care(BY_NAME["modify"], about, NO_RULES, after).expect == "192.0.2.1"
    nameless = v1.Action(type=v1.ACTION_TYPE_BLOCK_IP)
    assert care(BY_NAME["modify"], about, NO_RULES, nameless).expect == action_digest(nameless).hex()[:8]


def test_the_time_to_read() -> None:
    """The policy's least reading time counts for the decision's risk, and for approvals."""
    assert care(BY_NAME["approve"], decision(), SLOW).least_s == 30.5
    assert care(BY_NAME["approve"], decision(risk=v1.RISK_LEVEL_LOW), SLOW).least_s == 0


@pytest.mark.parametrize("typed", ["yes", " YES ", "Yes"])
def test_yes(typed: str) -> None:
    """Yes is yes in any case, with spaces around it."""
    assert answers(Care("yes", "yes", 0.0), typed)


@pytest.mark.parametrize("typed", ["", " ", "y", "ye", "yes please", "no", "yes\nyes", "approve"])
def test_what_is_no_yes(typed: str) -> None:
    """Nothing else is a yes."""
    assert not answers(Care("yes", "yes", 0.0), typed)


def test_a_target_is_typed_exactly() -> None:
    """A target is not answered for by another case of it, by `yes`, or by nothing."""
    asked = Care("target", "Web-1.example", 0.0)
    assert answers(asked, " Web-1.example ")
    assert not any(answers(asked, typed) for typed in ("web-1.example", "yes", "", "Web-1.example x"))
    assert not answers(Care("target", "", 0.0), "")
