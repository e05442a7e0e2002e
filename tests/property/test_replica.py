"""The replica's indexes are what one would compute anew, after any sequence of frames."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.operator import Replica, replica
from governance_client.operator.indexes import OPEN_STATES, SHORTEST_PREFIX

KEPT = 3
IDS = ("aaaaaaaa", "aaaaaaaa1", "aaaaaaaa2b", "aaaaaaaa2c", "bbbbbbbbbbbb", "bbbbbbbbbbbc", "c", "", "é" * 9)
PREFIXES = ("", "a", "aaaaaaaa", "aaaaaaaa2", "b", "bbbbbbbbbbb", "d", "é", "\U0010ffff")
STATES = [state for state in v1.DecisionState.values() if state]


@st.composite
def decisions(draw: st.DrawFn) -> v1.Decision:
    """Some decision, at some version, mostly pending."""
    made = v1.Decision(
        decision_id=draw(st.sampled_from(IDS)),
        version=draw(st.integers(1, 6)),
        state=draw(st.sampled_from([*STATES, v1.DECISION_STATE_PENDING, v1.DECISION_STATE_PENDING])),
        assessment=v1.Assessment(risk=draw(st.sampled_from(v1.RiskLevel.values()))),
    )
    if draw(st.booleans()):
        made.schedule.SetInParent()
    if draw(st.booleans()):
        made.schedule.deadline.CopyFrom(
            Timestamp(seconds=draw(st.integers(1, 3)), nanos=draw(st.sampled_from([0, 5000])))
        )
    if draw(st.booleans()):
        made.alarms.add(kind=v1.ALARM_KIND_NOBODY_REACHABLE)
    return made


def news(changed: list[v1.Decision]) -> v1.OperateResponse:
    return v1.OperateResponse(news=v1.OperatorNews(changes=[v1.Change(decision=each) for each in changed]))


FRAMES = st.one_of(
    st.lists(decisions(), max_size=6).map(news),
    st.builds(v1.ServerHello, snapshot=st.sampled_from([False, False, False, True]), ledger_id=st.just("a")),
)


class Naive:
    """What is held, in the order in which it came, and nothing computed before it is asked for."""

    def __init__(self) -> None:
        self.open: dict[str, v1.Decision] = {}
        self.ended: dict[str, v1.Decision] = {}

    def take(self, decision: v1.Decision) -> None:
        name = decision.decision_id
        before = self.open.get(name) or self.ended.get(name)
        if before is not None and before.version >= decision.version:
            return
        if decision.state in OPEN_STATES:
            self.ended.pop(name, None)
            self.open[name] = decision
        else:
            self.open.pop(name, None)
            self.ended[name] = decision
            if len(self.ended) > KEPT:
                del self.ended[next(iter(self.ended))]

    def pending(self) -> list[v1.Decision]:
        return [each for each in self.open.values() if each.state == v1.DECISION_STATE_PENDING]

    def names(self) -> list[str]:
        return sorted([*self.open, *self.ended])

    def unique_prefix(self, name: str) -> str:
        for length in range(SHORTEST_PREFIX, len(name)):
            if not any(other.startswith(name[:length]) for other in self.names() if other != name):
                return name[:length]
        return name


def deadline_ns(decision: v1.Decision) -> int:
    return decision.schedule.deadline.ToNanoseconds()


def urgency(decision: v1.Decision) -> tuple[bool, int, int, str]:
    return (
        not decision.HasField("schedule"),
        -decision.assessment.risk,
        deadline_ns(decision),
        decision.decision_id,
    )


def assert_alike(kept: Replica, naive: Naive) -> None:
    pending = naive.pending()
    with_deadline = [each for each in pending if each.schedule.HasField("deadline")]
    due = min(with_deadline, key=lambda each: (deadline_ns(each), each.decision_id), default=None)
    risks = [each.assessment.risk for each in pending]
    assert dict(kept.counts) == {risk: risks.count(risk) for risk in risks}
    assert kept.counts[99] == 0
    assert kept.alarmed == sum(bool(each.alarms) for each in naive.open.values())
    assert list(kept.urgent()) == sorted(pending, key=urgency)
    assert kept.next_due() == due
    assert list(kept.recent()) == list(naive.ended.values())[::-1]
    for prefix in PREFIXES:
        found = [prefix] if prefix in naive.names() else [name for name in naive.names() if name.startswith(prefix)]
        assert [each.decision_id for each in kept.with_prefix(prefix)] == found
    for name in IDS:
        assert kept.unique_prefix(name) == naive.unique_prefix(name)


@given(st.lists(FRAMES, max_size=25))
def test_the_indexes_are_what_would_be_computed_anew(frames: list[v1.OperateResponse | v1.ServerHello]) -> None:
    """After every frame, counts, orders, prefixes and the nearest deadline are those of what is held."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replica, "ENDED_KEPT", KEPT)
        kept, naive = Replica(), Naive()
        kept.hello(v1.ServerHello(ledger_id="a", snapshot=True))
        for frame in frames:
            revision = kept.revision
            if isinstance(frame, v1.ServerHello):
                kept.hello(frame)
                naive = Naive() if frame.snapshot else naive
            else:
                kept.frame(frame)
                for change in frame.news.changes:
                    naive.take(change.decision)
            assert kept.revision != revision
            assert_alike(kept, naive)
