"""Where the board's panes stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance_client.console.board.layout import (
    LEAST_COLUMNS,
    LEAST_ROWS,
    Layout,
    Pane,
    Wishes,
    fits,
    layout,
    most_foot,
)

_WISHES = st.builds(Wishes, st.sampled_from([None, *Pane]), st.sampled_from([None, True, False]), st.integers(1, 400))


def test_a_usual_terminal() -> None:
    """At 80 by 24 the list stands above what is looked at, and a few lines of history below."""
    plan = layout(80, 24, Wishes())
    assert not plan.beside
    assert list(plan.panes) == [Pane.PENDING, Pane.ACTIVE, Pane.HISTORY]
    assert plan.panes[Pane.ACTIVE].rows >= 8


def test_a_large_terminal() -> None:
    """From 120 by 40 on, the three panes stand side by side."""
    for columns, rows in ((120, 40), (200, 50)):
        plan = layout(columns, rows, Wishes())
        assert plan.beside
        assert list(plan.panes) == [Pane.PENDING, Pane.ACTIVE, Pane.HISTORY]
        assert {place.top for place in plan.panes.values()} == {0}


def test_the_smallest_terminal() -> None:
    """At 40 by 10 a row and some of its page are seen; the history takes the page's place when it is asked for."""
    assert fits(40, 10)
    assert not fits(39, 10)
    assert not fits(40, 9)
    assert list(layout(40, 10, Wishes()).panes) == [Pane.PENDING, Pane.ACTIVE]
    assert list(layout(40, 10, Wishes(history=True)).panes) == [Pane.PENDING, Pane.HISTORY]


def test_history_hidden() -> None:
    """Without the history the others have its room."""
    for columns, rows in ((80, 24), (200, 50)):
        wide, narrow = layout(columns, rows, Wishes(history=False)), layout(columns, rows, Wishes())
        assert Pane.HISTORY not in wide.panes
        assert _area(wide) > _area(narrow)


def _area(plan: Layout) -> int:
    place = plan.panes[Pane.ACTIVE]
    return place.columns * place.rows


@given(st.integers(LEAST_COLUMNS, 400), st.integers(LEAST_ROWS, 200), _WISHES)
def test_no_pane_covers_another(columns: int, rows: int, wishes: Wishes) -> None:
    """At any size the panes are within the body, apart from each other, and header and foot have their rows."""
    plan = layout(columns, rows, wishes)
    assert 1 + plan.body + plan.foot == rows
    assert plan.foot <= most_foot(rows)
    taken: set[tuple[int, int]] = set()
    for place in plan.panes.values():
        cells = {
            (row, column)
            for row in range(place.top, place.top + place.rows)
            for column in (place.left, place.left + place.columns - 1)
        }
        assert place.columns > 0
        assert place.rows > 0
        assert all(0 <= row < plan.body and 0 <= column < columns for row, column in cells)
        assert not taken & cells
        taken |= cells
