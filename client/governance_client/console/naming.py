"""Verbs by name: the English name, which always works, and the name in the language in use. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from governance_client.console.vocabulary import BY_NAME, VERBS, Verb
from governance_client.language import pgettext, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping


def called(verb: Verb) -> str:
    """Return a verb's name in the language in use."""
    return _spoken(spoken())[verb.name]


def called_by(name: str) -> str:
    """Return the name in the language in use of the verb with this English name."""
    return _spoken(spoken())[name]


def named(name: str) -> Verb | None:
    """Return the verb that has a name, typed whole; None where none has."""
    return BY_NAME.get(name) or _by_spoken(spoken()).get(name)


def names() -> list[str]:
    """Return every name that a verb can be typed by, each once: those of the language in use before English ones."""
    return list(dict.fromkeys([*_by_spoken(spoken()), *BY_NAME]))


@cache
def _by_spoken(language: str) -> Mapping[str, Verb]:
    return {name: BY_NAME[english] for english, name in _spoken(language).items()}


@cache
def _spoken(language: str) -> Mapping[str, str]:
    """Return each verb's name in the language in use. Written out, so that catalogues are made from it."""
    del language  # what it is remembered by
    told = {
        "queue": pgettext("verb", "queue"),
        "more": pgettext("verb", "more"),
        "next": pgettext("verb", "next"),
        "show": pgettext("verb", "show"),
        "why": pgettext("verb", "why"),
        "history": pgettext("verb", "history"),
        "similar": pgettext("verb", "similar"),
        "who": pgettext("verb", "who"),
        "approve": pgettext("verb", "approve"),
        "reject": pgettext("verb", "reject"),
        "modify": pgettext("verb", "modify"),
        "escalate": pgettext("verb", "escalate"),
        "defer": pgettext("verb", "defer"),
        "ask": pgettext("verb", "ask"),
        "revise": pgettext("verb", "revise"),
        "note": pgettext("verb", "note"),
        "claim": pgettext("verb", "claim"),
        "release": pgettext("verb", "release"),
        "assign": pgettext("verb", "assign"),
        "reconcile": pgettext("verb", "reconcile"),
        "undo": pgettext("verb", "undo"),
        "batch": pgettext("verb", "batch"),
        "halt": pgettext("verb", "halt"),
        "release-halt": pgettext("verb", "release-halt"),
        "halts": pgettext("verb", "halts"),
        "away": pgettext("verb", "away"),
        "back": pgettext("verb", "back"),
        "stats": pgettext("verb", "stats"),
        "health": pgettext("verb", "health"),
        "watch": pgettext("verb", "watch"),
        "filter": pgettext("verb", "filter"),
        "board": pgettext("verb", "board"),
        "export": pgettext("verb", "export"),
        "help": pgettext("verb", "help"),
        "quit": pgettext("verb", "quit"),
    }
    assert set(told) == {verb.name for verb in VERBS}, "every verb has a name to translate"
    return told
