"""The line that is typed in the board's dialogues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance_client.console.board.editor import MOST, Editor
from governance_client.console.lines import line_width, plain


@pytest.mark.parametrize(
    ("keys", "text", "cursor"),
    [
        (["a", "b"], "one twoab", 9),
        (["backspace"], "one tw", 6),
        (["left", "left", "backspace"], "one wo", 4),
        (["home", "delete"], "ne two", 0),
        (["c-w"], "one ", 4),
        (["c-w", "c-w"], "", 0),
        (["c-u"], "", 0),
        (["left", "c-u"], "o", 0),
        (["home", "right", "c-k"], "o", 1),
        (["c-a", "x", "c-e", "y"], "xone twoy", 9),
        (["home", "left", "backspace"], "one two", 0),
        (["f5", "pageup", "\x1b"], "one two", 7),
    ],
)
def test_editing(keys: list[str], text: str, cursor: int) -> None:
    """The keys that edit a line elsewhere edit it here; what is no character changes nothing."""
    editor = Editor("one two")
    for key in keys:
        editor.press(key)
    assert (editor.text, editor.cursor) == (text, cursor)


def test_a_full_line() -> None:
    """A line takes as much as a reason may have."""
    editor = Editor()
    editor.insert("x" * (MOST + 5))
    editor.press("y")
    assert editor.text == "x" * MOST


def test_what_is_put_in_at_once() -> None:
    """A paste becomes one line, and nothing in it acts."""
    editor = Editor("because ")
    editor.insert("known\r\nscanner \x1b[2J\u202e")
    assert editor.text == "because known scanner [2J"


def test_the_cursor_is_seen() -> None:
    """Without colours the end of what is typed is marked by a character."""
    assert plain(Editor("because").drawn(40)) == "because_"


@given(st.text(max_size=60), st.integers(0, 60), st.integers(1, 40))
def test_a_drawn_line_fits(text: str, left: int, width: int) -> None:
    """Whatever is typed, its line fits, the cursor in view."""
    editor = Editor(text)
    for _ in range(left):
        editor.press("left")
    drawn = editor.drawn(width)
    assert line_width(drawn) <= max(width, line_width([drawn[1]]))
    assert drawn[1][1]
