"""Replay: what another policy would have made of what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain import replay as replaying
from governance_server.domain.command import Command, Consequence, State
from governance_server.domain.decide import decide
from governance_server.domain.digest import action_digest
from governance_server.domain.house import House
from governance_server.domain.moment import timestamp
from governance_server.domain.policy import DEFAULT_POLICY, Policy
from governance_server.domain.policy_document import policy_of
from governance_server.domain.proposing import HALT_RULE
from governance_server.domain.replay import MOST_DIFFERENCES, Replay
from tests.unit.deciding import CORE, NOON_US, critical_proposal, proposal

if TYPE_CHECKING:
    import pytest

FULL, SUPERVISED = v1.AUTOMATION_LEVEL_FULL, v1.AUTOMATION_LEVEL_SUPERVISED
MANUAL = v1.AUTOMATION_LEVEL_MANUAL


class Ledger:
    """Makes the entries of proposals as the server records them."""

    def __init__(self) -> None:
        self.offset = 0

    def proposed(self, made: v1.Proposal, *, decision_id: str = "") -> tuple[v1.Entry, v1.PersonalData]:
        command = Command(CORE, v1.CoreCommand(proposal=made))
        ruling = decide(State(None, House()), command, NOON_US)
        assert isinstance(ruling, Consequence)
        assert ruling.personal is not None
        entry = self.entry(*ruling.events, decision_id=decision_id or made.decision_id)
        return entry, ruling.personal

    def entry(self, *events: v1.Event, decision_id: str = "decision-1") -> v1.Entry:
        self.offset += 1
        return v1.Entry(
            offset=self.offset, actor=CORE, decision_id=decision_id, recorded_at=timestamp(NOON_US), events=events
        )


def replayed(policy: Policy, *entries: tuple[v1.Entry, v1.PersonalData | None]) -> v1.ReplayPolicyResponse:
    replay = Replay(policy)
    for entry, personal in entries:
        replay.look_at(entry, personal)
    return replay.report()


def test_the_same_policy_changes_nothing() -> None:
    """Under the policy they were made under, all decisions are as they were recorded."""
    ledger = Ledger()
    report = replayed(
        DEFAULT_POLICY,
        ledger.proposed(proposal(confidence=0.97)),
        ledger.proposed(proposal()),
        ledger.proposed(critical_proposal()),
    )
    assert (report.looked_at, report.total, report.changed, report.done) == (3, 3, 0, True)
    assert not report.moves
    assert not report.differences
    assert [(count.tier, count.before, count.after) for count in report.tiers] == [
        (v1.ROLE_UNSPECIFIED, 1, 1),
        (v1.ROLE_SOC_OPERATOR, 2, 2),
    ]


def test_moves_and_tiers() -> None:
    """A stricter policy moves decisions from the machine to people, and says to whom."""
    strict = policy_of(
        '[automation]\nfull_from_confidence = 0.99\n[[approval]]\nname = "a"\n'
        'when = \'action.type == "block_ip"\'\ntier = "soc_supervisor"\n'
    )
    ledger = Ledger()
    report = replayed(
        strict, *(ledger.proposed(proposal(confidence=0.97)) for _ in range(3)), ledger.proposed(proposal())
    )
    (move,) = report.moves
    assert (getattr(move, "from"), move.to, move.count) == (FULL, SUPERVISED, 3)
    assert report.changed == 4
    assert [(count.tier, count.before, count.after) for count in report.tiers] == [
        (v1.ROLE_UNSPECIFIED, 3, 0),
        (v1.ROLE_SOC_OPERATOR, 1, 0),
        (v1.ROLE_SOC_SUPERVISOR, 0, 4),
    ]


def test_most_consequential_first() -> None:
    """What takes away people's say comes first: autonomy, then people, then the tier; then how far the risk moved."""
    loose = policy_of(
        "[approvals.required_approvals]\ncritical = 1\n[automation]\nsupervised_from_confidence = 0.7\n"
        "full_from_confidence = 0.85\n[risk.from]\ncritical = 0.6\nhigh = 0.3\nmedium = 0.2\n"
    )
    ledger = Ledger()
    low = proposal(confidence=0.9, decision_id="freed-decision")
    low.threat.score = 0
    report = replayed(
        loose,
        ledger.proposed(proposal(confidence=0.97), decision_id="held-decision"),
        ledger.proposed(critical_proposal(), decision_id="fewer-people"),
        ledger.proposed(low),
    )
    assert [one.decision_id for one in report.differences] == ["freed-decision", "fewer-people", "held-decision"]
    freed = report.differences[0]
    assert (freed.automation_before, freed.automation_after) == (SUPERVISED, FULL)
    assert (freed.tier_before, freed.tier_after) == (v1.ROLE_SOC_OPERATOR, v1.ROLE_UNSPECIFIED)
    assert (freed.required_before, freed.required_after) == (1, 0)
    fewer = report.differences[1]
    assert (fewer.required_before, fewer.required_after) == (2, 1)
    held = report.differences[2]
    assert (held.risk_before, held.risk_after) == (v1.RISK_LEVEL_MEDIUM, v1.RISK_LEVEL_HIGH)
    assert held.score_before == held.score_after


def test_ten_differences() -> None:
    """Ten are told, and of equal ones the earliest, however many there are."""
    strict = policy_of("[automation]\nfull_from_confidence = 0.99\n")
    ledger = Ledger()
    same = [ledger.proposed(proposal(confidence=0.97), decision_id=f"decision-{number}") for number in range(15)]
    report = replayed(strict, *same)
    assert report.changed == 15
    assert [one.decision_id for one in report.differences] == [f"decision-{number}" for number in range(10)]
    freeing = policy_of(
        "[automation]\nfull_from_confidence = 0.5\nsupervised_from_confidence = 0.2\nadvisory_from_confidence = 0.1\n"
    )
    worse = ledger.proposed(proposal(confidence=0.6), decision_id="decision-worse")
    many = [ledger.proposed(proposal(), decision_id=f"decision-{number}") for number in range(MOST_DIFFERENCES)]
    report = replayed(freeing, *many, worse)
    assert report.differences[0].decision_id == "decision-worse"
    assert len(report.differences) == MOST_DIFFERENCES


def test_erased_proposals() -> None:
    """A proposal whose contents were erased is looked at and not compared."""
    ledger = Ledger()
    entry, _ = ledger.proposed(proposal(confidence=0.97))
    strict = policy_of("[automation]\nfull_from_confidence = 0.99\n")
    for personal in (None, v1.PersonalData()):
        report = replayed(strict, (entry, personal))
        assert (report.looked_at, report.changed) == (1, 0)
        assert not report.tiers


def test_other_entries() -> None:
    """What is no proposal is passed over."""
    report = replayed(DEFAULT_POLICY, (Ledger().entry(v1.Event(decision_cancelled=v1.DecisionCancelled())), None))
    assert report.looked_at == 0


def test_rejections_up_to_then() -> None:
    """The rejections that there had been by then count, also those from before the proposals that are asked about."""
    ledger, made = Ledger(), proposal(confidence=0.97)
    rejected = v1.Event(decision_rejected=v1.DecisionRejected(action_digest=action_digest(made.action)))
    replay = Replay(DEFAULT_POLICY)
    replay.pass_over(ledger.entry(rejected))
    replay.look_at(*ledger.proposed(made))
    assert replay.report().changed == 0
    replay.look_at(ledger.entry(rejected), None)
    replay.look_at(*ledger.proposed(made))
    report = replay.report()
    assert report.changed == 1
    assert report.differences[0].tier_after == v1.ROLE_SECURITY_MANAGER


def test_rejections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more rejected actions than are kept in mind, the ones rejected longest ago are forgotten."""
    monkeypatch.setattr(replaying, "MOST_REJECTED", 1)
    ledger, made = Ledger(), proposal(confidence=0.97)
    replay = Replay(DEFAULT_POLICY)
    for digest in (action_digest(made.action), action_digest(made.action), bytes(32)):
        replay.pass_over(ledger.entry(v1.Event(decision_rejected=v1.DecisionRejected(action_digest=digest))))
    replay.look_at(*ledger.proposed(made))
    assert replay.report().changed == 0


def test_halts_hold_in_a_replay() -> None:
    """What a halt kept from acting by itself is not told as a move of the policy."""
    ledger = Ledger()
    entry, personal = ledger.proposed(proposal(confidence=0.97))
    halted = v1.Entry()
    halted.CopyFrom(entry)
    assessment = halted.events[0].decision_proposed.assessment
    assessment.automation = SUPERVISED
    assessment.policy_rules.append(HALT_RULE)
    assert replayed(DEFAULT_POLICY, (halted, personal)).changed == 0
