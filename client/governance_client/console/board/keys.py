"""Keys: which key does what on the board, as built in and as a person has chosen. Pure.

The letters stay the same in every language, so that what a hand has learnt works at every console.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console.inert import inert
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Deed(NamedTuple):
    """Something that a key does.

    Attributes:
        name: What settings call it.
        key: The built-in key.
        summary: What it does, for the help; to be looked up in the language in use.
        decisive: It is about the decision that is selected, and tells the server something.
    """

    name: str
    key: str
    summary: str
    decisive: bool = False


DEEDS: Final = (
    Deed("down", "j", N_("the next row, or a line further down")),
    Deed("up", "k", N_("the row before, or a line back")),
    Deed("first", "g", N_("the first row")),
    Deed("last", "G", N_("the last row")),
    Deed("approve", "a", N_("approve what is selected; asks first"), decisive=True),
    Deed("reject", "r", N_("reject it, with a reason; asks first"), decisive=True),
    Deed("modify", "m", N_("approve another action in its place; shows the difference and asks"), decisive=True),
    Deed("escalate", "e", N_("send it up the chain, with a reason; asks first"), decisive=True),
    Deed("claim", "c", N_("take it in hand, or let it go again"), decisive=True),
    Deed("defer", "d", N_("set it aside for a while; the deadline stays"), decisive=True),
    Deed("ask", "i", N_("ask core for information about it"), decisive=True),
    Deed("next", "n", N_("go to the most urgent one that you may decide")),
    Deed("why", "w", N_("why it is this risky, and back")),
    Deed("open", "enter", N_("give its page all the room, and back")),
    Deed("forward", " ", N_("a page further on in what is shown of it")),
    Deed("backward", "b", N_("a page back")),
    Deed("filter", "/", N_("show only some: risk=high action=block_ip; empty for all")),
    Deed("history", "h", N_("show or hide what ended lately")),
    Deed("panes", "tab", N_("go to the next pane, for the keys that move")),
    Deed("keys", "?", N_("these keys, and back")),
    Deed("quit", "q", N_("close what is open, then back to the prompt; so does Escape")),
)
"""All of them, in the order of the help."""

BY_NAME: Final[Mapping[str, Deed]] = MappingProxyType({each.name: each for each in DEEDS})
_ALWAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "down": "down",
        "up": "up",
        "home": "first",
        "end": "last",
        "pagedown": "forward",
        "pageup": "backward",
        "escape": "quit",
        "c-c": "quit",
    }
)
"""Keys that always work, and can be given nothing else to do."""
_SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"c-m": "enter", "c-j": "enter", "c-i": "tab", "c-h": "backspace", "space": " "}
)
"""One name for each key, whatever it is called."""
_NAMED: Final = re.compile(r"f([1-9]|1[0-9]|2[0-4])|c-[a-z]|enter|tab|s-tab|insert|delete|backspace")


def spelled(key: str) -> str:
    """Return the one name that a key has here."""
    return _SPELLINGS.get(key, key)


def shown(key: str) -> str:
    """Return a key as people read it."""
    return {" ": _("Space"), "enter": _("Enter"), "tab": "Tab", "escape": "Esc"}.get(key, key)


class Keys:
    """What each key does."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        """Take the built-in keys, with those that a person has chosen in the place of some.

        Args:
            chosen: Keys by what they do, as in the settings.

        Raises:
            ValueError: There is no such deed or key, or one key is to do two things; the sentence says which.
        """
        self._keys = {each.name: each.key for each in DEEDS}
        for name, key in chosen.items():
            self._keys[_known(name)] = _usable(name, key)
        self._deeds = _turned(self._keys)

    def deed(self, key: str) -> Deed | None:
        """Return what a key does; None where that is nothing."""
        name = self._deeds.get(spelled(key)) or _ALWAYS.get(spelled(key))
        return BY_NAME[name] if name else None

    def of(self, name: str) -> str:
        """Return the key of a deed, as people read it."""
        return shown(self._keys[name])


def chosen(wished: Mapping[str, str]) -> tuple[Keys, str]:
    """Return a person's keys and nothing, or the built-in ones and what is wrong with the wishes, as a sentence."""
    try:
        return Keys(wished), ""
    except ValueError as error:
        return Keys({}), _("The board has its own keys: {why}.").format(why=error)


def _known(name: str) -> str:
    if name not in BY_NAME:
        raise ValueError(
            _("the board does nothing that is called `{name}`; it does: {names}").format(
                name=inert(name, limit=40), names=", ".join(BY_NAME)
            )
        )
    return name


def _usable(name: str, key: str) -> str:
    usual = spelled(key)
    single = len(usual) == 1 and usual.isascii() and usual.isprintable()
    if usual in _ALWAYS or not (single or _NAMED.fullmatch(usual)):
        raise ValueError(
            _("`{key}` cannot be the board's key for `{name}`: take one character, or a name such as f5 or c-x").format(
                key=inert(key, limit=40), name=name
            )
        )
    return usual


def _turned(keys: Mapping[str, str]) -> dict[str, str]:
    deeds: dict[str, str] = {}
    for name, key in keys.items():
        if key in deeds:
            raise ValueError(
                _("`{key}` is the board's key for both `{one}` and `{other}`; give one of them another").format(
                    key=key, one=deeds[key], other=name
                )
            )
        deeds[key] = name
    return deeds
