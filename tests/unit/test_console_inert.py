"""Text that someone wrote is inert on the screen."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance_client.console import glyphs
from governance_client.console.inert import (
    LINE_CHARACTERS,
    fit,
    inert,
    inert_lines,
    name,
    pad,
    value,
    width_of,
    wrap,
)
from governance_client.console.lines import clip, plain
from tests.support.hostile import HOSTILE
from tests.support.inertness import assert_inert

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_WORK = 60_000
"""Calls that a line of two thousand characters may cost, some twenty for each. A megabyte costs millions."""


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_corpus(hostile: str) -> None:
    """None of the known tricks leaves a character that does anything but be read."""
    for shown in (inert(hostile), name(hostile), value(hostile)):
        assert_inert(shown)


@given(st.text(st.characters(codec=None)))
def test_any_text(text: str) -> None:
    """Whatever is written, what is shown is inert, and showing it again changes nothing."""
    shown = inert(text)
    assert_inert(shown)
    assert inert(shown) == shown


@given(st.text(st.characters(codec=None)))
def test_any_text_in_ascii(text: str) -> None:
    """Where only ASCII is drawn, nothing else is shown, whoever wrote it."""
    glyphs.use(ascii=True)
    try:
        for shown in (inert(text), name(text), value(text), *inert_lines(text, 20, 3)):
            assert shown.isascii()
            assert shown.isprintable()
    finally:
        glyphs.use(ascii=False)


def test_what_is_harmless_stays() -> None:
    """Names in living languages are shown as they are written."""
    for text in ("block 203.0.113.7", "C:\\Temp\\a.exe", "Zoë Müller", "서울", "नमस्ते", "東京"):
        assert inert(text) == text


def test_controls_can_be_seen() -> None:
    """A control character is shown as its picture, anything else unseen as its number."""
    assert inert("a\x1b[31mb\n\x7f\u202e") == "a␛[31mb␊␡<U+202E>"


def test_long_lines_are_cut_with_a_mark() -> None:
    """A line nobody would read to its end is cut, and the cut can be seen."""
    assert inert("x" * 5000, limit=10) == "x" * 10 + "…"


def test_names_stand_out_from_our_words() -> None:
    """What is no identifier is in quotes that it cannot close, and has no space that could end it."""
    assert name("operator-1") == "operator-1"
    assert name("ciso) approved") == "“ciso)␠approved”"
    assert name("a” b") == "“a<U+201D>␠b”"
    assert name("") == ""
    assert name("x" * 65) == "x" * 64 + "…"


def test_targets_with_spaces_are_quoted() -> None:
    """So that no part of a target is taken for what stands beside it."""
    assert value("203.0.113.7") == "203.0.113.7"
    assert value("C:\\Program Files\\a.exe") == "“C:\\Program Files\\a.exe”"


@given(st.text(), st.integers(min_value=0, max_value=30))
def test_widths(text: str, width: int) -> None:
    """Fitted text never takes more columns than it may, padded text takes exactly as many."""
    shown = inert(text)
    assert width_of(fit(shown, width)) <= width
    assert width_of(pad(shown, width)) == width


@given(st.text(), st.integers(min_value=2, max_value=30))
def test_wrapping(text: str, width: int) -> None:
    """Wrapped pieces fit, and lose nothing but the spaces they were parted at."""
    shown = inert(text)
    pieces = wrap(shown, width)
    assert all(width_of(piece) <= width for piece in pieces)
    assert "".join(pieces).replace(" ", "") == shown.replace(" ", "")


def test_lines_are_parted_at_spaces() -> None:
    """At the last that fits; a word longer than the line is broken."""
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("one two three", 6) == ["one", "two", "three"]
    assert wrap("abcdefgh ij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 4) == [""]


def test_many_lines_are_bounded() -> None:
    """Of a text with more lines than are shown, the last line says how many are left."""
    lines = inert_lines("\n".join(str(n) for n in range(100)), 40, 5)
    assert lines == ["0", "1", "2", "3", "4", "… and 95 more lines"]
    assert inert_lines("a\r\nb", 40, 1) == ["a", "… and 1 more line"]
    assert inert_lines("a\r\nb\r", 40, 5) == ["a", "b␍"]
    assert inert_lines("", 40, 5) == [""]


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "\n" * 1_000_000, "漢" * 1_000_000, "a\u0301" * 500_000, "\x1b" * 1_000_000, " " * 1_000_000],
)
@pytest.mark.parametrize(
    "show", [inert, name, value, lambda text: inert_lines(text, 20, 5)], ids=["inert", "name", "value", "lines"]
)
def test_a_megabyte_costs_no_more_than_what_is_shown_of_it(show: Callable[[str], Any], text: str) -> None:
    """Only the part of a text that can be shown is looked at."""
    assert work_of(lambda: show(text)) < MOST_WORK


def work_of(deed: Callable[[], object]) -> int:
    """Return how many functions are called to do something, ours and Python's own."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        deed()
    finally:
        sys.setprofile(before)
    return calls


def test_the_bound_on_a_line_is_what_is_shown() -> None:
    """However long the line was."""
    assert len(inert("x" * 1_000_000)) == LINE_CHARACTERS + 1


def test_clip_keeps_styles_and_width() -> None:
    """A clipped line ends with the mark exactly where the screen does."""
    line = [("a", "12345"), ("b", "67890")]
    assert clip(line, 10) == line
    assert plain(clip(line, 9)) == "12345678…"
    assert plain(clip(line, 5)) == "1234…"
    assert plain(clip(line, 1)) == "…"


def _bounded(text: str) -> bool:
    """Tell whether the first and the last character with a direction of its own run from left to right."""
    strong = [kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}]
    return not strong or strong[0] == strong[-1] == "L"


@given(st.text(alphabet="\u05d0\u0628a1 .\u0660", max_size=12))
def test_scripts_from_right_to_left_stay_by_themselves(text: str) -> None:
    """A text in Hebrew or Arabic cannot change the order of what stands beside it, and is quoted once at most."""
    shown = inert(text)
    assert _bounded(shown)
    assert inert(shown) == shown
    assert shown.strip("\u02bb\u02bc") == text


@pytest.mark.parametrize(
    "text", ["abc \u0301def", "abcd \u0301def", "ab \u0301\u0301cd ef", "\u0e01\u0e49" * 9, "a" + "\u0903" * 2]
)
def test_a_mark_stays_on_what_it_stands_on(text: str) -> None:
    """Wherever a line is parted, no piece begins with a mark: it would land on our own words."""
    shown = inert(text)
    for width in range(1, 12):
        pieces = wrap(shown, width)
        assert "".join(pieces).replace(" ", "") == shown.replace(" ", "")
        if width > 2:
            assert not any(unicodedata.category(piece[0]).startswith("M") for piece in pieces if piece)
