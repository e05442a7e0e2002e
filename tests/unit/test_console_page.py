"""The page of a decision: the evidence first where it matters, who may decide, and what has happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.console.lines import plain
from governance_client.console.page import page
from governance_client.console.quoting import LABELS
from governance_client.eve.network import HomeNetworks
from governance_client.eve.proposals import proposal
from tests.console.examples import NOW_S, decision, operator
from tests.support.hostile import hostile_decision

NOW_US: Final = NOW_S * 1_000_000
ALERTS: Final = Path(__file__).parents[2] / "examples" / "intrusion.eve.json"
SHORTEST, LONGEST = 24, 40
PARTS: Final = ("What was found", "What core recommends", "What the policy makes of it")


def shown(found: v1.Decision, width: int = 200) -> str:
    return "\n".join(plain(line) for line in page(found, NOW_US, width))


def of_alert(line: str, risk: v1.RiskLevel.ValueType) -> v1.Decision:
    """Return the decision about a Suricata alert, assessed as a server would."""
    proposed = proposal(json.loads(line), HomeNetworks())
    made = decision(decision_id=proposed.decision_id, risk=risk)
    made.proposal.CopyFrom(proposed)
    made.assessment.key_concerns.extend([v1.RISK_FACTOR_KIND_CRITICALITY, v1.RISK_FACTOR_KIND_THREAT_SCORE])
    made.assessment.mitigations.extend(["Agree the time with the owner.", "Contain the threat at its source first."])
    return made


def alerts() -> list[str]:
    lines = ALERTS.read_text("utf-8").splitlines()
    return [line for line in lines if json.loads(line).get("event_type") == "alert"]


@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL])
def test_the_evidence_comes_first(risk: v1.RiskLevel.ValueType) -> None:
    """Of a high or critical decision, nobody's conclusion is told before what was found."""
    found = of_alert(alerts()[0], risk)
    text = shown(found)
    assert [text.index(part) for part in PARTS] == sorted(text.index(part) for part in PARTS)
    before = text[: text.index("What core recommends")]
    for told in (*(each.value for each in found.proposal.action.targets), found.proposal.evidence.exhibits[0].text):
        assert told in before
    for opinion in ("throttle_connection", "core says", "core is", "critical 0", "high 0", "supervised"):
        assert opinion not in before


@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_MEDIUM])
def test_of_lesser_risks_the_recommendation_comes_first(risk: v1.RiskLevel.ValueType) -> None:
    """What is decided many times an hour says at once what it is."""
    text = shown(decision(risk=risk))
    assert text.splitlines()[0].startswith(("low block_ip 203.0.113.7", "medium block_ip 203.0.113.7"))
    assert text.index("What core recommends") < text.index("What was found")


@pytest.mark.parametrize("risk", [v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_HIGH])
def test_a_typical_page_fits_a_screen(risk: v1.RiskLevel.ValueType) -> None:
    """At 80 columns, the pages of real alerts take between 24 and 40 lines, but for the longest payloads."""
    lengths = sorted(len(page(of_alert(line, risk), NOW_US, 80)) for line in alerts())
    assert lengths[0] >= SHORTEST
    assert lengths[len(lengths) * 9 // 10] <= LONGEST


def test_facts_are_aligned() -> None:
    """Every fact and every quotation starts in the same column, and every label is one that is translated."""
    found = hostile_decision("x")
    found.occurrences = 2
    found.schedule.deferred_until.seconds = NOW_S
    labels = {label for line in page(found, NOW_US, 120) if (label := _label(line))}
    assert labels <= set(LABELS)
    widths = {len(line[0][1]) for line in page(found, NOW_US, 120) if line[0][0] == "class:label"}
    assert widths == {11}


def _label(line: list[tuple[str, str]]) -> str:
    style, text = line[0]
    return text.strip() if style == "class:label" else ""


def test_who_decides_and_until_when() -> None:
    """The lowest role, how many, how many have so far, the deadline by the server's clock, and what was missed."""
    waiting = decision(left_s=299)
    waiting.quorum.required = 2
    waiting.votes.add(actor=operator("alice"), approved=True)
    waiting.schedule.breaches = 1
    text = shown(waiting)
    assert "decides    soc_operator or above, 2 of them; 1 of 2 approvals" in text
    assert "(left: 4:59), missed 1 time before" in text
    assert "approvals" not in shown(decision())
    assert "deadline" not in shown(decision(state=v1.DECISION_STATE_EXECUTED))


def test_votes_and_what_is_still_needed() -> None:
    """A page says who voted, and who else has to."""
    waiting = decision()
    waiting.quorum.CopyFrom(v1.Quorum(required=2, roles=[v1.ROLE_SECURITY_MANAGER]))
    waiting.votes.add(actor=operator("alice"), approved=True, comment="seen it before")
    waiting.votes.add(actor=operator("bob"), approved=False)
    text = shown(waiting)
    assert "vote       for, alice (soc_operator)" in text
    assert "vote       against, bob" in text
    assert "│ seen it before" in text
    assert "1 of 2 approvals: 2 different people have to approve, among them a security_manager or above" in text


def test_what_is_approved_is_shown_whole() -> None:
    """Every target and every parameter, however many, and the whole digest."""
    found = decision()
    for number in range(256):
        found.proposal.action.targets.add(kind=v1.TARGET_KIND_HOST, value=f"host-{number}")
    found.proposal.action.parameters["script"] = "y" * 2048
    found.proposal.action.duration.CopyFrom(Duration(seconds=5400))
    text = shown(found, 80)
    assert all(f"│ host: host-{number}\n" in text for number in range(256))
    assert text.count("y") >= 2048
    assert found.action_digest.hex() in text
    assert "block_ip, for 1h30" in text
    assert "no target" in shown(v1.Decision())


def test_long_lists_of_what_was_found_are_bounded() -> None:
    """Of assets and exhibits, the page says how many more there are."""
    found = decision()
    for number in range(25):
        found.proposal.assets.add(name=f"asset-{number}")
        found.proposal.evidence.exhibits.add(name=f"exhibit-{number}", text="seen")
    text = shown(found)
    assert "and 5 more assets" in text
    assert "and 5 more exhibits" in text


def test_no_evidence_is_told() -> None:
    """A proposal that names nothing that was found says so in its place."""
    assert "evidence   none: core names nothing that was found" in shown(decision())


def test_what_the_data_is_and_what_is_reversed() -> None:
    """How sensitive, what kind, under which regulations, and the decision whose action it takes back."""
    found = decision()
    found.proposal.data_classification = v1.DATA_CLASSIFICATION_TOP_SECRET
    found.proposal.data_type = "PII"
    found.proposal.compliance_tags.append("GDPR")
    found.proposal.reverses = "undone-1"
    text = shown(found)
    assert "data       top secret, PII, GDPR" in text
    assert "reverses   decision undone-1" in text


def test_questions_and_answers() -> None:
    """What was asked and what core said are quoted, an open question is told as that."""
    waiting = decision()
    asked = waiting.inquiries.add(question="Since when?", asked_by=operator("alice"))
    assert "answered   not yet" in shown(waiting)
    asked.answered_at.seconds = NOW_S
    asked.answer.CopyFrom(v1.Evidence(reasoning="Since noon.", indicators=["203.0.113.7"]))
    assert "│ Since when?" in shown(waiting)
    assert "│ Since noon." in shown(waiting)


def test_orders_and_outcomes() -> None:
    """An order waits for core until it is accepted by one of its instances; what became of it is quoted."""
    found = decision(state=v1.DECISION_STATE_APPROVED)
    found.order.order_id = "0a1b2c3d4e5f/1"
    assert "0a1b2c3d4e5f/1, waits for core until" in shown(found)
    found.order.accepted_by = "maximus-1"
    found.outcome.CopyFrom(v1.Outcome(result=v1.OUTCOME_RESULT_FAILED, detail="firewall said no"))
    assert "accepted by maximus-1 at" in shown(found)
    assert "outcome    failed, " in shown(found)
    assert "│ firewall said no" in shown(found)


def test_an_expiry_says_why() -> None:
    """In words."""
    found = decision(state=v1.DECISION_STATE_EXPIRED)
    found.expiry_reason = v1.EXPIRY_REASON_NOBODY_DECIDED
    assert "state      expired: nobody decided" in shown(found)
