"""HTML in which whatever somebody wrote is text and nothing else. Pure.

A `Markup` is made by the functions here alone; every other string that goes into an element is escaped. Characters that
could act without being seen, such as those that turn the direction of writing, are shown by their number.
"""

from __future__ import annotations

import html
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID: Final = frozenset({"meta"})
_ACTING: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_COMBINING: Final = frozenset({"Mn", "Me"})
_MARKS_PER_CHARACTER: Final = 4
"""Writing takes no more on one letter; a pile of them covers the lines above."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u180b\u180c\u180d\u180f")
"""Shown as nothing, though they are letters or marks to Unicode."""
_KEPT: Final = frozenset("\n\t")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, /, *content: str, **attributes: str) -> Markup:
    """Return an element.

    Args:
        tag: Its name.
        content: What is in it: markup as it is, anything else as text.
        attributes: Its attributes: our own words, never anybody else's. `class_` stands for `class`, and `_` for `-`.
    """
    told = "".join(f' {_attribute(key)}="{html.escape(value)}"' for key, value in attributes.items())
    if tag in _VOID:
        assert not content
        return Markup(f"<{tag}{told}>")
    return Markup(f"<{tag}{told}>{joined(content)}</{tag}>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Return markup and text one after the other, as markup."""
    return Markup(text(between).join(text(part) for part in parts))


def text(written: str) -> Markup:
    """Return text as markup; what is markup already stays as it is."""
    if isinstance(written, Markup):
        return written
    if written.isascii() and written.isprintable():
        return Markup(html.escape(written))
    return Markup("".join(_pieces(written)))


def foreign(written: str) -> Markup:
    """Return what somebody else wrote, within a line of our own: set apart, and in its own direction of writing."""
    return element("bdi", written, class_="foreign", dir="auto")


def quotation(written: str) -> Markup:
    """Return what somebody else wrote, as a block of its own: its lines as they are, set apart from our words."""
    return element("blockquote", *(element("div", line, dir="auto") for line in written.split("\n")))


def filled(template: str, **values: str) -> Markup:
    """Return one of our sentences with its `{names}` filled in, by markup or by text."""
    return Markup(text(template).format(**{name: text(value) for name, value in values.items()}))


def _attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def _pieces(written: str) -> Iterable[str]:
    marks = _MARKS_PER_CHARACTER  # a mark without a letter before it would land on ours
    for character in written:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _COMBINING else 0
        if marks > _MARKS_PER_CHARACTER or _acts(character, category):
            yield f'<span class="mark">U+{ord(character):04X}</span>'
        else:
            yield html.escape(character)


def _acts(character: str, category: str) -> bool:
    variation = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return (category in _ACTING and character not in _KEPT) or character in _BLANK or variation
