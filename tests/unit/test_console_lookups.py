"""What is asked for about a decision and the house: why, the trail, like decisions, figures."""

from __future__ import annotations

from typing import Final

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console import words
from governance_client.console.events import event_told, told
from governance_client.console.figures import health, operator_statistics, statistics
from governance_client.console.lines import Line, plain
from governance_client.console.similar import similar
from governance_client.console.trail import trail
from governance_client.console.why import why
from tests.console.examples import NOW_S, decision, operator

NOW_US: Final = NOW_S * 1_000_000


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def assessed() -> v1.Decision:
    made = decision()
    made.tier = v1.ROLE_SOC_SUPERVISOR
    made.quorum.required = 2
    score = made.assessment.categories.add(category=v1.RISK_CATEGORY_THREAT, value=0.6, weight=0.25)
    score.factors.add(kind=v1.RISK_FACTOR_KIND_THREAT_SCORE, value=0.88, weight=0.5)
    score.factors.add(kind=v1.RISK_FACTOR_KIND_NOVELTY, value=0.2, weight=0.2)
    made.assessment.key_concerns.append(v1.RISK_FACTOR_KIND_THREAT_SCORE)
    made.assessment.policy_rules.extend(["risk.high→supervised", "two for servers"])
    made.assessment.policy_digest = bytes.fromhex("a78201654d1e07d5" + "00" * 24)
    made.assessment.justification = "Risk is high at 0.60."
    return made


def test_why() -> None:
    """The parts of the score as bars, value times weight, the concerns marked, and what the policy made of it."""
    lines = text(why(assessed(), 80)).splitlines()
    assert lines[0] == "Why 0a1b2c3d4e5f is high"
    assert lines[1] == "score      0.60  (medium from 0.30, high from 0.50, critical from 0.75)"
    assert lines[2].startswith("threat         ████")
    assert lines[2].endswith("0.60 x 0.25 = 0.150")
    assert lines[3].startswith("  threat score ")
    assert lines[3].endswith("0.88 x 0.50 = 0.440 ▸")
    assert lines[4].endswith("0.20 x 0.20 = 0.040")
    assert lines[5:] == [
        "▸ a key concern",
        "automation supervised",
        "rules      risk.high→supervised, “two␠for␠servers”",
        "decides    soc_supervisor or above; 2 different people have to approve",
        "policy     a78201654d1e07d5",
        "           │ Risk is high at 0.60.",
    ]


def test_why_by_levels_of_the_policys_own() -> None:
    """Where the risk is not what the usual levels say, those are not named."""
    made = assessed()
    made.assessment.risk = v1.RISK_LEVEL_CRITICAL
    assert "0.60  (critical by levels of the policy's own)" in text(why(made, 80))
    assert "rules      none" in text(why(v1.Decision(), 80))


def record(*events: v1.Event, remark: str = "", **fields: object) -> v1.LedgerRecord:
    entry = v1.Entry(offset=42, actor=operator("bob"), recorded_at=Timestamp(seconds=NOW_S), events=events)
    entry.MergeFrom(v1.Entry(**fields))  # type: ignore[arg-type] # passed through
    personal = v1.PersonalData(remark=remark).SerializeToString() if remark else b""
    return v1.LedgerRecord(entry=entry.SerializeToString(), personal=personal, salt=b"s" if remark else b"")


def test_trail() -> None:
    """When, who, what, how long it was read, in which batch, and what was said to it."""
    approved = v1.Event(decision_approved=v1.DecisionApproved(action_digest=bytes(32)))
    shown = v1.Presentation(rendering_digest=b"\xab" * 32, version=3, reading=Duration(seconds=75))
    lines = trail([record(approved, remark="as last week", presentation=shown, batch_id="batch-1")], 80)
    assert text(lines).splitlines() == [
        "    42 2027-01-15 08:00:00 UTC  bob (soc_operator)",
        "       approved: digest 000000000000",
        "       after 1:15 of version 3 in view, as shown: abababababab",
        "       in batch batch-1",
        "           │ as last week",
        "1 entry",
    ]


def test_what_was_erased_is_told() -> None:
    """And so is what is kept from the reader."""
    noted = v1.Event(note_added=v1.NoteAdded())
    erased = record(noted, personal_commitment=bytes(32))
    assert "what was written with it was erased" in text(trail([erased], 80))
    kept = v1.LedgerRecord(entry=erased.entry, redacted=v1.PersonalData())
    assert "what was written with it is not for you to see" in text(trail([kept], 80))
    assert "what was written" not in text(trail([record(noted)], 80))


@pytest.mark.parametrize("kind", [field.name for field in v1.Event.DESCRIPTOR.fields])
def test_every_event_is_told(kind: str) -> None:
    """In words, with and without its facts; one that a later version adds fails here until it has some."""
    assert event_told(kind) != kind
    event = v1.Event()
    getattr(event, kind).SetInParent()
    assert told(event).startswith(event_told(kind))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            v1.Event(decision_escalated=v1.DecisionEscalated(tier=v1.ROLE_CISO, deadline=Timestamp(seconds=NOW_S))),
            "passed up the chain: for ciso or above, until 2027-01-15 08:00:00 UTC",
        ),
        (
            v1.Event(
                decision_proposed=v1.DecisionProposed(
                    action_type=v1.ACTION_TYPE_BLOCK_IP,
                    action_scope=v1.ACTION_SCOPE_HOST,
                    target_count=2,
                    assessment=v1.Assessment(risk=v1.RISK_LEVEL_HIGH, score=0.6),
                    confidence=0.9,
                )
            ),
            "proposed: block_ip, host, on 2 targets, risk high 0.60, core is 90% sure",
        ),
        (v1.Event(decision_approved=v1.DecisionApproved(by_policy=True)), "approved: by policy, without a person"),
        (
            v1.Event(outcome_reported=v1.OutcomeReported(result=v1.OUTCOME_RESULT_FAILED, order_id="a/1")),
            "outcome: failed, a/1",
        ),
        (v1.Event(decision_assigned=v1.DecisionAssigned(by_turns=True)), "assigned: to nobody, by turns"),
        (
            v1.Event(halt_declared=v1.HaltDeclared(halt_id="h-1", all=True)),
            "declared a halt: h-1, everything, until it is released",
        ),
        (
            v1.Event(halt_declared=v1.HaltDeclared(halt_id="h-1", core="m")),
            "declared a halt: h-1, core m, until it is released",
        ),
        (
            v1.Event(halt_declared=v1.HaltDeclared(halt_id="h-1", action=v1.ACTION_TYPE_BLOCK_IP)),
            "declared a halt: h-1, block_ip, until it is released",
        ),
        (
            v1.Event(halt_declared=v1.HaltDeclared(halt_id="h-1", target_digest=b"x")),
            "declared a halt: h-1, one target, until it is released",
        ),
        (v1.Event(decision_released=v1.DecisionReleased(expired=True)), "released a claim: its time ran out"),
        (
            v1.Event(
                action_modified=v1.ActionModified(action_type=v1.ACTION_TYPE_BLOCK_IP, target_count=1, narrowing=True)
            ),
            "changed the action: block_ip, on 1 target, it does no more than before",
        ),
        (v1.Event(alarm_raised=v1.AlarmRaised(kind=v1.ALARM_KIND_NOBODY_REACHABLE)), "ALARM: nobody reachable"),
        (v1.Event(), "something that this version does not know"),
    ],
)
def test_what_events_say(event: v1.Event, said: str) -> None:
    """The facts that matter of each."""
    assert told(event) == said


def test_words_of_what_a_later_version_adds() -> None:
    """An event without words is called by its name, a number without a name by its number."""
    assert event_told("decision_sung") == "decision_sung"
    assert words.state_told(99) == words.risk(99) == "unknown (99)"


def test_similar() -> None:
    """How many ended how, as bars; and the latest, with who decided and why."""
    rejected = decision(decision_id="like-it-1", state=v1.DECISION_STATE_REJECTED)
    rejected.ending.CopyFrom(
        v1.Resolution(actor=operator("bob"), reason="our scanner", resolved_at=Timestamp(seconds=NOW_S - 90))
    )
    executed = decision(decision_id="like-it-2", state=v1.DECISION_STATE_EXECUTED)
    executed.approval.actor.kind = v1.ACTOR_KIND_POLICY
    response = v1.ListSimilarDecisionsResponse(
        decisions=[rejected, executed],
        states=[
            v1.StateCount(state=v1.DECISION_STATE_EXECUTED, count=6),
            v1.StateCount(state=v1.DECISION_STATE_REJECTED, count=2),
        ],
        approved_by_policy=5,
        open=1,
    )
    assert text(similar(response, NOW_US, 60)).splitlines() == [
        "8 like it have ended; 1 more is open.",
        "executed ██████████████████████████████··········      6",
        "rejected ██████████······························      2",
        "approved by policy, without a person: 5",
        "rejected by bob (soc_operator), 1:30 ago: block_ip 203.0.11…",
        "           │ our scanner",
        "executed by policy: block_ip 203.0.113.7 like-it-2",
    ]
    assert text(similar(v1.ListSimilarDecisionsResponse(), NOW_US, 60)) == "None like it has ended yet."


def test_operator_statistics() -> None:
    """The share of approvals, the medians, the batches, and what was done how often."""
    response = v1.GetOperatorStatisticsResponse(
        operator="alice",
        role=v1.ROLE_SOC_OPERATOR,
        connected=True,
        since=Timestamp(seconds=NOW_S - 86400),
        first_at=Timestamp(seconds=NOW_S - 60),
        last_at=Timestamp(seconds=NOW_S),
        approved=30,
        rejected=10,
        in_batches=20,
        median_to_decide=Duration(seconds=95),
        median_reading=Duration(seconds=12),
        events=[v1.EventCount(event="decision_approved", count=30)],
    )
    assert text(operator_statistics(response, 100)).splitlines() == [
        "alice (soc_operator), connected",
        "since      2027-01-14 08:00:00 UTC; first deed 2027-01-15 07:59:00 UTC, last 2027-01-15 08:00:00 UTC",
        "verdicts   30 approved, 10 rejected: 75% approved; 20 of them in batches",
        "           half of them within 1:35 of the proposal",
        "           half of them after 0:12 or more in view",
        "",
        "what                         count",
        "approved                        30",
    ]
    nothing = text(operator_statistics(v1.GetOperatorStatisticsResponse(operator="bob"), 100))
    assert nothing.startswith("bob (no longer let in), not connected\n")
    assert "verdicts   none" in nothing


def test_statistics() -> None:
    """Counts by risk and state, what was missed, who is connected, and for how long the server has been there."""
    response = v1.GetStatisticsResponse(
        risks=[v1.RiskCount(risk=v1.RISK_LEVEL_CRITICAL, open=2, total=9)],
        states=[v1.StateCount(state=v1.DECISION_STATE_PENDING, count=2)],
        approved_by_policy=4,
        open_breached=1,
        alarms=1,
        nearest_deadline=Timestamp(seconds=NOW_S + 61),
        server_time=Timestamp(seconds=NOW_S),
        operators_connected=2,
        cores_connected=1,
        offset=77,
        uptime=Duration(seconds=3700),
        halts=[v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True), reason="breach", actor=operator("bob"))],
    )
    lines = text(statistics(response, 120)).splitlines()
    assert lines[:2] == ["risk          open    ever", "critical         2       9"]
    assert lines[3:5] == ["state                count", "pending                  2"]
    assert lines[6:8] == [
        "approved by policy 4, deadline missed and still open 1",
        "decisions that somebody has to look at (alarms): 1",
    ]
    assert lines[8].startswith("HALTED everything by bob")
    assert lines[9:] == ["next deadline in 1:01", "entry 77; connected: 2 operators, 1 core; serving for 1h01"]


def test_health() -> None:
    """Whether it serves, and how long the answer took."""
    assert text(health(serving=True, took_s=0.00123)) == "serving, answered in 1.2 ms"
    assert text(health(serving=False, took_s=0.5)) == "not serving, answered in 500.0 ms"
    assert text(health(serving=False, took_s=0.5, status="unknown")) == "unknown, answered in 500.0 ms"
