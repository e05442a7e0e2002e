"""The cursor on the board, and what was read of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.console.attention import Attention
from governance_client.console.board.cursor import SETTLE_S, Cursor, Moved
from governance_client.console.board.reading import Reading, Scroll
from tests.console.examples import decision

if TYPE_CHECKING:
    from governance_client.console.lines import Line

ROWS = [decision(f"{name}0000000") for name in "abcdefgh"]


def test_it_follows_the_decision() -> None:
    """What is selected stays selected when a more urgent one comes before it."""
    cursor = Cursor()
    cursor.go(ROWS, 2)
    assert cursor.follow([decision("new00000"), *ROWS]) is Moved.NOTHING
    assert (cursor.decision_id, cursor.index) == ("c0000000", 3)
    assert cursor.settled(0.0)


def test_another_takes_its_place() -> None:
    """When what is selected is gone, the one in its row is selected; nothing is settled until it was seen a while."""
    cursor = Cursor()
    cursor.go(ROWS, 2)
    rows = [each for each in ROWS if each.decision_id != "c0000000"]
    assert cursor.follow(rows) is Moved.REPLACED
    assert (cursor.decision_id, cursor.lost) == ("d0000000", "c0000000")
    assert not cursor.settled(1e9)
    cursor.drawn(5.0)
    cursor.drawn(5.2)
    assert not cursor.settled(5.0 + SETTLE_S - 0.01)
    assert cursor.settled(5.0 + SETTLE_S + 0.01)


def test_moving_settles() -> None:
    """Whoever goes to a row oneself need not wait."""
    cursor = Cursor()
    cursor.go(ROWS, 7)
    cursor.follow(ROWS[:-1])
    cursor.go(ROWS[:-1], 0)
    assert cursor.settled(0.0)


def test_another_action() -> None:
    """Another action in the selected decision is a change by itself."""
    cursor = Cursor()
    cursor.go(ROWS, 0)
    changed = decision("a0000000", target="192.0.2.1", version=2)
    assert cursor.follow([changed, *ROWS[1:]]) is Moved.CHANGED
    assert not cursor.settled(0.0)


def test_the_last_one_ends() -> None:
    """With no rows nothing is selected; the first to come is not settled at once."""
    cursor = Cursor()
    cursor.go(ROWS, 0)
    assert cursor.follow([]) is Moved.REPLACED
    assert cursor.selected([]) is None
    assert cursor.follow(ROWS) is Moved.NOTHING
    assert cursor.selected(ROWS) is ROWS[0]
    assert not cursor.settled(0.0)


@given(st.lists(st.tuples(st.integers(-3, 12), st.integers(1, 6)), max_size=20))
def test_the_selected_row_is_in_view(moves: list[tuple[int, int]]) -> None:
    """However one moves, and whatever the height, the selected row is in view."""
    cursor = Cursor()
    for index, height in moves:
        cursor.go(ROWS, index)
        window = cursor.window(height, len(ROWS))
        assert cursor.index in window
        assert len(window) == min(height, len(ROWS))


def test_scrolling() -> None:
    """A page on keeps a line of the one before in view; beyond the ends there is nothing."""
    scroll = Scroll()
    assert scroll.window(5, 12) == range(5)
    scroll.page(1)
    assert scroll.window(5, 12) == range(4, 9)
    scroll.page(1)
    scroll.page(1)
    assert scroll.window(5, 12) == range(7, 12)
    scroll.end(-1)
    assert scroll.window(5, 12) == range(5)
    assert scroll.window(20, 12) == range(12)


PAGE: list[Line] = [[("", f"line {number}")] for number in range(10)]


def test_read_whole() -> None:
    """A page counts as read when every line of it was in view; after a gap nothing counts."""
    attention = Attention(lambda: 0.0)
    reading = Reading(attention)
    seen = ROWS[0]
    reading.shown(seen, PAGE, range(4), 60)
    part = attention.presentation(seen)
    reading.shown(seen, PAGE, range(6, 10), 60)
    assert not reading.whole(seen)
    reading.shown(seen, PAGE, range(3, 7), 60)
    reading.shown(seen, PAGE, range(6, 10), 60)
    assert reading.whole(seen)
    whole = attention.presentation(seen)
    assert part is not None
    assert whole is not None
    assert part.rendering_digest != whole.rendering_digest


def test_claiming_asks_for_no_second_look() -> None:
    """A claim changes nothing that was read; an answer of core's, or another action, does."""
    reading = Reading(Attention(lambda: 0.0))
    reading.shown(ROWS[0], PAGE, range(10), 60)
    claimed = decision("a0000000", version=2)
    claimed.claim.operator = "alice"
    assert reading.whole(claimed)
    answered = decision("a0000000", version=3)
    answered.inquiries.add().answered_at.seconds = 5
    assert not reading.whole(answered)
    assert not reading.whole(decision("a0000000", target="192.0.2.9", version=3))
    reading.shown(answered, [*PAGE, PAGE[0]], range(10), 60)
    assert not reading.whole(answered)
    reading.shown(answered, [*PAGE, PAGE[0]], range(1, 11), 60)
    assert reading.whole(answered)


def test_another_width() -> None:
    """At another width a page that was read in part is read anew; what was read whole stays so."""
    reading = Reading(Attention(lambda: 0.0))
    reading.shown(ROWS[0], PAGE, range(6), 60)
    reading.shown(ROWS[0], PAGE, range(5, 10), 80)
    assert not reading.whole(ROWS[0])
    reading.shown(ROWS[0], PAGE, range(10), 80)
    reading.shown(ROWS[0], PAGE, range(2), 40)
    assert reading.whole(ROWS[0])


def test_nothing_in_view() -> None:
    """A pane without room shows nothing, and so nothing was read."""
    attention = Attention(lambda: 0.0)
    Reading(attention).shown(ROWS[0], PAGE, range(0), 60)
    assert attention.presentation(v1.Decision()) is None
    assert attention.presentation(ROWS[0]) is None
