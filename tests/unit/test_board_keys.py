"""The board's keys, as built in and as a person chose them."""

from __future__ import annotations

import re

import pytest

from governance_client.console.board.foot import hints
from governance_client.console.board.keys import DEEDS, Keys, chosen
from governance_client.console.board.showing import help_lines
from governance_client.console.lines import line_width, plain


def test_the_built_in_keys() -> None:
    """Every deed has a key of its own, and those that decide are marked."""
    keys = Keys({})
    assert [keys.deed(each.key) for each in DEEDS] == list(DEEDS)
    assert {each.key for each in DEEDS if each.decisive} == set("armecdi")


@pytest.mark.parametrize(
    ("key", "name"),
    [("down", "down"), ("c-m", "open"), ("c-i", "tab"), ("escape", "quit"), ("pagedown", "forward"), ("home", "first")],
)
def test_other_names_of_keys(key: str, name: str) -> None:
    """A key does the same whatever it is called, and the arrows always move."""
    deed = Keys({}).deed(key)
    assert deed is not None
    assert deed.name == {"tab": "panes"}.get(name, name)


def test_an_override() -> None:
    """A deed can be given another key; its own one then does nothing."""
    keys = Keys({"approve": "y", "reject": "f8"})
    assert [getattr(keys.deed(key), "name", "") for key in ("y", "f8", "a", "r")] == ["approve", "reject", "", ""]


def test_swapped_keys() -> None:
    """Two deeds can swap their keys."""
    keys = Keys({"approve": "r", "reject": "a"})
    assert [getattr(keys.deed(key), "name", "") for key in "ra"] == ["approve", "reject"]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"destroy": "x"}, "the board does nothing that is called `destroy`"),
        ({"approve": "r"}, "`r` is the board's key for both `approve` and `reject`"),
        ({"approve": "escape"}, "`escape` cannot be the board's key for `approve`"),
        ({"approve": "up"}, "`up` cannot be"),
        ({"approve": "yes"}, "`yes` cannot be"),
        ({"approve": ""}, "`` cannot be"),
        ({"approve": "é"}, "cannot be"),
        ({"\x1b[2J": "x"}, "␛[2J"),
    ],
)
def test_impossible_overrides(wish: dict[str, str], sentence: str) -> None:
    """A deed that there is not, a key for two deeds and what is no key are told; the built-in keys stay."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Keys(wish)
    keys, told = chosen(wish)
    assert sentence in told
    assert keys.deed("a") == Keys({}).deed("a")


@pytest.mark.parametrize("width", [10, 40, 80, 200])
def test_hints(width: int) -> None:
    """The hints name the keys that are in force, whole, as far as there is room; help and the way back come first."""
    line = hints(Keys({"quit": "x"}), width)
    assert line_width(line) <= width
    assert plain(line).startswith("? keys")
    assert ("x back" in plain(line)) is (width >= 40)


@pytest.mark.parametrize("width", [20, 40, 120])
def test_help(width: int) -> None:
    """The help tells every key that is in force."""
    lines = help_lines(Keys({"approve": "y"}), width)
    assert all(line_width(line) <= width for line in lines)
    assert any(plain(line).startswith("y ") for line in lines)
    assert len(lines) > len(DEEDS)
