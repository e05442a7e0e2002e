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
