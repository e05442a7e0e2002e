"""The desk: which decision a typed word means, which rows a list has, and what comes next."""

from __future__ import annotations

from time import perf_counter

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.choosing import EVERYTHING, SORTS, Selection, ordered
from governance_client.console.desk import Desk, Listing, Unclear
from governance_client.console.verbs import Request, parse
from governance_client.operator import Replica
from tests.console.examples import NOW_S, change, decision, operator

CRITICAL, HIGH, LOW = v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_LOW


def _desk(*decisions: v1.Decision) -> tuple[Desk, Replica]:
    replica = Replica()
    _hear(replica, *decisions)
    return Desk(replica), replica


def _hear(replica: Replica, *decisions: v1.Decision) -> None:
    changes = [change(each) for each in decisions]
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=changes)))


def _request(line: str) -> Request:
    request = parse(line)
    assert isinstance(request, Request), request
    return request


def _list(desk: Desk, line: str = "queue", most: int = 0) -> Listing:
    return desk.listed(_request(line), "alice", most)


def _meant(desk: Desk, word: str) -> str:
    found = desk.find(word)
    return "" if isinstance(found, Unclear) else found.decision_id


def _why(desk: Desk, word: str) -> str:
    found = desk.find(word)
    assert isinstance(found, Unclear)
    return found.message


def _ids(listing: Listing) -> list[str]:
    return [each.decision_id for each in listing.decisions]


def _some(count: int) -> list[v1.Decision]:
    return [decision(f"{number:08x}", risk=LOW, left_s=600 + number) for number in range(1, count + 1)]


def test_an_id_of_digits_is_no_row() -> None:
    """A core that numbers its decisions cannot have one taken for another: a row is typed as `queue` shows it."""
    desk, _ = _desk(*(decision(each, risk=LOW) for each in ("00000002", "00000003", "99999999")))
    _list(desk)
    assert _meant(desk, "00000002") == "00000002"
    assert _meant(desk, "1") == "00000002"
    assert _meant(desk, "3") == "99999999"


def test_a_number_beyond_all_rows_is_no_row() -> None:
    """However many digits are typed, the console answers."""
    desk, _ = _desk(decision("aaaaaaaa"))
    _list(desk)
    assert _meant(desk, "9" * 5000) == ""


def test_a_prefix() -> None:
    """The unique start of an id means its decision; one that several share is answered with the rivals."""
    desk, _ = _desk(decision("aaaa1111"), decision("aaaa2222", target="198.51.100.9"))
    assert _meant(desk, "aaaa1") == "aaaa1111"
    assert "aaaa1111 block_ip 203.0.113.7; aaaa2222 block_ip 198.51.100.9" in _why(desk, "aaaa")
    assert "No decision here starts with `b`" in _why(desk, "b")


def test_the_focus() -> None:
    """Nothing typed, or a dot, means the decision in focus; without one, the operator is told how to get one."""
    desk, _ = _desk(decision("aaaa1111"))
    assert "Nothing is in focus" in _why(desk, "")
    desk.focus = "aaaa1111"
    assert _meant(desk, "") == _meant(desk, ".") == "aaaa1111"


def test_what_arrives_moves_nothing() -> None:
    """Rows keep their numbers and the focus stays, whatever more urgent arrives."""
    desk, replica = _desk(*_some(2))
    _list(desk)
    desk.focus = "00000002"
    _hear(replica, decision("cccccccc", risk=CRITICAL, offset=9))
    assert (_meant(desk, "1"), _meant(desk, "2"), _meant(desk, ".")) == ("00000001", "00000002", "00000002")


def test_pages() -> None:
    """A list goes on where it stopped, numbering on, as it was when it was asked for."""
    desk, replica = _desk(*_some(7))
    first = _list(desk, most=3)
    assert (_ids(first), first.first, first.total, first.after) == (["00000001", "00000002", "00000003"], 1, 7, 4)
    _hear(replica, decision("cccccccc", risk=CRITICAL, offset=9))
    second = desk.more(3)
    assert (_ids(second), second.first, second.after) == (["00000004", "00000005", "00000006"], 4, 1)
    assert _ids(_list(desk, "queue page=3", most=3)) == ["00000007"]
    assert _meant(desk, "7") == "00000007"
    assert desk.more(3).decisions == []
    assert _ids(_list(desk, most=3))[0] == "cccccccc"


def test_a_page_of_another_list() -> None:
    """A later page of something else than was listed is of a new list."""
    desk, replica = _desk(*_some(4))
    _list(desk, most=2)
    _hear(replica, decision("cccccccc", offset=9))
    assert _ids(_list(desk, "queue low page=2", most=2)) == ["00000003", "00000004"]
    assert _meant(desk, "1") == "00000001"


def test_what_ended_keeps_its_row() -> None:
    """A row whose decision ended meanwhile is shown as it is known now."""
    desk, replica = _desk(*_some(3))
    _list(desk, most=1)
    _hear(replica, decision("00000002", state=v1.DECISION_STATE_REJECTED, version=2, offset=9))
    (shown,) = desk.more(1).decisions
    assert shown.state == v1.DECISION_STATE_REJECTED


def test_what_is_open_is_listed() -> None:
    """What waits stands first, then what is under way; what ended is listed when it is asked for."""
    desk, _ = _desk(
        decision("eeee0001", state=v1.DECISION_STATE_EXECUTING, risk=CRITICAL),
        decision("dddd0001", state=v1.DECISION_STATE_REJECTED),
        decision("aaaa0001", risk=LOW),
    )
    assert _ids(_list(desk)) == ["aaaa0001", "eeee0001"]
    assert _ids(_list(desk, "queue --all")) == ["aaaa0001", "eeee0001", "dddd0001"]
    assert _ids(_list(desk, "queue rejected")) == ["dddd0001"]


def test_a_filter() -> None:
    """A filter holds for every list until it is off, and each list says how many it hides."""
    desk, replica = _desk(decision("aaaa0001", risk=LOW), decision("bbbb0001"), decision("cccc0001", risk=CRITICAL))
    desk.choose(Selection(risks=frozenset({HIGH, CRITICAL})))
    listing = _list(desk)
    assert (_ids(listing), listing.hidden) == (["cccc0001", "bbbb0001"], 1)
    assert _ids(_list(desk, "queue high")) == ["bbbb0001"]
    assert desk.hidden == 1
    arrived = decision("dddd0001", risk=LOW, offset=9)
    updates = replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=[change(arrived)])))
    desk.heard(updates)
    assert desk.hidden == 2
    ended = decision("dddd0001", risk=LOW, state=v1.DECISION_STATE_EXPIRED, version=2, offset=10)
    desk.heard(replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=[change(ended)]))))
    assert desk.hidden == 1
    desk.choose(EVERYTHING)
    assert (desk.hidden, len(_list(desk).decisions)) == (0, 3)


def _for_others(name: str) -> v1.Decision:
    """Return a critical decision that is not for alice to decide, for the reason that it is named after."""
    found = decision(name, risk=CRITICAL)
    if name == "too-high":
        found.tier = v1.ROLE_CISO
    elif name == "claimed-":
        found.claim.operator = "bob"
    elif name == "deferred":
        found.schedule.deferred_until.CopyFrom(Timestamp(seconds=NOW_S + 60))
    elif name == "voted-on":
        found.votes.add(actor=operator("alice"), approved=True)
    return found


def test_next() -> None:
    """Next is the most urgent that I may decide: not beyond my role, in another's hand, deferred, or voted on by me."""
    desk, _ = _desk(
        *(_for_others(each) for each in ("too-high", "claimed-", "deferred", "voted-on")),
        decision("cccc0001", risk=LOW),
        decision("bbbb0001"),
    )
    you = operator("alice")
    seen = [found.decision_id for _ in range(3) if (found := desk.next(you)) is not None]
    assert seen == ["bbbb0001", "cccc0001", "bbbb0001"]
    assert desk.focus == "bbbb0001"


def test_what_was_deferred_comes_back() -> None:
    """A decision that was set aside is next again once its time is over by the server's clock."""
    desk, _ = _desk(_for_others("deferred"))
    you = operator("alice")
    assert desk.next(you, NOW_S * 1_000_000) is None
    assert desk.next(you, (NOW_S + 61) * 1_000_000) is not None


def test_nothing_is_next() -> None:
    """Where nothing is for the operator, the focus stays where it is."""
    desk, _ = _desk(_for_others("too-high"))
    desk.focus = "too-high"
    assert desk.next(operator("alice")) is None
    assert desk.focus == "too-high"


def test_what_was_anothers_is_looked_at_anew() -> None:
    """What was found not to be the operator's is next once it has become so, and for another operator at once."""
    desk, replica = _desk(_for_others("claimed-"), *_some(2))
    you = operator("alice")
    assert [desk.next(you).decision_id for _ in range(3)] == ["00000001", "00000002", "00000001"]  # type: ignore[union-attr]
    assert desk.next(operator("bob")).decision_id == "claimed-"  # type: ignore[union-attr]
    desk.next(you)
    released = decision("claimed-", offset=99)
    released.version = 2
    _hear(replica, released)
    assert desk.next(you) == released


def test_a_slip_in_a_row_hits_nothing() -> None:
    """A number that is no row is no start of an id either, but a whole id, eight digits, or one with a letter."""
    desk, _ = _desk(decision("7a000000"), decision("12345678-x"), decision("4711"))
    assert "no row 7" in _why(desk, "7")
    assert "no row 12" in _why(desk, "12")
    assert (_meant(desk, "7a"), _meant(desk, "12345678"), _meant(desk, "4711")) == ("7a000000", "12345678-x", "4711")


def test_targets_are_searched_as_they_are_now() -> None:
    """A part of any target is found, in any case of letters, until the target is another."""
    one, other = decision("aaaa0001", "Host-A.example"), decision("bbbb0001", "198.51.100.9")
    desk, replica = _desk(one, other)
    assert _ids(_list(desk, "queue target=host-a")) == ["aaaa0001"]
    assert _ids(_list(desk, "queue target=host-a,51.100 high")) == ["bbbb0001", "aaaa0001"][::-1]
    changed = decision("aaaa0001", "203.0.113.7", offset=9)
    changed.version = 2
    _hear(replica, changed)
    assert _ids(_list(desk, "queue target=host-a")) == []
    assert all(_ids(_list(desk, f"queue target={part}")) == ["aaaa0001"] for part in ("203", "113.7"))


class _Counting(Selection):
    """The high ones, and how often it was asked about any."""

    asked = 0

    def matches(self, decision: v1.Decision, me: str) -> bool:
        """Say whether it is high, and count."""
        del me
        type(self).asked += 1
        return decision.assessment.risk == HIGH


def test_a_filter_looks_at_each_once() -> None:
    """However many wait, each is compared with the filter once, for what is hidden and what is shown together."""
    many = [decision(f"{n:08x}", risk=(HIGH, LOW)[n % 2]) for n in range(10)]
    desk, replica = _desk(*many)
    desk.choose(_Counting())
    assert (desk.hidden, len(desk.passing()), _Counting.asked) == (5, 5, 10)
    _hear(replica, decision("ffff0001", offset=9))
    assert (len(desk.passing()), _Counting.asked) == (6, 11)


def test_it_is_quick_with_many() -> None:
    """With 20,000 open decisions a page is listed in time, and finding and going on take no time that is felt."""
    desk, _ = _desk(*_some(20_000))
    you = operator("alice")
    _list(desk, most=30)
    began = perf_counter()
    _list(desk, most=30)
    listed = perf_counter()
    for word in ("17", "00004e20", "0000", "."):
        desk.find(word)
    desk.next(you)
    desk.next(you)
    done = perf_counter()
    # an order of magnitude above what it takes here, so that only a wrong algorithm fails
    assert listed - began < 0.5
    assert done - listed < 0.5


def test_every_order() -> None:
    """A list stands in the order that was asked for; what is equal in it stays most urgent first."""
    many = [decision(f"{n:08x}", f"203.0.113.{n % 5}", (CRITICAL, HIGH, LOW)[n % 3], left_s=n) for n in range(60)]
    executing = decision("eeee0001", state=v1.DECISION_STATE_EXECUTING)
    desk, _ = _desk(*many, executing)
    for sort in (name for each in SORTS for name in (each, f"-{each}")):
        expected = [each.decision_id for each in ordered([*many, executing], sort)]
        assert _ids(_list(desk, f"queue sort={sort}")) == expected, sort
