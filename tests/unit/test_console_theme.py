"""Themes that can be read on what they are for, and the characters that we draw with."""

from __future__ import annotations

import unicodedata
from dataclasses import fields
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.styles import Style
from wcwidth import wcswidth

from governance_client.console import glyphs, theme
from governance_client.console.glyphs import ASCII, GLYPHS, UNICODE, bar
from governance_client.console.theme import console, sgr

NEEDED: Final = {
    *("risk.critical", "risk.high", "risk.medium", "risk.low", "header", "title", "label", "target", "id", "dim"),
    *("late", "news", "moved", "done", "refused", "prompt", "link.up", "link.down", "bottom-toolbar"),
    *("pane", "pane.title", "selected", "border", "key", "bar", "bar.rest", "quote", "input", "warning"),
}
PALETTES: Final = {
    # xterm's and the Linux console's sixteen colours
    "xterm": {
        "ansired": "cd0000",
        "ansigreen": "00cd00",
        "ansiyellow": "cdcd00",
        "ansiblue": "0000ee",
        "ansimagenta": "cd00cd",
        "ansicyan": "00cdcd",
        "ansigray": "e5e5e5",
        "ansibrightblack": "7f7f7f",
        "ansibrightred": "ff0000",
    },
    "console": {
        "ansired": "aa0000",
        "ansigreen": "00aa00",
        "ansiyellow": "aa5500",
        "ansiblue": "0000aa",
        "ansimagenta": "aa00aa",
        "ansicyan": "00aaaa",
        "ansigray": "aaaaaa",
        "ansibrightblack": "555555",
        "ansibrightred": "ff5555",
    },
}
READABLE: Final = 3.0
"""What WCAG 2 asks of large text and of marks, as contrast; these palettes have few colours with more on white."""


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("chosen", "behind"), [("dark", "000000"), ("light", "ffffff")])
def test_every_colour_can_be_read(chosen: str, behind: str, palette: str) -> None:
    """On black and on white, in the palettes of the commonest terminals."""
    for name, style in console(chosen).items():
        for colour in (each for each in style.split() if each.startswith("ansi")):
            assert _contrast(PALETTES[palette][colour], behind) >= READABLE, (name, colour)


@pytest.mark.parametrize("styles", [console("dark"), console("light"), console("dark", colour=False)])
def test_themes_are_whole(styles: dict[str, str]) -> None:
    """Every style has an entry in every theme, and prompt-toolkit takes them."""
    assert set(styles) >= NEEDED
    Style.from_dict(styles)


def test_without_colour_there_is_none() -> None:
    """Weight and underlining carry what matters, and tell the risks apart."""
    styles = console("light", colour=False)
    words = {word for style in styles.values() for word in style.split()}
    assert words <= {"bold", "underline", "reverse"}
    assert len({styles[f"risk.{risk}"] for risk in ("critical", "high", "medium", "low")}) == 4


def test_the_command_line_has_parameters() -> None:
    """Numbers alone, and by default no colour that cannot be read on black or on white."""
    for parameters in (sgr(), sgr("dark"), sgr("light")):
        for each in parameters.values():
            assert all(number.isdigit() for number in each.split(";"))
    assert {"32", "33", "36", "37"}.isdisjoint(code for each in sgr().values() for code in each.split(";"))
    assert sgr()["class:risk.critical"] == "1;31"
    assert sgr() == theme.SGR
    assert console("dark") == theme.CONSOLE


def test_our_characters_take_one_column_each() -> None:
    """Both sets have the same, the one in ASCII; none is a character that acts."""
    for each in fields(GLYPHS):
        drawn, plainly = getattr(UNICODE, each.name), getattr(ASCII, each.name)
        if isinstance(drawn, bool):
            continue
        assert plainly.isascii()
        assert wcswidth(drawn) == len(drawn)
        assert all(unicodedata.category(character)[0] in "SPZL" for character in drawn)
    assert len(UNICODE.cut) == len(ASCII.cut) == 1
    assert len(UNICODE.quote) == len(ASCII.quote)


def test_glyphs_are_chosen_once_for_all() -> None:
    """Whoever draws sees the choice."""
    assert GLYPHS.quote == "│ "
    glyphs.use(ascii=True)
    try:
        assert (GLYPHS.quote, bar(0.5, 4)) == ("| ", ("##", ".."))
    finally:
        glyphs.use(ascii=False)
    assert GLYPHS == UNICODE


def test_translations_lose_their_accents_in_ascii() -> None:
    """And nothing else: "não" is still read."""
    assert glyphs.spelled("não há decisões") == "não há decisões"
    glyphs.use(ascii=True)
    try:
        assert glyphs.spelled("não há decisões €") == "nao ha decisoes ?"
    finally:
        glyphs.use(ascii=False)


def test_bars() -> None:
    """In eighths of a column; what is more than nothing is never shown as nothing."""
    assert bar(0.5, 4) == ("██", "··")
    assert bar(0.53, 4) == ("██▏", "·")
    assert bar(0.0001, 4) == ("▏", "···")
    assert bar(0, 4) == ("", "····")
    assert bar(7, 4) == ("████", "")
    assert bar(1, 0) == ("", "")
    assert bar(float("nan"), 4) == ("", "····")


@given(st.floats(), st.integers(0, 50))
def test_bars_are_as_wide_as_asked(value: float, columns: int) -> None:
    """Whatever the value."""
    drawn, rest = bar(value, columns)
    assert len(drawn) + len(rest) == columns
