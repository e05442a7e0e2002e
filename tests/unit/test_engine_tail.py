"""The tail of changes, and what a follower of any pace gets of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance_server.engine.tail import Item, Tail, Tails


def item(offset: int, decision: int, core: str = "maximus") -> Item:
    return Item(offset, f"decision-{decision}", core, f"{decision}@{offset}".encode())


def test_a_decision_that_changed_twice_is_told_once_in_its_newest_state() -> None:
    """What a slow follower has not been told is coalesced, and comes in the order of offsets."""
    tail = Tail(0)
    tail.publish([item(1, 1), item(2, 2)], 2)
    tail.publish([item(3, 1)], 3)
    assert tail.after(0, max_bytes=1000) == ([item(2, 2), item(3, 1)], 3)


def test_a_frame_ends_before_it_is_too_large_and_the_cursor_with_it() -> None:
    """The first change is told however large it is; the next one waits for the next frame."""
    tail = Tail(0)
    tail.publish([item(1, 1), item(2, 2), item(3, 3)], 3)
    assert tail.after(0, max_bytes=1) == ([item(1, 1)], 1)
    assert tail.after(1, max_bytes=6) == ([item(2, 2), item(3, 3)], 3)


def test_a_follower_below_the_floor_has_to_read_the_store() -> None:
    """What fell off the old end is not pretended to be complete."""
    tail = Tail(0, capacity=2)
    for offset in range(1, 8):
        tail.publish([item(offset, offset)], offset)
    assert tail.floor > 0
    assert tail.after(tail.floor - 1, max_bytes=1000) is None
    assert tail.after(tail.floor, max_bytes=1000) is not None


def test_a_follower_ahead_of_what_was_published_does_not_go_back() -> None:
    """A follower that read the store may know more than the tail does."""
    tail = Tail(5)
    assert tail.after(7, max_bytes=1000) == ([], 7)


def test_a_core_is_told_of_its_own_decisions_alone() -> None:
    """The tails of two cores share nothing but the head."""
    tails = Tails(0)
    mine, others = tails.of("maximus"), tails.of("minimus")
    tails.publish([item(1, 1, "maximus"), item(2, 2, "minimus")], 2)
    assert mine.after(0, max_bytes=1000) == ([item(1, 1, "maximus")], 2)
    assert others.after(0, max_bytes=1000) == ([item(2, 2, "minimus")], 2)


def test_only_those_who_follow_are_woken_and_only_by_news() -> None:
    """A batch that changed nothing of an audience's wakes none of it."""
    tails = Tails(0)
    woken: list[str] = []
    tails.of("maximus").follow(lambda: woken.append("maximus"))
    tails.of("minimus").follow(lambda: woken.append("minimus"))
    tails.publish([item(1, 1, "maximus")], 1)
    assert woken == ["maximus"]


@given(
    changes=st.lists(st.integers(0, 5), max_size=60),
    reads=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=30),
)
def test_a_follower_of_any_pace_ends_with_the_newest_state_of_everything(
    changes: list[int], reads: list[tuple[int, int]]
) -> None:
    """Whenever and however little it reads: strictly ascending offsets, and right at the end."""
    tail = Tail(0, capacity=100)
    newest: dict[str, Item] = {}
    seen: dict[str, Item] = {}
    cursor, told = 0, 0
    schedule = sorted(reads)
    for offset, decision in enumerate(changes, start=1):
        tail.publish([item(offset, decision)], offset)
        newest[f"decision-{decision}"] = item(offset, decision)
        while schedule and schedule[0][0] <= offset:
            found, cursor = tail.after(cursor, max_bytes=schedule.pop(0)[1]) or ([], cursor)
            for one in found:
                assert one.offset > told
                told = one.offset
                seen[one.decision_id] = one
            assert cursor >= told
    while cursor < tail.head:
        found, cursor = tail.after(cursor, max_bytes=10) or ([], cursor)
        seen |= {one.decision_id: one for one in found}
    assert seen == newest


def test_a_tail_of_large_changes_is_bounded_in_bytes() -> None:
    """The largest proposals cannot fill the memory: what is too much falls off the old end, before it is too many."""
    tail = Tail(0, capacity=1000, capacity_bytes=300)
    for offset in range(1, 101):
        tail.publish([Item(offset, f"decision-{offset % 50}", "maximus", bytes(100))], offset)
        kept, _ = tail.after(tail.floor, max_bytes=1_000_000) or ([], 0)
        assert sum(len(one.change) for one in kept) <= 600
        assert [one.offset for one in kept] == list(range(tail.floor + 1, offset + 1))


def test_a_decision_that_changes_all_the_time_leaves_no_trail() -> None:
    """What is superseded takes no more room than as much again as may be kept; then the oldest falls off for it."""
    tail = Tail(0, capacity=4)
    tail.publish([item(1, 1)], 1)
    for offset in range(2, 9):
        tail.publish([item(offset, 2)], offset)
    assert tail.after(0, max_bytes=1000) == ([item(1, 1), item(8, 2)], 8)
    tail.publish([item(9, 2)], 9)
    assert tail.floor == 1
    assert tail.after(1, max_bytes=1000) == ([item(9, 2)], 9)


def test_what_was_cut_is_gone_and_what_came_after_it_is_told() -> None:
    """After a cut in the midst of a long history, a follower is told what changed since, and cuts go on to work."""
    tail = Tail(0, capacity=8)
    for offset in range(1, 41):
        tail.publish([item(offset, offset % 6)], offset)
    tail.cut_at("decision-1")
    assert tail.floor == 37
    assert tail.after(37, max_bytes=1000) == ([item(38, 2), item(39, 3), item(40, 4)], 40)
    tail.cut_at("decision-1")
    tail.publish([item(41, 1)], 41)
    assert tail.after(40, max_bytes=1000) == ([item(41, 1)], 41)
    assert tail.after(36, max_bytes=1000) is None
