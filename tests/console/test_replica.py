"""The replica: newest versions, snapshots, resume points."""

from __future__ import annotations

from governance import v1
from governance_client.operator import Replica
from governance_client.operator.replica import ENDED_KEPT
from tests.console.examples import change, decision


def _hello(ledger: str = "a", *, snapshot: bool, head: int = 0) -> v1.ServerHello:
    return v1.ServerHello(ledger_id=ledger, snapshot=snapshot, head_offset=head)


def _news(offset: int, *decisions: v1.Decision) -> v1.OperateResponse:
    return v1.OperateResponse(
        envelope=v1.Envelope(offset=offset), news=v1.OperatorNews(changes=[change(each) for each in decisions])
    )


def test_newest_version_stays() -> None:
    """An older version that comes late does not replace a newer one, and is not news."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    assert len(replica.frame(_news(5, decision(version=2)))) == 1
    assert replica.frame(_news(6, decision(version=1))) == []
    assert [each.version for each in replica.open()] == [2]


def test_snapshot_voids_what_was_held() -> None:
    """After a hello with a snapshot nothing is known but what the snapshot says."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(5, decision("aaaaaaaa"), decision("bbbbbbbb")))
    replica.hello(_hello(snapshot=True))
    assert list(replica.known()) == []
    assert replica.offset == 0
    replica.frame(_news(9, decision("bbbbbbbb")))
    assert [each.decision_id for each in replica.open()] == ["bbbbbbbb"]


def test_resumed_stream_keeps_what_was_held() -> None:
    """After a hello without a snapshot everything known before still stands."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(5, decision("aaaaaaaa")))
    replica.hello(_hello(snapshot=False, head=7))
    assert [each.decision_id for each in replica.open()] == ["aaaaaaaa"]
    assert replica.offset == 5


def test_other_ledger_voids_what_was_held() -> None:
    """What was held of another ledger is void even if the server says nothing of a snapshot."""
    replica = Replica()
    replica.hello(_hello("a", snapshot=True))
    replica.frame(_news(5, decision("aaaaaaaa")))
    replica.hello(_hello("b", snapshot=False))
    assert list(replica.known()) == []


def test_resume_point_never_goes_back() -> None:
    """The resume point follows the envelope's offset, and never falls below what it was."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(8))
    replica.frame(_news(3))
    assert replica.offset == 8


def test_half_a_snapshot_is_not_complete() -> None:
    """A snapshot counts as complete with the first progress frame, or once the head it was made at is reached."""
    replica = Replica()
    replica.hello(_hello(snapshot=True, head=8))
    replica.frame(_news(0, decision("aaaaaaaa")))
    assert not replica.complete
    replica.frame(v1.OperateResponse(progress=v1.Progress()))
    assert replica.complete


def test_ended_decisions_are_bounded() -> None:
    """Memory grows with what is open: of those that ended only the last few are kept."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    for number in range(ENDED_KEPT + 10):
        replica.frame(_news(number, decision(f"{number:08}", state=v1.DECISION_STATE_REJECTED)))
    assert len(list(replica.known())) == ENDED_KEPT
    assert replica.get("00000000") is None


def test_prefix_finds_open_and_ended() -> None:
    """The start of an id finds every known decision with it, and a whole id that one alone."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(1, decision("aaaa0001"), decision("aaaa0001b", state=v1.DECISION_STATE_REJECTED)))
    assert len(replica.with_prefix("aaaa")) == 2
    assert len(replica.with_prefix("aaaa0001")) == 1
    assert replica.with_prefix("b") == []


def test_halts_come_and_go() -> None:
    """A declared halt is in force until it is released."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(halts=[v1.Halt(halt_id="h")])))
    assert set(replica.halts) == {"h"}
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(halts=[v1.Halt(halt_id="h", released=True)])))
    assert replica.halts == {}


def test_most_urgent_first() -> None:
    """What waits for a person comes by risk and then by deadline; what does not wait is not among it."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(
        _news(
            4,
            decision("a", risk=v1.RISK_LEVEL_LOW, left_s=1),
            decision("b", risk=v1.RISK_LEVEL_CRITICAL, left_s=90),
            decision("c", risk=v1.RISK_LEVEL_CRITICAL, left_s=30),
            decision("d", risk=v1.RISK_LEVEL_CRITICAL, state=v1.DECISION_STATE_APPROVED),
        )
    )
    assert [each.decision_id for each in replica.urgent()] == ["c", "b", "a"]
    assert replica.counts == {v1.RISK_LEVEL_CRITICAL: 2, v1.RISK_LEVEL_LOW: 1}
    due = replica.next_due()
    assert due is not None
    assert due.decision_id == "a"


def test_a_list_that_was_handed_out_stays_as_it_is() -> None:
    """Whoever is drawing a list is not disturbed by what arrives; while nothing does, the list is not made anew."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(1, decision("aaaaaaaa")))
    before = replica.urgent()
    assert replica.urgent() is before
    replica.frame(_news(2, decision("bbbbbbbb"), decision("aaaaaaaa", version=2, state=v1.DECISION_STATE_REJECTED)))
    assert [each.decision_id for each in before] == ["aaaaaaaa"]
    assert [each.decision_id for each in replica.urgent()] == ["bbbbbbbb"]
    assert [each.decision_id for each in replica.recent()] == ["aaaaaaaa"]


def test_what_is_held_does_not_hold_its_frame() -> None:
    """After the snapshot, a decision is held apart from its frame, which would stay in memory whole with it."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(1, decision("bbbbbbbb")))
    assert replica.complete
    frame = _news(2, decision("aaaaaaaa"))
    (update,) = replica.frame(frame)
    frame.news.changes[0].decision.core = "changed later"
    held = replica.get("aaaaaaaa")
    assert held is not None
    assert held.core == update.after.core == "maximus"


def test_alarms_are_counted_while_open() -> None:
    """A decision that somebody has to look at counts until it has ended."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    alarmed = decision("aaaaaaaa", state=v1.DECISION_STATE_OUTCOME_UNKNOWN)
    alarmed.alarms.add(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN)
    replica.frame(_news(1, alarmed))
    assert replica.alarmed == 1
    settled = decision("aaaaaaaa", state=v1.DECISION_STATE_EXECUTED, version=2)
    settled.alarms.add(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN)
    replica.frame(_news(2, settled))
    assert replica.alarmed == 0


def test_unique_prefixes() -> None:
    """An id is named by as much of it as no other has, of 8 characters at least, whether it is known or not."""
    replica = Replica()
    replica.hello(_hello(snapshot=True))
    replica.frame(_news(1, decision("aaaaaaaa-01"), decision("aaaaaaaa-02"), decision("bbbbbbbbbbbb"), decision("cc")))
    assert replica.unique_prefix("aaaaaaaa-01") == "aaaaaaaa-01"
    assert replica.unique_prefix("aaaaaaaa-1") == "aaaaaaaa-1"
    assert replica.unique_prefix("bbbbbbbbbbbb") == "bbbbbbbb"
    assert replica.unique_prefix("cc") == "cc"
    assert replica.unique_prefix("dddddddddddd") == "dddddddd"
