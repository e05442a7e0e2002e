"""What is told above the prompt, what rings, and what no storm and no filter takes away."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.console.announcing import LINES_AT_ONCE, Ears, announce, ringing, snapshot
from governance_client.console.choosing import Selection
from governance_client.console.lines import plain
from governance_client.console.settings import Settings
from governance_client.operator import Update
from tests.console.examples import NOW_S, decision, operator

CRITICAL, HIGH, LOW = v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_LOW
REJECTED = v1.DECISION_STATE_REJECTED
ONLY_HIGH = Selection(risks=frozenset({HIGH}))


def _arrival(name: str, risk: v1.RiskLevel.ValueType = LOW, left_s: int = 300) -> Update:
    return Update(None, decision(name, risk=risk, left_s=left_s), v1.Cause(events=["decision_proposed"]))


def _rejection(name: str, risk: v1.RiskLevel.ValueType = LOW, by: str = "bob") -> Update:
    after = decision(name, risk=risk, state=REJECTED, version=2)
    return Update(decision(name, risk=risk), after, v1.Cause(actor=operator(by)))


def _said(*updates: Update, ears: Ears | None = None, width: int = 200) -> list[str]:
    return [plain(line) for line in announce(updates, NOW_S * 1_000_000, width, ears)]


def test_a_few_arrivals() -> None:
    """A few arrivals get a line each, with what is left of their time."""
    (line,) = _said(_arrival("aaaa0001", HIGH))
    assert line == "new high block_ip 203.0.113.7 aaaa0001 left 5:00"


def test_a_storm_of_arrivals() -> None:
    """A thousand arrivals are one line: how many of each risk, and the most urgent one by name."""
    storm = [_arrival(f"bbbb{number:04}") for number in range(998)]
    (line,) = _said(*storm, _arrival("cccc0002", HIGH, 60), _arrival("cccc0001", HIGH, 30))
    assert line.startswith("1000 new: 2 high, 998 low. Most urgent: high block_ip 203.0.113.7 cccc0001 left 0:30")


def test_a_storm_fits_a_narrow_terminal() -> None:
    """The line that counts a storm is cut at its end, where the hint stands."""
    (line,) = _said(*(_arrival(f"bbbb{number:04}") for number in range(50)), width=79)
    assert len(line) <= 79
    assert line.startswith("50 new: 50 low. Most urgent: low")


def test_many_changes() -> None:
    """Many changes are one line that says what became of them."""
    (line,) = _said(*(_rejection(f"bbbb{number:04}") for number in range(40)))
    assert line == "40 decisions changed: 40 rejected. `queue --all` lists them."


def test_a_change() -> None:
    """A change is told with who made it, what happened standing first."""
    assert _said(_rejection("aaaa0001")) == ["rejected by bob (soc_operator): low block_ip 203.0.113.7 aaaa0001"]


def test_the_focus_is_never_counted_away() -> None:
    """Who loses the race for the decision in focus is told so by its own line, in a storm too, next to the prompt."""
    storm = [_rejection(f"bbbb{number:04}") for number in range(500)]
    lines = _said(_rejection("aaaa0001"), *storm, ears=Ears("alice", focus="aaaa0001"))
    assert len(lines) == 2
    assert lines[-1].startswith("in focus: rejected by bob (soc_operator): low block_ip")


def test_the_watched_are_never_counted_away() -> None:
    """Each change of a watched decision has its own line, whatever else happens and whatever filter is on."""
    names = {f"aaaa{number:04}" for number in range(LINES_AT_ONCE + 2)}
    storm = [_rejection(f"bbbb{number:04}") for number in range(500)]
    followed = [_rejection(name) for name in sorted(names)]
    lines = _said(*storm, *followed, ears=Ears("alice", watched=names, selection=ONLY_HIGH))
    assert [line.split(":")[0] for line in lines] == ["watched"] * len(names)


def test_what_a_filter_hides() -> None:
    """A filter silences arrivals and changes of what it does not choose."""
    ears = Ears("alice", selection=ONLY_HIGH)
    assert _said(_arrival("aaaa0001"), _rejection("bbbb0001"), ears=ears) == []
    assert len(_said(_arrival("aaaa0001", HIGH), _rejection("bbbb0001", HIGH), ears=ears)) == 2


def test_what_no_filter_hides() -> None:
    """Critical arrivals, alarms and what was assigned to me are told through every filter."""
    alarmed = decision("bbbb0001", risk=LOW, version=2)
    alarmed.alarms.add(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN)
    mine = decision("cccc0001", risk=LOW, version=2)
    mine.assignee = "alice"
    lines = _said(
        _arrival("aaaa0001", CRITICAL),
        Update(decision("bbbb0001", risk=LOW), alarmed, v1.Cause()),
        Update(decision("cccc0001", risk=LOW), mine, v1.Cause(actor=operator("bob"))),
        ears=Ears("alice", selection=ONLY_HIGH),
    )
    assert [line.split(":")[0] for line in lines] == [
        "new critical block_ip 203.0.113.7 aaaa0001 left 5",
        "ALARM, outcome unknown",
        "assigned to alice by bob (soc_operator)",
    ]


def test_what_i_did_myself() -> None:
    """What the operator did is not announced: its receipt has told it."""
    assert _said(_rejection("aaaa0001", by="alice"), ears=Ears("alice", focus="aaaa0001")) == []


@pytest.mark.parametrize(
    ("bell", "notify", "risk", "rings"),
    [
        ("never", "never", CRITICAL, True),  # the surface decides whether that is heard
        ("critical", "never", LOW, False),
        ("never", "all", LOW, True),
        ("critical", "critical", CRITICAL, True),
    ],
)
def test_what_rings(bell: str, notify: str, risk: v1.RiskLevel.ValueType, rings: bool) -> None:
    """A critical arrival asks for attention, any arrival where a person chose so."""
    settings = Settings(bell=bell, notify=notify)  # type: ignore[arg-type] # the table's words are those of the type
    assert bool(ringing([_arrival("aaaa0001", risk)], settings)) is rings


def test_a_storm_rings_once() -> None:
    """However many arrive at once, one sentence rings, and it is inert."""
    hostile = Update(None, decision("aaaa0001", target="\x1b]0;x\x07", risk=CRITICAL, left_s=5), v1.Cause())
    rung = ringing([hostile, *(_arrival(f"bbbb{number}", CRITICAL) for number in range(9))], Settings())
    assert rung == ("New: 10 critical, first block_ip ␛]0;x␇", True)
    assert ringing([_arrival("bbbb0001", LOW)], Settings(bell="critical", notify="all")) == (
        "New: low block_ip 203.0.113.7",
        False,
    )


def test_a_snapshot() -> None:
    """When a stream starts, what waits is counted by risk."""
    assert plain(snapshot([])) == "Nothing waits for a decision."
    counted = plain(snapshot([decision("a", risk=LOW), decision("b"), decision("c", state=REJECTED)]))
    assert counted == "2 wait for a decision: 1 high, 1 low. `queue` lists them."
