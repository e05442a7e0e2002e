"""The terminal that the console is tested on shows what a real one would, and notices what a real one would do."""

from __future__ import annotations

from tests.support.emulator import Emulator


def emulator(columns: int = 20, rows: int = 4) -> tuple[Emulator, list[str]]:
    """A screen, and what it answered."""
    replies: list[str] = []
    return Emulator(columns, rows, replies.append), replies


def shown(screen: Emulator) -> list[str]:
    return [screen.row(number).rstrip() for number in range(screen.lines)]


def test_commands_are_noticed() -> None:
    """Titles, the clipboard, links and other strings for the terminal itself are noted, also those in two pieces."""
    screen, _ = emulator()
    screen.feed(b"\x1b]0;ti")
    screen.feed(b"tle\x07text\x1b]52;c;eA==\x1b\\\x1bP$q\x1b\\\a")
    assert screen.commands == ["]0;title", "]52;c;eA==", "P$q"]
    assert screen.bells == 1


def test_what_scrolls_away_is_kept() -> None:
    """Lines that leave the screen at its top are kept and counted."""
    screen, _ = emulator()
    screen.feed(b"".join(f"line {number}\r\n".encode() for number in range(6)))
    assert list(screen.scrolled) == ["line 0", "line 1", "line 2"]
    assert screen.scrolled_count == 3
    assert shown(screen) == ["line 3", "line 4", "line 5", ""]


def test_alternate_screen() -> None:
    """The alternate screen begins empty, and the main one is as it was afterwards."""
    screen, _ = emulator()
    screen.feed(b"main\x1b[?1049hother")
    assert screen.alternate
    assert "main" not in "".join(shown(screen))
    screen.feed(b"\x1b[?1049l")
    assert not screen.alternate
    assert shown(screen)[0] == "main"


def test_cursor_is_told() -> None:
    """A program that asks where the cursor is gets an answer."""
    screen, replies = emulator()
    screen.feed(b"abc\x1b[6n")
    assert replies == ["\x1b[1;4R"]


def test_smaller() -> None:
    """A window that becomes lower keeps the row of the cursor: what is below goes first, then what is at the top."""
    screen, _ = emulator()
    screen.feed(b"one\r\ntwo\r\nthree\r\nfour")
    screen.resize(2, 3)
    assert shown(screen) == ["thr", "fou"]
    assert (screen.cursor.x, screen.cursor.y) == (2, 1)
    assert list(screen.scrolled) == ["one", "two"]
